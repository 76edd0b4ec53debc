package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios/zoo"
	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/shrink"
)

func TestTheZooNeedsTheSourceTree(t *testing.T) {
	code, _, errs := understudy(t, "sim", "zoo", "--source", t.TempDir())
	if code != exitUsage || !strings.Contains(errs, "is not the source tree") || !strings.Contains(errs, "--source") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestTheZooNeedsTheGoCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	code, _, errs := understudy(t, "sim", "zoo", "--source", "../..")
	if code != exitUsage || !strings.Contains(errs, "go command") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestTheZooRefusesWrongUse(t *testing.T) {
	for _, args := range [][]string{{"M999"}, {"--budget", "0s"}, {"--workers", "0"}, {"--shrink", "-1s"},
		{"--without", "meteors"}, {"--without", "cuts", "--families"}, {"--without", "cuts", "--write"}} {
		code, _, errs := understudy(t, append([]string{"sim", "zoo", "--source", "../.."}, args...)...)
		if code != exitUsage || errs == "" {
			t.Errorf("%v: exit code %d: %s", args, code, errs)
		}
	}
}

func TestAHuntFailsBothWays(t *testing.T) {
	mutant, harmless := zoo.Mutant{ID: "A1", Title: "a bug"}, zoo.Mutant{ID: "A2", Title: "no bug", Harmless: true}
	caught, escaped := zoo.Find{Caught: true, Oracle: "progress", Scenario: "calm", Seed: 1, Runs: 1}, zoo.Find{Seconds: 60}
	for _, c := range []struct {
		mutant zoo.Mutant
		find   zoo.Find
		code   int
		said   string
	}{
		{mutant, caught, exitOK, "progress in calm seed 1, run 1"},
		{mutant, escaped, exitFailure, "ESCAPED"},
		{harmless, caught, exitFailure, "CAUGHT, though it changes nothing"},
		{harmless, escaped, exitOK, "not caught, as it must be"},
	} {
		var out bytes.Buffer
		cmd := &cobra.Command{}
		cmd.SetOut(&out)
		h := &hunt{cmd: cmd, total: 1, found: zoo.Results{}}
		if err := h.note(c.mutant, c.find, func() {}); err != nil {
			t.Error(err)
		}
		err, exit := h.finish(), (*exitError)(nil)
		if errors.As(err, &exit) != (c.code != exitOK) || exit != nil && exit.code != c.code || !strings.Contains(out.String(), c.said) {
			t.Errorf("%s, %+v: %v\n%s", c.mutant.Title, c.find, err, out.String())
		}
	}
}

func TestAHuntTellsWhatAMutantNeeds(t *testing.T) {
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	h := &hunt{cmd: cmd, total: 1, found: zoo.Results{}}
	h.tell(zoo.Mutant{ID: "A1", Title: "a bug"}, zoo.Find{
		Caught: true, Oracle: "progress", Scenario: "calm", Seed: 1, Runs: 1,
		Shrunk:  &zoo.Shrunk{Original: shrink.Size{Faults: 37}, Minimal: shrink.Size{Faults: 1}, Runs: 90, Seconds: 4},
		Without: map[plan.Family]int{plan.Cuts: 0, plan.Clocks: 7},
	})
	for _, want := range []string{"from 37 faults", "to   1 fault,", "with 90 replays in 4.0 s", "not without cuts"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "clocks") {
		t.Errorf("it does without clocks:\n%s", out.String())
	}
}

func TestAnInterruptedHuntBeginsNoOther(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := &cobra.Command{}
	cmd.SetErr(&bytes.Buffer{})
	h := &hunt{zooFlags: zooFlags{workers: 1}, cmd: cmd, found: zoo.Results{}, total: 2}
	if err := h.all(ctx, []zoo.Mutant{{ID: "A1"}, {ID: "A2"}}); !errors.Is(err, context.Canceled) || len(h.found) != 0 {
		t.Errorf("%v, found %v", err, h.found)
	}
}

func TestAHuntKeepsWhatItFindsAtOnce(t *testing.T) {
	cmd := &cobra.Command{}
	cmd.SetOut(&bytes.Buffer{})
	var kept []zoo.Results
	full := errors.New("no space left")
	h := &hunt{cmd: cmd, total: 2, found: zoo.Results{}, keep: func(r zoo.Results) error {
		kept = append(kept, r)
		if len(kept) == 2 {
			return full
		}
		return nil
	}}
	if err := h.note(zoo.Mutant{ID: "A1"}, zoo.Find{Caught: true}, func() {}); err != nil || len(kept) != 1 || !kept[0]["A1"].Caught {
		t.Errorf("%v, kept %v", err, kept)
	}
	if err := h.note(zoo.Mutant{ID: "A2"}, zoo.Find{}, func() {}); !errors.Is(err, full) {
		t.Errorf("it goes on although nothing can be kept: %v", err)
	}
}
