package docs_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/cluster"
)

var figures = flag.String("marks", "", "write the table of marks anew from this `file`, the JSON summary of a campaign")

const (
	rehearsal  = "simulation.md"
	beginMarks = "<!-- begin: make marks writes what follows -->\n"
	endMarks   = "<!-- end -->\n"
)

// TestTableOfMarksIsThatOfTheCode compares names and meanings. Figures are those of the
// day when they were made.
func TestTableOfMarksIsThatOfTheCode(t *testing.T) {
	if *figures != "" {
		writeMarks(t, *figures)
	}
	_, table, _ := splitMarks(t)
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z/-]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(table, -1) {
		got = append(got, row[1]+": "+row[2])
	}
	for _, m := range cluster.Marks() {
		want = append(want, m.Name+": "+m.Meaning)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the table of marks in %s is not that of the code: run make marks", rehearsal)
	}
}

// splitMarks returns the table in the document, and what is around it.
func splitMarks(t *testing.T) (before, table, after string) {
	t.Helper()
	text, err := os.ReadFile(rehearsal)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), beginMarks)
	table, after, ended := strings.Cut(rest, endMarks)
	if !begun || !ended {
		t.Fatalf("%s has no place for the table of marks", rehearsal)
	}
	return before, table, after
}

func writeMarks(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s campaign.Summary
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("%s is no summary of a campaign: %v", path, err)
	}
	before, _, after := splitMarks(t)
	if err := os.WriteFile(rehearsal, []byte(before+beginMarks+marksTable(&s)+endMarks+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// marksTable tells of each mark the scenario that reaches it most often.
func marksTable(s *campaign.Summary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMade by `make marks SEEDS=%d`: %d runs, of which %d passed.\n\n",
		s.Scenarios[0].Runs, s.Runs, s.Verdicts["pass"])
	fmt.Fprintln(&b, "| mark | meaning | reached most often by | in all |\n| ---- | ------- | --------------------- | -----: |")
	for _, m := range cluster.Marks() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d |\n", m.Name, m.Meaning, mostOften(s, m.Name), s.Marks[m.Name])
	}
	b.WriteString("\n")
	return b.String()
}

// mostOften names the scenario with the largest share of runs that reached a mark.
func mostOften(s *campaign.Summary, mark string) string {
	best := slices.MaxFunc(s.Scenarios, func(a, b campaign.Part) int {
		return a.Marks[mark]*b.Runs - b.Marks[mark]*a.Runs
	})
	if best.Marks[mark] == 0 {
		return "none of these runs"
	}
	return fmt.Sprintf("`%s`: %d of %d", best.Scenario, best.Marks[mark], best.Runs)
}
