package interop

import (
	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

// Ready implements [foreign.Core].
func (t *theirs) Ready() (foreign.Ready, bool) {
	var out foreign.Ready
	out.Fetch, t.fetch = t.fetch, raft.Offer{}
	out.Saved.Snapshot, t.captured = t.captured, raft.Snapshot{}
	t.ready = etcd.Ready{}
	if t.node.HasReady() {
		t.ready = t.node.Ready()
		t.translate(&out)
	}
	hard := t.storage.hard
	out.Saved.Vote = raft.Vote{Term: raft.Term(hard.GetTerm()), For: raft.ID(hard.GetVote())}
	out.Saved.Commit = raft.Index(hard.GetCommit())
	out.Changed = out.Changed || out.Saved.Snapshot.Index > 0
	return out, out.Changed || out.Fetch.Index > 0 || t.ready.MustSync || len(out.Messages) > 0 ||
		len(out.Committed) > 0 || len(out.Reads) > 0 || t.ready.SoftState != nil
}

// translate adds what the RawNode wants done.
func (t *theirs) translate(out *foreign.Ready) {
	rd := &t.ready
	if !etcd.IsEmptyHardState(rd.HardState) {
		t.storage.hard, out.Changed = rd.HardState, true
	}
	if !etcd.IsEmptySnap(rd.Snapshot) {
		t.restore(out)
	}
	t.roll.note(rd.Entries)
	for _, e := range rd.Entries {
		t.newest = max(t.newest, t.roll.stamp(raft.Index(e.GetIndex())))
	}
	out.Changed = out.Changed || len(rd.Entries) > 0
	reconfigured := t.reconfigure(rd.CommittedEntries)
	out.Changed = out.Changed || reconfigured
	out.MustSync = rd.MustSync || out.Restored.Index > 0 || reconfigured
	out.Saved.Entries = t.roll.entries(rd.Entries)
	out.Committed = t.roll.entries(rd.CommittedEntries)
	for _, e := range out.Committed {
		t.mark.Index, t.mark.Term, t.mark.Stamp = e.Index, e.Term, e.Stamp
	}
	for _, m := range rd.Messages {
		if m.GetTerm() >= t.storage.hard.GetTerm() {
			out.Messages = append(out.Messages, t.say(m))
		} // else it is of a reign that is over, and the log has gone another way since
	}
	for _, s := range rd.ReadStates {
		out.Reads = append(out.Reads, foreign.ReadState{Index: raft.Index(s.Index), Name: s.RequestCtx})
	}
}

// restore begins the log anew after a snapshot that the RawNode took.
func (t *theirs) restore(out *foreign.Ready) {
	s, err := raft.DecodeSnapshot(t.ready.Snapshot.GetData())
	must(err)
	out.Restored, out.Saved.Snapshot = s, s
	t.mark, t.roll = s, newRoll(s)
	t.newest = max(t.newest, s.Stamp)
}

// say translates a message and adds what only the log knows.
func (t *theirs) say(m *pb.Message) foreign.Packet {
	out := toOurs(m)
	out.Entries = t.roll.entries(m.GetEntries())
	switch out.Kind {
	case raft.Heartbeat:
		out.Index, out.LogTerm = t.position(out.Commit)
		t.beats++
		out.Round = numbered(out.Round, t.beats)
	case raft.StandNow:
		last, _ := t.storage.LastIndex()
		out.Index, out.LogTerm = t.position(raft.Index(last))
	case raft.OfferSnapshot:
		t.sent[out.To] = t.ticks
	}
	c := claimOf(out)
	return packet(out, c.Kind == foreign.Leads)
}

// position returns the entry i as the log knows it, or zeros if it does not.
func (t *theirs) position(i raft.Index) (raft.Index, raft.Term) {
	term, err := t.storage.Term(uint64(i))
	if err != nil || term == 0 {
		return 0, 0
	}
	return i, raft.Term(term)
}

// Advance implements [foreign.Core].
func (t *theirs) Advance() {
	if !etcd.IsEmptySnap(t.ready.Snapshot) {
		must(t.storage.ApplySnapshot(t.ready.Snapshot))
	}
	must(t.storage.Append(t.ready.Entries))
	t.node.Advance(t.ready)
}
