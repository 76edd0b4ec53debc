package disk

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	floorFile  = "floor"
	floorMagic = "usfloor1"
	floorBytes = 28
)

// A floor is the promise of a log about itself: every frame up to number is durable.
type floor struct {
	salt   uint64
	number uint64
}

func (f floor) appendTo(b []byte) []byte {
	start := len(b)
	b = append(b, floorMagic...)
	b = binary.LittleEndian.AppendUint64(b, f.salt)
	b = binary.LittleEndian.AppendUint64(b, f.number)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// decodeFloor decodes a floor file and reports whether it is intact.
func decodeFloor(b []byte) (f floor, ok bool) {
	if len(b) != floorBytes || string(b[:8]) != floorMagic {
		return floor{}, false
	}
	f = floor{salt: binary.LittleEndian.Uint64(b[8:]), number: binary.LittleEndian.Uint64(b[16:])}
	return f, binary.LittleEndian.Uint32(b[24:]) == crc32.Checksum(b[:24], castagnoli)
}
