package etcd35

import (
	"flag"
	"testing"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim/check"
)

var seeds = flag.Int("seeds", 200, "how many seeds to search")

// TestTheEarlyApplicationIsFound searches for etcd-io/etcd#14370: the leader of a
// group of one voter hands out an entry as committed with the Ready that asks for it
// to be saved.
func TestTheEarlyApplicationIsFound(t *testing.T) {
	found := foreign.Search(Library, 0, *seeds, nil)
	t.Log(found)
	if err := found.Vain(); err != nil {
		t.Error(err)
	}
	if _, ok := found.Finds[foreign.Symptom{Oracle: check.DurableCommit, OneVoter: true}]; !ok {
		t.Error("no entry was found applied before it was durable")
	}
	for s, find := range found.Finds {
		if !s.OneVoter && s.Oracle != foreign.FreshRead && s.Oracle != check.Linearizability {
			t.Errorf("seed %d: %s", find.Seed, find.Text)
		}
	}
}

// TestAnAnsweredWriteIsLost has the first seed with which a client noticed: the one
// voter crashed between the answer and the sync.
func TestAnAnsweredWriteIsLost(t *testing.T) {
	r := foreign.Rehearse(Library, 27)
	if r.Plan.Nodes != 1 || !r.Broke(check.Linearizability) {
		t.Errorf("with %d voters: %v %v", r.Plan.Nodes, r.Verdict, r.Violations)
	}
}

func TestASeedReplays(t *testing.T) {
	if a, b := foreign.Rehearse(Library, 59), foreign.Rehearse(Library, 59); a.Hash != b.Hash {
		t.Errorf("a seed gave the traces %x and %x", a.Hash, b.Hash)
	}
}
