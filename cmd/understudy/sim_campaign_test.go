package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// brief is a scenario that passes and is soon over.
const brief = `
name: brief
claim: Campaigns need runs to count.
duration: 100ms
cluster: {nodes: 1..3, partitions: 1, replication: 3}
workload: {clients: 1, keys: 1, pause: 10ms, reads: 0.5}
network: {latency: 1ms}
disk: {sync: 1ms}
`

// briefRehearsal has so many seeds of brief and of one that never passes.
func briefRehearsal(t *testing.T, seeds int) rehearsal {
	t.Helper()
	work := campaign.Work{First: 1, Seeds: seeds, Shard: campaign.Shard{Of: 1}}
	for _, text := range []string{brief, vacuous} {
		s, err := plan.ParseScenario("test.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		work.Scenarios = append(work.Scenarios, campaign.Scenario{Name: s.Name, Scenario: s})
	}
	return rehearsal{work: work, workers: 2, twin: honest{}}
}

// carryOut returns the summary without the times, which differ.
func carryOut(t *testing.T, r rehearsal) *campaign.Summary {
	t.Helper()
	sum, err := r.carryOut(t.Context(), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestResultsDoNotDependOnTheNumberOfWorkers(t *testing.T) {
	text := func(workers, enough int) string {
		r := briefRehearsal(t, 12)
		r.workers, r.enough, r.share = workers, enough, 0.2
		sum := carryOut(t, r)
		sum.Real, sum.SpeedUp = 0, 0
		var out bytes.Buffer
		sum.Print(&out)
		return out.String()
	}
	for _, enough := range []int{0, 3} {
		if one, many := text(1, enough), text(7, enough); one != many {
			t.Errorf("one worker says\n%s\nseven say\n%s", one, many)
		}
	}
}

func TestACampaignEndsAfterEnoughFailures(t *testing.T) {
	r := briefRehearsal(t, 1000)
	r.enough = 3
	sum := carryOut(t, r)
	if sum.End != campaign.Enough || sum.Failing() != 3 || sum.Runs != 6 {
		t.Errorf("it ended as %q after %d runs, of which %d failed", sum.End, sum.Runs, sum.Failing())
	}
}

func TestACampaignEndsWhenItsTimeIsUp(t *testing.T) {
	r := briefRehearsal(t, 0)
	r.budget = 300 * time.Millisecond
	if sum := carryOut(t, r); sum.End != campaign.TimeUp || sum.Runs == 0 {
		t.Errorf("it ended as %q after %d runs", sum.End, sum.Runs)
	}
}

// honest is a twin in this process.
type honest struct{}

func (honest) Hash(p plan.Plan) (uint64, error) { return stage.Run(p).Hash, nil }

func (honest) Trace(p plan.Plan, read func(io.Reader) error) error {
	var trace bytes.Buffer
	if err := campaign.WriteTrace(&trace, stage, p); err != nil {
		return err
	}
	return read(&trace)
}

// restless is a twin in which something else happens in plans of one seed.
type restless struct {
	honest
	seed sim.Seed
}

func (r restless) bend(p plan.Plan) plan.Plan {
	if p.Seed == r.seed {
		p.Network.Latency *= 2
	}
	return p
}

func (r restless) Hash(p plan.Plan) (uint64, error) { return r.honest.Hash(r.bend(p)) }

func (r restless) Trace(p plan.Plan, read func(io.Reader) error) error {
	return r.honest.Trace(r.bend(p), read)
}

func TestARunThatDiffersWhenRepeatedIsAFailure(t *testing.T) {
	r := briefRehearsal(t, 3)
	r.work.Scenarios = r.work.Scenarios[:1]
	r.share, r.twin = 1, restless{seed: 2}
	sum := carryOut(t, r)
	if sum.Repeated != 3 || sum.Verdict() != check.Violated || len(sum.Failures) != 1 {
		t.Fatalf("%d runs were repeated, the verdict is %v, %d ways to fail", sum.Repeated, sum.Verdict(), len(sum.Failures))
	}
	f := sum.Failures[0]
	if f.Kind != campaign.Nondeterminism || f.Seed != 2 || !strings.Contains(f.Texts[0], "two runs of one plan part at event ") {
		t.Errorf("it is told as %+v", f)
	}
}

// moody is a twin that differs once and never again.
type moody struct{ honest }

func (moody) Hash(plan.Plan) (uint64, error) { return 7, nil }

func TestADifferenceThatIsNotSeenAgainIsToldAllTheSame(t *testing.T) {
	r := briefRehearsal(t, 1)
	r.share, r.twin = 0.01, moody{}
	sum := carryOut(t, r)
	if len(sum.Failures) != 2 || !strings.Contains(sum.Failures[0].Texts[0], "had the traces") {
		t.Errorf("it is told as %+v", sum.Failures)
	}
}

// absent is a twin that cannot be started.
type absent struct{ honest }

func (absent) Hash(plan.Plan) (uint64, error) { return 0, errors.New("no such program") }

func TestACampaignThatCannotRepeatSaysSo(t *testing.T) {
	r := briefRehearsal(t, 0)
	r.share, r.twin = 0.05, absent{}
	sum, err := r.carryOut(t.Context(), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "no such program; --repeat 0 does without") || sum.End != campaign.Broken {
		t.Errorf("it ended as %q with %v", sum.End, err)
	}
}

func TestAnotherProcessIsATwin(t *testing.T) {
	p := briefRehearsal(t, 1).work.Plan(campaign.Run{Seed: 1})
	want := stage.Run(p).Hash
	if found, err := repeat(process{}, p, want); found != nil || err != nil {
		t.Errorf("another process has another trace: %v, %v", found, err)
	}
	// With a wrong hash the traces themselves are compared, and are alike.
	if found, err := repeat(process{}, p, want+1); err != nil || found == nil || !strings.Contains(found.Text, "more were alike") {
		t.Errorf("traces of two processes: %v, %v", found, err)
	}
	p.Cluster.Nodes = -1
	if _, err := repeat(process{}, p, want); err == nil || !strings.Contains(err.Error(), "cluster.nodes") {
		t.Errorf("a plan that cannot be: %v", err)
	}
}

func TestASimulatorThatBreaksNamesTheRun(t *testing.T) {
	r := briefRehearsal(t, 1)
	r.work.Scenarios[0].Scenario = plan.Scenario{} // nobody validated it
	defer func() {
		const want = "understudy sim replay brief --seed 1: "
		if broken := fmt.Sprint(recover()); !strings.HasPrefix(broken, want) {
			t.Errorf("it says %q, want %q", broken, want)
		}
	}()
	_, _ = r.rehearse(0)
}

func TestAnInterruptEndsWithTheSummaryOfWhatRan(t *testing.T) {
	r := briefRehearsal(t, 0)
	r.work.Scenarios = r.work.Scenarios[:1]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sum := campaign.NewSummary(r.work)
	end, err := r.run(ctx, func(o campaign.Outcome) {
		if sum.Add(o); sum.Runs == 5 {
			cancel()
		}
	}, time.Hour, func() {})
	sum.Finish(time.Second, end)
	if err != nil || end != campaign.Interrupted || sum.Runs < 5 || sum.Verdict() != check.Inconclusive {
		t.Errorf("after %d runs: %q, %v, %v", sum.Runs, end, sum.Verdict(), err)
	}
}

func TestWhatWasAskedForIsWritten(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for name, text := range map[string]string{"brief.yaml": brief, "hopeless.yaml": hopeless, "vacuous.yaml": vacuous} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	junit, plans, profile := filepath.Join(dir, "sim.xml"), filepath.Join(dir, "plans"), filepath.Join(dir, "cpu.prof")
	args := append([]string{"sim", "run", "--seeds", "2", "--junit", junit, "--save-plans", plans, "--cpuprofile", profile}, paths...)
	code, out, _ := understudy(t, args...)
	if code != exitFailure || strings.Count(out, "FAIL ") != 2 {
		t.Errorf("exit code %d, and it says\n%s", code, out)
	}
	if text, err := os.ReadFile(junit); err != nil || !bytes.Contains(text, []byte(`<testsuites name="understudy sim run" tests="3" failures="1" errors="1"`)) {
		t.Errorf("JUnit: %v\n%s", err, text)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("profile: %+v, %v", info, err)
	}
	if !strings.Contains(out, "understudy sim shrink "+filepath.Join(plans, "progress-")) {
		t.Errorf("it does not say how to go on:\n%s", out)
	}
	saved, err := filepath.Glob(filepath.Join(plans, "*.yaml"))
	if err != nil || len(saved) != 2 {
		t.Fatalf("plans: %v, %v", saved, err)
	}
	for _, path := range saved {
		if code, _, _ := understudy(t, "sim", "replay", path); code == exitOK || code == exitUsage {
			t.Errorf("the replay of %s ends with %d", path, code)
		}
	}
}

func TestShardsAddUpToTheCampaign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "brief.yaml")
	if err := os.WriteFile(path, []byte(brief), 0o600); err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, shard := range []string{"0/1", "0/2", "1/2"} {
		sign := 1
		if shard == "0/1" {
			sign = -1
		}
		_, out, _ := understudy(t, "sim", "run", path, "--seeds", "5", "--shard", shard)
		var n int
		_, rest, _ := strings.Cut(out, "events")
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		events += sign * n
	}
	if events != 0 {
		t.Errorf("two halves have %d events more than the whole", events)
	}
}
