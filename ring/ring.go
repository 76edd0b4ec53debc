// Package ring says where keys live: keys hash to slots, slots are cut into
// partitions, partitions are placed on members. It holds values and arithmetic only.
package ring

import "bytes"

// Slots is how many slots there are, as in Redis Cluster.
const Slots = 16384

// A NodeID names a member. Zero names nobody.
type NodeID = uint64

// Slot returns the slot of key as Redis Cluster has it: CRC16 of the key, or only of
// its hash tag, the part between the first { and the first } after it, if that part
// is not empty.
func Slot(key []byte) uint16 { return crc16(tag(key)) % Slots }

func tag(key []byte) []byte {
	open := bytes.IndexByte(key, '{')
	if open < 0 {
		return key
	}
	size := bytes.IndexByte(key[open+1:], '}')
	if size <= 0 {
		return key
	}
	return key[open+1 : open+1+size]
}

// Partition returns the partition that slot belongs to when there are count
// partitions. Partitions are runs of slots; their sizes differ by at most one.
func Partition(slot uint16, count int) int { return int(slot) * count / Slots }

// SlotsOf returns the first and the last slot of partition p of count.
func SlotsOf(p, count int) (first, last uint16) {
	return uint16(firstSlot(p, count)), uint16(firstSlot(p+1, count) - 1)
}

// firstSlot returns the least slot of which Partition is p.
func firstSlot(p, count int) int { return (p*Slots + count - 1) / count }
