package kv

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrCorrupt means that bytes are not what a decoder expects.
var ErrCorrupt = errors.New("kv: corrupt encoding")

// An encoder appends the fields of a message; a field with its zero value is left
// out. The specification of all encodings is docs/wire.md.
type encoder struct{ b []byte }

func (e *encoder) uvarint(num protowire.Number, v uint64) {
	switch {
	case v == 0:
	case num < 16 && v < 1<<7: // nearly all are: a byte each
		e.b = append(e.b, byte(num)<<3|byte(protowire.VarintType), byte(v))
	default:
		e.b = protowire.AppendVarint(protowire.AppendTag(e.b, num, protowire.VarintType), v)
	}
}

func (e *encoder) varint(num protowire.Number, v int64) {
	e.uvarint(num, protowire.EncodeZigZag(v))
}

func (e *encoder) bool(num protowire.Number, v bool) {
	e.uvarint(num, protowire.EncodeBool(v))
}

func (e *encoder) fixed64(num protowire.Number, v uint64) {
	if v != 0 {
		e.b = protowire.AppendTag(e.b, num, protowire.Fixed64Type)
		e.b = protowire.AppendFixed64(e.b, v)
	}
}

func (e *encoder) bytes(num protowire.Number, v []byte) {
	if len(v) != 0 {
		e.present(num, v)
	}
}

// present appends v even if it is empty.
func (e *encoder) present(num protowire.Number, v []byte) {
	e.b = protowire.AppendTag(e.b, num, protowire.BytesType)
	e.b = protowire.AppendBytes(e.b, v)
}

// open begins a message within the message, expected to have about hint bytes. It
// returns where the body begins, for close.
func (e *encoder) open(num protowire.Number, hint int) (body int) {
	e.b = protowire.AppendTag(e.b, num, protowire.BytesType)
	e.b = protowire.AppendVarint(e.b, uint64(hint))
	return len(e.b)
}

// close ends the message that open began, moving its body if the hint was so far off
// that the length takes another number of bytes.
func (e *encoder) close(body, hint int) {
	size := len(e.b) - body
	reserved := protowire.SizeVarint(uint64(hint))
	shift := protowire.SizeVarint(uint64(size)) - reserved
	for range shift {
		e.b = append(e.b, 0)
	}
	if shift != 0 {
		copy(e.b[body+shift:], e.b[body:body+size])
		e.b = e.b[:body+shift+size]
	}
	protowire.AppendVarint(e.b[:body-reserved], uint64(size))
}

// A decoder walks the fields of a message. Its first failure sticks: from then on it
// is at the end, and everything it returns is zero. What it returns aliases its input.
type decoder struct {
	rest   []byte
	num    protowire.Number
	typ    protowire.Type
	failed bool
}

// next moves to the next field, if there is one. Its value must then be taken, once.
func (d *decoder) next() bool {
	if len(d.rest) == 0 {
		return false
	}
	if c := d.rest[0]; c>>3 > 0 && c < 1<<7 { // most tags take one byte
		d.num, d.typ, d.rest = protowire.Number(c>>3), protowire.Type(c&7), d.rest[1:]
		return true
	}
	num, typ, n := protowire.ConsumeTag(d.rest)
	if !d.advance(n) {
		return false
	}
	d.num, d.typ = num, typ
	return true
}

func (d *decoder) uvarint() uint64 {
	if !d.expect(protowire.VarintType) {
		return 0
	}
	if len(d.rest) > 0 && d.rest[0] < 1<<7 {
		v := d.rest[0]
		d.rest = d.rest[1:]
		return uint64(v)
	}
	v, n := protowire.ConsumeVarint(d.rest)
	d.advance(n)
	return v
}

func (d *decoder) varint() int64 { return protowire.DecodeZigZag(d.uvarint()) }

func (d *decoder) bool() bool { return protowire.DecodeBool(d.uvarint()) }

// byte returns a number that fits in one byte.
func (d *decoder) byte() uint8 {
	v := d.uvarint()
	if v > 0xff {
		d.fail()
		return 0
	}
	return uint8(v)
}

func (d *decoder) fixed64() uint64 {
	if !d.expect(protowire.Fixed64Type) {
		return 0
	}
	v, n := protowire.ConsumeFixed64(d.rest)
	d.advance(n)
	return v
}

// bytes returns a part of the input, not nil unless it fails.
func (d *decoder) bytes() []byte {
	if !d.expect(protowire.BytesType) {
		return nil
	}
	v, n := protowire.ConsumeBytes(d.rest)
	if !d.advance(n) {
		return nil
	}
	return v[:len(v):len(v)]
}

func (d *decoder) skip() {
	d.advance(protowire.ConsumeFieldValue(d.num, d.typ, d.rest))
}

func (d *decoder) expect(t protowire.Type) bool {
	if d.typ != t {
		d.fail()
	}
	return !d.failed
}

// advance moves over n bytes; a negative n is protowire's way to fail.
func (d *decoder) advance(n int) bool {
	if n < 0 || d.failed {
		d.fail()
		return false
	}
	d.rest = d.rest[n:]
	return true
}

func (d *decoder) fail() {
	d.failed, d.rest = true, nil
}

func (d *decoder) err() error {
	if d.failed {
		return ErrCorrupt
	}
	return nil
}
