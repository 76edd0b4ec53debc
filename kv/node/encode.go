package node

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/field"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know and copy what they keep.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = field.ErrMalformed

// AppendTo appends the encoding of m to b.
func (m ClusterMap) AppendTo(b []byte) []byte {
	b = field.AppendElement(b, 1, m.Map.AppendTo(nil))
	var leaders []byte
	for _, leader := range m.Leaders {
		leaders = protowire.AppendVarint(leaders, leader)
	}
	b = field.AppendElement(b, 2, leaders)
	return field.AppendNumber(b, 3, uint64(m.Stamp))
}

// DecodeClusterMap is the inverse of [ClusterMap.AppendTo]. The map it returns is
// valid and has one leader, perhaps zero, for each partition.
func DecodeClusterMap(b []byte) (ClusterMap, error) {
	var m ClusterMap
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			m.Map = decodeMap(&d)
		case 2:
			m.Leaders = d.Uints(ring.Slots)
		case 3:
			m.Stamp = raft.Stamp(d.Uint())
		}
	}
	d.Check(len(m.Owners) > 0 && len(m.Leaders) == len(m.Owners))
	return m, d.Err("cluster map")
}

func decodeMap(d *field.Reader) ring.Map {
	m, err := ring.DecodeMap(d.Bytes())
	d.Check(err == nil)
	return m
}

// AppendTo appends the encoding of s to b.
func (s NodeStatus) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(s.ID))
	b = field.AppendBool(b, 2, s.Recovered)
	for _, replica := range s.Replicas {
		b = field.AppendElement(b, 3, replica.AppendTo(nil))
	}
	b = field.AppendBool(b, 4, s.Waiting)
	b = field.AppendBool(b, 5, s.Damaged)
	b = field.AppendBool(b, 6, s.Leaving)
	for _, h := range s.Hearings {
		b = field.AppendElement(b, 7, h.AppendTo(nil))
	}
	b = field.AppendBool(b, 8, s.Stuck)
	return field.AppendBool(b, 9, s.Forgetful)
}

// DecodeNodeStatus is the inverse of [NodeStatus.AppendTo].
func DecodeNodeStatus(b []byte) (NodeStatus, error) {
	var s NodeStatus
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			s.ID = actors.NodeID(d.Uint())
		case 2:
			s.Recovered = d.Bool()
		case 3:
			d.Check(len(s.Replicas) < ring.Slots)
			replica, err := peer.DecodeStatus(d.Bytes())
			d.Check(err == nil)
			s.Replicas = append(s.Replicas, replica)
		case 4:
			s.Waiting = d.Bool()
		case 5:
			s.Damaged = d.Bool()
		case 6:
			s.Leaving = d.Bool()
		case 7:
			d.Check(len(s.Hearings) < ring.MaxMembers)
			h, err := DecodeHearing(d.Bytes())
			d.Check(err == nil)
			s.Hearings = append(s.Hearings, h)
		case 8:
			s.Stuck = d.Bool()
		case 9:
			s.Forgetful = d.Bool()
		}
	}
	return s, d.Err("node status")
}
