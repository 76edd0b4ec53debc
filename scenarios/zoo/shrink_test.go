package zoo

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/shrink"
)

// shrunk is a plan that was made small.
func shrunk(kinds ...plan.FaultKind) *Shrunk {
	p := plan.Plan{}
	for _, k := range kinds {
		p.Strikes = append(p.Strikes, plan.Strike{Kind: k})
	}
	p.Limits.Piece = 50
	s := &Shrunk{
		Original: shrink.Size{Faults: 37, Operations: 1300, Clients: 3, Nodes: 3, Partitions: 2, Conditions: 14, Duration: 30 * time.Second},
		Minimal:  shrink.Size{Faults: len(kinds), Clients: 1, Nodes: 3, Partitions: 1, Conditions: 1, Duration: 4001*time.Millisecond + 1},
		Runs:     169, Seconds: 1.46, Complete: true,
	}
	s.needs(p)
	return s
}

func TestWhatIsLeftInAPlanIsNeeded(t *testing.T) {
	s := shrunk(plan.Corrupt, plan.Crash, plan.Corrupt)
	if !reflect.DeepEqual(s.Kinds, []plan.FaultKind{plan.Crash, plan.Corrupt}) ||
		!reflect.DeepEqual(s.Families, []plan.Family{plan.Crashes, plan.Damage, plan.SmallSizes}) {
		t.Errorf("%v and %v are needed", s.Kinds, s.Families)
	}
}

func TestThePageSaysHowSmallPlansBecame(t *testing.T) {
	x := written(t, goodIndex)
	unfinished := shrunk()
	unfinished.Complete, unfinished.Families = false, nil
	page := string(x.Page(Results{
		"A1.a": {Caught: true, Oracle: "progress", Runs: 3, Shrunk: shrunk(plan.Crash, plan.Corrupt)},
		"A1.b": {Caught: true, Oracle: "progress", Runs: 3, Shrunk: unfinished},
	}))
	for _, want := range []string{
		"| A1.a | 37 → 2 | 1300 → 0 | 3 → 1 | 3 | 2 → 1 | 14 → 1 | 30 → 4.001 | 169 | 1.5 s | `crashes` `damage` `sizes` |",
		"| 169+ | 1.5 s | none |", "| *the median* | 37 → 2 |", "| 2 faults, 0 operations, 1 client, 3 nodes, 1 condition, 4.001s |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

// What an earlier hunt found out besides holds only where the same run catches again.
func TestWhatWasMeasuredStaysWithItsRun(t *testing.T) {
	x := written(t, goodIndex)
	found := Find{Caught: true, Oracle: "progress", Scenario: "calm", Seed: 3, Runs: 3}
	measured := found
	measured.Shrunk, measured.Without = shrunk(plan.Crash), map[plan.Family]int{plan.Crashes: 0}
	later := found
	later.Seed, later.Runs = 4, 4
	for _, c := range []struct {
		find Find
		kept bool
	}{{measured, true}, {found, true}, {later, false}} {
		if err := x.Write(Results{"A1.a": c.find}); err != nil {
			t.Fatal(err)
		}
		r, err := x.Results()
		if err != nil || (r["A1.a"].Shrunk != nil) != c.kept || (r["A1.a"].Without != nil) != c.kept {
			t.Errorf("after %+v: %+v, %v", c.find, r["A1.a"], err)
		}
	}
}

func TestTheTableOfFaultsIsAboutTheLastResults(t *testing.T) {
	x := ours(t)
	r, err := x.Results()
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := x.writeFaults(r); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("../../" + FaultsFile)
	if err != nil {
		t.Fatal(err)
	}
	if table := beginFaults + string(x.FaultTable(r)) + endFaults; !strings.Contains(string(text), table) {
		t.Errorf("the table of faults in %s is not what 'understudy sim zoo --write' would write", FaultsFile)
	}
	if !declares(t, "../../sim/cluster", "func "+EffectTest+"(") {
		t.Errorf("there is no test %s", EffectTest)
	}
}

func TestTheTableOfFaultsTakesItsPlace(t *testing.T) {
	x := written(t, goodIndex)
	unfinished := shrunk(plan.Crash)
	unfinished.Complete = false
	if err := x.Write(Results{"A1.a": {Caught: true, Shrunk: shrunk(plan.Crash)}, "A1.b": {Caught: true, Shrunk: unfinished}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(x.root, FaultsFile))
	row := "| `crash` | `crashes` | `TestEveryKindOfFaultHasItsEffect/crash` | A1.a |\n"
	if err != nil || !strings.Contains(string(text), row) || strings.Contains(string(text), "old") || !strings.HasSuffix(string(text), "the end\n") {
		t.Errorf("%v:\n%s", err, text)
	}
	if err := os.WriteFile(filepath.Join(x.root, FaultsFile), []byte("# Faults\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Write(nil); err == nil || !strings.Contains(err.Error(), "no place for the table of faults") {
		t.Errorf("without a place: %v", err)
	}
}
