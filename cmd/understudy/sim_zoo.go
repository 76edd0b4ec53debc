package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios/zoo"
	"github.com/understudy-kv/understudy/sim/campaign"
)

// zooFlags say which mutants to hunt, and for how long.
type zooFlags struct {
	source  string
	budget  time.Duration
	fast    bool
	shrink  time.Duration
	workers int
	json    bool
	write   bool
}

func newSimZoo() *cobra.Command {
	var f zooFlags
	cmd := &cobra.Command{
		Use:   "zoo [ID...]",
		Short: "Plant known bugs, and see whether rehearsals find them",
		Long: `Zoo builds the program once for each mutant in scenarios/zoo, which plants a bug that
another store had, and rehearses it until an oracle finds a promise broken or the
budget is spent; then it runs those tests that ought to notice. It needs the source tree and the go command. ID is a mutant, or a bug
with all its mutants; without any, all are hunted.

Two canaries show that the hunt can fail either way: one mutant must be caught at once,
and one, which changes nothing, must not be.

Exit codes: 0 every mutant was caught; 1 one escaped, or the harmless one was caught;
2 wrong use, or a mutant that cannot be built.`,
		Example: `  understudy sim zoo --fast
  understudy sim zoo M15 M77 --shrink 1m
  understudy sim zoo --budget 5m --write`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if f.budget <= 0 || f.shrink < 0 || f.workers < 1 {
				return usage(fmt.Errorf("--budget, --workers and, if it is set, --shrink must be above 0"))
			}
			return simZoo(cmd, ids, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.source, "source", ".", "the root of the source tree")
	flags.DurationVar(&f.budget, "budget", time.Minute, "CPU time to spend on the runs of each mutant")
	flags.BoolVar(&f.fast, "fast", false, "hunt only those that are caught soon")
	flags.DurationVar(&f.shrink, "shrink", 0, "make the plans that were found small, for at most this long each; 0: do not")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many mutants to hunt at a time")
	flags.BoolVar(&f.json, "json", false, "print the results as JSON")
	flags.BoolVar(&f.write, "write", false, "write the results into the source tree, and "+zoo.PageFile+" about them")
	return cmd
}

func simZoo(cmd *cobra.Command, ids []string, f zooFlags) error {
	if _, err := exec.LookPath("go"); err != nil {
		return usage(fmt.Errorf("mutants are built with the go command, which is not here: %w", err))
	}
	index, err := zoo.Open(f.source)
	if err != nil {
		return usage(fmt.Errorf("%w; run it in the source tree, or say with --source where that is", err))
	}
	mutants, err := index.Select(ids, f.fast)
	if err != nil {
		return usage(err)
	}
	h := &hunt{zooFlags: f, cmd: cmd, found: zoo.Results{}, total: len(mutants)}
	failed := h.all(cmd.Context(), mutants)
	if f.write && len(h.found) > 0 {
		if err := index.Write(h.found); err != nil {
			return err
		}
	}
	if failed != nil {
		return usage(failed)
	}
	return h.finish()
}

// A hunt goes after many mutants, some at a time.
type hunt struct {
	zooFlags
	cmd   *cobra.Command
	total int

	mu    sync.Mutex // guards what follows, and what is printed
	found zoo.Results
	wrong int // that escaped, or were caught although they are harmless
}

// all hunts every mutant and returns the first error. After an error, or an interrupt,
// no hunt begins.
func (h *hunt) all(ctx context.Context, mutants []zoo.Mutant) error {
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	bar := newCountBar(h.cmd.ErrOrStderr(), h.total, "hunting")
	next := make(chan zoo.Mutant)
	var workers sync.WaitGroup
	for range min(h.workers, len(mutants)) {
		workers.Go(func() {
			for m := range next {
				if f, err := h.one(working, m); err != nil {
					stop(err)
				} else {
					h.tell(m, f, func() { _ = bar.Clear() })
				}
				_ = bar.Add(1)
			}
		})
	}
	for _, m := range mutants {
		if working.Err() == nil {
			next <- m
		}
	}
	close(next)
	workers.Wait()
	_ = bar.Finish()
	return context.Cause(working)
}

// harmlessBudget is how much is spent on a mutant in which there is nothing to find.
const harmlessBudget = 10 * time.Second

// one plants, builds and hunts a mutant in a folder of its own.
func (h *hunt) one(ctx context.Context, m zoo.Mutant) (f zoo.Find, err error) {
	dir, err := os.MkdirTemp("", "understudy-zoo-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.Plant(dir)
	if err != nil {
		return f, err
	}
	if len(m.Scenarios) > 0 {
		if f, err = h.rehearse(ctx, m, dir, overlay); err != nil {
			return f, err
		}
	}
	if !f.Caught {
		err = m.HuntByTests(ctx, overlay, &f)
	}
	return f, err
}

// rehearse builds a mutant and hunts it in its scenarios.
func (h *hunt) rehearse(ctx context.Context, m zoo.Mutant, dir, overlay string) (f zoo.Find, err error) {
	program := filepath.Join(dir, "understudy")
	if err := m.Build(ctx, overlay, program); err != nil {
		return f, err
	}
	budget := h.budget
	if m.Harmless {
		budget = min(budget, harmlessBudget)
	}
	if f, err = m.Hunt(ctx, program, dir, budget); err != nil {
		return f, err
	}
	if h.shrink > 0 && f.Plan != "" && f.Oracle != campaign.Nondeterminism {
		err = m.Shrink(ctx, program, dir, &f, h.shrink)
	}
	return f, err
}

// tell prints what became of a mutant.
func (h *hunt) tell(m zoo.Mutant, f zoo.Find, clear func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found[m.ID] = f
	if f.Caught == m.Harmless {
		h.wrong++
	}
	if h.json {
		return
	}
	clear()
	fate := "ESCAPED"
	switch {
	case f.Caught && m.Harmless:
		fate = "CAUGHT, though it changes nothing: " + f.Signature
	case f.Caught && f.Scenario != "":
		fate = fmt.Sprintf("%s in %s seed %d, run %d", f.Oracle, f.Scenario, f.Seed, f.Runs)
	case f.Caught:
		fate = f.Oracle + ": " + f.Signature
	case m.Harmless:
		fate = "not caught, as it must be"
	}
	fmt.Fprintf(h.cmd.OutOrStdout(), "%-6s %-60s %6.1f s  %s\n", m.ID, m.Title, f.Seconds, fate)
	if f.Minimal != "" {
		fmt.Fprintf(h.cmd.OutOrStdout(), "       from %s\n       to   %s\n", f.Size, f.Minimal)
	}
}

// finish says what it all amounts to.
func (h *hunt) finish() error {
	if h.json {
		if err := json.NewEncoder(h.cmd.OutOrStdout()).Encode(h.found); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(h.cmd.OutOrStdout(), "%d of %d as they must be\n", h.total-h.wrong, h.total)
	}
	if h.wrong > 0 {
		return &exitError{code: exitFailure}
	}
	return nil
}
