package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A Report says what a run was worth, and why.
type Report struct {
	Plan       plan.Plan // with whom each strike struck
	Verdict    check.Verdict
	Violations []check.Violation
	// Missing lists what did not happen though the plan asked for it, which makes the
	// run vacuous.
	Missing   []string
	Hash      uint64           // of the trace
	Simulated time.Duration    // how much time passed in the world
	Done      []plan.Selection // the operations that clients did
	Answered  int              // of them
	Failed    int              // that certainly had no effect
	Unknown   int              // whose outcome is not known
	Decided   int              // entries of all groups
	Terms     int              // terms with a leader, of all groups
	Faults    []Count
	Marks     []Count // rare branches that were reached, in the order of [Marks]
	Stats     sim.Stats
	Judgement check.Judgement
	Bands     []check.Band // when which fault was in force
}

// A Count is how often something happened.
type Count struct {
	Name  string
	Count int
}

// String prints the report in one line.
func (r Report) String() string {
	s := fmt.Sprintf("seed %d: %v", r.Plan.Seed, r.Verdict)
	if len(r.Violations) > 0 {
		s += ": " + r.Violations[0].String()
	}
	if len(r.Missing) > 0 {
		s += fmt.Sprintf(": missing %v", r.Missing)
	}
	return s
}

// judge makes the report.
func (r *run) judge() Report {
	report := Report{
		Plan:      r.plan,
		Hash:      r.world.Hash(),
		Simulated: r.world.Now(),
		Done:      r.done(),
		Answered:  r.counts.answered,
		Failed:    r.counts.unavailable,
		Unknown:   r.counts.unknown,
		Stats:     r.world.Stats(),
		Judgement: r.judgement(),
		Bands:     r.bands,
		Faults:    r.faults(),
		Marks:     r.marks(),
	}
	for p := range r.plan.Cluster.Partitions {
		report.Decided += r.watch.consensus.Decided(groupAt(p))
		report.Terms += r.watch.consensus.Terms(groupAt(p))
	}
	if report.Judgement.Verdict == check.Violated {
		r.fail(check.Linearizability, fmt.Sprintf("no order of the operations on %q explains what clients saw", report.Judgement.Key))
	}
	report.Violations = r.found
	report.Missing = r.missing(report)
	report.Verdict = verdict(report)
	return report
}

// judgement asks Porcupine, unless it does not matter any more.
func (r *run) judgement() check.Judgement {
	if r.over() || r.goal.oracle != "" && r.goal.oracle != check.Linearizability {
		return check.Judgement{}
	}
	return r.history.Judge(judgeLimit)
}

// done lists the operations of each lane.
func (r *run) done() (list []plan.Selection) {
	for _, l := range r.lanes {
		if l.turns > 0 {
			list = append(list, plan.Selection{
				Client: l.clientNumber(), Lane: l.number, Operations: []plan.Range{{Min: 1, Max: l.turns}},
			})
		}
	}
	return list
}

func verdict(r Report) check.Verdict {
	switch {
	case len(r.Violations) > 0:
		return check.Violated
	case r.Judgement.Verdict == check.Inconclusive:
		return check.Inconclusive
	case len(r.Missing) > 0:
		return check.Vacuous
	}
	return check.Pass
}

// faults counts what struck, by name: strikes first, then what the network and the
// disks did by themselves.
func (r *run) faults() (list []Count) {
	for _, k := range plan.Kinds() {
		if n := r.strikes[k]; n > 0 {
			list = append(list, Count{string(k), n})
		}
	}
	for _, c := range r.ambient() {
		if c.Count > 0 {
			list = append(list, c)
		}
	}
	return list
}

// missing lists what should have happened and did not. Rare things are only asked
// for where the plan makes them frequent.
func (r *run) missing(report Report) (list []string) {
	if report.Answered == 0 {
		list = append(list, "an answer to a client")
	}
	for p := range r.plan.Cluster.Partitions {
		if r.watch.consensus.Decided(groupAt(p)) == 0 {
			list = append(list, fmt.Sprintf("a decision of partition %d", p))
		}
	}
	for _, s := range r.plan.Strikes {
		if name := string(s.Kind); r.strikes[s.Kind]+r.idle[s.Kind] == 0 && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	traits := []struct {
		name    string
		enabled bool
	}{
		{"loss", r.plan.Network.Loss > 0}, {"duplicate", r.plan.Network.Duplicate > 0}, {"reorder", r.plan.Network.Reorder > 0},
	}
	for _, t := range traits {
		if t.enabled && r.plan.Cluster.Nodes > 1 && !slices.ContainsFunc(report.Faults, func(c Count) bool { return c.Name == t.name }) {
			list = append(list, t.name)
		}
	}
	return list
}
