package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// replayFlags say what to show of one run.
type replayFlags struct {
	seed  uint64
	html  string
	trace bool
}

func newSimReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay SCENARIO --seed S",
		Short: "Run one seed again and look at it",
		Long: `Replay runs one seed exactly as 'sim run' did and prints its verdict and, in a line
'trace HEX', the hash of everything that happened. Equal hashes are equal runs.`,
		Example: `  understudy sim replay everything --seed 81213
  understudy sim replay everything --seed 81213 --html run.html
  understudy sim replay everything --seed 81213 --trace | less`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenario,
		RunE:              func(cmd *cobra.Command, args []string) error { return simReplay(cmd.OutOrStdout(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "the seed")
	flags.StringVar(&f.html, "html", "", "write what clients saw, and the faults, as a page to this file")
	flags.BoolVar(&f.trace, "trace", false, "print every event")
	return cmd
}

func simReplay(out io.Writer, name string, f replayFlags) error {
	scenario, err := scenarios.Find(name)
	if err != nil {
		return usage(err)
	}
	var observers []func(*sim.Event)
	if f.trace {
		observers = append(observers, func(e *sim.Event) { fmt.Fprintln(out, e) })
	}
	report := cluster.Run(cluster.Draw(scenario, sim.Seed(f.seed)), observers...)
	if f.html != "" {
		if err := writePage(f.html, report); err != nil {
			return err
		}
		fmt.Fprintf(out, "wrote %s\n", f.html)
	}
	printReport(out, report)
	return exitFor(report.Verdict)
}

// writePage writes Porcupine's page, with the faults as annotations.
func writePage(path string, r cluster.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return usage(err)
	}
	if err := r.Judgement.Visualize(file, r.Bands); err != nil {
		file.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return file.Close()
}

func printReport(out io.Writer, r cluster.Report) {
	p := r.Plan
	fmt.Fprintf(out, "plan: %d nodes, %d partitions of %d replicas, %d clients, %d keys, leases %v\n",
		p.Nodes, p.Partitions, p.Replication, p.Clients, p.Keys, p.Leases)
	for _, f := range r.Faults {
		fmt.Fprintf(out, "fault: %s %d\n", f.Name, f.Count)
	}
	fmt.Fprintf(out, "operations: %d answered, %d failed for certain, %d unknown; %d entries decided in %d terms\n",
		r.Answered, r.Failed, r.Unknown, r.Decided, r.Terms)
	for _, v := range r.Violations {
		fmt.Fprintf(out, "violation: %v\n", v)
	}
	for _, m := range r.Missing {
		fmt.Fprintf(out, "missing: %s\n", m)
	}
	fmt.Fprintf(out, "verdict %v\n", r.Verdict)
	fmt.Fprintf(out, "trace %016x\n", r.Hash)
}
