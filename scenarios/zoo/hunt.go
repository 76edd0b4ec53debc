package zoo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/shrink"
)

// A Find is what became of the hunt for a mutant.
type Find struct {
	Caught bool `json:"caught"`
	// Oracle is the first whose promise was broken: one of those of sim/check,
	// "nondeterminism", "crash" if the simulator itself could not go on, or "test".
	Oracle    string `json:"oracle,omitempty"`
	Signature string `json:"signature,omitempty"` // of the violation, or what else was seen
	Scenario  string `json:"scenario,omitempty"`
	Seed      uint64 `json:"seed,omitempty"`
	Runs      int    `json:"runs,omitempty"` // of all scenarios, this one included
	// Seconds of CPU that the runs took. To build the mutant takes more.
	Seconds float64 `json:"cpuSeconds"`
	Size    string  `json:"size,omitempty"`    // of the plan that was found
	Minimal string  `json:"minimal,omitempty"` // after shrinking
	Plan    string  `json:"-"`                 // the file of the plan, if there is one
}

// Slices of a hunt are of this much real time, because the CPU time of a process is
// known only when it has ended.
const (
	slice     = 30 * time.Second
	stuckTime = 10 * time.Minute // after which a slice ends by itself, whatever it does
)

// Hunt rehearses the mutant's scenarios with its program until an oracle finds
// something, or the budget of CPU time is spent. The plan of what was found is written
// into dir.
func (m Mutant) Hunt(ctx context.Context, program, dir string, budget time.Duration) (Find, error) {
	var spent time.Duration
	next, f := uint64(1), Find{}
	for !f.Caught && spent < budget {
		s, cpu, err := m.rehearse(ctx, program, dir, next, min(slice, budget-spent))
		if err != nil {
			return f, err
		}
		spent += max(cpu, time.Millisecond)
		next = m.judge(s, next, &f)
	}
	f.Seconds = spent.Seconds()
	return f, nil
}

// A summary is what a program says about a campaign, as far as it is of interest.
type summary struct {
	Runs     int                `json:"runs"`
	Failures []campaign.Failure `json:"failures"`
	crash    string             // why it said nothing
}

// judge adds to f what a campaign that began with a seed has found, and returns the seed
// with which to go on.
func (m Mutant) judge(s summary, first uint64, f *Find) (next uint64) {
	before := int(first-1) * len(m.Scenarios)
	f.Runs = before + s.Runs
	if s.crash != "" {
		f.Caught, f.Oracle, f.Signature, f.Runs = true, "crash", s.crash, before+1
		return first
	}
	for _, failure := range s.Failures {
		if failure.Kind != check.Violated.String() && failure.Kind != campaign.Nondeterminism {
			return failure.Seed + 1 // it proves nothing; what follows it may
		}
		oracle, _, _ := strings.Cut(failure.Signature, ":")
		f.Caught, f.Oracle, f.Signature, f.Plan = true, oracle, failure.Signature, failure.Plan
		f.Scenario, f.Seed = failure.Scenario, failure.Seed
		f.Runs = int(failure.Seed-1)*len(m.Scenarios) + slices.Index(m.Scenarios, failure.Scenario) + 1
	}
	return first + uint64(s.Runs/len(m.Scenarios))
}

// rehearse runs a campaign until something fails or the time is over.
func (m Mutant) rehearse(ctx context.Context, program, dir string, first uint64, limit time.Duration) (s summary, cpu time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, stuckTime)
	defer cancel()
	args := append([]string{"sim", "run"}, m.Scenarios...)
	args = append(args, "--json", "--stop-after", "1", "--workers", "1", "--seed", fmt.Sprint(first),
		"--for", limit.String(), "--repeat", m.repeat(), "--save-plans", filepath.Join(dir, "found"))
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.root, &out, &errs
	failed := cmd.Run()
	if err := ctx.Err(); err != nil {
		return s, cpuTime(cmd), fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	if err := json.Unmarshal(out.Bytes(), &s); err == nil {
		return s, cpuTime(cmd), nil
	}
	var exit *exec.ExitError
	if s.crash = crash(errs.String()); !errors.As(failed, &exit) || s.crash == "" {
		return s, cpuTime(cmd), fmt.Errorf("mutant %s: sim run: %w\n%s", m.ID, failed, errs.String())
	}
	return s, cpuTime(cmd), nil
}

func (m Mutant) repeat() string {
	if m.Repeat {
		return "1"
	}
	return "0"
}

// crash returns the first line about the panic of a program, or nothing.
func crash(complaint string) string {
	for line := range strings.Lines(complaint) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Shrink makes the plan of what was found small, for at most so long.
func (m Mutant) Shrink(ctx context.Context, program, dir string, f *Find, limit time.Duration) error {
	cmd := exec.CommandContext(ctx, program, "sim", "shrink", f.Plan, "--json", "--for", limit.String(),
		"--out", filepath.Join(dir, "minimal.yaml"))
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("mutant %s: sim shrink %s: %w", m.ID, f.Plan, err)
	}
	var result struct{ Original, Minimal shrink.Size }
	if err := json.Unmarshal(out, &result); err != nil {
		return fmt.Errorf("mutant %s: sim shrink: %w", m.ID, err)
	}
	f.Size, f.Minimal = result.Original.String(), result.Minimal.String()
	return nil
}
