package cluster

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// A generation that holds nothing of a group has forgotten it, and only one that says
// that it may have is allowed to.
func TestAGroupThatIsMissingInAGenerationIsForgotten(t *testing.T) {
	for _, c := range []struct {
		generation string
		lossy      byte
		oracle     string
	}{
		{"one that has lost something", 1, check.DamagedAbstains},
		{"one that says it is whole", 0, check.Recovery},
	} {
		var found []check.Violation
		p := voterPlatter(func(v check.Violation) { found = append(found, v) })
		p.Durable("journal-2", 0, [][]byte{{1, 3, 2, c.lossy}, {3}}) // docs/journal.md: a header, and that it is complete
		p.consensus.Synced(1, 1, raft.Save{Damaged: true})
		p.consensus.Voted(1, 1, 0, 0)
		if !slices.ContainsFunc(found, func(v check.Violation) bool { return v.Oracle == c.oracle }) {
			t.Errorf("%s: %s is content; found %v", c.generation, c.oracle, found)
		}
		if c.lossy == 1 && len(found) != 1 {
			t.Errorf("%s: found %v; it begins anew", c.generation, found)
		}
	}
}

// voterPlatter returns a platter of node 1, which has voted in group 1.
func voterPlatter(report func(check.Violation)) platter {
	consensus := check.NewConsensus(func() time.Duration { return time.Second }, report)
	consensus.AddGroup(1, []check.Node{1, 2, 3})
	consensus.Synced(1, 1, raft.Save{Vote: raft.Vote{Term: 5, For: 1}})
	return newPlatter(&watch{consensus: consensus, report: report}, 1)
}
