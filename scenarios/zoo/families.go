package zoo

import (
	"context"
	"path/filepath"
	"time"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// Without a family of faults a mutant is hunted for [Patience] times as many runs as
// with all of them, and for leastRuns where that is little.
const (
	Patience  = 4
	leastRuns = 20
)

// HuntWithout hunts a mutant that was caught again, with each family of faults left out
// in turn, for at most so much CPU time each.
func (m Mutant) HuntWithout(ctx context.Context, program, dir string, f *Find, budget time.Duration) error {
	f.Without = map[plan.Family]int{}
	limit := max(leastRuns, Patience*f.Runs)
	for _, family := range plan.Families() {
		first, err := m.meets(family, limit)
		if err != nil {
			return err
		}
		switch {
		case first == 0: // there is nothing to leave out
		case first > f.Runs: // what is left out comes too late to matter
			f.Without[family] = f.Runs
		default:
			g, err := m.Hunt(ctx, program, dir, Effort{CPU: budget, Runs: limit, Without: []plan.Family{family}})
			if err != nil {
				return err
			}
			f.Without[family] = 0
			if g.Caught {
				f.Without[family] = g.Runs
			}
		}
	}
	return nil
}

// meets returns the first of so many runs whose plan has anything of a family, or 0.
func (m Mutant) meets(f plan.Family, limit int) (run int, err error) {
	var drawn []plan.Scenario
	for _, name := range m.Scenarios {
		s, err := scenarios.Find(filepath.Join(m.root, "scenarios", name+".yaml"))
		if err != nil {
			return 0, err
		}
		drawn = append(drawn, s)
	}
	for i := range limit {
		if seed := sim.Seed(1 + i/len(drawn)); plan.Draw(drawn[i%len(drawn)], seed).Has(f) {
			return i + 1, nil
		}
	}
	return 0, nil
}
