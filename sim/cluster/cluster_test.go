package cluster_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

var calm = plan.Scenario{
	Name:     "calm",
	Duration: 5 * time.Second,
	Cluster: plan.Shape{
		Nodes: plan.Range{Min: 3, Max: 3}, Partitions: plan.Range{Min: 2, Max: 2}, Replication: plan.Range{Min: 3, Max: 3},
	},
	Workload: plan.Workload{
		Clients: plan.Range{Min: 2, Max: 2}, Keys: plan.Range{Min: 6, Max: 6}, Pause: 20 * time.Millisecond, Reads: 0.4,
	},
	Network: plan.Network{Latency: time.Millisecond},
	Disk:    plan.Disks{Sync: 500 * time.Microsecond},
}

// harsh is small, and has faults of leaders in it.
var harsh = plan.Scenario{
	Name: "harsh", Duration: 5 * time.Second, Cluster: calm.Cluster, Workload: calm.Workload,
	Network: plan.Network{Latency: time.Millisecond, Loss: 0.02, Duplicate: 0.02, Reorder: 0.05},
	Disk:    plan.Disks{Sync: time.Millisecond, Torn: 0.5},
	Clock:   plan.Clock{Drift: 0.01, Offset: time.Second},
	Faults: []plan.Fault{
		{Kind: plan.Crash, Target: plan.Leader, Every: 2 * time.Second, For: time.Second},
		{Kind: plan.CutLink, Target: plan.Any, Every: 2 * time.Second, For: time.Second},
	},
}

func TestCalmClusterPasses(t *testing.T) {
	report := cluster.Run(plan.Draw(calm, sim.Seed(1)))
	if report.Verdict != check.Pass {
		t.Errorf("%v", report)
	}
	t.Logf("%+v", report.Stats)
	t.Logf("answered %d failed %d unknown %d decided %d terms %d faults %v", report.Answered, report.Failed, report.Unknown, report.Decided, report.Terms, report.Faults)
}

// A plan runs in the same way after it has been through a file.
func TestAPlanOfAFileIsTheSameRun(t *testing.T) {
	for seed := range sim.Seed(5) {
		p := plan.Draw(harsh, seed)
		first := cluster.Run(p)
		again, err := plan.Parse("plan.yaml", first.Plan.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if second := cluster.Run(again); second.Hash != first.Hash || second.Hash == 0 {
			t.Errorf("seed %d: trace %x, and %x out of a file", seed, first.Hash, second.Hash)
		}
	}
}

// Whom a fault of a leader struck is known afterwards, and naming that server instead
// is the same run.
func TestTargetsAreRecordedAsResolved(t *testing.T) {
	first := cluster.Run(plan.Draw(harsh, 1))
	resolved := first.Plan
	resolved.Strikes = slices.Clone(resolved.Strikes)
	symbolic := 0
	for i, s := range resolved.Strikes {
		if s.Struck == 0 {
			t.Errorf("nobody was struck by %+v", s)
		}
		if s.Target.Node == 0 {
			symbolic++
			resolved.Strikes[i].Target = plan.On(s.Struck)
		}
	}
	if second := cluster.Run(resolved); second.Hash != first.Hash || symbolic == 0 {
		t.Errorf("trace %x, and %x with %d targets resolved", first.Hash, second.Hash, symbolic)
	}
}

// Operations that are left out change no other.
func TestOperationsCanBeLeftOut(t *testing.T) {
	p := plan.Draw(calm, 1)
	all := cluster.Run(p).Answered
	p.Work.Only = []plan.Selection{{Client: 2, Lane: 1, Operations: []plan.Range{{Min: 4, Max: 4}, {Min: 10, Max: 14}}}}
	if some := cluster.Run(p); some.Answered != 6 || some.Verdict == check.Violated || all < 100 {
		t.Errorf("%d operations of %d were answered, not 6: %v", some.Answered, all, some)
	}
}
