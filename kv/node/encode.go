package node

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know and copy what they keep.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = fmt.Errorf("malformed message")

// AppendTo appends the encoding of m to b.
func (m ClusterMap) AppendTo(b []byte) []byte {
	b = appendBytes(b, 1, m.Map.AppendTo(nil))
	var leaders []byte
	for _, leader := range m.Leaders {
		leaders = protowire.AppendVarint(leaders, leader)
	}
	b = appendBytes(b, 2, leaders)
	return appendNumber(b, 3, uint64(m.Stamp))
}

// DecodeClusterMap is the inverse of [ClusterMap.AppendTo]. The map it returns is
// valid and has one leader, perhaps zero, for each partition.
func DecodeClusterMap(b []byte) (ClusterMap, error) {
	var m ClusterMap
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			m.Map = decodeMap(&d)
		case 2:
			m.Leaders = d.numbers(ring.Slots)
		case 3:
			m.Stamp = raft.Stamp(d.number())
		}
	}
	d.check(len(m.Owners) > 0 && len(m.Leaders) == len(m.Owners))
	return m, d.error("cluster map")
}

func decodeMap(d *decoder) ring.Map {
	m, err := ring.DecodeMap(d.bytes())
	d.check(err == nil)
	return m
}

// AppendTo appends the encoding of s to b.
func (s NodeStatus) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(s.ID))
	b = appendNumber(b, 2, protowire.EncodeBool(s.Recovered))
	for _, replica := range s.Replicas {
		b = appendBytes(b, 3, replica.AppendTo(nil))
	}
	b = appendNumber(b, 4, protowire.EncodeBool(s.Waiting))
	b = appendNumber(b, 5, protowire.EncodeBool(s.Damaged))
	b = appendNumber(b, 6, protowire.EncodeBool(s.Leaving))
	for _, h := range s.Hearings {
		b = appendBytes(b, 7, h.AppendTo(nil))
	}
	b = appendNumber(b, 8, protowire.EncodeBool(s.Stuck))
	return appendNumber(b, 9, protowire.EncodeBool(s.Forgetful))
}

// DecodeNodeStatus is the inverse of [NodeStatus.AppendTo].
func DecodeNodeStatus(b []byte) (NodeStatus, error) {
	var s NodeStatus
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			s.ID = actors.NodeID(d.number())
		case 2:
			s.Recovered = protowire.DecodeBool(d.number())
		case 3:
			d.check(len(s.Replicas) < ring.Slots)
			replica, err := peer.DecodeStatus(d.bytes())
			d.check(err == nil)
			s.Replicas = append(s.Replicas, replica)
		case 4:
			s.Waiting = protowire.DecodeBool(d.number())
		case 5:
			s.Damaged = protowire.DecodeBool(d.number())
		case 6:
			s.Leaving = protowire.DecodeBool(d.number())
		case 7:
			d.check(len(s.Hearings) < ring.MaxMembers)
			h, err := DecodeHearing(d.bytes())
			d.check(err == nil)
			s.Hearings = append(s.Hearings, h)
		case 8:
			s.Stuck = protowire.DecodeBool(d.number())
		case 9:
			s.Forgetful = protowire.DecodeBool(d.number())
		}
	}
	return s, d.error("node status")
}

// appendNumber appends a field unless it is zero, as proto3 does.
func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// appendBytes appends a field even if it is empty: an element of a list counts.
func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
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
	if d.check(n >= 0); d.failed {
		return false
	}
	size := protowire.ConsumeFieldValue(field, kind, d.rest[n:])
	if d.check(size >= 0); d.failed {
		return false
	}
	d.field, d.kind = field, kind
	d.value, d.rest = d.rest[n:n+size], d.rest[n+size:]
	return true
}

// check fails the decoder unless ok.
func (d *decoder) check(ok bool) { d.failed = d.failed || !ok }

// number is the current field as a number.
func (d *decoder) number() uint64 {
	if d.check(d.kind == protowire.VarintType); d.failed {
		return 0
	}
	v, _ := protowire.ConsumeVarint(d.value)
	return v
}

// bytes is the current field as bytes that alias the input.
func (d *decoder) bytes() []byte {
	if d.check(d.kind == protowire.BytesType); d.failed {
		return nil
	}
	v, _ := protowire.ConsumeBytes(d.value)
	return v
}

// numbers is the current field as a packed list of at most limit numbers.
func (d *decoder) numbers(limit int) (list []uint64) {
	rest := d.bytes()
	for len(rest) > 0 && !d.failed {
		v, n := protowire.ConsumeVarint(rest)
		if d.check(n > 0 && len(list) < limit); d.failed {
			return nil
		}
		list, rest = append(list, v), rest[n:]
	}
	return list
}

func (d *decoder) error(what string) error {
	if d.failed {
		return fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	return nil
}
