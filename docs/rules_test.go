package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scriptName matches what can be the name of a script: words with underscores, as
// nothing else in the tables is.
var scriptName = regexp.MustCompile("`([a-z0-9]+(?:_[a-z0-9]+)+)`")

const scriptFolder = "../raft/testdata"

func TestScriptsOfTheTablesExist(t *testing.T) {
	named := scriptsNamed(t, "raft-rules.md")
	if len(named) == 0 {
		t.Fatal("raft-rules.md names no scripts")
	}
	for _, name := range named {
		own, _ := filepath.Glob(filepath.Join(scriptFolder, name+".txt"))
		others, _ := filepath.Glob(filepath.Join(scriptFolder, "literature", name+".txt"))
		if len(own)+len(others) != 1 {
			t.Errorf("raft-rules.md names the script %s, of which there are %d", name, len(own)+len(others))
		}
	}
}

func TestScriptsOfTheLiteratureAreInATable(t *testing.T) {
	named := scriptsNamed(t, "raft-rules.md")
	for _, file := range literature(t) {
		if name := strings.TrimSuffix(filepath.Base(file), ".txt"); !slices.Contains(named, name) {
			t.Errorf("raft-rules.md does not name the script %s", name)
		}
	}
}

// A script about the literature begins with what it shows, where that was written,
// and what goes wrong otherwise.
func TestScriptsOfTheLiteratureSayWhatTheyAreAbout(t *testing.T) {
	for _, file := range literature(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "\n---")
		source, otherwise := strings.Index(head, "\n# Source: "), strings.Index(head, "\n# Otherwise: ")
		if !strings.HasPrefix(head, "# ") || source < 0 || otherwise < source {
			t.Errorf("%s does not begin with what it shows, then \"# Source: \", then \"# Otherwise: \"", file)
		}
	}
}

func literature(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scriptFolder, "literature", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts of the literature: %v", err)
	}
	return files
}

// scriptsNamed returns the scripts that the tables of a page name, sorted.
func scriptsNamed(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, match := range scriptName.FindAllStringSubmatch(string(text), -1) {
		list = append(list, match[1])
	}
	return names(list)
}
