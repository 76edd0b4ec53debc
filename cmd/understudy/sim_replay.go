package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/picture"
	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/story"
)

// replayFlags say what to show of one run.
type replayFlags struct {
	planFlags
	save  string
	html  string
	trace traceFlags
	story bool

	command string // that shows the run again
}

func newSimReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay SCENARIO --seed S | PLAN",
		Short: "Run one seed, or one plan, again and look at it",
		Long: `Replay runs one seed exactly as 'sim run' did and prints its verdict and, in a line
'trace HEX', the hash of everything that happened. Equal hashes are equal runs.

What a seed draws from a scenario is a plan: the size of the cluster, the work of the
clients, and every fault with its time and target. --save-plan writes it to a file, with
whom each fault struck; replay takes such a file in place of a scenario and a seed. A
plan is the same run even when scenarios have changed, and it can be edited.`,
		Example: `  understudy sim replay everything --seed 81213
  understudy sim replay everything --seed 81213 --html run.html
  understudy sim replay everything --seed 81213 --trace | less
  understudy sim replay everything --seed 81213 --trace --from 2s --until 3s --node 2 --kinds send,append
  understudy sim replay everything --seed 81213 --step --partition 1
  understudy sim replay everything --seed 81213 --story
  understudy sim replay everything --seed 81213 --save-plan plan.yaml
  understudy sim replay plan.yaml`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, drawn, err := f.plan(cmd.Flags(), args[0])
			if err != nil {
				return usage(err)
			}
			f.command = f.replayCommand(args[0], drawn)
			if err := f.trace.fits(p); err != nil {
				return usage(err)
			}
			show, err := f.trace.printer(cmd)
			if err != nil {
				return usage(err)
			}
			return simReplay(cmd.OutOrStdout(), p, f, show)
		},
	}
	flags := cmd.Flags()
	f.declare(flags)
	flags.StringVar(&f.save, "save-plan", "", "write the plan, with whom each fault struck, to this file")
	flags.StringVar(&f.html, "html", "", "write the run as a page to this file: a space-time diagram, and what clients saw")
	f.trace.add(cmd)
	flags.BoolVar(&f.story, "story", false, "tell in words what happened, up to the first broken promise")
	return cmd
}

// simReplay carries out a plan and prints what the flags ask for. Show, unless nil, shows
// events as they happen.
func simReplay(out io.Writer, p plan.Plan, f replayFlags, show func(*sim.Event)) error {
	var observers []func(*sim.Event)
	if show != nil {
		observers = append(observers, show)
	}
	recorder := picture.NewRecorder()
	if f.html != "" {
		observers = append(observers, recorder.Observe)
	}
	teller := story.New()
	if f.story {
		observers = append(observers, teller.Observe)
	}
	report := stage.Run(p, observers...)
	if f.story {
		fmt.Fprint(out, teller.Tell(report))
	}
	if f.save != "" {
		if err := os.WriteFile(f.save, report.Plan.Encode(), 0o644); err != nil {
			return usage(err)
		}
		fmt.Fprintf(out, "wrote %s\n", f.save)
	}
	if f.html != "" {
		if err := writePage(f, recorder, report); err != nil {
			return err
		}
		fmt.Fprintf(out, "wrote %s\n", f.html)
	}
	printReport(out, report)
	return exitFor(report.Verdict)
}

// writePage writes the page of a run that a recorder has seen.
func writePage(f replayFlags, seen *picture.Recorder, r cluster.Report) error {
	file, err := os.Create(f.html)
	if err != nil {
		return usage(err)
	}
	if err := picture.Write(file, seen, r, f.command); err != nil {
		file.Close()
		return fmt.Errorf("%s: %w", f.html, err)
	}
	return file.Close()
}

func printReport(out io.Writer, r cluster.Report) {
	p := r.Plan
	fmt.Fprintf(out, "plan: %d nodes, %d partitions of %d replicas, %d clients, %d keys, leases %v\n",
		p.Cluster.Nodes, p.Cluster.Partitions, p.Cluster.Replication, p.Work.Clients, p.Work.Keys, p.Cluster.Leases)
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
