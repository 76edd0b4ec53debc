package resp

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheManualListsEveryCommandWithItsArguments(t *testing.T) {
	text, err := os.ReadFile("../../docs/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "## Commands")
	section, _, _ := strings.Cut(rest, "\n## ")
	var listed []string
	for _, line := range strings.Split(section, "\n") {
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			command, _, _ := strings.Cut(row, "` |")
			listed = append(listed, strings.ReplaceAll(command, `\|`, "|"))
		}
	}
	var want []string
	for _, c := range table {
		if c.subs == nil || c.takes(1) {
			want = append(want, manualLine(c))
		}
		for _, sub := range c.subs {
			want = append(want, manualLine(sub))
		}
	}
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("the manual lists\n%s\nthe table\n%s", strings.Join(listed, "\n"), strings.Join(want, "\n"))
	}
}

func manualLine(c *command) string {
	name := strings.ToUpper(strings.ReplaceAll(c.fullName(), "|", " "))
	return strings.TrimSpace(name + " " + c.usage)
}
