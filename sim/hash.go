package sim

import (
	"encoding/binary"
	"math/bits"
)

// The running hash of a trace only has to tell two runs apart. Folding the
// 128-bit product of two odd constants and the input does that at several bytes
// per cycle.
const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
)

// mix returns h with x folded in. The order of what is folded in matters.
func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^hashA, x^hashB)
	return (hi ^ lo) + bits.RotateLeft64(h, 23)
}

// mixBytes returns h with b and its length folded in.
func mixBytes(h uint64, b []byte) uint64 {
	h = mix(h, uint64(len(b)))
	for len(b) >= 8 {
		h = mix(h, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	switch n := len(b); {
	case n == 0:
		return h
	case n >= 4: // read from both ends: where the two overlap they agree
		head, tail := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[n-4:])
		return mix(h, uint64(head)|uint64(tail)<<(8*(n-4)))
	default:
		return mix(h, uint64(b[0])|uint64(b[n/2])<<(8*(n/2))|uint64(b[n-1])<<(8*(n-1)))
	}
}

// mixString returns h with s and its length folded in.
func mixString(h uint64, s string) uint64 {
	h = mix(h, uint64(len(s)))
	for len(s) >= 8 {
		h = mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	switch n := len(s); {
	case n == 0:
		return mix(h, 0)
	case n >= 4:
		head := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
		s = s[n-4:]
		tail := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
		return mix(h, head|tail<<(8*(n-4)))
	default:
		return mix(h, uint64(s[0])|uint64(s[n/2])<<(8*(n/2))|uint64(s[n-1])<<(8*(n-1)))
	}
}
