package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios/zoo"
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

	without  []string
	families bool
}

func newSimZoo() *cobra.Command {
	var f zooFlags
	cmd := &cobra.Command{
		Use:   "zoo [ID...]",
		Short: "Plant known bugs, and see whether rehearsals find them",
		Long: `Zoo builds the program once for each mutant in scenarios/zoo, which plants a bug that
another store had, and rehearses it until an oracle finds a promise broken or the
budget is spent; then it runs those tests that ought to notice. It needs the source tree
and the go command. ID is a mutant, or a bug with all its mutants; without any, all are
hunted.

Two canaries show that the hunt can fail either way: one mutant must be caught at once,
and one, which changes nothing, must not be.

Exit codes: 0 every mutant was caught; 1 one escaped, or the harmless one was caught;
2 wrong use, or a mutant that cannot be built.

With --families each mutant that was caught is hunted again without each family of faults
in turn, which tells which of them it needs. --without leaves some out from the beginning;
then only rehearsals hunt.`,
		Example: `  understudy sim zoo --fast
  understudy sim zoo M15 M77 --shrink 1m
  understudy sim zoo M61 --without crashes,members
  understudy sim zoo --budget 5m --shrink 1m --families --write`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := f.validate(); err != nil {
				return usage(err)
			}
			return simZoo(cmd, ids, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.source, "source", ".", "the root of the source tree")
	flags.DurationVar(&f.budget, "budget", time.Minute, "CPU time to spend on the runs of each mutant")
	flags.BoolVar(&f.fast, "fast", false, "hunt only those that are caught soon")
	flags.DurationVar(&f.shrink, "shrink", 0, "make the plans that were found small, for at most this long each; 0: do not")
	declareWithout(flags, &f.without)
	flags.BoolVar(&f.families, "families", false, "hunt each that was caught again without each family of faults")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "how many mutants to hunt at a time")
	flags.BoolVar(&f.json, "json", false, "print the results as JSON")
	flags.BoolVar(&f.write, "write", false, "write each result into the source tree as soon as it is known, and "+zoo.PageFile+" about them")
	return cmd
}

func (f zooFlags) validate() error {
	switch {
	case f.budget <= 0 || f.shrink < 0 || f.workers < 1:
		return fmt.Errorf("--budget, --workers and, if it is set, --shrink must be above 0")
	case len(f.without) > 0 && (f.families || f.write):
		return fmt.Errorf("--without goes neither with --families, which leaves out each in turn, " +
			"nor with --write, which keeps results of hunts that leave out nothing")
	}
	return nil
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
	without, err := families(f.without)
	if err != nil {
		return usage(err)
	}
	if len(without) > 0 {
		mutants = slices.DeleteFunc(mutants, func(m zoo.Mutant) bool { return len(m.Scenarios) == 0 })
	}
	h := &hunt{zooFlags: f, cmd: cmd, left: without, found: zoo.Results{}, total: len(mutants)}
	if f.write {
		h.keep = index.Write
	}
	if err := h.all(cmd.Context(), mutants); err != nil {
		return usage(err)
	}
	return h.finish()
}
