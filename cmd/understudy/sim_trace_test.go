package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
)

// short is a scenario whose whole trace can be read.
const short = `
name: short
duration: 500ms
cluster: {nodes: 3, partitions: 2, replication: 3}
workload: {clients: 1, keys: 2, pause: 50ms, reads: 0.5}
network: {latency: 1ms}
disk: {sync: 1ms}
faults:
  - {kind: crash, target: any, every: 200ms, for: 50ms}
`

// traced returns the events that flags choose.
func traced(t *testing.T, flags ...string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "short.yaml")
	if err := os.WriteFile(path, []byte(short), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := understudy(t, append([]string{"sim", "replay", path, "--trace"}, flags...)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	events, _, _ := strings.Cut(out, "plan: ")
	return strings.Split(strings.TrimSpace(events), "\n")
}

// words are the number, the time, the node and the kind of an event.
func words(line string) []string { return strings.SplitN(line, " ", 5) }

func TestATraceIsFiltered(t *testing.T) {
	all := traced(t, "--until", "600ms")
	cases := map[string]struct {
		flags []string
		keeps func(line string) bool
	}{
		"time": {[]string{"--from", "100ms", "--until", "200ms"}, func(line string) bool {
			at, err := strconv.ParseFloat(strings.TrimSuffix(words(line)[1], "ms"), 64)
			return err == nil && at >= 100 && at <= 200
		}},
		"node": {[]string{"--node", "2"}, func(line string) bool {
			return words(line)[2] == "2" || strings.Contains(line, "→2/") || words(line)[3] == "note"
		}},
		"client": {[]string{"--node", "c1", "--kinds", "receive"}, func(line string) bool { return words(line)[2] == "c1" }},
		"partition": {[]string{"--partition", "1", "--kinds", "send,show"}, func(line string) bool {
			return strings.Contains(line, "peer/2") || strings.Contains(line, "partition 1")
		}},
		"kinds": {[]string{"--kinds", "crash,restart"}, func(line string) bool {
			return words(line)[3] == "crash" || words(line)[3] == "restart"
		}},
	}
	for name, c := range cases {
		got := traced(t, c.flags...)
		if len(got) == 0 || len(got) >= len(all) {
			t.Errorf("%s: %d of %d events are left", name, len(got), len(all))
		}
		for _, line := range got {
			if !c.keeps(line) {
				t.Errorf("%s: %s", name, line)
				break
			}
		}
	}
}

func TestWrongFiltersAreExplained(t *testing.T) {
	for want, flags := range map[string][]string{
		"add --trace or --step":             {"--node", "2"},
		"--until 1s is before --from 2s":    {"--trace", "--from", "2s", "--until", "1s"},
		"--node x: choose the number":       {"--trace", "--node", "x"},
		"partitions are numbered from 0":    {"--trace", "--partition", "-1"},
		"this run has partitions 0 to 1":    {"--trace", "--partition", "2"},
		"this run has nodes 1 to 3 and":     {"--trace", "--node", "4"},
		"and clients c1 to c4":              {"--trace", "--node", "c5"},
		"there are send, deliver, lose":     {"--trace", "--kinds", "sends"},
		"standard input is no terminal; us": {"--step"},
	} {
		code, out, errs := understudy(t, append([]string{"sim", "replay", "calm"}, flags...)...)
		if code != exitUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("%v: exit code %d, %q, want %q", flags, code, errs, want)
		}
	}
}

// Events are on nodes 1, 2, 1, 2, …
func TestAStepperShowsWhatItIsAskedFor(t *testing.T) {
	for answers, want := range map[string]string{
		"\n\n\n\n\n\n": "1 2 3 4 5 6",
		"n\nn\nq\n":    "1 3 5",
		"3\n\nq\n":     "1 4 5",
		"what\n\nq\n":  "1 2",
		"":             "1",
	} {
		var out bytes.Buffer
		s := &stepper{in: bufio.NewScanner(strings.NewReader(answers)), out: &out}
		for i := range uint64(6) {
			s.see(&sim.Event{Seq: i + 1, Node: actors.NodeID(i%2 + 1), Kind: sim.Crashed})
		}
		var shown []string
		for _, part := range strings.SplitAfter(out.String(), "crash ") {
			if fields := strings.Fields(part); len(fields) > 1 && fields[len(fields)-1] == "crash" {
				shown = append(shown, fields[len(fields)-4])
			}
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%q: %s, want %s\n%s", answers, got, want, out.String())
		}
		if strings.Contains(answers, "what") != strings.Contains(out.String(), stepHelp) {
			t.Errorf("%q: %s", answers, out.String())
		}
	}
}
