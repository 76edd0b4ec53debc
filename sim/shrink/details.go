package shrink

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// details makes each fault as plain and as short as it can be, when most of them are gone.
func (s *shrinker) details() {
	if s.grain != finest {
		return
	}
	s.luck = 0 // a fault that looks better is not worth the search for another seed
	for i := range s.plan.Strikes {
		edit := func(change func(*plan.Strike)) {
			s.edit(func(p *plan.Plan) {
				p.Strikes = slices.Clone(p.Strikes)
				change(&p.Strikes[i])
			})
		}
		f := s.plan.Strikes[i]
		if f.Target.Symbolic() && f.Struck != 0 && !f.Kind.OfPartition() {
			edit(func(f *plan.Strike) { f.Target = plan.On(f.Struck) })
		}
		if f.After != 0 {
			edit(func(f *plan.Strike) { f.After = 0 })
		}
		if f.Clients {
			edit(func(f *plan.Strike) { f.Clients = false })
		}
		for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, time.Millisecond} {
			if f.At.Truncate(unit) != f.At {
				edit(func(f *plan.Strike) { f.At = f.At.Truncate(unit) })
			}
		}
		s.least(1, int(f.For/time.Millisecond)+1, func(p *plan.Plan, n int) {
			p.Strikes = slices.Clone(p.Strikes)
			p.Strikes[i].For = time.Duration(n) * time.Millisecond
		})
	}
}
