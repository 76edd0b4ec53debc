package etcd37

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim/check"
)

// openSeed is the first that shows etcd-io/raft#105, in v3.6.0 and v3.7.0: the leader
// of a group of one voter answers ReadIndex with its commit index even before it has
// committed anything in its term. The commit index was not synced, so after a crash it
// may lie behind what was applied and answered before.
const openSeed = 1276

func TestAnOpenBugOfTheFixedLibraryIsFound(t *testing.T) {
	r := foreign.Rehearse(Library, openSeed)
	if r.Plan.Nodes != 1 || !r.Broke(foreign.FreshRead) {
		t.Errorf("seed %d with %d voters: %v %v", openSeed, r.Plan.Nodes, r.Verdict, r.Violations)
	}
}

func TestAReadAfterTheBarrierOfItsTermIsFresh(t *testing.T) {
	careful := Library
	careful.New = func(c foreign.Config, s foreign.Saved) foreign.Core {
		return &patient{Core: Library.New(c, s)}
	}
	if r := foreign.Rehearse(careful, openSeed); r.Verdict != check.Pass {
		t.Errorf("seed %d: %v %v", openSeed, r.Verdict, r.Violations)
	}
}

// Patient asks for no index before the empty entry of the term is committed.
type patient struct {
	foreign.Core
	term, settled raft.Term
}

func (c *patient) ReadIndex(name []byte) bool {
	if c.term > 0 && c.settled == c.term {
		return c.Core.ReadIndex(name)
	}
	return true // it is asked again
}

func (c *patient) Ready() (foreign.Ready, bool) {
	r, any := c.Core.Ready()
	if r.Changed {
		c.term = r.Saved.Vote.Term
	}
	for _, e := range r.Committed {
		if e.Kind == raft.Barrier {
			c.settled = e.Term
		}
	}
	return r, any
}
