package main

import (
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A campaign is a run of seeds of one scenario, many worlds at a time.
type campaign struct {
	scenario plan.Scenario
	first    sim.Seed
	seeds    int
	workers  int
}

// run hands each report to each, one at a time, in the order of the seeds, so that
// what it prints does not depend on the machine. It returns early when ctx ends.
func (c campaign) run(ctx context.Context, each func(cluster.Report)) {
	seeds := make(chan int)
	reports := make(chan cluster.Report)
	var workers sync.WaitGroup
	for range c.workers {
		workers.Go(func() {
			for i := range seeds {
				reports <- cluster.Run(plan.Draw(c.scenario, c.first+sim.Seed(i)))
			}
		})
	}
	go func() {
		defer close(reports)
		defer workers.Wait()
		defer close(seeds)
		for i := 0; i < c.seeds && ctx.Err() == nil; i++ {
			select {
			case seeds <- i:
			case <-ctx.Done():
			}
		}
	}()
	early := map[sim.Seed]cluster.Report{}
	next := c.first
	for r := range reports {
		early[r.Plan.Seed] = r
		for r, ready := early[next]; ready; r, ready = early[next] {
			delete(early, next)
			each(r)
			next++
		}
	}
}

// A summary is what a campaign amounts to.
type summary struct {
	Scenario string `json:"scenario"`
	// Fingerprint stands for the traces of all runs, in the order of their seeds:
	// equal fingerprints are equal campaigns.
	Fingerprint string         `json:"fingerprint"`
	Runs        int            `json:"runs"`
	Verdicts    map[string]int `json:"verdicts"`
	Simulated   float64        `json:"simulatedSeconds"`
	Real        float64        `json:"realSeconds"`
	SpeedUp     float64        `json:"speedUp"`
	Events      uint64         `json:"events"`
	Answered    int            `json:"operationsAnswered"`
	Failed      int            `json:"operationsFailed"`
	Unknown     int            `json:"operationsUnknown"`
	Decided     int            `json:"entriesDecided"`
	Terms       int            `json:"terms"`
	Faults      map[string]int `json:"faults"`
	Failures    []failedRun    `json:"failures"`
	faultNames  []string       // in the order first seen
	traces      hash.Hash64
	simulated   time.Duration
	started     time.Time
	worst       check.Verdict
}

// A failedRun is a run that did not pass, and how to see it again.
type failedRun struct {
	Seed       uint64   `json:"seed"`
	Verdict    string   `json:"verdict"`
	Violations []string `json:"violations,omitempty"`
	Missing    []string `json:"missing,omitempty"`
	Replay     string   `json:"replay"`
}

func newSummary(scenario string) *summary {
	return &summary{
		Scenario: scenario, Verdicts: map[string]int{}, Faults: map[string]int{}, Failures: []failedRun{},
		started: time.Now(), traces: fnv.New64a(),
	}
}

func (s *summary) add(r cluster.Report) {
	s.Runs++
	fmt.Fprintf(s.traces, "%016x", r.Hash)
	s.Verdicts[r.Verdict.String()]++
	s.worst = max(s.worst, r.Verdict)
	s.simulated += r.Simulated
	s.Events += r.Stats.Events
	s.Answered += r.Answered
	s.Failed += r.Failed
	s.Unknown += r.Unknown
	s.Decided += r.Decided
	s.Terms += r.Terms
	for _, f := range r.Faults {
		if s.Faults[f.Name] == 0 {
			s.faultNames = append(s.faultNames, f.Name)
		}
		s.Faults[f.Name] += f.Count
	}
	if r.Verdict != check.Pass {
		s.Failures = append(s.Failures, newFailedRun(s.Scenario, r))
	}
}

func newFailedRun(scenario string, r cluster.Report) failedRun {
	f := failedRun{
		Seed: uint64(r.Plan.Seed), Verdict: r.Verdict.String(), Missing: r.Missing,
		Replay: fmt.Sprintf("understudy sim replay %s --seed %d", scenario, r.Plan.Seed),
	}
	for _, v := range r.Violations {
		f.Violations = append(f.Violations, v.String())
	}
	return f
}

// finish computes the speed.
func (s *summary) finish() {
	s.Fingerprint = fmt.Sprintf("%016x", s.traces.Sum64())
	s.Simulated = s.simulated.Seconds()
	s.Real = time.Since(s.started).Seconds()
	s.SpeedUp = s.Simulated / s.Real
}

func (s *summary) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "scenario\t%s\n", s.Scenario)
	fmt.Fprintf(w, "runs\t%d", s.Runs)
	for v := check.Pass; v <= check.Violated; v++ {
		if n := s.Verdicts[v.String()]; n > 0 {
			fmt.Fprintf(w, ", %d %v", n, v)
		}
	}
	fmt.Fprintf(w, "\nsimulated\t%v in %.1fs: %.0f times real time\n", s.simulated.Round(time.Second), s.Real, s.SpeedUp)
	fmt.Fprintf(w, "events\t%d\n", s.Events)
	fmt.Fprintf(w, "operations\t%d answered, %d failed for certain, %d unknown\n", s.Answered, s.Failed, s.Unknown)
	fmt.Fprintf(w, "decided\t%d entries in %d terms\n", s.Decided, s.Terms)
	fmt.Fprintf(w, "faults\t")
	for i, name := range s.faultNames {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "%s %d", name, s.Faults[name])
	}
	if len(s.faultNames) == 0 {
		fmt.Fprint(w, "none")
	}
	fmt.Fprintf(w, "\nfingerprint\t%s\n", s.Fingerprint)
}
