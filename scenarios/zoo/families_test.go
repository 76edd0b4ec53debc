package zoo

import (
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/plan"
)

func TestFamiliesThatAMutantNeverMeetsAreNotLeftOut(t *testing.T) {
	m := Mutant{ID: "X", Scenarios: []string{"calm", "leader-crash"}, root: "../.."}
	for family, want := range map[plan.Family]int{plan.Crashes: 2, plan.Damage: 0} {
		if got, err := m.meets(family, 10); err != nil || got != want {
			t.Errorf("%s is met first by run %d, %v; want %d", family, got, err, want)
		}
	}
	m.Scenarios = []string{"no-such-scenario"}
	if _, err := m.meets(plan.Crashes, 10); err == nil {
		t.Error("a scenario that is not there has crashes")
	}
}

// What comes after the run that caught a mutant need not be left out: no program runs here.
func TestFamiliesThatComeTooLateAreKnownNotToMatter(t *testing.T) {
	m := Mutant{ID: "X", Scenarios: []string{"calm", "leader-crash"}, root: "../.."}
	f := Find{Caught: true, Runs: 1}
	if err := m.HuntWithout(t.Context(), "no program", t.TempDir(), &f, 1); err != nil || len(f.Without) == 0 || f.Without[plan.Crashes] != 1 {
		t.Errorf("%v, %v", f.Without, err)
	}
	f.Runs = 2
	if err := m.HuntWithout(t.Context(), "no program", t.TempDir(), &f, 1); err == nil {
		t.Error("crashes strike in run 2 and were left out without a run")
	}
}

func TestAHuntIsToldWhatToDoWithout(t *testing.T) {
	m := Mutant{ID: "X", Scenarios: []string{"calm", "everything"}}
	args := strings.Join(m.campaign("dir", 4, Effort{Runs: 15, Without: []plan.Family{plan.Cuts, plan.Clocks}}, 0), " ")
	for _, want := range []string{"run calm everything", "--seed 4", "--seeds 5", "--without cuts --without clocks", "--for 30s"} {
		if !strings.Contains(args, want) {
			t.Errorf("%q lacks %q", args, want)
		}
	}
	args = strings.Join(m.campaign("dir", 1, Effort{CPU: slice}, slice/2), " ")
	if !strings.Contains(args, "--for 15s") || strings.Contains(args, "--seeds") || strings.Contains(args, "--without") {
		t.Errorf("half a slice is left: %q", args)
	}
}

func TestAHuntEndsWhenItsEffortIsSpent(t *testing.T) {
	for _, c := range []struct {
		e    Effort
		runs int
		want bool
	}{
		{Effort{}, 1000, false}, {Effort{Runs: 20}, 19, false}, {Effort{Runs: 20}, 20, true},
		{Effort{CPU: 2 * slice, Runs: 20}, 1, false}, {Effort{CPU: slice, Runs: 20}, 1, true},
	} {
		if got := c.e.spent(slice, c.runs); got != c.want {
			t.Errorf("%+v is spent after %d runs: %v", c.e, c.runs, got)
		}
	}
}

func TestThePageSaysWhichFamiliesAreNeeded(t *testing.T) {
	x := written(t, goodIndex)
	r := Results{
		"A1.a": {Caught: true, Oracle: "progress", Runs: 30, Without: map[plan.Family]int{
			plan.Crashes: 0, plan.Cuts: 60, plan.Packets: 15, plan.Clocks: 31, plan.SmallSizes: 30}},
		"A1.b": {Caught: true, Oracle: "progress", Runs: 1, Without: map[plan.Family]int{plan.Crashes: 1, plan.Cuts: 10}},
	}
	page := string(x.Page(r))
	for _, want := range []string{
		"| `crashes` | 2 | 1: A1.a |  |  |", "| `cuts` | 2 |  | 1: A1.a (30 → 60) |  |", "| `packets` | 1 |  |  | 1: A1.a (30 → 15) |",
		"| `clocks` | 1 |  |  |  |", "| `damage` | 0 |  |  |  |", "Of the 2 mutants that rehearsals caught, 2 were hunted so. Of these, 1 were caught whichever family was left out: A1.b.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if page := string(x.Page(Results{"A1.a": {Caught: true}})); strings.Contains(page, "## Families") {
		t.Error("the page tells of families that nobody left out")
	}
}
