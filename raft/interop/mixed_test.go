package interop

import (
	"flag"
	"maps"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
)

var seeds = flag.Int("seeds", 100, "how many seeds to search")

func TestMixedGroupsKeepTheirPromises(t *testing.T) {
	for name, isOurs := range map[string]func(raft.ID) bool{ // any order: each is a test of its own
		"odd ones ours":  func(id raft.ID) bool { return id%2 == 1 },
		"even ones ours": func(id raft.ID) bool { return id%2 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			var m mixture
			found := foreign.Search(Mixed(isOurs), 0, *seeds, func(r foreign.Report) { m.add(r, isOurs) })
			t.Log(found)
			t.Logf("%+v", m)
			if err := found.Vain(); err != nil {
				t.Error(err)
			}
			for _, find := range found.Finds { // any order
				t.Errorf("seed %d: %s", find.Seed, find.Text)
			}
			m.mustBeRich(t, *seeds)
		})
	}
}

// A mixture counts by kind what happened in mixed groups.
type mixture struct {
	elected  struct{ ours, theirs int }
	handed   struct{ toOurs, toTheirs int } // from the other kind, with the next term that had a leader
	restored struct{ ours, theirs int }
	changes  int // of members
}

func (m *mixture) add(r foreign.Report, isOurs func(raft.ID) bool) {
	m.changes += r.Changes
	var before raft.ID
	for _, term := range slices.Sorted(maps.Keys(r.Leaders)) {
		leader := r.Leaders[term]
		count(isOurs(leader), &m.elected.ours, &m.elected.theirs)
		if before != 0 && isOurs(before) != isOurs(leader) {
			count(isOurs(leader), &m.handed.toOurs, &m.handed.toTheirs)
		}
		before = leader
	}
	for id, n := range r.Restored { // any order: sums
		for range n {
			count(isOurs(id), &m.restored.ours, &m.restored.theirs)
		}
	}
}

func count(ours bool, a, b *int) {
	if ours {
		*a++
	} else {
		*b++
	}
}

// mustBeRich fails if something hardly happened in so many runs.
func (m *mixture) mustBeRich(t *testing.T, runs int) {
	t.Helper()
	least := min(m.elected.ours, m.elected.theirs, m.handed.toOurs, m.handed.toTheirs)
	if least < runs/4 || min(m.restored.ours, m.restored.theirs) < runs/20 || m.changes < runs {
		t.Errorf("too little happened in %d runs: %+v", runs, m)
	}
}

func TestASeedReplays(t *testing.T) {
	l := Mixed(func(id raft.ID) bool { return id%2 == 1 })
	for seed := range sim.Seed(5) {
		if a, b := foreign.Rehearse(l, seed), foreign.Rehearse(l, seed); a.Hash != b.Hash {
			t.Errorf("seed %d gave the traces %x and %x", seed, a.Hash, b.Hash)
		}
	}
}
