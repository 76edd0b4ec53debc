package journal

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

// A Replay folds batches into the states of the groups. The zero Replay is that of
// an empty journal.
type Replay struct {
	groups map[GroupID]*replayed
}

// A replayed is one group so far.
type replayed struct {
	tail  tail
	state raft.State
}

// Add folds in the next record after the header. After an error the Replay is of no
// more use. The states to come alias record.
func (r *Replay) Add(record []byte) error {
	batch, err := DecodeBatch(record)
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		return fmt.Errorf("%w: a second header", ErrMalformed)
	}
	for _, a := range batch {
		if err := r.add(a); err != nil {
			return fmt.Errorf("%w: group %d: %w", ErrMalformed, a.Group, err)
		}
	}
	return nil
}

func (r *Replay) add(a Append) error {
	g := r.group(a.Group)
	if err := g.tail.extend(a.Save); err != nil {
		return err
	}
	g.state.Vote = a.Save.Vote
	if len(a.Save.Entries) > 0 {
		kept := g.state.Entries[:a.Save.Entries[0].Index-1]
		g.state.Entries = append(kept, a.Save.Entries...)
	}
	return nil
}

func (r *Replay) group(id GroupID) *replayed {
	if r.groups == nil {
		r.groups = map[GroupID]*replayed{}
	}
	if r.groups[id] == nil {
		r.groups[id] = &replayed{}
	}
	return r.groups[id]
}

// States returns the state of every group that saved anything, sorted by group.
// They are valid until the next Add.
func (r *Replay) States() []GroupState {
	states := make([]GroupState, 0, len(r.groups))
	for id, g := range r.groups { // any order: sorted below
		states = append(states, GroupState{Group: id, State: g.state})
	}
	slices.SortFunc(states, func(a, b GroupState) int {
		return cmp.Compare(a.Group, b.Group)
	})
	return states
}

// tails returns what the next appends are checked against.
func (r *Replay) tails() map[GroupID]*tail {
	tails := make(map[GroupID]*tail, len(r.groups))
	for id, g := range r.groups { // any order: one map becomes another
		last := g.tail
		tails[id] = &last
	}
	return tails
}

// A tail is what must be known of a group to check its next append.
type tail struct {
	vote   raft.Vote
	last   raft.Index
	number uint64 // of the newest save since the journal was opened
}

// extend adds s, or says why it cannot follow what came before.
func (t *tail) extend(s raft.Save) error {
	if err := t.checkVote(s.Vote); err != nil {
		return err
	}
	if err := t.checkEntries(s); err != nil {
		return err
	}
	t.vote = s.Vote
	if n := len(s.Entries); n > 0 {
		t.last = s.Entries[n-1].Index
	}
	return nil
}

func (t *tail) checkVote(v raft.Vote) error {
	if v.Term < t.vote.Term {
		return fmt.Errorf("term %d after term %d", v.Term, t.vote.Term)
	}
	if v.Term == t.vote.Term && t.vote.For != raft.None && v.For != t.vote.For {
		return fmt.Errorf("vote for %d in term %d after a vote for %d", v.For, v.Term, t.vote.For)
	}
	return nil
}

func (t *tail) checkEntries(s raft.Save) error {
	var before raft.Entry
	for i, e := range s.Entries {
		switch {
		case i == 0 && (e.Index == 0 || e.Index > t.last+1):
			return fmt.Errorf("entry %d after entry %d", e.Index, t.last)
		case i > 0 && e.Index != before.Index+1:
			return fmt.Errorf("entry %d right after entry %d", e.Index, before.Index)
		case e.Term < before.Term || e.Term > s.Vote.Term:
			return fmt.Errorf("entry %d of term %d after term %d, in term %d",
				e.Index, e.Term, before.Term, s.Vote.Term)
		}
		before = e
	}
	return nil
}
