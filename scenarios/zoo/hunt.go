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
	"github.com/understudy-kv/understudy/sim/plan"
)

// An Effort says how much a hunt may take, and what it does without. What is zero has no
// bound.
type Effort struct {
	CPU     time.Duration
	Runs    int
	Without []plan.Family
}

// spent reports whether so much is enough.
func (e Effort) spent(cpu time.Duration, runs int) bool {
	return e.CPU > 0 && cpu >= e.CPU || e.Runs > 0 && runs >= e.Runs
}

// Slices of a hunt are of this much real time, because the CPU time of a process is
// known only when it has ended.
const (
	slice     = 30 * time.Second
	stuckTime = 10 * time.Minute // after which a slice ends by itself, whatever it does
)

// Hunt rehearses the mutant's scenarios with its program until an oracle finds
// something, or the effort is spent. The plan of what was found is written into dir.
func (m Mutant) Hunt(ctx context.Context, program, dir string, e Effort) (Find, error) {
	var spent time.Duration
	next, f := uint64(1), Find{}
	for !f.Caught && !e.spent(spent, f.Runs) {
		s, cpu, err := m.rehearse(ctx, program, m.campaign(dir, next, e, spent))
		if err != nil {
			return f, err
		}
		spent += max(cpu, time.Millisecond)
		next = m.judge(s, next, &f)
	}
	f.Seconds = spent.Seconds()
	return f, nil
}

// campaign returns the arguments of the next slice of a hunt, which begins with a seed.
func (m Mutant) campaign(dir string, first uint64, e Effort, spent time.Duration) []string {
	limit := slice
	if e.CPU > 0 {
		limit = min(limit, e.CPU-spent)
	}
	args := append([]string{"sim", "run"}, m.Scenarios...)
	args = append(args, "--json", "--stop-after", "1", "--workers", "1", "--seed", fmt.Sprint(first),
		"--for", limit.String(), "--repeat", m.repeat(), "--save-plans", filepath.Join(dir, "found"))
	if e.Runs > 0 {
		seeds := (e.Runs + len(m.Scenarios) - 1) / len(m.Scenarios)
		args = append(args, "--seeds", fmt.Sprint(max(1, seeds-int(first-1))))
	}
	for _, f := range e.Without {
		args = append(args, "--without", string(f))
	}
	return args
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
func (m Mutant) rehearse(ctx context.Context, program string, args []string) (s summary, cpu time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, stuckTime)
	defer cancel()
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
