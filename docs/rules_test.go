package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// scriptTables are the pages whose tables name scripts and tests.
var scriptTables = []string{"raft-rules.md", "zoo.md"}

// scriptName matches what can be the name of a script: words with underscores, as
// nothing else in the tables is.
var scriptName = regexp.MustCompile("`([a-z0-9]+(?:_[a-z0-9]+)+)`")

// testName matches a test with the package that it is in.
var testName = regexp.MustCompile("`([a-z/]+)\\.(Test[A-Za-z0-9]+)`")

const scriptFolder = "../raft/testdata"

func TestScriptsOfTheTablesExist(t *testing.T) {
	for _, page := range scriptTables {
		for _, match := range scriptName.FindAllStringSubmatch(read(t, page), -1) {
			own, _ := filepath.Glob(filepath.Join(scriptFolder, match[1]+".txt"))
			others, _ := filepath.Glob(filepath.Join(scriptFolder, "literature", match[1]+".txt"))
			if len(own)+len(others) != 1 {
				t.Errorf("%s names the script %s, of which there are %d", page, match[1], len(own)+len(others))
			}
		}
	}
}

func TestTestsOfTheTablesExist(t *testing.T) {
	for _, page := range scriptTables {
		for _, match := range testName.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(testsOf(t, match[1]), "\nfunc "+match[2]+"(") {
				t.Errorf("%s names the test %s.%s, which does not exist", page, match[1], match[2])
			}
		}
	}
}

// testsOf returns all test files of a package, one after the other.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	var all strings.Builder
	for _, file := range files {
		all.WriteString(read(t, file))
	}
	return all.String()
}

func TestScriptsOfTheLiteratureAreInATable(t *testing.T) {
	var tables strings.Builder
	for _, page := range scriptTables {
		tables.WriteString(read(t, page))
	}
	for _, file := range literature(t) {
		if name := strings.TrimSuffix(filepath.Base(file), ".txt"); !strings.Contains(tables.String(), "`"+name+"`") {
			t.Errorf("no table of %v names the script %s", scriptTables, name)
		}
	}
}

// A script about the literature begins with what it shows, where that was written,
// and what goes wrong otherwise.
func TestScriptsOfTheLiteratureSayWhatTheyAreAbout(t *testing.T) {
	for _, file := range literature(t) {
		head, _, _ := strings.Cut(read(t, file), "\n---")
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

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
