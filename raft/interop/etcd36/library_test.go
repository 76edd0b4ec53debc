package etcd36

import (
	"flag"
	"testing"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim/check"
)

var seeds = flag.Int("seeds", 200, "how many seeds to search")

// TestTheStaleReadIndexIsFound searches for etcd-io/etcd#20418: a heartbeat carries
// the name of a read, so answers to the heartbeats of a read that is over confirm it
// anew when its request arrives once more, and with it all reads that were asked for
// before: the leader may long be deposed.
func TestTheStaleReadIndexIsFound(t *testing.T) {
	found := foreign.Search(Library, 0, *seeds, nil)
	t.Log(found)
	if err := found.Vain(); err != nil {
		t.Error(err)
	}
	if _, ok := found.Finds[foreign.Symptom{Oracle: foreign.FreshRead}]; !ok {
		t.Error("no stale read index was found")
	}
	for s, find := range found.Finds {
		if s.Oracle != foreign.FreshRead && s.Oracle != check.Linearizability {
			t.Errorf("seed %d: %s", find.Seed, find.Text)
		}
	}
}

// TestClientsSeeTheStaleRead has the first seed with which it reached a client: a
// write was answered, and a later read misses it.
func TestClientsSeeTheStaleRead(t *testing.T) {
	r := foreign.Rehearse(Library, 1339)
	if r.Plan.Nodes == 1 || !r.Broke(check.Linearizability) {
		t.Errorf("with %d voters: %v %v", r.Plan.Nodes, r.Verdict, r.Violations)
	}
}

func TestASeedReplays(t *testing.T) {
	if a, b := foreign.Rehearse(Library, 59), foreign.Rehearse(Library, 59); a.Hash != b.Hash {
		t.Errorf("a seed gave the traces %x and %x", a.Hash, b.Hash)
	}
}
