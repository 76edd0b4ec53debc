package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A twin carries plans out somewhere else, where what must not matter is different.
type twin interface {
	// Hash returns the hash of the trace of a plan.
	Hash(plan.Plan) (uint64, error)
	// Trace hands the trace of a plan to read, as [campaign.WriteTrace] writes it.
	Trace(p plan.Plan, read func(io.Reader) error) error
}

// maxComparisons is how often the event is sought at which two runs part. Those that
// differ only now and then may be equal when they are looked at.
const maxComparisons = 4

// repeat carries a plan out again and says how that differs from a run here whose trace
// had that hash.
func repeat(t twin, p plan.Plan, hash uint64) (*check.Violation, error) {
	other, err := t.Hash(p)
	if err != nil || other == hash {
		return nil, err
	}
	for range maxComparisons {
		var found *check.Violation
		err := t.Trace(p, func(trace io.Reader) (err error) {
			found, err = campaign.Diverge(stage, p, trace)
			return err
		})
		if err != nil || found != nil {
			return found, err
		}
	}
	return &check.Violation{Oracle: campaign.Nondeterminism, Text: fmt.Sprintf(
		"two runs of one plan had the traces %016x and %016x, but %d more were alike", hash, other, 2*maxComparisons)}, nil
}

// A process is the twin of a campaign: this program, with another number of threads and
// another pace of its garbage collector.
type process struct{}

func (process) command(flags ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	threads := 1
	if runtime.GOMAXPROCS(0) == 1 {
		threads = 4
	}
	cmd := exec.Command(program, append([]string{"sim", "repeat"}, flags...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", threads), "GOGC=50")
	return cmd, nil
}

// Hash implements [twin].
func (p process) Hash(of plan.Plan) (hash uint64, err error) {
	cmd, err := p.command()
	if err != nil {
		return 0, err
	}
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(of.Encode()), &complaint
	out, err := cmd.Output()
	if err != nil {
		return 0, failureOf(err, complaint.String())
	}
	if _, err := fmt.Sscanf(string(out), "%x", &hash); err != nil {
		return 0, fmt.Errorf("it said %q", out)
	}
	return hash, nil
}

// Trace implements [twin].
func (p process) Trace(of plan.Plan, read func(io.Reader) error) error {
	cmd, err := p.command("--events")
	if err != nil {
		return err
	}
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(of.Encode()), &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failed := read(out)
	_, drained := io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		return failureOf(err, complaint.String())
	}
	if failed != nil {
		return failed
	}
	return drained
}

// failureOf adds the last line of what a process complained about.
func failureOf(err error, complaint string) error {
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
}

// newSimRepeat is the other end of process.
func newSimRepeat() *cobra.Command {
	var events bool
	cmd := &cobra.Command{
		Use:    "repeat",
		Short:  "Carry out the plan on standard input and print the hash of its trace",
		Hidden: true,
		Args:   exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := io.ReadAll(cmd.InOrStdin())
			if err != nil {
				return err
			}
			p, err := plan.Parse("standard input", text)
			if err != nil {
				return usage(err)
			}
			if events {
				return campaign.WriteTrace(cmd.OutOrStdout(), stage, p)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%016x\n", stage.Run(p).Hash)
			return nil
		},
	}
	cmd.Flags().BoolVar(&events, "events", false, "print every event, after the hash of the trace up to it")
	return cmd
}
