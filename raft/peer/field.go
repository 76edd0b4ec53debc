package peer

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft"
)

// appendNumber appends a field unless it is zero, as proto3 does.
func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// appendBytes appends a field unless it is empty, as proto3 does.
func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// A decoder walks over the fields of one message. After the first failure it is
// at its end.
type decoder struct {
	rest   []byte
	field  protowire.Number
	kind   protowire.Type
	value  []byte // of the current field, with the length prefix if it has one
	failed bool
}

// next steps to the next field and reports whether there is one.
func (d *decoder) next() bool {
	if d.failed || len(d.rest) == 0 {
		return false
	}
	field, kind, n := protowire.ConsumeTag(d.rest)
	if n < 0 {
		return d.fail()
	}
	size := protowire.ConsumeFieldValue(field, kind, d.rest[n:])
	if size < 0 {
		return d.fail()
	}
	d.field, d.kind = field, kind
	d.value, d.rest = d.rest[n:n+size], d.rest[n+size:]
	return true
}

func (d *decoder) fail() bool {
	d.failed = true
	return false
}

// number is the current field as a number.
func (d *decoder) number() uint64 {
	if d.kind != protowire.VarintType {
		d.failed = true
		return 0
	}
	v, _ := protowire.ConsumeVarint(d.value)
	return v
}

// small is the current field as a number below 256: cut to its lowest byte, an
// outcome of the future could pass for one of today.
func (d *decoder) small() uint8 {
	v := d.number()
	if v > math.MaxUint8 {
		d.failed = true
	}
	return uint8(v)
}

// bytes is the current field as bytes that alias the input.
func (d *decoder) bytes() []byte {
	if d.kind != protowire.BytesType {
		d.failed = true
		return nil
	}
	v, _ := protowire.ConsumeBytes(d.value)
	return v[:len(v):len(v)]
}

func (d *decoder) error(what string) error {
	if d.failed {
		return fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	return nil
}

// maxListed limits the members that one list of a request may name.
const maxListed = 64

// appendIDs appends a field for every id.
func appendIDs(b []byte, field protowire.Number, ids []raft.ID) []byte {
	for _, id := range ids {
		b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(id))
	}
	return b
}

// id appends the current field to a list.
func (d *decoder) id(list []raft.ID) []raft.ID {
	if len(list) == maxListed {
		d.failed = true
		return nil
	}
	return append(list, raft.ID(d.number()))
}

// configuration is the current field as a configuration.
func (d *decoder) configuration() raft.Configuration {
	c, err := raft.DecodeConfiguration(d.bytes())
	if err != nil {
		d.failed = true
	}
	return c
}
