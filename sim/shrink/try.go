package shrink

import (
	"fmt"
	"hash/fnv"
	"iter"
	"slices"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A candidate is a plan that may take the place of the one so far.
type candidate struct {
	place int    // among all that were proposed
	hash  uint64 // of the plan
}

// try takes the first of the candidates that fails and returns which it was, or -1 if
// there is none. Those that are no plans, or were tried before, are passed over.
func (s *shrinker) try(proposed iter.Seq[plan.Plan]) int {
	var list []candidate
	first, failure := s.fails(func(yield func(plan.Plan) bool) {
		for place, p := range s.underSeeds(proposed) {
			c := candidate{place, hashOf(p)}
			if s.tried[c.hash] || p.Validate() != nil {
				continue
			}
			s.tried[c.hash] = true
			if list = append(list, c); !yield(p) {
				return
			}
		}
	})
	if first < 0 {
		return -1
	}
	for _, c := range list[first+1:] { // whether they fail is not known
		delete(s.tried, c.hash)
	}
	s.take(failure)
	return list[first].place
}

// underSeeds hands out plans with their places: first as they are and then, as long as
// luck lasts, under other seeds. What is left out changes all that follows by chance, so
// that a failure may be missed for which everything is there.
func (s *shrinker) underSeeds(plans iter.Seq[plan.Plan]) iter.Seq2[int, plan.Plan] {
	return func(yield func(int, plan.Plan) bool) {
		left := s.luck
		for roll := sim.Seed(0); roll == 0 || left > 0; roll++ {
			place := 0
			for p := range plans {
				if p.Seed += roll; !yield(place, p) {
					return
				}
				if roll > 0 {
					left -= p.Duration + overhead
				}
				place++
			}
			if place == 0 {
				return
			}
		}
	}
}

// hashOf tells plans from one another. Whom a strike struck, and when a server was away, is
// what came of a plan, and no part of it.
func hashOf(p plan.Plan) uint64 {
	p.Strikes, p.Absent = slices.Clone(p.Strikes), unseen(p.Absent)
	for i := range p.Strikes {
		p.Strikes[i].Struck = 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%v", p)
	return h.Sum64()
}

// unseen returns absences without when they were.
func unseen(absent []plan.Absence) []plan.Absence {
	absent = slices.Clone(absent)
	for i := range absent {
		absent[i].From, absent[i].To = 0, 0
	}
	return absent
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
