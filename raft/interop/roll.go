package interop

import (
	"encoding/binary"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/understudy-kv/understudy/raft"
)

// headBytes is what stands in front of the data of an entry: its stamp and its kind.
const headBytes = 9

// A roll holds what is ours about the entries in the log of a RawNode, which begins
// after the entry base: stamps and configurations.
type roll struct {
	base   raft.Index
	stamps []raft.Stamp // stamps[i] is that of the entry base+i
	steps  []step       // the first one holds from the base on
}

// A step is a configuration and the entry that holds it.
type step struct {
	index         raft.Index
	configuration raft.Configuration
}

// newRoll returns the roll of a log that begins after s.
func newRoll(s raft.Snapshot) roll {
	return roll{base: s.Index, stamps: []raft.Stamp{s.Stamp}, steps: []step{{s.Index, s.Configuration}}}
}

func (r *roll) stamp(i raft.Index) raft.Stamp { return r.stamps[i-r.base] }

// configuration is the one that is in force after the entry i.
func (r *roll) configuration(i raft.Index) raft.Configuration {
	c := r.steps[0].configuration
	for _, s := range r.steps[1:] {
		if s.index <= i {
			c = s.configuration
		}
	}
	return c
}

// note takes entries into the log, in the place of those that it held there.
func (r *roll) note(entries []*pb.Entry) {
	for _, e := range entries {
		i := raft.Index(e.GetIndex())
		stamp := r.stamp(i-1) + 1
		if b := packed(e); len(b) > 0 {
			stamp = raft.Stamp(binary.LittleEndian.Uint64(b))
		}
		r.stamps = append(r.stamps[:i-r.base], stamp)
		r.steps = slices.DeleteFunc(r.steps, func(s step) bool { return s.index >= i && s.index > r.base })
		if out := r.entry(e); out.Kind == raft.Membership {
			c, err := raft.DecodeConfiguration(out.Data)
			must(err)
			r.steps = append(r.steps, step{i, c})
		}
	}
}

// entry returns an entry of the log as ours.
func (r *roll) entry(e *pb.Entry) raft.Entry {
	i := raft.Index(e.GetIndex())
	out := raft.Entry{Index: i, Term: raft.Term(e.GetTerm()), Stamp: r.stamp(i), Kind: raft.Barrier}
	if b := packed(e); len(b) > 0 {
		out.Kind = raft.Kind(b[headBytes-1])
		if len(b) > headBytes {
			out.Data = b[headBytes:]
		}
	}
	return out
}

func (r *roll) entries(list []*pb.Entry) []raft.Entry {
	out := make([]raft.Entry, len(list))
	for i, e := range list {
		out[i] = r.entry(e)
	}
	return out
}

// packed is the head and the data that an entry of ours has become: nothing for an
// entry that a RawNode made up.
func packed(e *pb.Entry) []byte {
	if e.GetType() != pb.EntryConfChangeV2 {
		return e.GetData()
	}
	var change pb.ConfChangeV2
	must(proto.Unmarshal(e.GetData(), &change))
	return change.GetContext()
}

// pack is data with its head.
func pack(stamp raft.Stamp, kind raft.Kind, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, headBytes+len(data)), uint64(stamp))
	return append(append(b, byte(kind)), data...)
}
