package kv

import "encoding/binary"

// A stateReader takes the fields of one item of a captured state. When the item is
// found to be short or wrong that sticks, and everything it returns is zero.
type stateReader struct {
	rest  []byte
	short bool // the item goes on behind what there is
	wrong bool // a number or a length is beyond its limit
}

// whole reports whether all fields taken so far were there.
func (r *stateReader) whole() bool { return !r.short && !r.wrong }

// bytes takes n bytes. They alias the input.
func (r *stateReader) bytes(n int) []byte {
	if !r.whole() || len(r.rest) < n {
		r.short = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *stateReader) fixed32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *stateReader) fixed64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// uvarint takes a number of up to limit, in its shortest form.
func (r *stateReader) uvarint(limit uint64) uint64 {
	if !r.whole() {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	if n < 0 || v > limit || n > 1 && r.rest[n-1] == 0 {
		r.wrong = true
		return 0
	}
	if n == 0 {
		r.short = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// sized takes a length of up to limit and so many bytes. They alias the input.
func (r *stateReader) sized(limit uint64) []byte {
	n := r.uvarint(limit)
	return r.bytes(int(n))
}
