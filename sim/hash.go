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
	if len(b) == 0 {
		return h
	}
	var last uint64
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	return mix(h, last)
}

// mixString returns h with s and its length folded in.
func mixString(h uint64, s string) uint64 {
	h = mix(h, uint64(len(s)))
	for len(s) >= 8 {
		h = mix(h, uint64(s[0])|uint64(s[1])<<8|uint64(s[2])<<16|uint64(s[3])<<24|
			uint64(s[4])<<32|uint64(s[5])<<40|uint64(s[6])<<48|uint64(s[7])<<56)
		s = s[8:]
	}
	var last uint64
	for i := range len(s) {
		last |= uint64(s[i]) << (8 * i)
	}
	return mix(h, last)
}
