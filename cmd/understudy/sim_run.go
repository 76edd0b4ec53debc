package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
)

// runFlags say what to rehearse, for how long, and what to write about it.
type runFlags struct {
	seeds     int
	first     uint64
	budget    time.Duration
	shard     string
	stopAfter int
	repeat    float64
	workers   int
	json      bool
	marks     bool
	junit     string
	plans     string
	profile   string
	variation
}

func newSimRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [SCENARIO...]",
		Short: "Run many seeds of scenarios and judge each",
		Long: `Run lets each seed draw a cluster, a workload and faults from each scenario, runs them
on all cores, and judges what was seen. SCENARIO is a name from 'understudy sim list' or
a YAML file; without any, all that come with the program are run. They take turns, one
seed each.

Runs that fail in the same way, which is with the same oracle and the same words, are
told once, with the cheapest of them: the one of fewest events. Results do not depend on
the number of workers, only on what is run. An interrupt ends the campaign with the
summary of what ran; a second one ends it at once.

Exit codes: 0 every run passed; 1 a promise was broken, or a run was another one when it
was repeated; 2 wrong use; 3 some run was inconclusive or vacuous, or an interrupt came
before the end.`,
		Example: `  understudy sim run                                    100 seeds of every scenario
  understudy sim run everything --seeds 1000
  understudy sim run calm everything --for 10m --stop-after 1
  understudy sim run ./mine.yaml --seed 500 --seeds 10 --json
  understudy sim run --for 1h --shard 3/16 --junit sim.xml --save-plans failing`,
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.budget > 0 && !cmd.Flags().Changed("seeds") {
				f.seeds = 0
			} else if f.seeds < 1 {
				return usage(fmt.Errorf("--seeds %d: choose 1 or more; for as many as there is time for, use --for 10m", f.seeds))
			}
			return simRun(cmd, args, f)
		},
	}
	f.declare(cmd.Flags())
	return cmd
}

func (f *runFlags) declare(flags *pflag.FlagSet) {
	flags.IntVar(&f.seeds, "seeds", 100, "how many seeds of each scenario to run; with --for, as many as there is time for")
	flags.Uint64Var(&f.first, "seed", 1, "the first seed; the others follow it")
	flags.DurationVar(&f.budget, "for", 0, "begin no run after this much time; 0 is no limit")
	flags.StringVar(&f.shard, "shard", "0/1", "run only this `part`: 3/16 is the fourth of 16, which are numbered from 0")
	flags.IntVar(&f.stopAfter, "stop-after", 0, "end after so many runs that did not pass; 0 runs them all")
	flags.Float64Var(&f.repeat, "repeat", 0.05, "`share` of the runs that another process repeats, to see that the trace is the same")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many worlds to run at a time")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	flags.BoolVar(&f.marks, "marks", false, "print for every mark how many runs reached it")
	flags.StringVar(&f.junit, "junit", "", "write the summary as JUnit XML to this `file`")
	f.variation.declare(flags)
	flags.StringVar(&f.plans, "save-plans", "", "write the plan of the cheapest run of each way to fail into this `folder`")
	flags.StringVar(&f.profile, "cpuprofile", "", "write to this `file` where the time went, for 'go tool pprof'")
}

// rehearsal checks the flags and says what to do.
func (f runFlags) rehearsal(names []string) (rehearsal, error) {
	switch {
	case f.workers < 1:
		return rehearsal{}, fmt.Errorf("--workers %d: choose 1 or more", f.workers)
	case f.budget < 0:
		return rehearsal{}, fmt.Errorf("--for %v: choose a time above 0, or 0 for no limit", f.budget)
	case f.stopAfter < 0:
		return rehearsal{}, fmt.Errorf("--stop-after %d: choose 1 or more, or 0 for no limit", f.stopAfter)
	case !(f.repeat >= 0 && f.repeat <= 1):
		return rehearsal{}, fmt.Errorf("--repeat %v: choose a share from 0 to 1", f.repeat)
	}
	shard, err := campaign.ParseShard(f.shard)
	if err != nil {
		return rehearsal{}, fmt.Errorf("--shard: %w", err)
	}
	vary, err := f.read()
	if err != nil {
		return rehearsal{}, err
	}
	chosen, err := choose(names)
	if err != nil {
		return rehearsal{}, err
	}
	for i := range chosen {
		vary(&chosen[i].Scenario)
	}
	work := campaign.Work{Scenarios: chosen, First: sim.Seed(f.first), Seeds: f.seeds, Shard: shard}
	if work.Len() == 0 {
		return rehearsal{}, fmt.Errorf("--shard %v of %d seeds is empty: choose more --seeds, or fewer shards", shard, f.seeds)
	}
	return rehearsal{work: work, workers: f.workers, budget: f.budget, enough: f.stopAfter, share: f.repeat, twin: process{}}, nil
}

// choose finds the scenarios of these names, or all that come with the program.
func choose(names []string) (list []campaign.Scenario, err error) {
	if len(names) == 0 {
		for _, s := range scenarios.All() {
			list = append(list, campaign.Scenario{Name: s.Name, Scenario: s})
		}
		return list, nil
	}
	seen := map[string]bool{}
	for _, name := range names {
		s, err := scenarios.Find(name)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, fmt.Errorf("scenario %s is named twice; for more of it, choose more --seeds", name)
		}
		seen[name] = true
		list = append(list, campaign.Scenario{Name: name, Scenario: s})
	}
	return list, nil
}

// collectorPercent lets worlds, which are small and soon gone, leave their garbage
// for longer: campaigns run up to twice as fast as with the default of 100.
const collectorPercent = 400

func simRun(cmd *cobra.Command, names []string, f runFlags) error {
	r, err := f.rehearsal(names)
	if err != nil {
		return usage(err)
	}
	junit, err := f.prepare()
	if err != nil {
		return usage(err)
	}
	stop, err := profile(f.profile)
	if err != nil {
		return usage(err)
	}
	defer stop()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
	var told io.Writer = cmd.OutOrStdout()
	if f.json {
		told = io.Discard
	}
	sum, failed := r.carryOut(cmd.Context(), told, cmd.ErrOrStderr())
	if err := f.write(sum, cmd.OutOrStdout(), junit); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitFor(sum.Verdict())
}

// prepare makes sure, before hours are spent, that what is to be written can be.
func (f runFlags) prepare() (junit *os.File, err error) {
	if f.plans != "" {
		if err := os.MkdirAll(f.plans, 0o755); err != nil {
			return nil, err
		}
	}
	if f.junit == "" {
		return nil, nil
	}
	return os.Create(f.junit)
}

// carryOut runs everything. It tells each way to fail when it is first met.
func (r rehearsal) carryOut(ctx context.Context, out, errs io.Writer) (*campaign.Summary, error) {
	sum := campaign.NewSummary(r.work)
	m := newMeter(errs, r.work.Len(), r.budget)
	count := func(o campaign.Outcome) {
		if sum.Add(o) {
			m.clear()
			fmt.Fprintf(out, "FAIL %s seed %d: %v\n     replay: %s\n",
				r.work.Scenarios[o.Scenario].Name, o.Seed, campaign.Short(o.Complaints()[0]), r.work.Replay(o.Run))
		}
	}
	end, err := r.run(ctx, count, m.every(), func() { m.show(sum, ctx.Err() != nil) })
	m.clear()
	sum.Finish(m.elapsed(), end)
	return sum, err
}

// write says everything in all the forms that were asked for.
func (f runFlags) write(sum *campaign.Summary, out io.Writer, junit *os.File) error {
	if f.plans != "" {
		if err := savePlans(sum, f.plans); err != nil {
			return err
		}
	}
	if junit != nil {
		if err := sum.WriteJUnit(junit); err != nil {
			return fmt.Errorf("%s: %w", f.junit, err)
		}
		if err := junit.Close(); err != nil {
			return err
		}
	}
	if f.json {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(sum)
	}
	sum.Print(out)
	if f.marks {
		sum.PrintMarks(out)
	}
	return nil
}

// savePlans writes the plan of the example of each failure.
func savePlans(sum *campaign.Summary, folder string) error {
	for i := range sum.Failures {
		failure := &sum.Failures[i]
		path := filepath.Join(folder, failure.FileName())
		if err := os.WriteFile(path, failure.Example.Report.Plan.Encode(), 0o644); err != nil {
			return err
		}
		failure.Saved(path)
	}
	return nil
}

// exitFor turns the worst verdict of a campaign into the end of the program.
func exitFor(worst check.Verdict) error {
	switch worst {
	case check.Pass:
		return nil
	case check.Violated:
		return &exitError{code: exitFailure}
	}
	return &exitError{code: exitInconclusive}
}
