// Package field writes and reads the fields of messages in the encoding of Protocol
// Buffers, for packages that speak for themselves which fields their messages have.
// docs/wire.md is the specification of all of them. Nothing in it keeps state, and a
// [Reader] never panics, whatever it reads.
package field

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrMalformed is wrapped by the errors of all who read with this package.
var ErrMalformed = errors.New("malformed")

// AppendNumber appends a field unless it is zero, as proto3 does.
func AppendNumber(b []byte, n protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return AppendItem(b, n, v)
}

// AppendItem appends a number of a list, which counts even if it is zero.
func AppendItem(b []byte, n protowire.Number, v uint64) []byte {
	if n < 16 && v < 1<<7 { // nearly all are: a byte each
		return append(b, byte(n)<<3|byte(protowire.VarintType), byte(v))
	}
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

// AppendBool appends a field unless it is false.
func AppendBool(b []byte, n protowire.Number, v bool) []byte {
	return AppendNumber(b, n, protowire.EncodeBool(v))
}

// AppendBytes appends a field unless it is empty, as proto3 does.
func AppendBytes(b []byte, n protowire.Number, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	return AppendElement(b, n, v)
}

// AppendElement appends an element of a list, which counts even if it is empty.
func AppendElement(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

// A Reader walks over the fields of one message. A failure sticks: after it the Reader
// is at its end, and what its methods return means nothing.
type Reader struct {
	Number protowire.Number // of the current field

	rest   []byte
	kind   protowire.Type
	number uint64 // of the current field, if it is a number
	bytes  []byte // of the current field, if it is bytes
	failed bool
}

// Read returns a Reader before the first field of b, which it never changes.
func Read(b []byte) Reader { return Reader{rest: b} }

// Next steps to the next field and reports whether there is one. A field in which the
// caller has no interest is passed over by the next call: it may be one of the future.
func (r *Reader) Next() bool {
	if r.failed || len(r.rest) == 0 {
		return false
	}
	tag := r.rest[0]
	number, kind, n := protowire.Number(tag>>3), protowire.Type(tag&7), 1
	if tag < 1<<3 || tag >= 1<<7 { // few tags take more than a byte
		if number, kind, n = protowire.ConsumeTag(r.rest); n < 0 {
			return r.fail()
		}
	}
	r.Number, r.kind, r.rest = number, kind, r.rest[n:]
	if kind == protowire.VarintType && len(r.rest) > 0 && r.rest[0] < 1<<7 { // nor do most numbers
		r.number, r.rest = uint64(r.rest[0]), r.rest[1:]
		return true
	}
	return r.take() || r.fail()
}

// take reads the value of the current field, and reports whether there was one.
func (r *Reader) take() bool {
	var n int
	switch r.kind {
	case protowire.VarintType:
		r.number, n = protowire.ConsumeVarint(r.rest)
	case protowire.BytesType:
		r.bytes, n = protowire.ConsumeBytes(r.rest)
	default:
		n = protowire.ConsumeFieldValue(r.Number, r.kind, r.rest)
	}
	if n < 0 {
		return false
	}
	r.rest = r.rest[n:]
	return true
}

func (r *Reader) fail() bool {
	r.failed = true
	return false
}

// Check makes the Reader fail unless ok: for what only the caller can judge.
func (r *Reader) Check(ok bool) { r.failed = r.failed || !ok }

// Failed reports whether something was not as it should be.
func (r *Reader) Failed() bool { return r.failed }

// Err returns nil unless the Reader failed. What names the message.
func (r *Reader) Err(what string) error {
	if r.failed {
		return fmt.Errorf("%w %s", ErrMalformed, what)
	}
	return nil
}

// Uint is the current field as a number.
func (r *Reader) Uint() uint64 {
	if r.Check(r.kind == protowire.VarintType); r.failed {
		return 0
	}
	return r.number
}

// Bool is the current field as a truth.
func (r *Reader) Bool() bool { return r.Uint() != 0 }

// Byte is the current field as a number below 256. A larger one fails: cut to its
// lowest byte, a kind of the future could pass for one of today.
func (r *Reader) Byte() uint8 {
	v := r.Uint()
	r.Check(v <= math.MaxUint8)
	return uint8(v)
}

// Int is the current field as a number that is not above limit.
func (r *Reader) Int(limit int) int {
	v := r.Uint()
	if r.Check(v <= uint64(limit)); r.failed {
		return 0
	}
	return int(v)
}

// Bytes is the current field as bytes that alias the input; to append to them leaves
// the input as it is.
func (r *Reader) Bytes() []byte {
	if r.Check(r.kind == protowire.BytesType); r.failed {
		return nil
	}
	return r.bytes[:len(r.bytes):len(r.bytes)]
}

// Uints is the current field as a packed list of at most limit numbers.
func (r *Reader) Uints(limit int) (list []uint64) {
	rest := r.Bytes()
	for len(rest) > 0 && !r.failed {
		v, n := protowire.ConsumeVarint(rest)
		if r.Check(n > 0 && len(list) < limit); r.failed {
			return nil
		}
		list, rest = append(list, v), rest[n:]
	}
	return list
}
