package zoo

import (
	"reflect"
	"testing"

	"github.com/understudy-kv/understudy/sim/campaign"
)

func TestOnlyABrokenPromiseCatchesAMutant(t *testing.T) {
	m := Mutant{ID: "X", Scenarios: []string{"calm", "everything"}}
	failure := func(kind, signature, scenario string, seed uint64) []campaign.Failure {
		return []campaign.Failure{{Kind: kind, Signature: signature, Scenario: scenario, Seed: seed, Plan: "p.yaml"}}
	}
	for name, c := range map[string]struct { // any order: each stands alone
		sum  summary
		want Find
		next uint64
	}{
		"nothing was found": {summary{Runs: 7}, Find{Runs: 15}, 8},
		"a violation": {
			summary{Runs: 4, Failures: failure("violation", "progress: # of #", "everything", 6)},
			Find{Caught: true, Oracle: "progress", Signature: "progress: # of #", Scenario: "everything", Seed: 6, Runs: 12, Plan: "p.yaml"}, 7,
		},
		"a run that proves nothing":   {summary{Runs: 2, Failures: failure("vacuous", "vacuous: missing", "calm", 5)}, Find{Runs: 10}, 6},
		"a run that has no end":       {summary{Runs: 2, Failures: failure("inconclusive", "inconclusive: x", "calm", 6)}, Find{Runs: 10}, 7},
		"the simulator itself breaks": {summary{crash: "panic: oh"}, Find{Caught: true, Oracle: "crash", Signature: "panic: oh", Runs: 9}, 5},
	} {
		var f Find
		next := m.judge(c.sum, 5, &f)
		if !reflect.DeepEqual(f, c.want) || !f.Caught && next != c.next {
			t.Errorf("%s: %+v, then seed %d; want %+v, then %d", name, f, next, c.want, c.next)
		}
	}
}

func TestADifferenceBetweenEqualRunsCatchesAMutant(t *testing.T) {
	var f Find
	m := Mutant{ID: "X", Scenarios: []string{"calm"}}
	m.judge(summary{Runs: 1, Failures: []campaign.Failure{{Kind: "nondeterminism", Signature: "nondeterminism: x", Scenario: "calm", Seed: 1}}}, 1, &f)
	if !f.Caught || f.Oracle != "nondeterminism" || f.Runs != 1 {
		t.Errorf("%+v", f)
	}
}

func TestACrashIsToldByItsFirstLine(t *testing.T) {
	if got := crash("running\npanic: calm seed 1: oh\n\ngoroutine 1\n"); got != "panic: calm seed 1: oh" {
		t.Errorf("%q", got)
	}
	if got := crash("Error: no scenario\n"); got != "" {
		t.Errorf("wrong use is a crash: %q", got)
	}
}
