package shrink

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// until returns the plan of a run that ends at a time. Faults that would strike after it
// go.
func until(p plan.Plan, end time.Duration) plan.Plan {
	p.Duration = end
	if after := slices.IndexFunc(p.Strikes, func(f plan.Strike) bool { return f.At >= end }); after >= 0 {
		p.Strikes = p.Strikes[:after]
	}
	return p
}

// since returns the plan of a run that begins at a time. Faults before it go.
func since(p plan.Plan, begin time.Duration) plan.Plan {
	p.Duration -= begin
	var strikes []plan.Strike
	for _, f := range p.Strikes {
		if f.At -= begin; f.At >= 0 {
			strikes = append(strikes, f)
		}
	}
	p.Strikes = strikes
	return p
}

// end leaves out what comes after the failure.
func (s *shrinker) end() {
	if end := s.last.At + time.Millisecond; end < s.plan.Duration {
		s.edit(func(p *plan.Plan) { *p = until(*p, end) })
	}
}

// time leaves out what comes after the failure, and then as much as it can at the end and
// at the beginning of the run.
func (s *shrinker) time() {
	s.end()
	const unit = time.Millisecond
	s.least(1, int((s.plan.Duration+unit-1)/unit), func(p *plan.Plan, n int) {
		*p = until(*p, time.Duration(n)*unit)
	})
	s.least(1, int((s.plan.Duration+unit-1)/unit), func(p *plan.Plan, n int) {
		*p = since(*p, p.Duration-time.Duration(n)*unit)
	})
}

// gaps lets each fault, and all after it, strike sooner, when there are few.
func (s *shrinker) gaps() {
	if s.grain != finest {
		return
	}
	const unit = time.Millisecond
	for i := range s.plan.Strikes {
		before := time.Duration(0)
		if i > 0 {
			before = s.plan.Strikes[i-1].At
		}
		s.least(0, int((s.plan.Strikes[i].At-before)/unit), func(p *plan.Plan, n int) {
			*p = sooner(*p, i, p.Strikes[i].At-before-time.Duration(n)*unit)
		})
	}
}

// sooner lets a fault, and all that comes after it, come sooner.
func sooner(p plan.Plan, first int, by time.Duration) plan.Plan {
	p.Duration -= by
	p.Strikes = slices.Clone(p.Strikes)
	for i := first; i < len(p.Strikes); i++ {
		p.Strikes[i].At -= by
	}
	return p
}

func (s *shrinker) strikes() {
	remove(s, s.plan.Strikes, func(p *plan.Plan, rest []plan.Strike) { p.Strikes = rest })
}

// clients leaves out the operations of whole lanes, and then clients behind the last
// one that does something.
func (s *shrinker) clients() {
	remove(s, s.plan.Work.Only, func(p *plan.Plan, rest []plan.Selection) { p.Work.Only = orNone(rest) })
	used := 1
	for _, lane := range s.plan.Work.Only {
		used = max(used, lane.Client)
	}
	s.least(used, s.plan.Work.Clients, func(p *plan.Plan, n int) {
		p.Work.Clients = n
		p.Strikes = slices.DeleteFunc(slices.Clone(p.Strikes), func(f plan.Strike) bool { return f.Target.Client > n })
	})
}

// orNone selects an operation that no lane has if none is left: an empty selection
// would mean all.
func orNone(only []plan.Selection) []plan.Selection {
	if len(only) == 0 {
		return []plan.Selection{{Client: 1, Operations: []plan.Range{{Min: 0, Max: 0}}}}
	}
	return only
}

// An operation is one of a lane.
type operation struct{ client, lane, number int }

func (s *shrinker) operations() {
	remove(s, operationsOf(s.plan.Work.Only), func(p *plan.Plan, rest []operation) { p.Work.Only = orNone(selections(rest)) })
}

func operationsOf(only []plan.Selection) (list []operation) {
	for _, lane := range only {
		for _, r := range lane.Operations {
			for n := max(r.Min, 1); n <= r.Max; n++ {
				list = append(list, operation{lane.Client, lane.Lane, n})
			}
		}
	}
	return list
}

// selections is the inverse of operationsOf.
func selections(list []operation) (only []plan.Selection) {
	for i, o := range list {
		if i == 0 || o.client != list[i-1].client || o.lane != list[i-1].lane {
			only = append(only, plan.Selection{Client: o.client, Lane: o.lane})
		}
		ranges := &only[len(only)-1].Operations
		if last := len(*ranges) - 1; last >= 0 && (*ranges)[last].Max == o.number-1 {
			(*ranges)[last].Max = o.number
		} else {
			*ranges = append(*ranges, plan.Range{Min: o.number, Max: o.number})
		}
	}
	return only
}

// done returns those of the operations that lanes came to.
func done(only, turns []plan.Selection) []plan.Selection {
	came := plan.Work{Only: orNone(turns)}
	list := slices.DeleteFunc(operationsOf(only), func(o operation) bool { return !came.Does(o.client, o.lane, o.number) })
	return orNone(selections(list))
}
