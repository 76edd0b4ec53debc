package journal

import (
	"cmp"
	"fmt"
	"slices"
)

// A Replay folds the records of one generation into the states of the groups. The
// zero Replay has seen nothing. The journal itself folds what it writes in the same
// way, so that it knows what is of use.
type Replay struct {
	groups     map[GroupID]*group
	generation uint64 // by the header; 0: not seen yet
	lossy      bool   // the header says that groups may be missing
	complete   bool   // what follows is new, and all of the past is here
}

// Add folds in the next record. After an error the Replay is of no more use. What it
// holds aliases record.
func (r *Replay) Add(record []byte) error {
	h, err := decode(record, r.fold)
	switch {
	case err != nil:
		return err
	case (r.generation == 0) != (h.kind == headerRecord):
		return fmt.Errorf("%w: a header is the first record, and no other one", ErrMalformed)
	case h.kind == headerRecord:
		r.generation, r.lossy = h.generation, h.lossy
		r.complete = h.generation == 1 // there is no past
	case h.kind == completeRecord && r.complete:
		return fmt.Errorf("%w: the generation is complete already", ErrMalformed)
	case h.kind == completeRecord:
		r.complete = true
	}
	return nil
}

// Complete reports whether the records so far hold all that the generations before
// this one held.
func (r *Replay) Complete() bool { return r.complete }

// Lossy reports whether groups may be missing of which something had been saved: the
// journal has once lost records that were durable, and its header says so.
func (r *Replay) Lossy() bool { return r.lossy }

func (r *Replay) fold(c change) error {
	switch {
	case c.Removed != nil:
		r.put(c.Group, newTombstone(c))
		return nil
	case c.Lost:
		delete(r.groups, c.Group)
	}
	return r.group(c.Group).fold(c)
}

// group finds a group, or begins it: anew, if its replica was removed.
func (r *Replay) group(id GroupID) *group {
	g := r.groups[id]
	if g.lives() {
		return g
	}
	fresh := &group{bytes: maxChangeBytes}
	if g != nil {
		fresh.state = comeback(g.tombstone)
	}
	r.put(id, fresh)
	return fresh
}

func (r *Replay) put(id GroupID, g *group) {
	if r.groups == nil {
		r.groups = map[GroupID]*group{}
	}
	r.groups[id] = g
}

// lives reports whether g is there and has not been removed.
func (g *group) lives() bool { return g != nil && g.tombstone == nil }

// ids returns all groups, sorted.
func (r *Replay) ids() []GroupID {
	ids := make([]GroupID, 0, len(r.groups))
	for id := range r.groups { // any order: sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// live is about how many bytes a generation that began now would take for all groups.
func (r *Replay) live() int {
	sum := 0
	for _, g := range r.groups { // any order: a sum
		sum += g.bytes
	}
	return sum
}

// States returns the state of every group that saved anything, or its tombstone, sorted
// by group. They are the caller's; the data of entries is shared.
func (r *Replay) States() []GroupState {
	states := make([]GroupState, 0, len(r.groups))
	for id, g := range r.groups { // any order: sorted below
		s := g.state
		s.Entries = slices.Clone(s.Entries)
		states = append(states, GroupState{Group: id, State: s, Tombstone: g.tombstone})
	}
	slices.SortFunc(states, func(a, b GroupState) int { return cmp.Compare(a.Group, b.Group) })
	return states
}
