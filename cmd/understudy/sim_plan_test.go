package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without packets that are lost, the scenario that is vacuous because none was lost is a
// pass, and what shows it again says so.
func TestFamiliesOfFaultsAreLeftOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vacuous.yaml")
	if err := os.WriteFile(path, []byte(vacuous), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"sim", "run", path, "--seeds", "1"}, {"sim", "replay", path}} {
		if code, out, _ := understudy(t, append(verb, "--without", "packets")...); code != exitOK {
			t.Errorf("%q without packets: exit code %d\n%s", verb, code, out)
		}
		code, out, _ := understudy(t, append(verb, "--without", "clocks,cuts")...)
		if code != exitInconclusive || verb[1] == "run" && !strings.Contains(out, "--seed 1 --without clocks --without cuts") {
			t.Errorf("%q without what it has not: exit code %d\n%s", verb, code, out)
		}
		if code, _, errs := understudy(t, append(verb, "--without", "meteors")...); code != exitUsage || !strings.Contains(errs, `--without: "meteors" is no family`) {
			t.Errorf("%q without meteors: exit code %d\n%s", verb, code, errs)
		}
	}
}

// The size of clusters is as asked for, and what shows a run again says so.
func TestClustersAreAsLargeAsAskedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hopeless.yaml")
	if err := os.WriteFile(path, []byte(hopeless), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out, _ := understudy(t, "sim", "replay", path, "--seed", "2", "--nodes", "5"); !strings.Contains(out, "plan: 5 nodes") {
		t.Errorf("a replay with five nodes says\n%s", out)
	}
	if _, out, _ := understudy(t, "sim", "run", path, "--seeds", "1", "--nodes", "4"); !strings.Contains(out, "--seed 1 --nodes 4\n") {
		t.Errorf("it does not say how to see the run again:\n%s", out)
	}
}

func TestAPlanHoldsAllThatHappens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.yaml")
	if code, out, _ := understudy(t, "sim", "replay", "calm", "--save-plan", path); code != exitOK {
		t.Fatal(out)
	}
	for _, flag := range []string{"--seed=3", "--nodes=5", "--without=cuts"} {
		if code, _, errs := understudy(t, "sim", "replay", path, flag); code != exitUsage || !strings.Contains(errs, "edit it there") {
			t.Errorf("a plan with %s: exit code %d, %s", flag, code, errs)
		}
	}
}
