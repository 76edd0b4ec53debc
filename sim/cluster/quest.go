package cluster

import (
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A Quest looks in plans for a violation that is known from another one.
type Quest struct {
	// Stage is where its plans are carried out.
	Stage Stage
	// Signature is what the violation has in common with the one that is known; see
	// [check.Violation.Signature]. It must be the first of its run.
	Signature string
	// By is the simulated time after which it counts no more. Zero: it counts at any time.
	By time.Duration
}

// Run carries out a plan until its first violation, or until it is certain that this will
// not be the one that is sought: who seeks a lack of progress has seen enough when every
// partition has accepted a write. What the report says of a run that was ended so, other
// than its violations, is not what [Run] would say.
func (q Quest) Run(p plan.Plan, observers ...func(*sim.Event)) Report {
	r := newRun(p)
	r.stage = q.Stage
	oracle, _, _ := strings.Cut(q.Signature, ":")
	r.goal = goal{impatient: true, oracle: oracle, by: q.By}
	return r.carryOut(observers)
}

// Found reports whether the violation that is sought is the first of a run.
func (q Quest) Found(r Report) bool {
	return len(r.Violations) > 0 && r.Violations[0].Signature() == q.Signature
}

// A goal says when enough was seen of a run. That of most runs is zero: to see everything.
type goal struct {
	impatient bool          // nothing after the first violation matters
	oracle    string        // whose complaint alone matters; empty: that of any
	content   bool          // that oracle will not complain any more
	by        time.Duration // after which nothing matters, unless it is zero
}

// A phase is what is done after the faults.
type phase struct {
	run    func(*run)
	blames []string // the oracles that complain in it and not later
}

var phases = []phase{
	{(*run).heal, nil},
	{(*run).drain, nil},
	{(*run).demandIndependence, nil},
	{(*run).reunite, nil},
	{(*run).demandProgress, []string{check.Progress}},
	{(*run).demandConvergence, []string{check.Convergence}},
	{(*run).demandDepartures, []string{check.NothingLeft}},
	{(*run).demandRest, []string{check.TermsAtRest, check.NothingPilesUp}},
	{(*run).demandTruth, []string{check.StatusTrue}},
}

// recover heals the cluster and demands what it must be capable of then.
func (r *run) recover() {
	for _, p := range phases {
		if r.over() {
			return
		}
		p.run(r)
		if slices.Contains(p.blames, r.goal.oracle) {
			r.goal.content = true
		}
	}
}

// over reports whether nothing more needs to be seen.
func (r *run) over() bool {
	g := &r.goal
	return g.impatient && (len(r.found) > 0 || g.content || g.by > 0 && r.world.Now() > g.by)
}
