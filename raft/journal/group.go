package journal

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A group is what the journal knows of one Raft group: what would be recovered if
// the node ended now and everything handed in so far were durable.
type group struct {
	state raft.State // the array of Entries is the journal's own; their data is shared
	// tombstone is all there is of a group whose replica was removed, or nil.
	tombstone *raft.Tombstone
	bytes     int // what a generation that began now would take for it, about

	// The rest is of use only while the journal takes appends.
	sender actors.Ref // of the last append
	number uint64     // of its save
	reply  uint64     // the batch that holds a reply to it, and at which place
	place  int

	// The generation that this group was last copied to, at least in part; up to
	// which entry; which floor its first piece has; and whether all of it is there.
	home   uint64
	copied raft.Index
	base   raft.Floor
	whole  bool
}

// last returns the index of the last entry.
func (g *group) last() raft.Index { return g.state.Snapshot.Index + raft.Index(len(g.state.Entries)) }

// termAt returns the term of the entry i, which is in the log or the last one before
// it; zero before the first entry there ever was.
func (g *group) termAt(i raft.Index) raft.Term {
	if i == g.state.Snapshot.Index {
		return g.state.Snapshot.Term
	}
	return g.state.Entries[i-g.state.Snapshot.Index-1].Term
}

// holds reports whether entry i, or the snapshot after it, is here and of that term.
func (g *group) holds(i raft.Index, term raft.Term) bool {
	return i >= g.state.Snapshot.Index && i <= g.last() && g.termAt(i) == term
}

// before returns the term of the entry before the first one of s, or zero.
func (g *group) before(s raft.Save) raft.Term {
	if len(s.Entries) == 0 {
		return 0
	}
	i := s.Entries[0].Index - 1
	if s.Snapshot.Index > 0 && i == s.Snapshot.Index {
		return s.Snapshot.Term
	}
	if i < g.state.Snapshot.Index || i > g.last() {
		return 0 // the checks refuse it
	}
	return g.termAt(i)
}

// take is fold for a save that has a number, as all have but that of a group whose
// snapshot is lost: its replica does not live yet.
func (g *group) take(c change) error {
	if c.Save.Number <= g.number && !c.Lost {
		return fmt.Errorf("save %d after save %d", c.Save.Number, g.number)
	}
	g.number = c.Save.Number
	return g.fold(c)
}

// fold adds c, or says why it cannot follow what came before. After an error g is of
// no more use.
func (g *group) fold(c change) error {
	if err := g.checkVote(c.Save.Vote); err != nil {
		return err
	}
	g.state.Vote = c.Save.Vote
	if s := c.Save.Snapshot; s.Index > 0 {
		if err := g.checkSnapshot(s); err != nil {
			return err
		}
		g.compact(s)
	}
	if err := g.checkEntries(c); err != nil {
		return err
	}
	g.replace(c.Save.Entries)
	g.state.Damaged = c.Save.Damaged
	return g.refloor(c.Save.Floor)
}

// refloor takes the floor of a save. It goes when the log has come as far.
func (g *group) refloor(f raft.Floor) error {
	old := g.state.Floor
	if f.Index < old.Index && !old.Under(g.last(), g.termAt(g.last())) {
		return fmt.Errorf("a floor at %d after one at %d; the log ends with entry %d", f.Index, old.Index, g.last())
	}
	g.state.Floor = f
	return nil
}

// newTombstone is a group whose replica was removed.
func newTombstone(c change) *group { return &group{tombstone: c.Removed, bytes: sizeOf(c)} }

// comeback is what a replica begins with that was removed and is back.
func comeback(t *raft.Tombstone) raft.State {
	return raft.State{Vote: t.Vote, Floor: t.Floor, Damaged: t.Damaged}
}

func (g *group) checkVote(v raft.Vote) error {
	old := g.state.Vote
	if v.Term < old.Term {
		return fmt.Errorf("term %d after term %d", v.Term, old.Term)
	}
	if v.Term == old.Term && old.For != raft.None && v.For != old.For {
		return fmt.Errorf("vote for %d in term %d after a vote for %d", v.For, v.Term, old.For)
	}
	return nil
}

func (g *group) checkSnapshot(s raft.Snapshot) error {
	old := g.state.Snapshot
	switch {
	case s.Index < old.Index || s.Index == old.Index && s.Term != old.Term:
		return fmt.Errorf("snapshot at %d of term %d after one at %d of term %d", s.Index, s.Term, old.Index, old.Term)
	case s.Term > g.state.Vote.Term:
		return fmt.Errorf("snapshot of term %d in term %d", s.Term, g.state.Vote.Term)
	}
	return nil
}

func (g *group) checkEntries(c change) error {
	if len(c.Save.Entries) == 0 {
		return nil
	}
	first := c.Save.Entries[0].Index
	if first <= g.state.Snapshot.Index || first > g.last()+1 {
		return fmt.Errorf("entry %d after %s", first, g.extent())
	}
	if term := g.termAt(first - 1); c.Before != term {
		return fmt.Errorf("entry %d follows one of term %d; here it is of term %d", first, c.Before, term)
	}
	before := raft.Entry{Index: first - 1, Term: c.Before}
	for _, e := range c.Save.Entries {
		if e.Index != before.Index+1 {
			return fmt.Errorf("entry %d right after entry %d", e.Index, before.Index)
		}
		if e.Term < before.Term || e.Term > c.Save.Vote.Term {
			return fmt.Errorf("entry %d of term %d after term %d, in term %d",
				e.Index, e.Term, before.Term, c.Save.Vote.Term)
		}
		before = e
	}
	return nil
}

func (g *group) extent() string {
	if s := g.state.Snapshot; s.Index > 0 {
		return fmt.Sprintf("entry %d, behind a snapshot at %d", g.last(), s.Index)
	}
	return fmt.Sprintf("entry %d", g.last())
}

// compact lets s take the place of the entries up to its index, or of all entries if
// it does not continue this log.
func (g *group) compact(s raft.Snapshot) {
	if g.holds(s.Index, s.Term) {
		g.drop(0, int(s.Index-g.state.Snapshot.Index))
		g.copied = max(g.copied, s.Index)
	} else {
		g.drop(0, len(g.state.Entries))
		g.copied = s.Index
	}
	g.bytes += sizeOfSnapshot(s) - sizeOfSnapshot(g.state.Snapshot)
	g.state.Snapshot = s
}

// replace puts entries, which begin inside the log or right behind it, in the place
// of everything from the first of them on.
func (g *group) replace(entries []raft.Entry) {
	if len(entries) == 0 {
		return
	}
	kept := int(entries[0].Index - g.state.Snapshot.Index - 1)
	g.drop(kept, len(g.state.Entries))
	g.state.Entries = append(g.state.Entries, entries...)
	for _, e := range entries {
		g.bytes += weight(e)
	}
	g.copied = min(g.copied, entries[0].Index-1)
}

// weight is about what e takes on disk.
func weight(e raft.Entry) int { return len(e.Data) + 32 }

// drop forgets some entries, and leaves no way to their data.
func (g *group) drop(from, to int) {
	for _, e := range g.state.Entries[from:to] {
		g.bytes -= weight(e)
	}
	g.state.Entries = slices.Delete(g.state.Entries, from, to)
}

// detach makes g the owner of the data of its entries, so that what they were read
// from can be freed.
func (g *group) detach() {
	for i := range g.state.Entries {
		e := &g.state.Entries[i]
		e.Data = bytes.Clone(e.Data)
	}
}
