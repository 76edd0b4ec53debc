package campaign

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// marked returns the summary of two runs, of which one reached some marks often.
func marked(names ...string) *Summary {
	s := NewSummary(Work{Scenarios: []Scenario{{Name: "a", Scenario: plan.Scenario{Name: "a"}}}, Seeds: 2})
	var report cluster.Report
	for _, name := range names {
		report.Marks = append(report.Marks, cluster.Count{Name: name, Count: 7})
	}
	s.Add(Outcome{Report: report})
	s.Add(Outcome{})
	s.Finish(time.Second, Complete)
	return s
}

func TestMarksCountRuns(t *testing.T) {
	s := marked("raft/forced-vote")
	if n := s.Marks["raft/forced-vote"]; n != 1 {
		t.Errorf("one of two runs reached the mark, and %d are counted", n)
	}
	if n := s.Scenarios[0].Marks["raft/forced-vote"]; n != 1 {
		t.Errorf("one run of the scenario reached the mark, and %d are counted", n)
	}
	if _, known := s.Marks["raft/joint-consensus"]; !known {
		t.Error("a mark that was not reached is not among the counts")
	}
}

func TestMarksNeverReachedAreTold(t *testing.T) {
	var all []string
	for _, m := range cluster.Marks() {
		all = append(all, m.Name)
	}
	if never := marked(all...).Marks.Never(); len(never) > 0 {
		t.Errorf("all marks were reached, and %v never were", never)
	}
	if never := marked(all[2:]...).Marks.Never(); !slices.Equal(never, all[:2]) {
		t.Errorf("never reached were %v, want %v", never, all[:2])
	}
	var out strings.Builder
	s := marked(all[2:]...)
	s.Print(&out)
	if !strings.Contains(out.String(), all[0]+", "+all[1]+"\n") {
		t.Errorf("the summary does not name the marks that were never reached:\n%s", &out)
	}
	out.Reset()
	s.PrintMarks(&out)
	for _, m := range cluster.Marks() {
		if !strings.Contains(out.String(), m.Name+" ") || !strings.Contains(out.String(), m.Meaning) {
			t.Errorf("the list of marks lacks %s", m.Name)
		}
	}
}
