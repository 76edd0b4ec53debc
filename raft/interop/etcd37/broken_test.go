package etcd37

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// TestTheHarnessNotices plants mistakes around a library that makes none.
func TestTheHarnessNotices(t *testing.T) {
	for _, c := range []struct {
		mistake string
		oracle  string
		plant   func(foreign.Core) foreign.Core
	}{
		{"promises that do not wait for the sync", check.DurablePromise,
			func(c foreign.Core) foreign.Core { return hasty{c} }},
		{"saves that are not synced", check.DurablePromise,
			func(c foreign.Core) foreign.Core { return lax{c} }},
		{"reads that ask nobody", foreign.FreshRead,
			func(c foreign.Core) foreign.Core { return &presumptuous{Core: c} }},
		{"reads that ask nobody, as clients see them", check.Linearizability,
			func(c foreign.Core) foreign.Core { return &presumptuous{Core: c} }},
		{"entries that are skipped", check.AppliedAscends,
			func(c foreign.Core) foreign.Core { return &forgetful{Core: c} }},
		{"a replica that gives up", check.Convergence,
			func(c foreign.Core) foreign.Core { return &tired{Core: c} }},
	} {
		broken := Library
		broken.New = func(config foreign.Config, s foreign.Saved) foreign.Core {
			return c.plant(Library.New(config, s))
		}
		if !caught(broken, c.oracle) {
			t.Errorf("%s: %s is content", c.mistake, c.oracle)
		}
	}
}

// caught reports whether one of a few seeds offends an oracle.
func caught(l foreign.Library, oracle string) bool {
	for seed := range sim.Seed(40) {
		if r := foreign.Rehearse(l, seed); r.Verdict == check.Violated && r.Broke(oracle) {
			return true
		}
	}
	return false
}

// Hasty sends everything before the sync.
type hasty struct{ foreign.Core }

func (c hasty) Ready() (foreign.Ready, bool) {
	r, any := c.Core.Ready()
	for i := range r.Messages {
		r.Messages[i].Early = true
	}
	return r, any
}

// Lax thinks that nothing must be synced.
type lax struct{ foreign.Core }

func (c lax) Ready() (foreign.Ready, bool) {
	r, any := c.Core.Ready()
	r.MustSync = false
	return r, any
}

// Presumptuous answers every read from what it has applied.
type presumptuous struct {
	foreign.Core
	applied raft.Index
	names   [][]byte
}

func (c *presumptuous) ReadIndex(name []byte) bool {
	c.names = append(c.names, name)
	return true
}

func (c *presumptuous) Ready() (foreign.Ready, bool) {
	r, any := c.Core.Ready()
	for _, e := range r.Committed {
		c.applied = e.Index
	}
	if any {
		for _, name := range c.names {
			r.Reads = append(r.Reads, foreign.ReadState{Index: c.applied, Name: name})
		}
		c.names = nil
	}
	return r, any
}

// Forgetful does not hand out one entry.
type forgetful struct {
	foreign.Core
	done bool
}

func (c *forgetful) Ready() (foreign.Ready, bool) {
	r, any := c.Core.Ready()
	if !c.done && len(r.Committed) > 1 {
		c.done, r.Committed = true, r.Committed[1:]
	}
	return r, any
}

// Tired stops hearing after a while.
type tired struct {
	foreign.Core
	heard int
}

func (c *tired) Step(b []byte) {
	if c.heard++; c.heard < 50 {
		c.Core.Step(b)
	}
}

func TestASeedReplays(t *testing.T) {
	for seed := range sim.Seed(5) {
		if a, b := foreign.Rehearse(Library, seed), foreign.Rehearse(Library, seed); a.Hash != b.Hash {
			t.Errorf("seed %d gave the traces %x and %x", seed, a.Hash, b.Hash)
		}
	}
}
