package cluster_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

var calm = cluster.Scenario{
	Name:     "calm",
	Duration: 5 * time.Second,
	Cluster: cluster.Shape{
		Nodes: cluster.Range{Min: 3, Max: 3}, Partitions: cluster.Range{Min: 2, Max: 2}, Replication: cluster.Range{Min: 3, Max: 3},
	},
	Workload: cluster.Workload{
		Clients: cluster.Range{Min: 2, Max: 2}, Keys: cluster.Range{Min: 6, Max: 6}, Pause: 20 * time.Millisecond, Reads: 0.4,
	},
	Network: cluster.Network{Latency: time.Millisecond},
	Disk:    cluster.Disk{Sync: 500 * time.Microsecond},
}

func TestCalmClusterPasses(t *testing.T) {
	report := cluster.Run(cluster.Draw(calm, sim.Seed(1)))
	if report.Verdict != check.Pass {
		t.Errorf("%v", report)
	}
	t.Logf("%+v", report.Stats)
	t.Logf("answered %d failed %d unknown %d decided %d terms %d faults %v", report.Answered, report.Failed, report.Unknown, report.Decided, report.Terms, report.Faults)
}
