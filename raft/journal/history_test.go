package journal_test

import (
	"bytes"
	"math/rand/v2"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A history is what a replica saved and what follows from it, kept in the simplest
// way: the whole state after each of its changes. State 0 is that before the first;
// nil is that of a group which is not there.
type history struct {
	group   journal.GroupID
	states  []*raft.State
	lasting bool // it is never removed
}

func (h *history) now() raft.State {
	if s := h.states[len(h.states)-1]; s != nil {
		return *s
	}
	return raft.State{}
}

// saved returns the state after a save.
func saved(s raft.State, save raft.Save) raft.State {
	s.Vote, s.Damaged, s.Floor = save.Vote, save.Damaged, save.Floor
	if mark := save.Snapshot; mark.Index > 0 {
		known := slices.ContainsFunc(s.Entries, func(e raft.Entry) bool {
			return e.Index == mark.Index && e.Term == mark.Term
		})
		s.Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e raft.Entry) bool {
			return !known || e.Index <= mark.Index
		})
		s.Snapshot = mark
	}
	if len(save.Entries) > 0 {
		kept := slices.DeleteFunc(slices.Clone(s.Entries), func(e raft.Entry) bool {
			return e.Index >= save.Entries[0].Index
		})
		s.Entries = append(kept, save.Entries...)
	}
	return s
}

// next draws what the replica does next, and notes what follows.
func (h *history) next(rng *rand.Rand, t *tape) actors.Message {
	s := h.now()
	if h.lasting {
		return h.save(t, draw(rng, s))
	}
	if rng.IntN(40) == 0 {
		left := tombstone(s)
		after := comeback(left)
		h.states = append(h.states, &after)
		t.hand(h.group, true)
		return journal.Remove{Group: h.group, Tombstone: left}
	}
	if rng.IntN(40) == 0 { // its snapshot is lost, and all with it but the vote
		after := raft.State{Vote: s.Vote, Damaged: true, Floor: s.Floor}
		h.states = append(h.states, &after)
		save := raft.Save{Number: uint64(t.hand(h.group, false)), Vote: s.Vote, Damaged: true, Floor: s.Floor}
		return journal.Append{Group: h.group, Save: save, Lost: true}
	}
	return h.save(t, draw(rng, s))
}

func (h *history) save(t *tape, s raft.Save) actors.Message {
	s.Number = uint64(t.hand(h.group, false))
	after := saved(h.now(), s)
	h.states = append(h.states, &after)
	return journal.Append{Group: h.group, Save: s}
}

// tombstone is that of a replica which is removed in state s.
func tombstone(s raft.State) raft.Tombstone {
	last, term := end(s)
	return raft.Tombstone{Vote: s.Vote, Damaged: s.Damaged, Floor: raft.Floor{Index: last + 1, Term: term + 1},
		Configuration: raft.Configuration{Voters: []raft.ID{8, 9}}}
}

// comeback is what a replica that was removed begins with when it is back.
func comeback(t raft.Tombstone) raft.State {
	return raft.State{Vote: t.Vote, Floor: t.Floor, Damaged: t.Damaged}
}

// end is the last entry of a log, or the snapshot that takes its place.
func end(s raft.State) (raft.Index, raft.Term) {
	if n := len(s.Entries); n > 0 {
		return s.Entries[n-1].Index, s.Entries[n-1].Term
	}
	return s.Snapshot.Index, s.Snapshot.Term
}

// draw draws a save that a replica in state s could make.
func draw(rng *rand.Rand, s raft.State) raft.Save {
	save := drawSave(rng, s)
	if last, term := end(saved(s, save)); !s.Floor.Under(last, term) || rng.IntN(2) == 0 {
		save.Floor = s.Floor
	}
	return save
}

func drawSave(rng *rand.Rand, s raft.State) raft.Save {
	save := raft.Save{Vote: s.Vote, Damaged: s.Damaged}
	last := s.Snapshot.Index + raft.Index(len(s.Entries))
	from := last + 1
	elect := func() { save.Vote = raft.Vote{Term: s.Vote.Term + 1, For: raft.ID(rng.IntN(4))} }
	if save.Vote.Term == 0 {
		elect()
	}
	switch n := rng.IntN(16); {
	case n == 0: // nothing but a vote
		elect()
		return save
	case n == 1: // damaged, or whole again
		save.Damaged = !save.Damaged
	case n == 2 && len(s.Entries) > 0: // entries give way
		elect()
		from = s.Entries[rng.IntN(len(s.Entries))].Index
	case n == 3 && len(s.Entries) > 0: // entries are compacted
		e := s.Entries[rng.IntN(len(s.Entries))]
		save.Snapshot = mark(e.Index, e.Term)
	case n == 6: // a snapshot from elsewhere
		elect()
		from = last + 2 + raft.Index(rng.IntN(3))
		save.Snapshot = mark(from-1, save.Vote.Term)
	case n == 7 && len(s.Entries) > 0: // one that contradicts the log
		elect()
		from = s.Entries[rng.IntN(len(s.Entries))].Index + 1
		save.Snapshot = mark(from-1, save.Vote.Term)
	}
	for k := range raft.Index(rng.IntN(4)) {
		e := entry(from+k, save.Vote.Term)
		e.Data = bytes.Repeat([]byte{byte(from + k)}, rng.IntN(60))
		save.Entries = append(save.Entries, e)
	}
	return save
}

// same reports whether two states are equal; nil is that of a group which is not there.
func same(a, b *raft.State) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := a.Snapshot, b.Snapshot
	return a.Vote == b.Vote && a.Floor == b.Floor && a.Damaged == b.Damaged && x.Index == y.Index && x.Term == y.Term &&
		x.Stamp == y.Stamp && x.Configuration.Equal(y.Configuration) &&
		slices.EqualFunc(a.Entries, b.Entries, func(e, f raft.Entry) bool {
			return e.Index == f.Index && e.Term == f.Term && e.Stamp == f.Stamp && e.Kind == f.Kind &&
				bytes.Equal(e.Data, f.Data)
		})
}
