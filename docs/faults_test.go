package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/plan"
)

// The table of faults explains each kind once, in the order of the code.
func TestEachKindOfFaultIsExplained(t *testing.T) {
	_, page, _ := strings.Cut(read(t, "simulation.md"), "### Kinds of fault")
	table, _, _ := strings.Cut(page, "\n| target ")
	var explained, kinds []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` ").FindAllStringSubmatch(table, -1) {
		explained = append(explained, match[1])
	}
	for _, k := range plan.Kinds() {
		kinds = append(kinds, string(k))
	}
	if !slices.Equal(explained, kinds) {
		t.Errorf("explained are %v; there are %v", explained, kinds)
	}
}

// The table of families says what belongs to each, in the order of the code.
func TestEachFamilyOfFaultsIsExplained(t *testing.T) {
	_, page, _ := strings.Cut(read(t, "simulation.md"), "### Families")
	table, _, _ := strings.Cut(page, "\n## ")
	var explained, families []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` +\\| ([^|]*)\\| ([^|]*)\\|$").FindAllStringSubmatch(table, -1) {
		explained = append(explained, row[1]+": "+strings.Join(strings.Fields(row[2]), " ")+"; "+strings.TrimSpace(row[3]))
	}
	for _, f := range plan.Families() {
		var kinds []string
		for _, k := range f.Kinds() {
			kinds = append(kinds, "`"+string(k)+"`")
		}
		families = append(families, string(f)+": "+strings.Join(kinds, " ")+"; "+f.Conditions())
	}
	if !slices.Equal(explained, families) {
		t.Errorf("explained are\n%s\nthere are\n%s", strings.Join(explained, "\n"), strings.Join(families, "\n"))
	}
}
