package peer

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know; what they return may alias their input.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = fmt.Errorf("malformed message")

// AppendTo appends the encoding of q to b.
func (q Request) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, q.ID)
	b = appendNumber(b, 2, protowire.EncodeBool(q.Read))
	b = appendNumber(b, 3, uint64(q.Seen))
	return appendBytes(b, 4, q.Body)
}

// DecodeRequest is the inverse of [Request.AppendTo]. Body aliases b.
func DecodeRequest(b []byte) (Request, error) {
	var q Request
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			q.ID = d.number()
		case 2:
			q.Read = protowire.DecodeBool(d.number())
		case 3:
			q.Seen = raft.Stamp(d.number())
		case 4:
			q.Body = d.bytes()
		}
	}
	return q, d.error("request")
}

// AppendTo appends the encoding of p to b.
func (p Response) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, p.ID)
	b = appendNumber(b, 2, uint64(p.Outcome))
	b = appendNumber(b, 3, uint64(p.Leader))
	b = appendBytes(b, 4, p.Body)
	b = appendNumber(b, 5, uint64(p.Stamp))
	return appendNumber(b, 6, uint64(p.Position))
}

// DecodeResponse is the inverse of [Response.AppendTo]. Body aliases b.
func DecodeResponse(b []byte) (Response, error) {
	var p Response
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			p.ID = d.number()
		case 2:
			p.Outcome = Outcome(d.small())
		case 3:
			p.Leader = raft.ID(d.number())
		case 4:
			p.Body = d.bytes()
		case 5:
			p.Stamp = raft.Stamp(d.number())
		case 6:
			p.Position = raft.Index(d.number())
		}
	}
	return p, d.error("response")
}

// AppendTo appends the encoding of s to b.
func (s Status) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(s.Group))
	b = appendNumber(b, 2, uint64(s.Raft.ID))
	b = appendNumber(b, 3, uint64(s.Raft.Role))
	b = appendNumber(b, 4, uint64(s.Raft.Vote.Term))
	b = appendNumber(b, 5, uint64(s.Raft.Vote.For))
	b = appendNumber(b, 6, uint64(s.Raft.Leader))
	b = appendNumber(b, 7, uint64(s.Raft.Commit))
	b = appendNumber(b, 8, uint64(s.Raft.Delivered))
	b = appendNumber(b, 9, uint64(s.Raft.Durable))
	b = appendNumber(b, 10, uint64(s.Raft.Last))
	b = appendNumber(b, 11, s.Summary.Items)
	b = appendNumber(b, 12, s.Summary.Hash)
	return appendNumber(b, 13, s.Raft.Refused)
}

// DecodeStatus is the inverse of [Status.AppendTo].
func DecodeStatus(b []byte) (Status, error) {
	var s Status
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			s.Group = journal.GroupID(d.number())
		case 2:
			s.Raft.ID = raft.ID(d.number())
		case 3:
			s.Raft.Role = raft.Role(d.small())
		case 4:
			s.Raft.Vote.Term = raft.Term(d.number())
		case 5:
			s.Raft.Vote.For = raft.ID(d.number())
		case 6:
			s.Raft.Leader = raft.ID(d.number())
		case 7:
			s.Raft.Commit = raft.Index(d.number())
		case 8:
			s.Raft.Delivered = raft.Index(d.number())
		case 9:
			s.Raft.Durable = raft.Index(d.number())
		case 10:
			s.Raft.Last = raft.Index(d.number())
		case 11:
			s.Summary.Items = d.number()
		case 12:
			s.Summary.Hash = d.number()
		case 13:
			s.Raft.Refused = d.number()
		}
	}
	return s, d.error("status")
}

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
