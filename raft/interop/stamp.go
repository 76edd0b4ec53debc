package interop

import (
	"encoding/binary"
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
)

// headBytes is what stands in front of the data of an entry: its stamp and its kind.
const headBytes = 9

// A roll holds the stamps of the entries in a log, which begins after the entry base.
type roll struct {
	base   raft.Index
	stamps []raft.Stamp // stamps[i] is that of the entry base+i
}

// newRoll returns the stamps of a log that begins after s.
func newRoll(s raft.Snapshot) roll { return roll{base: s.Index, stamps: []raft.Stamp{s.Stamp}} }

func (r *roll) at(i raft.Index) raft.Stamp { return r.stamps[i-r.base] }

// note takes entries into the log, in the place of those that it held there.
func (r *roll) note(entries []*pb.Entry) {
	for _, e := range entries {
		i := raft.Index(e.GetIndex())
		stamp := r.at(i-1) + 1
		if data := e.GetData(); len(data) > 0 {
			stamp = raft.Stamp(binary.LittleEndian.Uint64(data))
		}
		r.stamps = append(r.stamps[:i-r.base], stamp)
	}
}

// entry returns an entry of the log as ours.
func (r *roll) entry(e *pb.Entry) raft.Entry {
	i := raft.Index(e.GetIndex())
	out := raft.Entry{Index: i, Term: raft.Term(e.GetTerm()), Stamp: r.at(i), Kind: raft.Barrier}
	if data := e.GetData(); len(data) > 0 {
		out.Kind = raft.Kind(data[headBytes-1])
		if len(data) > headBytes {
			out.Data = data[headBytes:]
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

// stamped is data with its head.
func stamped(stamp raft.Stamp, kind raft.Kind, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, headBytes+len(data)), uint64(stamp))
	return append(append(b, byte(kind)), data...)
}

// theirEntries returns entries of ours as a RawNode takes them.
func theirEntries(entries []raft.Entry) []*pb.Entry {
	out := make([]*pb.Entry, len(entries))
	for i, e := range entries {
		if e.Kind == raft.Membership {
			panic(fmt.Sprintf("no translation for %v", e))
		}
		out[i] = &pb.Entry{Index: new(uint64(e.Index)), Term: new(uint64(e.Term)),
			Type: pb.EntryNormal.Enum(), Data: stamped(e.Stamp, e.Kind, e.Data)}
	}
	return out
}
