package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios/zoo"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A hunt goes after many mutants, some at a time.
type hunt struct {
	zooFlags
	cmd   *cobra.Command
	total int
	left  []plan.Family // out
	// keep writes down what became of a mutant, so that a hunt of hours that ends early
	// was not in vain; nil: nobody wants to know.
	keep func(zoo.Results) error

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
				} else if err := h.note(m, f, func() { _ = bar.Clear() }); err != nil {
					stop(err)
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
	if !f.Caught && len(h.left) == 0 {
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
	f, err = m.Hunt(ctx, program, dir, zoo.Effort{CPU: budget, Without: h.left})
	if err != nil || !f.Caught {
		return f, err
	}
	if h.shrink > 0 && f.Plan != "" && f.Oracle != campaign.Nondeterminism {
		if err := m.Shrink(ctx, program, dir, &f, h.shrink); err != nil {
			return f, err
		}
	}
	if h.families && !m.Harmless {
		err = m.HuntWithout(ctx, program, dir, &f, h.budget)
	}
	return f, err
}

// note counts, prints and keeps what became of a mutant.
func (h *hunt) note(m zoo.Mutant, f zoo.Find, clear func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found[m.ID] = f
	if f.Caught == m.Harmless {
		h.wrong++
	}
	if !h.json {
		clear()
		h.tell(m, f)
	}
	if h.keep == nil {
		return nil
	}
	return h.keep(zoo.Results{m.ID: f})
}

// tell prints what became of a mutant.
func (h *hunt) tell(m zoo.Mutant, f zoo.Find) {
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
	if s := f.Shrunk; s != nil {
		fmt.Fprintf(h.cmd.OutOrStdout(), "       from %s\n       to   %s\n       with %d replays in %.1f s\n", s.Original, s.Minimal, s.Runs, s.Seconds)
	}
	for _, family := range plan.Families() {
		if runs, met := f.Without[family]; met && runs == 0 {
			fmt.Fprintf(h.cmd.OutOrStdout(), "       not without %s\n", family)
		}
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
