// Package shrink makes a failing plan small: it leaves out faults, operations,
// clients, servers and time as long as the plan fails in the same way. What is left is
// what the failure needs.
package shrink

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math"

	"github.com/understudy-kv/understudy/sim/plan"
)

// A Test runs plans, in any number at a time, and returns which of them is the first
// that still fails in the same way, or -1 if none does. It decides what the same way
// is; if it answers alike each time, so does [Minimize].
type Test func(iter.Seq[plan.Plan]) int

// A Progress says how far the work is.
type Progress struct {
	Pass string // what is being made smaller
	Size Size   // of the smallest plan so far that fails
}

// Minimize returns the smallest plan it can find that fails like p, of which it is
// known that it does. P names its operations: those that are not named cannot be left
// out one by one. After each success and at the beginning of each pass, report is told.
//
// It goes through the passes with an ever finer grain, so that what is tried one by one is
// tried on plans that run quickly, and then again and again until none of them finds
// anything: what one takes away may have been what another could not do without. No plan
// is tested twice.
func Minimize(p plan.Plan, fails Test, report func(Progress)) plan.Plan {
	s := &shrinker{plan: p, fails: fails, report: report, tried: map[uint64]bool{hashOf(p): true}}
	for _, s.grain = range grains {
		s.round()
	}
	for before := (Size{}); before != SizeOf(s.plan); {
		before = SizeOf(s.plan)
		s.round()
	}
	return s.plan
}

// grains are into how many pieces each round divides what it makes smaller.
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
	{"clients", (*shrinker).clients},
	{"servers", (*shrinker).cluster},
	{"conditions", (*shrinker).conditions},
	{"operations", (*shrinker).operations},
	{"details", (*shrinker).details},
}

// A shrinker is the work under way.
type shrinker struct {
	plan   plan.Plan // the smallest so far that fails
	pass   string
	grain  int
	tried  map[uint64]bool // hashes of plans that pass, or were the smallest once
	fails  Test
	report func(Progress)
}

// round goes through the passes once.
func (s *shrinker) round() {
	for _, pass := range passes {
		s.pass = pass.name
		s.tell()
		pass.run(s)
	}
}

func (s *shrinker) tell() { s.report(Progress{Pass: s.pass, Size: SizeOf(s.plan)}) }

// A candidate is a plan that may take the place of the one so far.
type candidate struct {
	plan  plan.Plan
	place int    // among all that were proposed
	hash  uint64 // of the plan
}

// try takes the first of the candidates that fails and returns which it was, or -1 if
// there is none. Those that are no plans, or were tried before, are passed over.
func (s *shrinker) try(proposed iter.Seq[plan.Plan]) int {
	var list []candidate
	first := s.fails(func(yield func(plan.Plan) bool) {
		place := -1
		for p := range proposed {
			place++
			c := candidate{p, place, hashOf(p)}
			if s.tried[c.hash] || p.Validate() != nil {
				continue
			}
			if list = append(list, c); !yield(p) {
				return
			}
		}
	})
	for i, c := range list {
		s.tried[c.hash] = true
		if i == first {
			s.plan = c.plan
			s.tell()
			return c.place
		}
	}
	return -1
}

// hashOf tells plans from one another.
func hashOf(p plan.Plan) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%v", p)
	return h.Sum64()
}

// edit tries a change of the plan.
func (s *shrinker) edit(change func(*plan.Plan)) bool {
	return s.try(func(yield func(plan.Plan) bool) {
		p := s.plan
		change(&p)
		yield(p)
	}) == 0
}

// least finds a small value for a number of the plan: it tries low, and then what is
// ever nearer to what it is now.
func (s *shrinker) least(low, now int, set func(*plan.Plan, int)) {
	for now > low {
		values := from(low, now, s.grain)
		i := s.try(func(yield func(plan.Plan) bool) {
			for _, n := range values {
				p := s.plan
				set(&p, n)
				if !yield(p) {
					return
				}
			}
		})
		if i < 0 {
			return
		}
		now = values[i]
	}
}

// from returns numbers in [low, now), each of which halves the way to now, down to steps
// of which the grain says how many lie between the two.
func from(low, now, grain int) (values []int) {
	for gap := now - low; gap > (now-low)/grain; gap /= 2 {
		values = append(values, now-gap)
	}
	return values
}

// remove leaves out as many items of a list of the plan as it can, in large pieces
// first (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input,
// 2002, of which it tries the complements).
func remove[T any](s *shrinker, items []T, set func(*plan.Plan, []T)) {
	without := func(i, size int) []T {
		rest := make([]T, 0, len(items))
		rest = append(rest, items[:i]...)
		return append(rest, items[min(i+size, len(items)):]...)
	}
	least := max(len(items)/s.grain, 1)
	for size := len(items); size >= least; size = min(size, len(items)) / 2 {
		for at := 0; at < len(items); {
			i := s.try(func(yield func(plan.Plan) bool) {
				for from := at; from < len(items); from += size {
					p := s.plan
					set(&p, without(from, size))
					if !yield(p) {
						return
					}
				}
			})
			if i < 0 {
				break
			}
			at += i * size
			items = without(at, size)
		}
	}
}
