package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// planFlags say which plan a scenario is to become.
type planFlags struct {
	seed uint64
	variation
}

func (f *planFlags) declare(flags *pflag.FlagSet) {
	flags.Uint64Var(&f.seed, "seed", 1, "the seed")
	f.variation.declare(flags)
}

// plan draws the plan of a scenario, or reads a plan, in which case drawn is false.
func (f planFlags) plan(flags *pflag.FlagSet, name string) (p plan.Plan, drawn bool, err error) {
	vary, err := f.read()
	if err != nil {
		return p, false, err
	}
	if p, drawn, err = scenarios.Plan(name, sim.Seed(f.seed), vary); err != nil || drawn {
		return p, drawn, err
	}
	for _, flag := range []string{"seed", "nodes", "without"} {
		if flags.Changed(flag) {
			return p, false, fmt.Errorf("%s is a plan and has its seed, %d, and all that happens; edit it there, or leave --%s out",
				name, p.Seed, flag)
		}
	}
	return p, false, nil
}

// replayCommand returns what shows a run again: of a scenario and a seed, or of a plan.
func (f planFlags) replayCommand(name string, drawn bool) string {
	command := "understudy sim replay " + name
	if !drawn {
		return command
	}
	command += fmt.Sprintf(" --seed %d", f.seed)
	if f.nodes > 0 {
		command += fmt.Sprintf(" --nodes %d", f.nodes)
	}
	for _, family := range f.without {
		command += " --without " + family
	}
	return command
}

// A variation is what shall be otherwise in every plan of a scenario.
type variation struct {
	nodes   int
	without []string
}

func (v *variation) declare(flags *pflag.FlagSet) {
	flags.IntVar(&v.nodes, "nodes", 0, "how many nodes every cluster has; 0 is as many as the scenario says")
	declareWithout(flags, &v.without)
}

// read checks the variation and returns what changes a scenario so.
func (v variation) read() (vary func(*plan.Scenario), err error) {
	if v.nodes < 0 || v.nodes > plan.MaxNodes {
		return nil, fmt.Errorf("--nodes %d: choose 1 to %d, or 0 for as many as the scenario says", v.nodes, plan.MaxNodes)
	}
	without, err := families(v.without)
	if err != nil {
		return nil, err
	}
	return func(s *plan.Scenario) {
		s.Servers = v.nodes
		s.Without = append(s.Without, without...)
	}, nil
}

// declareWithout adds the flag that leaves families of faults out.
func declareWithout(flags *pflag.FlagSet, names *[]string) {
	var all []string
	for _, f := range plan.Families() {
		all = append(all, string(f))
	}
	flags.StringSliceVar(names, "without", nil,
		"leave this `family` of faults out of every plan, and all else as it is: "+strings.Join(all, ", "))
}

// families reads names of families.
func families(names []string) (list []plan.Family, err error) {
	for _, name := range names {
		f, err := plan.ParseFamily(name)
		if err != nil {
			return nil, fmt.Errorf("--without: %w", err)
		}
		list = append(list, f)
	}
	return list, nil
}
