// Package shrink makes a failing plan small: it leaves out faults, operations,
// clients, servers and time as long as the plan fails in the same way. What is left is
// what the failure needs.
package shrink

import (
	"iter"
	"math"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// A Test runs plans, in any number at a time, and returns which of them is the first
// that still fails in the same way and how it does, or -1 if none does. It decides what
// the same way is; if it answers alike each time, so does [Minimize].
type Test func(iter.Seq[plan.Plan]) (int, Failure)

// A Failure is how a plan fails.
type Failure struct {
	Plan plan.Plan        // with whom each strike struck
	At   time.Duration    // when it was seen, in simulated time
	Done []plan.Selection // what the lanes came to until then; see [cluster.Report]
}

// A Progress says how far the work is.
type Progress struct {
	Pass string // what is being made smaller
	Size Size   // of the smallest plan so far that fails
}

// Minimize returns the smallest plan it can find that fails like the one that is known to
// do so. After each success and at the beginning of each pass, report is told.
//
// First it leaps: it guesses how little does. Then it goes through the passes with an ever
// finer grain, so that what is tried one by one is tried on plans that run quickly, and
// then again and again until none of them finds anything: what one takes away may have been
// what another could not do without. No plan is tested twice.
//
// What is left out of a plan changes, by chance, all that comes after it, so that a failure
// may be missed for which everything is there. So plans are tried under other seeds, too,
// and the smallest may have another one.
func Minimize(known Failure, fails Test, report func(Progress)) plan.Plan {
	s := &shrinker{fails: fails, report: report, tried: map[uint64]bool{hashOf(known.Plan): true}}
	s.pass = "leaps"
	s.take(known)
	s.leap()
	for _, s.grain = range grains {
		s.round()
	}
	for before := (Size{}); before != SizeOf(s.plan); {
		before = SizeOf(s.plan)
		s.round()
	}
	return s.plan
}

// grains are into how many pieces each round divides what it makes smaller. The last
// round is made until it finds nothing.
var grains = []int{8, 64, finest}

// finest is more pieces than there is anything of.
const finest = math.MaxInt

// passes are in the order of what they save: a run that takes less time, and has fewer
// faults, makes all that follows cheaper.
var passes = []struct {
	name string
	run  func(*shrinker)
}{
	{"time", (*shrinker).time},
	{"faults", (*shrinker).strikes},
	{"gaps", (*shrinker).gaps},
	{"clients", (*shrinker).clients},
	{"servers", (*shrinker).cluster},
	{"conditions", (*shrinker).conditions},
	{"operations", (*shrinker).operations},
	{"details", (*shrinker).details},
}

// A shrinker is the work under way.
type shrinker struct {
	plan   plan.Plan // the smallest so far that fails
	last   Failure   // how it does
	pass   string
	grain  int
	luck   time.Duration   // how much simulated time each step gives to other seeds
	tried  map[uint64]bool // hashes of plans that pass, or were the smallest once
	fails  Test
	report func(Progress)
}

// round goes through the passes once.
func (s *shrinker) round() {
	for _, pass := range passes {
		s.pass, s.luck = pass.name, fairLuck
		s.tell()
		pass.run(s)
		s.plan.Work.Only = done(s.plan.Work.Only, s.last.Done)
	}
}

// take goes on with a plan that fails.
func (s *shrinker) take(f Failure) {
	s.plan, s.last = f.Plan, f
	s.plan.Absent = unseen(f.Plan.Absent)
	s.tell()
}

func (s *shrinker) tell() { s.report(Progress{Pass: s.pass, Size: SizeOf(s.plan)}) }
