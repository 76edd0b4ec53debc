package campaign_test

import (
	"testing"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/plan"
)

func someWork(scenarios, seeds int, shard campaign.Shard) campaign.Work {
	return campaign.Work{Scenarios: make([]campaign.Scenario, scenarios), First: 100, Seeds: seeds, Shard: shard}
}

func TestShardsHaveNoRunInCommonAndLeaveNoneOut(t *testing.T) {
	for _, shards := range []int{1, 2, 3, 16} {
		seen := map[campaign.Run]int{}
		for i := range shards {
			w := someWork(3, 10, campaign.Shard{Index: i, Of: shards})
			for n := range w.Len() {
				seen[w.At(n)]++
			}
		}
		if len(seen) != 30 {
			t.Errorf("%d shards do %d of 30 runs", shards, len(seen))
		}
		for run, times := range seen {
			if times != 1 || run.Seed < 100 || run.Seed > 109 {
				t.Errorf("%d shards do %v %d times", shards, run, times)
			}
		}
	}
}

func TestScenariosTakeTurns(t *testing.T) {
	w := someWork(2, 0, campaign.Shard{Index: 3, Of: 16})
	if !w.Endless() || w.Len() < 1<<40 {
		t.Errorf("work without a number of seeds ends after %d runs", w.Len())
	}
	for i, want := range []campaign.Run{{0, 103}, {1, 103}, {0, 119}, {1, 119}} {
		if got := w.At(i); got != want {
			t.Errorf("run %d is %v, want %v", i, got, want)
		}
	}
}

func TestAShardMayBeEmpty(t *testing.T) {
	if n := someWork(2, 3, campaign.Shard{Index: 3, Of: 16}).Len(); n != 0 {
		t.Errorf("the fourth of 16 shards of 3 seeds has %d runs", n)
	}
}

func TestRepetitionsAreSpreadEvenly(t *testing.T) {
	for _, c := range []struct {
		share float64
		runs  int
		want  int
	}{{0.05, 1, 1}, {0.05, 100, 5}, {0, 100, 0}, {1, 100, 100}, {0.5, 100, 50}} {
		repeated := 0
		for i := range c.runs {
			if campaign.Repeats(i, c.share) {
				repeated++
			}
		}
		if repeated != c.want {
			t.Errorf("with a share of %v, %d of %d runs are repeated, want %d", c.share, repeated, c.runs, c.want)
		}
	}
}

func TestOnlyShardsThatExistAreRead(t *testing.T) {
	if s, err := campaign.ParseShard("3/16"); err != nil || s != (campaign.Shard{Index: 3, Of: 16}) || s.String() != "3/16" {
		t.Errorf("3/16 is read as %v: %v", s, err)
	}
	for _, bad := range []string{"", "3", "/", "3/", "/16", "16/16", "-1/16", "0/0", "0/-1", "a/b", "1/2/3", "1 / 2"} {
		if s, err := campaign.ParseShard(bad); err == nil {
			t.Errorf("%q is read as %v", bad, s)
		}
	}
}

func TestReplayIsReadyForAShell(t *testing.T) {
	w := campaign.Work{Scenarios: []campaign.Scenario{
		{Name: "./my first.yaml"}, {Name: "calm"}, {Name: "calm", Scenario: plan.Scenario{Without: []plan.Family{plan.Cuts, plan.Damage}, Servers: 5}},
	}}
	for run, want := range map[campaign.Run]string{
		{Scenario: 0, Seed: 7}:           "understudy sim replay './my first.yaml' --seed 7",
		{Scenario: 1, Seed: sim.Seed(8)}: "understudy sim replay calm --seed 8",
		{Scenario: 2, Seed: sim.Seed(9)}: "understudy sim replay calm --seed 9 --nodes 5 --without cuts --without damage",
	} {
		if got := w.Replay(run); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
