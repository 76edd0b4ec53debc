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
