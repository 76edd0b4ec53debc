package node

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know and copy what they keep.

// Limits of what a decoder accepts.
const (
	// MaxMembers is how many nodes a cluster map may name.
	MaxMembers = 4096
	// MaxPartitions is how many partitions there may be: at most one for each slot.
	MaxPartitions = 16384
	// MaxOwners is how many nodes may hold one partition.
	MaxOwners = 64
	// MaxAddressBytes is how long an address or the name of a zone may be.
	MaxAddressBytes = 512
)

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = fmt.Errorf("malformed message")

// AppendTo appends the encoding of m to b.
func (m ClusterMap) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, m.Cluster)
	b = appendNumber(b, 2, m.Epoch)
	for _, member := range m.Members {
		b = appendBytes(b, 3, member.appendTo(nil))
	}
	for i, owners := range m.Owners {
		b = appendBytes(b, 4, appendPartition(nil, owners, m.Leaders[i]))
	}
	return appendNumber(b, 5, uint64(m.Stamp))
}

func (m Member) appendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.ID))
	b = appendString(b, 2, m.Zone)
	b = appendString(b, 3, m.Address)
	return appendString(b, 4, m.Redis)
}

func appendPartition(b []byte, owners []actors.NodeID, leader actors.NodeID) []byte {
	for _, owner := range owners {
		b = appendNumber(b, 1, uint64(owner))
	}
	return appendNumber(b, 2, uint64(leader))
}

// DecodeClusterMap is the inverse of [ClusterMap.AppendTo].
func DecodeClusterMap(b []byte) (ClusterMap, error) {
	var m ClusterMap
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			m.Cluster = d.number()
		case 2:
			m.Epoch = d.number()
		case 3:
			d.check(len(m.Members) < MaxMembers)
			m.Members = append(m.Members, decodeMember(&d))
		case 4:
			d.check(len(m.Owners) < MaxPartitions)
			owners, leader := decodePartition(&d)
			m.Owners = append(m.Owners, owners)
			m.Leaders = append(m.Leaders, leader)
		case 5:
			m.Stamp = raft.Stamp(d.number())
		}
	}
	m.Partitions = len(m.Owners)
	return m, d.error("cluster map")
}

func decodeMember(outer *decoder) Member {
	var m Member
	d := decoder{rest: outer.bytes()}
	for d.next() {
		switch d.field {
		case 1:
			m.ID = actors.NodeID(d.number())
		case 2:
			m.Zone = d.text()
		case 3:
			m.Address = d.text()
		case 4:
			m.Redis = d.text()
		}
	}
	outer.check(!d.failed)
	return m
}

func decodePartition(outer *decoder) (owners []actors.NodeID, leader actors.NodeID) {
	d := decoder{rest: outer.bytes()}
	for d.next() {
		switch d.field {
		case 1:
			d.check(len(owners) < MaxOwners)
			owners = append(owners, actors.NodeID(d.number()))
		case 2:
			leader = actors.NodeID(d.number())
		}
	}
	outer.check(!d.failed)
	return owners, leader
}

// AppendTo appends the encoding of s to b.
func (s NodeStatus) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(s.ID))
	b = appendNumber(b, 2, protowire.EncodeBool(s.Recovered))
	for _, replica := range s.Replicas {
		b = appendBytes(b, 3, replica.AppendTo(nil))
	}
	return b
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
			d.check(len(s.Replicas) < MaxPartitions)
			replica, err := peer.DecodeStatus(d.bytes())
			d.check(err == nil)
			s.Replicas = append(s.Replicas, replica)
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

// appendString appends a field unless it is empty, as proto3 does.
func appendString(b []byte, field protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return appendBytes(b, field, []byte(v))
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

// text is the current field as a short string.
func (d *decoder) text() string {
	v := d.bytes()
	if d.check(len(v) <= MaxAddressBytes); d.failed {
		return ""
	}
	return string(v)
}

func (d *decoder) error(what string) error {
	if d.failed {
		return fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	return nil
}
