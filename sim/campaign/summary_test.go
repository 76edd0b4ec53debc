package campaign_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

var twoScenarios = campaign.Work{
	Scenarios: []campaign.Scenario{{Name: "calm"}, {Name: "./mine.yaml", Scenario: plan.Scenario{
		Faults: []plan.Fault{{Kind: plan.Wipe}, {Kind: plan.RotSnapshot}, {Kind: plan.Crash}},
	}}},
	First: 1, Seeds: 4, Shard: campaign.Shard{Of: 1},
}

// outcome makes one of a run with so many events.
func outcome(scenario int, seed sim.Seed, events uint64, v check.Verdict) campaign.Outcome {
	return campaign.NewOutcome(campaign.Run{Scenario: scenario, Seed: seed}, cluster.Report{
		Verdict: v, Hash: uint64(seed), Simulated: 10 * time.Second, Answered: 5, Stats: sim.Stats{Events: events},
		Faults: []cluster.Count{{Name: "crash", Count: 2}, {Name: "a fault with a very long name, which leaves no room", Count: 1}, {Name: "loss", Count: 1000000}},
	}, time.Second)
}

func violation(scenario int, seed sim.Seed, events uint64, text string) campaign.Outcome {
	o := outcome(scenario, seed, events, check.Violated)
	o.Report.Violations = []check.Violation{
		{Oracle: check.Progress, At: time.Second, Text: text},
		{Oracle: check.Convergence, At: 2 * time.Second, Text: "consequence of the first"},
	}
	return o
}

// mixed is a summary with something of everything.
func mixed(t *testing.T) *campaign.Summary {
	t.Helper()
	s := campaign.NewSummary(twoScenarios)
	vacuous := outcome(1, 2, 5, check.Vacuous)
	vacuous.Report.Missing = []string{"loss"}
	other := outcome(1, 3, 100, check.Pass)
	other.Repeated = true
	other.Difference = &check.Violation{Oracle: campaign.Nondeterminism, At: time.Second, Text: `they part at event 7: "a" and "b"`}
	news := 0
	for _, o := range []campaign.Outcome{
		violation(0, 1, 90, "3 of 4 partitions accepted"),
		violation(1, 1, 70, "1 of 4 partitions accepted"),
		violation(0, 2, 70, "2 of 16 partitions accepted"),
		vacuous,
		violation(0, 3, 80, "another thing <&> \x1b happened\ngoroutine 1"),
		other,
		outcome(0, 4, 1, check.Pass),
		outcome(1, 4, 1, check.Inconclusive),
	} {
		if s.Add(o) {
			news++
		}
	}
	s.Finish(4*time.Second, campaign.Complete)
	if news != len(s.Failures) || news != s.Signatures() {
		t.Errorf("%d failures were news, %d are listed", news, len(s.Failures))
	}
	return s
}

func TestOneWayToFailIsToldOnceWithItsCheapestRun(t *testing.T) {
	s := mixed(t)
	type line struct {
		kind   string
		runs   int
		replay string
	}
	want := []line{
		{"nondeterminism", 1, "understudy sim replay ./mine.yaml --seed 3"},
		// Two runs are equally cheap: the one of the first scenario is shown.
		{"violation", 3, "understudy sim replay calm --seed 2"},
		{"violation", 1, "understudy sim replay calm --seed 3"},
		{"inconclusive", 1, "understudy sim replay ./mine.yaml --seed 4"},
		{"vacuous", 1, "understudy sim replay ./mine.yaml --seed 2"},
	}
	if len(s.Failures) != len(want) {
		t.Fatalf("%d ways to fail, want %d: %+v", len(s.Failures), len(want), s.Failures)
	}
	files := map[string]bool{}
	for i, f := range s.Failures {
		if got := (line{f.Kind, f.Runs, f.Replay}); got != want[i] {
			t.Errorf("failure %d is %v, want %v", i, got, want[i])
		}
		files[f.FileName()] = true
	}
	if len(files) != len(want) {
		t.Errorf("two failures have one file: %v", files)
	}
	if shares := s.Failures[1].Scenarios; len(shares) != 2 || shares[0].Runs != 2 || shares[1].Runs != 1 {
		t.Errorf("3 runs of two scenarios are told as %+v", shares)
	}
}

func TestTheWorstRunIsTheVerdict(t *testing.T) {
	cases := []struct {
		end  campaign.End
		runs []campaign.Outcome
		want check.Verdict
	}{
		{campaign.Complete, nil, check.Vacuous},
		{campaign.Complete, []campaign.Outcome{outcome(0, 1, 1, check.Pass)}, check.Pass},
		{campaign.TimeUp, []campaign.Outcome{outcome(0, 1, 1, check.Pass)}, check.Pass},
		{campaign.Interrupted, []campaign.Outcome{outcome(0, 1, 1, check.Pass)}, check.Inconclusive},
		{campaign.Complete, []campaign.Outcome{outcome(0, 1, 1, check.Inconclusive)}, check.Inconclusive},
		{campaign.Interrupted, []campaign.Outcome{violation(0, 1, 1, "x")}, check.Violated},
	}
	for i, c := range cases {
		s := campaign.NewSummary(twoScenarios)
		for _, o := range c.runs {
			s.Add(o)
		}
		if s.Finish(time.Second, c.end); s.Verdict() != c.want {
			t.Errorf("case %d is worth %v, want %v", i, s.Verdict(), c.want)
		}
	}
	if v := mixed(t).Verdict(); v != check.Violated {
		t.Errorf("runs that differ when repeated are worth %v", v)
	}
}

func TestTheFingerprintIsThatOfTheTraces(t *testing.T) {
	fingerprint := func(seeds ...sim.Seed) string {
		s := campaign.NewSummary(twoScenarios)
		for _, seed := range seeds {
			s.Add(outcome(0, seed, 1, check.Pass))
		}
		return s.Fingerprint
	}
	if fingerprint(1, 2) == fingerprint(1, 3) || fingerprint(1, 2) == fingerprint(2, 1) {
		t.Error("two campaigns have one fingerprint")
	}
	if part := mixed(t).Scenarios[0]; part.Fingerprint != fingerprint(1, 2, 3, 4) {
		t.Error("a scenario has another fingerprint in company than alone")
	}
}

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

func TestKindsOfFaultThatNeverStruckAreTold(t *testing.T) {
	if got, want := mixed(t).Unstruck, []plan.FaultKind{plan.RotSnapshot, plan.Wipe}; !slices.Equal(got, want) {
		t.Errorf("only crashes struck, and never struck are said to have %v, want %v", got, want)
	}
	without := twoScenarios
	without.Scenarios = slices.Clone(without.Scenarios)
	without.Scenarios[1].Scenario.Without = []plan.Family{plan.Wipe.Family()}
	s := campaign.NewSummary(without)
	s.Add(outcome(0, 1, 1, check.Pass))
	s.Finish(time.Second, campaign.Complete)
	if slices.Contains(s.Unstruck, plan.Wipe) {
		t.Errorf("what was left out is said not to have struck: %v", s.Unstruck)
	}
}

// The golden files are what people, scripts and CI systems are shown.
func TestASummaryIsWrittenInThreeForms(t *testing.T) {
	s := mixed(t)
	for _, tally := range []*campaign.Tally{&s.Tally, &s.Scenarios[0].Tally, &s.Scenarios[1].Tally} {
		tally.Marks = campaign.Marks{"raft/forced-vote": 3, "raft/rest-begun": 0, "client/resent": 1}
	}
	s.Failures[1].Saved("plans/" + s.Failures[1].FileName())
	var text, junit bytes.Buffer
	s.Print(&text)
	if err := s.WriteJUnit(&junit); err != nil {
		t.Fatal(err)
	}
	doc, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"summary.txt": text.String(), "summary.xml": junit.String(), "summary.json": string(doc) + "\n",
	} {
		path := filepath.Join("testdata", name)
		if *rewrite {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is now\n%s", path, got)
		}
	}
}

func TestJUnitTellsViolationsFromRunsThatProveNothing(t *testing.T) {
	var out bytes.Buffer
	if err := mixed(t).WriteJUnit(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name  string     `xml:"name,attr"`
			Cases []struct{} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	// The first scenario has two violations; the other one of them, too, and a run that
	// differs, besides one that is vacuous and one that is inconclusive.
	if got.Tests != 6 || got.Failures != 4 || got.Errors != 2 || len(got.Suites) != 2 {
		t.Errorf("JUnit has %+v", got)
	}
}

func TestAScenarioWithoutFailuresIsACaseThatPasses(t *testing.T) {
	s := campaign.NewSummary(twoScenarios)
	s.Add(outcome(0, 1, 1, check.Pass))
	s.Finish(time.Second, campaign.TimeUp)
	var out bytes.Buffer
	if err := s.WriteJUnit(&out); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, `<testcase name="every run passes"`) != 2 || strings.Count(text, "<skipped") != 1 {
		t.Errorf("one scenario passed and there was no time for the other:\n%s", text)
	}
}
