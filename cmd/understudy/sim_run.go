package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// runFlags say what to rehearse.
type runFlags struct {
	scenario string // as given: a name or a path
	seeds    int
	first    uint64
	workers  int
	json     bool
}

func newSimRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run many seeds of a scenario and judge each",
		Long: `Run lets each seed draw a cluster, a workload and faults from the scenario, runs
them on all cores, and judges what was seen. SCENARIO is a name from 'understudy sim
list' or a YAML file. A seed that fails prints the command that replays it.`,
		Example: `  understudy sim run everything --seeds 1000
  understudy sim run ./mine.yaml --seed 500 --seeds 10 --json`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.scenario = args[0]
			return simRun(cmd, f)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.seeds, "seeds", 100, "how many seeds to run")
	flags.Uint64Var(&f.first, "seed", 1, "the first seed; the others follow it")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many worlds to run at a time")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	return cmd
}

// collectorPercent lets worlds, which are small and soon gone, leave their garbage
// for longer: campaigns run up to twice as fast as with the default of 100.
const collectorPercent = 400

func simRun(cmd *cobra.Command, f runFlags) error {
	if f.seeds < 1 || f.workers < 1 {
		return usage(fmt.Errorf("--seeds and --workers must be above 0"))
	}
	scenario, err := scenarios.Find(f.scenario)
	if err != nil {
		return usage(err)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	bar := newBar(errs, f.seeds, scenario.Name)
	c := campaign{scenario: scenario, first: sim.Seed(f.first), seeds: f.seeds, workers: f.workers}
	sum := newSummary(f.scenario)
	c.run(cmd.Context(), func(r cluster.Report) {
		if sum.add(r); r.Verdict != check.Pass && !f.json {
			_ = bar.Clear()
			printFailure(out, f.scenario, r)
		}
		_ = bar.Add(1)
	})
	_ = bar.Finish()
	sum.finish()
	if f.json {
		if err := json.NewEncoder(out).Encode(sum); err != nil {
			return err
		}
	} else {
		sum.print(out)
	}
	if sum.Runs < f.seeds {
		fmt.Fprintf(errs, "understudy: stopped after %d of %d seeds\n", sum.Runs, f.seeds)
	}
	return exitFor(sum.worst)
}

// newBar shows progress on a terminal. Elsewhere it says little: lines that move
// make a mess of a file.
func newBar(w io.Writer, total int, name string) *progressbar.ProgressBar {
	file, isFile := w.(*os.File)
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("seeds"),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(isFile && term.IsTerminal(int(file.Fd()))),
	)
}

// printFailure tells what was wrong with a run and how to see it again.
func printFailure(w io.Writer, scenario string, r cluster.Report) {
	fmt.Fprintf(w, "FAIL %s %v\n", scenario, r)
	for _, v := range r.Violations[min(1, len(r.Violations)):] {
		fmt.Fprintf(w, "     also %v\n", v)
	}
	fmt.Fprintf(w, "     replay: understudy sim replay %s --seed %d\n", scenario, r.Plan.Seed)
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
