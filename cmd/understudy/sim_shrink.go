package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/shrink"
	"github.com/understudy-kv/understudy/sim/story"
)

// shrinkFlags say what to make small, and for how long.
type shrinkFlags struct {
	planFlags
	out     string
	limit   time.Duration
	workers int
	json    bool
}

func newSimShrink() *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink SCENARIO --seed S | PLAN",
		Short: "Find out what a failure needs",
		Long: `Shrink takes a run that breaks a promise, and leaves out faults, operations, clients,
servers, conditions and time as long as the same oracle finds the same thing. What is
left is told in words and written as a plan, for 'understudy sim replay' and for the next
shrink; the words stand at the head of the file as comments. Smaller plans are tried under
other seeds, too, so that its seed may be another one.

It stops when nothing more can be left out, when --for is over, or when it is
interrupted; the smallest plan so far is written in each case.`,
		Example: `  understudy sim shrink everything --seed 81213
  understudy sim shrink failing.yaml --out minimal.yaml --for 5m`,
		Args:              oneScenario,
		ValidArgsFunction: completeScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _, err := f.plan(cmd.Flags(), args[0])
			if err != nil {
				return usage(err)
			}
			if f.workers < 1 {
				return usage(fmt.Errorf("--workers %d: choose 1 or more", f.workers))
			}
			if f.limit < 0 {
				return usage(fmt.Errorf("--for %v: choose a time above 0, or 0 for no limit", f.limit))
			}
			return simShrink(cmd, p, f)
		},
	}
	flags := cmd.Flags()
	f.declare(flags)
	flags.StringVarP(&f.out, "out", "o", "minimal.yaml", "where to write the smallest plan")
	flags.DurationVar(&f.limit, "for", 0, "stop after this time; 0: when nothing more can be left out")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many plans to try at a time")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	return cmd
}

// A shrinkResult is what the command prints.
type shrinkResult struct {
	Signature string      `json:"signature"`
	Violation string      `json:"violation"`
	Original  shrink.Size `json:"original"`
	Minimal   shrink.Size `json:"minimal"`
	Runs      int         `json:"runs"`
	Seconds   float64     `json:"seconds"`
	Complete  bool        `json:"complete"` // nothing more could be left out
	Plan      string      `json:"plan"`     // the file
	Story     []string    `json:"story"`    // line by line
}

func simShrink(cmd *cobra.Command, p plan.Plan, f shrinkFlags) error {
	first := stage.RunToViolation(p)
	if first.Verdict != check.Violated {
		return usage(fmt.Errorf("seed %d of %s breaks no promise (%v): there is nothing to shrink", p.Seed, p.Scenario, first.Verdict))
	}
	ctx := cmd.Context()
	if f.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.limit)
		defer cancel()
	}
	whole := failure(first)
	whole.Plan.Work.Only = orDone(first.Plan, first.Done)
	s := &shrinking{
		ctx: ctx, workers: f.workers, started: time.Now(), known: whole,
		quest: cluster.Quest{Stage: stage, Signature: first.Violations[0].Signature()},
		bar:   newCountBar(cmd.ErrOrStderr(), -1, "shrinking"),
	}
	minimal := shrink.Minimize(whole, s.firstThatFails, s.show)
	_ = s.bar.Finish()
	teller := story.New()
	last := stage.RunToViolation(minimal, teller.Observe)
	told := fmt.Sprintf("What was left of seed %d of %s:\n", p.Seed, p.Scenario) + teller.Tell(last)
	if err := os.WriteFile(f.out, append(comment(told), last.Plan.Encode()...), 0o644); err != nil {
		return usage(err)
	}
	result := shrinkResult{
		Signature: s.quest.Signature, Violation: last.Violations[0].String(), Original: shrink.SizeOf(whole.Plan), Minimal: shrink.SizeOf(minimal),
		Runs: s.runs, Seconds: time.Since(s.started).Seconds(), Complete: ctx.Err() == nil, Plan: f.out,
		Story: strings.Split(strings.TrimSuffix(told, "\n"), "\n"),
	}
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
	}
	result.print(cmd.OutOrStdout())
	return nil
}

// comment makes comments of lines, which the reader of a plan leaves out.
func comment(text string) []byte {
	var b []byte
	for line := range strings.Lines(text) {
		b = append(append(b, "# "...), line...)
	}
	return b
}

// orDone names the operations that a plan does if it names none, so that its size
// counts them.
func orDone(p plan.Plan, done []plan.Selection) []plan.Selection {
	if len(p.Work.Only) == 0 {
		return done
	}
	return p.Work.Only
}

func (r shrinkResult) print(out io.Writer) {
	fmt.Fprintf(out, "violation  %s\n", r.Violation)
	fmt.Fprintf(out, "from       %v\n", r.Original)
	fmt.Fprintf(out, "to         %v\n", r.Minimal)
	fmt.Fprintf(out, "after      %d runs in %.1f s", r.Runs, r.Seconds)
	if !r.Complete {
		fmt.Fprint(out, ", and more may be left out")
	}
	fmt.Fprint(out, "\n\n")
	for _, line := range r.Story {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "\nwrote      %s\n", r.Plan)
	fmt.Fprintf(out, "replay     understudy sim replay %s --html run.html\n", r.Plan)
}

// A shrinking runs plans for the shrinker.
type shrinking struct {
	ctx     context.Context
	workers int
	known   shrink.Failure // the last
	quest   cluster.Quest  // for the like of it
	runs    int
	started time.Time
	bar     *progressbar.ProgressBar
}

// firstThatFails runs some plans at a time and returns the first of them that fails
// with the signature. When the time is over nothing fails any more.
func (s *shrinking) firstThatFails(plans iter.Seq[plan.Plan]) (int, shrink.Failure) {
	tried := 0
	for some := range batches(plans, s.workers) {
		if s.ctx.Err() != nil {
			break
		}
		if i, f := s.run(some); i >= 0 {
			s.known = f
			return tried + i, f
		}
		tried += len(some)
	}
	return -1, shrink.Failure{}
}

// run runs plans side by side and returns the first that fails, with how it does, or -1.
func (s *shrinking) run(plans []plan.Plan) (int, shrink.Failure) {
	failures := make([]*shrink.Failure, len(plans))
	var all sync.WaitGroup
	for i, p := range plans {
		all.Go(func() { failures[i] = s.fails(p) })
	}
	all.Wait()
	s.runs += len(plans)
	_ = s.bar.Add(len(plans))
	for i, f := range failures {
		if f != nil {
			return i, *f
		}
	}
	return -1, shrink.Failure{}
}

// fails runs a plan and returns how it fails, or nil.
func (s *shrinking) fails(p plan.Plan) *shrink.Failure {
	q := s.quest
	q.By = patience(s.known, p)
	if r := q.Run(p); q.Found(r) {
		f := failure(r)
		return &f
	}
	return nil
}

// patience says until when a plan is given to fail like the one that is known. What is left
// out may delay it, by half at most, counted from the beginning, or from the end of the
// faults if that comes first: plans that fail later still are not worth the time of finding
// out.
func patience(known shrink.Failure, p plan.Plan) time.Duration {
	healed := max(known.At-known.Plan.Duration, 0)
	return min(known.At+known.At/2, p.Duration+healed+healed/2) + time.Second
}

func failure(r cluster.Report) shrink.Failure {
	return shrink.Failure{Plan: r.Plan, At: r.Violations[0].At, Done: r.Done}
}

// show tells how small the plan is.
func (s *shrinking) show(p shrink.Progress) {
	s.bar.Describe(fmt.Sprintf("%s: %v", p.Pass, p.Size))
}

// batches hands out up to n items at a time.
func batches[T any](items iter.Seq[T], n int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		var batch []T
		for item := range items {
			if batch = append(batch, item); len(batch) == n {
				if !yield(batch) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
