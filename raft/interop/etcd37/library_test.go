package etcd37

import (
	"flag"
	"testing"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

var seeds = flag.Int("seeds", 200, "how many seeds to search")

// TestTheFixedLibraryIsSilent searches with the seeds that find the bugs of earlier
// versions. One that is open (etcd-io/raft#105) shows in groups of one voter only.
func TestTheFixedLibraryIsSilent(t *testing.T) {
	found := foreign.Search(Library, 0, *seeds, nil)
	t.Log(found)
	if err := found.Vain(); err != nil {
		t.Error(err)
	}
	for s, find := range found.Finds {
		if !s.OneVoter || s.Oracle != foreign.FreshRead && s.Oracle != check.Linearizability {
			t.Errorf("seed %d: %s", find.Seed, find.Text)
		}
	}
}

// TestWhatBreaksEarlierVersionsPasses has the seeds that show the bugs of v3.6.0 and
// v3.5.4 first.
func TestWhatBreaksEarlierVersionsPasses(t *testing.T) {
	for _, seed := range []sim.Seed{59, 1339, 5, 15, 27, 172} {
		if r := foreign.Rehearse(Library, seed); r.Verdict != check.Pass {
			t.Errorf("seed %d: %v %v", seed, r.Verdict, r.Violations)
		}
	}
}
