package foreign

import (
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// HeldByMembers is the oracle of durability while members change: when an entry is
// applied first, a majority holds it durably, of the voters in force at the entry, or
// of later ones that some disk holds, or of those before. The oracle of [check] leaves
// out the last, which is too strict for a library whose configurations take effect
// when they are applied: entries behind a change are committed by those before it.
const HeldByMembers = "held-by-members"

// A holding is what the disks hold of the entries that are not applied yet, and who
// may decide.
type holding struct {
	terms map[raft.ID]map[raft.Index]raft.Term
	// last is the last entry that was applied by anybody.
	last           raft.Index
	voters, before []raft.ID
	later          []seenChange // seen on disks
}

// A seenChange is an entry that holds a configuration.
type seenChange struct {
	index  raft.Index
	voters []raft.ID
}

func newHolding(voters []raft.ID) *holding {
	return &holding{terms: map[raft.ID]map[raft.Index]raft.Term{}, voters: voters, before: voters}
}

// durable is told what a disk of id holds now.
func (h *holding) durable(id raft.ID, entries []raft.Entry) {
	if h.terms[id] == nil {
		h.terms[id] = map[raft.Index]raft.Term{}
	}
	for i, e := range entries {
		h.terms[id][e.Index] = e.Term
		if c, err := raft.DecodeConfiguration(e.Data); e.Kind == raft.Membership && err == nil {
			h.later = append(h.later, seenChange{e.Index, c.Voters})
		}
		if i == len(entries)-1 {
			h.cut(id, e.Index)
		}
	}
}

// cut forgets what was behind i, which is gone.
func (h *holding) cut(id raft.ID, i raft.Index) {
	for i++; h.terms[id][i] != 0; i++ {
		delete(h.terms[id], i)
	}
}

// applied is told of every entry that is applied; it judges the first time.
func (h *holding) applied(e raft.Entry) error {
	if e.Index <= h.last {
		return nil
	}
	h.last = e.Index
	if e.Kind == raft.Membership {
		c, err := raft.DecodeConfiguration(e.Data)
		if err != nil {
			return err
		}
		if !slices.Equal(c.Voters, h.voters) {
			h.before, h.voters = h.voters, c.Voters
		}
	}
	later := func(c seenChange) bool { return c.index > e.Index && h.majority(c.voters, e) }
	if h.majority(h.voters, e) || h.majority(h.before, e) || slices.ContainsFunc(h.later, later) {
		return nil
	}
	return fmt.Errorf("index %d, term %d, was applied when no majority of %v nor of %v before held it on disk",
		e.Index, e.Term, h.voters, h.before)
}

func (h *holding) majority(voters []raft.ID, e raft.Entry) bool {
	count := 0
	for _, id := range voters {
		if h.terms[id][e.Index] == e.Term {
			count++
		}
	}
	return 2*count > len(voters)
}

// hold tells the oracle of an application, when members change.
func (r *run) hold(e raft.Entry) {
	if r.plan.ChangeEvery == 0 {
		return // the oracle of package check says more
	}
	if err := r.holding.applied(e); err != nil {
		r.violate(check.Violation{Oracle: HeldByMembers, At: r.world.Now(), Text: err.Error()})
	}
}
