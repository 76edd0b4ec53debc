package picture_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/picture"
	"github.com/understudy-kv/understudy/sim/plan"
)

// page runs a scenario for a while and returns its page. Change may change the report;
// observers see the run, too.
func page(t *testing.T, scenario string, seed sim.Seed, d time.Duration, change func(*cluster.Report),
	observers ...func(*sim.Event)) ([]byte, cluster.Report) {
	t.Helper()
	s, err := scenarios.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	s.Duration = d
	recorder := picture.NewRecorder()
	report := cluster.Run(plan.Draw(s, seed), append(observers, recorder.Observe)...)
	if change != nil {
		change(&report)
	}
	var b bytes.Buffer
	if err := picture.Write(&b, recorder, report, "understudy sim replay "+scenario); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// A head is what the tests read of what the page carries.
type head struct {
	Scenario, Seed, Verdict, Command, Plan string
	Healed                                 time.Duration
	Lanes                                  []struct{ Name string }
	Violations                             []struct{ Oracle string }
	Bands                                  []band
	Columns                                []struct {
		Name  string
		Count int
	}
}

// A band is a stretch of time on the page.
type band struct {
	Kind     string
	Lanes    []int
	From, To time.Duration
}

func headOf(t *testing.T, page []byte) (h head) {
	t.Helper()
	_, rest, _ := bytes.Cut(page, []byte(`id="head">`))
	text, _, found := bytes.Cut(rest, []byte("</script>"))
	if !found {
		t.Fatal("the page carries no head")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h head) count(column string) int {
	for _, c := range h.Columns {
		if c.Name == column {
			return c.Count
		}
	}
	return -1
}

func TestEqualRunsGiveEqualPages(t *testing.T) {
	one, _ := page(t, "everything", 7, 5*time.Second, nil)
	two, _ := page(t, "everything", 7, 5*time.Second, nil)
	if !bytes.Equal(one, two) {
		t.Error("the pages of two equal runs differ")
	}
}

func TestRecordingChangesNothing(t *testing.T) {
	s, err := scenarios.Find("leader-crash")
	if err != nil {
		t.Fatal(err)
	}
	s.Duration = 3 * time.Second
	_, seen := page(t, "leader-crash", 2, s.Duration, nil)
	if unseen := cluster.Run(plan.Draw(s, 2)); unseen.Hash != seen.Hash {
		t.Errorf("the trace is %x with a recorder and %x without", seen.Hash, unseen.Hash)
	}
}

func TestPageTellsWhatTheReportTells(t *testing.T) {
	text, report := page(t, "leader-crash", 3, 6*time.Second, nil)
	h := headOf(t, text)
	if h.Scenario != "leader-crash" || h.Seed != "3" || h.Verdict != report.Verdict.String() {
		t.Errorf("the page is about %s %s %s", h.Scenario, h.Seed, h.Verdict)
	}
	if h.Command != "understudy sim replay leader-crash" || !strings.Contains(h.Plan, "crash") {
		t.Errorf("command %q, plan:\n%s", h.Command, h.Plan)
	}
	if want := report.Plan.Cluster.Nodes + report.Plan.Work.Clients; len(h.Lanes) != want {
		t.Errorf("%d lanes, want %d", len(h.Lanes), want)
	}
	if h.Healed < report.Plan.Duration {
		t.Errorf("healed at %v, before the faults ended", h.Healed)
	}
	proofs := report.Plan.Cluster.Partitions // of progress: the harness writes to each partition
	calls := report.Answered + report.Failed + report.Unknown + proofs
	if got := h.count("call begun"); got != calls {
		t.Errorf("%d operations, want %d", got, calls)
	}
	if got := h.count("row applied"); got < report.Decided {
		t.Errorf("%d entries were applied; decided were %d", got, report.Decided)
	}
	if got := h.count("copy sent"); uint64(got) < report.Stats.Sent {
		t.Errorf("%d journeys of %d packets", got, report.Stats.Sent)
	}
	crashes := 0
	for _, b := range h.Bands {
		if b.Kind == "crash" {
			crashes++
		}
	}
	if uint64(crashes) != report.Stats.Crashes || crashes == 0 {
		t.Errorf("%d bands for %d crashes", crashes, report.Stats.Crashes)
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	text, _ := page(t, "calm", 1, time.Second, nil)
	for _, trace := range []string{"src=", "href=\"http", "@import", "url(", "fetch(", "XMLHttpRequest", "import("} {
		if bytes.Contains(text, []byte(trace)) {
			t.Errorf("the page contains %q: it may load something", trace)
		}
	}
}

// A split concerns every node that lost a packet to it, whoever it was aimed at.
func TestACutIsShownOnAllItsLanes(t *testing.T) {
	for seed := range sim.Seed(20) {
		text, report := page(t, "partitioned", seed, 6*time.Second, nil)
		for _, b := range headOf(t, text).Bands {
			if b.Kind != "split" {
				continue
			}
			if len(b.Lanes) < report.Plan.Cluster.Nodes {
				t.Errorf("seed %d: a split of %d nodes is on lanes %v", seed, report.Plan.Cluster.Nodes, b.Lanes)
			}
			return
		}
	}
	t.Error("no seed had a split")
}

func TestWhoStaysAwayIsOnThePage(t *testing.T) {
	for seed := range sim.Seed(60) {
		text, report := page(t, "partitioned", seed, time.Second, nil)
		for _, a := range report.Plan.Absent {
			if a.From == 0 || a.How == plan.Down {
				continue
			}
			shown := func(b band) bool {
				return b.Kind == "absent" && len(b.Lanes) == 1 && b.From == a.From && b.To == a.To
			}
			if all := headOf(t, text).Bands; !slices.ContainsFunc(all, shown) {
				t.Errorf("seed %d: nothing tells of %+v: %+v", seed, a, all)
			}
			return
		}
	}
	t.Error("in no seed did anybody stay away")
}

func TestViolationsAreOnThePage(t *testing.T) {
	text, _ := page(t, "calm", 1, time.Second, func(r *cluster.Report) {
		r.Violations = append(r.Violations, check.Violation{Oracle: check.OneVote, At: time.Second / 2, Text: "</script>"})
	})
	h := headOf(t, text)
	if len(h.Violations) != 1 || h.Violations[0].Oracle != check.OneVote {
		t.Errorf("the page tells of %v", h.Violations)
	}
}
