package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
)

// TestMain lets this test binary be the program, for tests that need processes.
func TestMain(m *testing.M) {
	if os.Getenv("UNDERSTUDY_TEST_PROCESS") != "" {
		main()
	}
	os.Setenv("UNDERSTUDY_TEST_PROCESS", "1") // for those that the program starts
	os.Exit(m.Run())
}

// understudy runs the program in this process.
func understudy(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestWrongUseIsExplainedWithExitCode2(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(foreign, []byte("name: bad\nduration: soon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	members := "1=127.0.0.1:1/127.0.0.1:2"
	cases := []struct {
		args []string
		want string
	}{
		{[]string{"bogus"}, `unknown verb "bogus"`},
		{[]string{"sim", "bogus"}, `unknown verb "bogus"`},
		{[]string{"sim", "replay"}, "takes one scenario"},
		{[]string{"sim", "run", "nosuch"}, `no scenario "nosuch": the built-in ones are calm`},
		{[]string{"sim", "run", "./nosuch.yaml"}, "no scenario file ./nosuch.yaml"},
		{[]string{"sim", "run", foreign}, "bad.yaml:2: time: invalid duration"},
		{[]string{"sim", "run", "calm", "--seeds", "0"}, "--seeds 0: choose 1 or more"},
		{[]string{"sim", "run", "calm", "everything", "calm"}, "scenario calm is named twice"},
		{[]string{"sim", "run", "calm", "nosuch"}, `no scenario "nosuch"`},
		{[]string{"sim", "run", "calm", "--for", "-1s"}, "--for -1s: choose a time above 0"},
		{[]string{"sim", "run", "calm", "--for", "long"}, "see 'understudy sim run --help'"},
		{[]string{"sim", "run", "calm", "--workers", "0"}, "--workers 0: choose 1 or more"},
		{[]string{"sim", "run", "calm", "--stop-after", "-1"}, "--stop-after -1: choose"},
		{[]string{"sim", "run", "calm", "--repeat", "2"}, "--repeat 2: choose a share from 0 to 1"},
		{[]string{"sim", "run", "calm", "--repeat", "NaN"}, "--repeat NaN: choose"},
		{[]string{"sim", "run", "calm", "--shard", "3"}, `shard "3" is not of the form 3/16`},
		{[]string{"sim", "run", "calm", "--shard", "16/16"}, "numbered from 0/16 to 15/16"},
		{[]string{"sim", "run", "calm", "--shard", "3/16", "--seeds", "3"}, "--shard 3/16 of 3 seeds is empty"},
		{[]string{"sim", "run", "calm", "--junit", t.TempDir()}, "is a directory"},
		{[]string{"sim", "run", "calm", "--save-plans", foreign}, "not a directory"},
		{[]string{"sim", "run", "calm", "--cpuprofile", t.TempDir()}, "--cpuprofile: open"},
		{[]string{"sim", "run", "calm", "--nodes", "16"}, "--nodes 16: choose 1 to 15"},
		{[]string{"sim", "replay", "calm", "--nodes", "-1"}, "--nodes -1: choose 1 to 15"},
		{[]string{"sim", "repeat"}, "standard input"},
		{[]string{"sim", "run", "calm", "--seeds", "many"}, "see 'understudy sim run --help'"},
		{[]string{"sim", "replay", "calm", "--html", t.TempDir()}, "is a directory"},
		{[]string{"dev", "--nodes", "0"}, "--nodes 0: choose 1 to 100"},
		{[]string{"dev", "--port", "70000"}, "must lie in 1..65535"},
		{[]string{"dev", "--log-level", "loud"}, `--log-level "loud"`},
		{[]string{"dev", "--data", t.TempDir(), "--partitions", "0"}, "partitions"},
		{[]string{"dev", "--replication-factor", "4"}, "--replication-factor 4: choose 1 to 3, the number of nodes"},
		{[]string{"serve", "--members", members, "--node", "1", "--replication-factor", "2"}, "choose 1 to 1"},
		{[]string{"serve"}, "--members is missing"},
		{[]string{"serve", "--members", "one"}, `"one" is not of the form ID=ADDRESS/REDIS`},
		{[]string{"serve", "--members", members}, "--node is missing"},
		{[]string{"serve", "--members", members, "--node", "2"}, "--node 2 is not among the members"},
		{[]string{"serve", "--members", members, "--node", "1"}, "--data-dir is missing"},
		{[]string{"dev", "--clock-drift", "1"}, "--clock-drift 1: choose a fraction from 0 to below 1"},
		{[]string{"dev", "--clock-drift", "NaN"}, "--clock-drift NaN: choose"},
		{[]string{"dev", "--heartbeat", "0s"}, "--heartbeat 0s: choose 1ms or more"},
		{[]string{"dev", "--election-timeout", "150ms"}, "--election-timeout 150ms: choose at least twice the --heartbeat of 100ms"},
		{[]string{"dev", "--snapshot-every", "0"}, "--snapshot-every 0: choose 1 to 1048576 MiB"},
		{[]string{"dev", "--snapshot-rate", "-1"}, "--snapshot-rate -1: choose 0 to"},
		{[]string{"dev", "--journal-generation", "2000000"}, "--journal-generation 2000000: choose 1 to"},
		{[]string{"serve", "--members", members, "--node", "1", "--data-dir", "d", "--heartbeat", "2s"}, "choose at least twice"},
		{[]string{"get"}, "takes 1 arguments, not 0"},
		{[]string{"incr", "n", "many"}, "many"},
		{[]string{"get", "k", "--timeout", "0s"}, "--timeout must be above 0"},
		{[]string{"bench", "--mix", "writes"}, `--mix "writes" is none of`},
	}
	for _, c := range cases {
		code, _, errs := understudy(t, c.args...)
		if code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %q; want 2 and %q", c.args, code, errs, c.want)
		}
	}
}

func TestFlagsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("UNDERSTUDY_SEEDS", "2")
	_, out, _ := understudy(t, "sim", "run", "calm")
	if !strings.Contains(out, "2 pass") {
		t.Errorf("UNDERSTUDY_SEEDS=2 ran:\n%s", out)
	}
	_, out, _ = understudy(t, "sim", "run", "calm", "--seeds", "1")
	if !strings.Contains(out, "1 pass") {
		t.Errorf("--seeds 1 lost against the environment:\n%s", out)
	}
	t.Setenv("UNDERSTUDY_SEEDS", "several")
	code, _, errs := understudy(t, "sim", "run", "calm")
	if code != exitUsage || !strings.Contains(errs, `UNDERSTUDY_SEEDS="several"`) {
		t.Errorf("a bad variable: exit code %d, %q", code, errs)
	}
}

// hopeless is a scenario whose messages take longer than anybody's patience.
const hopeless = `
name: hopeless
claim: Nothing can be decided while every server is cut off.
duration: 300ms
cluster: {nodes: 3, partitions: 1, replication: 3}
workload: {clients: 1, keys: 1, pause: 10ms, reads: 0.5}
network: {latency: 10s}
disk: {sync: 1ms}
`

func TestExitCodesTellVerdictsApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hopeless.yaml")
	if err := os.WriteFile(path, []byte(hopeless), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := understudy(t, "sim", "run", path, "--seeds", "1")
	if code != exitFailure || !strings.Contains(out, "progress") {
		t.Errorf("a cluster that never recovers: exit code %d\n%s", code, out)
	}
	if want := "understudy sim replay " + path + " --seed 1"; !strings.Contains(out, want) {
		t.Errorf("the failure does not say %q:\n%s", want, out)
	}
	if code, _, _ := understudy(t, "sim", "replay", path, "--seed", "1"); code != exitFailure {
		t.Errorf("the replay of a failure: exit code %d", code)
	}
}

// vacuous is a scenario that promises loss and hardly ever has any.
const vacuous = `
name: vacuous
claim: A run in which the faults it asked for did not happen is not a pass.
duration: 300ms
cluster: {nodes: 3, partitions: 1, replication: 3}
workload: {clients: 1, keys: 1, pause: 10ms, reads: 0.5}
network: {latency: 1ms, loss: 0.0000000001}
disk: {sync: 1ms}
`

func TestARunThatProvesNothingIsNoSuccess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vacuous.yaml")
	if err := os.WriteFile(path, []byte(vacuous), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"sim", "run", path, "--seeds", "1"}, {"sim", "replay", path}} {
		code, out, _ := understudy(t, verb...)
		if code != exitInconclusive || !strings.Contains(out, "vacuous") || !strings.Contains(out, "loss") {
			t.Errorf("%q: exit code %d\n%s", verb, code, out)
		}
	}
	if err := new(exitError); !errors.As(exitFor(check.Inconclusive), &err) || err.code != exitInconclusive {
		t.Errorf("an inconclusive run ends with %v", exitFor(check.Inconclusive))
	}
}

func TestReplayIsTheRunAgain(t *testing.T) {
	page := filepath.Join(t.TempDir(), "run.html")
	code, first, _ := understudy(t, "sim", "replay", "leader-crash", "--seed", "3", "--html", page)
	_, second, _ := understudy(t, "sim", "replay", "leader-crash", "--seed", "3", "--trace")
	if code != exitOK || hashLine(first) == "" || hashLine(first) != hashLine(second) {
		t.Errorf("exit code %d, hashes %q and %q", code, hashLine(first), hashLine(second))
	}
	if _, other, _ := understudy(t, "sim", "replay", "leader-crash", "--seed", "4"); hashLine(other) == hashLine(first) {
		t.Error("two seeds gave one trace")
	}
	html, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(html, []byte("crash")) {
		t.Errorf("the page does not show the crashes (%v)", err)
	}
}

func hashLine(out string) string {
	for _, line := range strings.Split(out, "\n") {
		if hash, ok := strings.CutPrefix(line, "trace "); ok {
			return hash
		}
	}
	return ""
}

func TestSummaryAsJSON(t *testing.T) {
	code, out, _ := understudy(t, "sim", "run", "calm", "--seeds", "3", "--json")
	var s campaign.Summary
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	if code != exitOK || s.Runs != 3 || s.Verdicts["pass"] != 3 || s.Answered == 0 || s.SpeedUp == 0 {
		t.Errorf("exit code %d, summary %+v", code, s)
	}
}

func TestACampaignStopsWhenToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"sim", "run", "calm", "--seeds", "1000000"}, &out, &errs)
	if code != exitInconclusive || !strings.Contains(out.String(), " of 1000000 (interrupted)") {
		t.Errorf("exit code %d, said %q %q", code, out.String(), errs.String())
	}
}
