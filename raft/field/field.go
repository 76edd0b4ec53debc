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
	value  []byte // of the current field, with the length prefix if it has one
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
	number, kind, n := protowire.ConsumeTag(r.rest)
	if n < 0 {
		r.failed = true
		return false
	}
	size := protowire.ConsumeFieldValue(number, kind, r.rest[n:])
	if size < 0 {
		r.failed = true
		return false
	}
	r.Number, r.kind = number, kind
	r.value, r.rest = r.rest[n:n+size], r.rest[n+size:]
	return true
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
	v, _ := protowire.ConsumeVarint(r.value)
	return v
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
	v, _ := protowire.ConsumeBytes(r.value)
	return v[:len(v):len(v)]
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
