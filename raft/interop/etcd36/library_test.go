package etcd36

import (
	"flag"
	"testing"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim/check"
)

var seeds = flag.Int("seeds", 300, "how many seeds to search")

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
