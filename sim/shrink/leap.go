package shrink

import (
	"iter"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// How much simulated time is given to plans under other seeds before they are given up.
// More is of little use where failures are frequent, and none of it where they are rare:
// these were found with bugs of which one run in fifty finds one.
const (
	leapLuck = 1500 * time.Second // for a leap
	fairLuck = 300 * time.Second  // for a step of a pass
	// leastLeap is a run so short that halving it saves nothing.
	leastLeap = 100 * time.Millisecond
	// overhead is added to the duration of each, so that there are not too many of the
	// shortest.
	overhead = 10 * time.Second
)

// leap guesses how little does, as long as one of its guesses is right. It comes first: a
// plan from which much was taken under one seed alone fails by an accident, and hardly ever
// under another.
func (s *shrinker) leap() {
	s.end()
	for s.plan.Duration > leastLeap && s.try(guesses(s.plan)) >= 0 {
	}
}

// guesses returns ever new guesses at what does of a plan.
func guesses(p plan.Plan) iter.Seq[plan.Plan] {
	return func(yield func(plan.Plan) bool) {
		left := leapLuck
		for n := uint64(1); left > 0; n++ {
			g := guess(p, n)
			if left -= g.Duration + overhead; !yield(g) {
				return
			}
		}
	}
}

// guess returns a half of the run, or less, under another seed, with all or half of the
// faults that are in it.
func guess(p plan.Plan, n uint64) plan.Plan {
	dice := p.Seed.Stream("leap", n)
	length := p.Duration >> (1 + dice.IntN(3))
	begin := time.Duration(0)
	if dice.Chance(0.75) {
		begin = dice.Between(0, p.Duration-length)
	}
	p = until(since(p, begin), length)
	if dice.Chance(0.5) {
		p.Strikes = slices.DeleteFunc(slices.Clone(p.Strikes), func(plan.Strike) bool { return dice.Chance(0.5) })
	}
	for range n {
		p.Seed++
	}
	return p
}
