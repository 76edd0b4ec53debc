package cluster

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

func TestAQuestEndsWhenItsOracleIsContent(t *testing.T) {
	p := plan.Draw(rehearsal, 1)
	whole := Run(p)
	if whole.Verdict != check.Pass {
		t.Fatal(whole)
	}
	var before time.Duration
	for _, oracle := range []string{check.Progress, check.Convergence, check.TermsAtRest} {
		at := Quest{Signature: oracle + ": # of #"}.Run(p).Simulated
		if at < before || at > whole.Simulated {
			t.Errorf("who seeks %s looks until %v; before, %v was enough, and the whole run takes %v", oracle, at, before, whole.Simulated)
		}
		before = at
	}
	if at := (Quest{Signature: check.Progress + ": # of #"}).Run(p).Simulated; at >= whole.Simulated-restTime {
		t.Errorf("after progress was made the run goes on to %v of %v", at, whole.Simulated)
	}
	if at := (Quest{Signature: check.ElectionSafety + ": #", By: 2 * time.Second}).Run(p).Simulated; at > 3*time.Second {
		t.Errorf("who seeks something before 2s looks until %v", at)
	}
}

func TestAQuestFindsWhatARunFinds(t *testing.T) {
	p := plan.Draw(rehearsal, 1)
	p.Strikes, p.Duration, p.Network.Latency = nil, time.Second, 10*time.Second
	want := Run(p).Violations[0]
	if want.Oracle != check.Progress {
		t.Fatalf("a cluster without a leader: %v", want)
	}
	finds := func(q Quest) (check.Violation, bool) {
		r := q.Run(p)
		if !q.Found(r) {
			return check.Violation{}, false
		}
		return r.Violations[0], true
	}
	if v, found := finds(Quest{Signature: want.Signature()}); !found || v.At != want.At {
		t.Errorf("found %v: %v; a run finds %v", found, v, want)
	}
	if v, found := finds(Quest{Signature: want.Signature(), By: want.At - time.Second}); found {
		t.Errorf("found after its time: %v", v)
	}
	if v, found := finds(Quest{Signature: check.Convergence + ": #"}); found {
		t.Errorf("took for a lack of convergence: %v", v)
	}
}
