package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim/plan"
)

func TestEveryFileIsListedOnceAndNamedAsItsFile(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := scenarios.All()
	if len(all) != len(files) {
		t.Errorf("%d scenarios are listed and %d files exist", len(all), len(files))
	}
	for _, s := range all {
		if _, err := os.Stat(s.Name + ".yaml"); err != nil {
			t.Errorf("scenario %q: %v", s.Name, err)
		}
		if s.Claim == "" {
			t.Errorf("scenario %q claims nothing", s.Name)
		}
	}
}

func TestBadScenariosAreRefusedWithTheLine(t *testing.T) {
	good, err := os.ReadFile("busy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ old, new, want string }{
		{"duration: 20s", "durations: 20s", "[3:1]"},
		{"nodes: 3", "nodes: three", `bad.yaml:4: "three" is neither a whole number nor a range`},
		{"nodes: 3", "nodes: 7..1", "bad.yaml:4:"},
		{"nodes: 3", "nodes: 1..99", "bad.yaml:4: cluster.nodes must lie in 1..15"},
		{"duration: 20s", "duration: 20 parsecs", "bad.yaml:3: time: unknown unit"},
		{"duration: 20s", "duration: -1s", "bad.yaml:3: duration must be above 0"},
		{"reads: 0.4", "reads: 4", "bad.yaml:5: workload.reads must lie between 0 and 1"},
		{", pause: 20ms", "", "bad.yaml:5: workload.pause must be above 0"},
		{"disk: {sync: 500us}", "disk: {sync: 500us", "bad.yaml"},
		{"disk:", "faults: [{kind: meteor, target: any, every: 1s, for: 1s}]\ndisk:",
			`bad.yaml:7: faults[0].kind "meteor" is none of`},
		{"disk:", "hardware: {cost: 2s}\ndisk:", "bad.yaml:7: hardware.cost must lie between 0 and 1s"},
		{"disk:", "hardware: {far: 2h}\ndisk:", "bad.yaml:7: hardware.far must lie between 0 and 1m0s"},
		{"disk:", "hardware: {slow: -1}\ndisk:", "bad.yaml:7: hardware.slow must lie in 0..1000"},
		{"disk:", "clock: {beyond: 0.9}\ndisk:", "bad.yaml:7: clock.beyond must lie between 0 and 0.5"},
		{"disk:", "sizes: {mailbox: 0..3}\ndisk:", "bad.yaml:7: sizes.mailbox must lie in 1.."},
		{"name: busy", "", "bad.yaml:1: name is missing"},
	}
	for _, c := range cases {
		text := strings.Replace(string(good), c.old, c.new, 1)
		_, err := plan.ParseScenario("bad.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.yaml") {
			t.Errorf("with %q: %v, want it to say %q", c.new, err, c.want)
		}
	}
}

func TestUnknownScenarioNamesTheKnownOnes(t *testing.T) {
	_, err := scenarios.Find("clam")
	if err == nil || !strings.Contains(err.Error(), "calm, busy, lossy-network") {
		t.Errorf("Find: %v", err)
	}
	_, err = scenarios.Find("./clam.yaml")
	if err == nil || !strings.Contains(err.Error(), "no scenario file ./clam.yaml") {
		t.Errorf("Find: %v", err)
	}
}
