package scenarios_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// processorTime is how much of it this process has used: what else the machine does
// changes it little.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// benchmark runs one seed after the other.
func benchmark(b *testing.B, s plan.Scenario) {
	b.ReportAllocs()
	var simulated time.Duration
	operations, events, before := 0, uint64(0), processorTime(b)
	for seed := sim.Seed(1); b.Loop(); seed++ {
		r := cluster.Run(plan.Draw(s, seed))
		simulated += r.Simulated
		operations += r.Answered + r.Failed + r.Unknown
		events += r.Stats.Events
	}
	used := (processorTime(b) - before).Seconds()
	b.ReportMetric(simulated.Seconds()/used, "sim-s/cpu-s")
	b.ReportMetric(float64(operations)/used, "op/cpu-s")
	b.ReportMetric(1e9*used/float64(events), "cpu-ns/event")
}

func find(b *testing.B, name string) plan.Scenario {
	s, err := scenarios.Find(name)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkEverythingOnFiveNodes(b *testing.B) {
	s := find(b, "everything")
	s.Cluster.Nodes = plan.Range{Min: 5, Max: 5}
	s.Disk.Real = 0 // files cost what the machine's disk costs
	benchmark(b, s)
}

func BenchmarkCalm(b *testing.B) { benchmark(b, find(b, "calm")) }

func BenchmarkBusy(b *testing.B) { benchmark(b, find(b, "busy")) }

// Each event must cost about the same however long a run is.
func BenchmarkLength(b *testing.B) {
	for _, d := range []time.Duration{5 * time.Second, 50 * time.Second, 500 * time.Second} {
		b.Run(d.String(), func(b *testing.B) {
			s := find(b, "busy")
			s.Duration = d
			benchmark(b, s)
		})
	}
}
