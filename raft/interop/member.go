package interop

import (
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/understudy-kv/understudy/raft"
)

// theirEntries returns entries of ours as a RawNode takes them. Our entry of a change
// holds what the group is to be. That is all that is kept of it: what is to be done
// about it a RawNode is told when it applies the entry.
func theirEntries(entries []raft.Entry) []*pb.Entry {
	out := make([]*pb.Entry, len(entries))
	for i, e := range entries {
		data := pack(e.Stamp, e.Kind, e.Data)
		out[i] = &pb.Entry{Index: new(uint64(e.Index)), Term: new(uint64(e.Term)), Type: pb.EntryNormal.Enum(), Data: data}
		if e.Kind == raft.Membership {
			change, err := proto.Marshal(&pb.ConfChangeV2{Context: data})
			must(err)
			out[i].Type, out[i].Data = pb.EntryConfChangeV2.Enum(), change
		}
	}
	return out
}

// changeOf is what makes one configuration of another.
func changeOf(before, after raft.Configuration) *pb.ConfChangeV2 {
	all := slices.Concat(before.Members(), after.Members())
	slices.Sort(all)
	change := &pb.ConfChangeV2{}
	for _, id := range slices.Compact(all) {
		was, is := standing(before, id), standing(after, id)
		if was != is {
			change.Changes = append(change.Changes, &pb.ConfChangeSingle{Type: is.Enum(), NodeId: new(uint64(id))})
		}
	}
	return change
}

// standing is the change that makes id what it is in c.
func standing(c raft.Configuration, id raft.ID) pb.ConfChangeType {
	switch {
	case c.Votes(id):
		return pb.ConfChangeAddNode
	case c.Has(id):
		return pb.ConfChangeAddLearnerNode
	}
	return pb.ConfChangeRemoveNode
}

// towards is the next configuration on the way from c to a group of these voters, in
// the steps that our core takes.
func towards(c raft.Configuration, voters []raft.ID) raft.Configuration {
	var joining []raft.ID
	for _, id := range voters {
		if !c.Has(id) {
			joining = append(joining, id)
		}
	}
	if len(joining) == 0 {
		return raft.Configuration{Voters: voters}
	}
	return raft.Configuration{Voters: c.Voters, Learners: joining, Target: voters}
}

func confState(c raft.Configuration) *pb.ConfState {
	out := &pb.ConfState{}
	for _, id := range c.Voters {
		out.Voters = append(out.Voters, uint64(id))
	}
	for _, id := range c.Learners {
		out.Learners = append(out.Learners, uint64(id))
	}
	return out
}

// Change implements [foreign.Keeper]. A RawNode does what it is told, so what is under
// way has to be asked for again.
func (t *theirs) Change(from raft.Configuration, voters []raft.ID) {
	newest := t.roll.steps[len(t.roll.steps)-1]
	if !t.leads() || newest.index > t.mark.Index || !newest.configuration.Equal(from) {
		return
	}
	t.newest += 2
	next := towards(from, voters)
	change := changeOf(from, next)
	change.Context = pack(t.newest, raft.Membership, next.AppendTo(nil))
	_ = t.node.ProposeConfChange(change) // or it is too early
}

// reconfigure applies the changes of members among committed entries. Up to known the
// RawNode started with them.
func (t *theirs) reconfigure(entries []*pb.Entry) (any bool) {
	for _, e := range entries {
		i := raft.Index(e.GetIndex())
		if e.GetType() != pb.EntryConfChangeV2 {
			continue
		}
		before := t.mark.Configuration
		t.mark.Configuration = t.roll.configuration(i)
		if i > t.known {
			t.node.ApplyConfChange(changeOf(before, t.mark.Configuration))
			any = true
		}
	}
	return any
}
