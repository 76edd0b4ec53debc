// Package docs_test keeps the documents true.
package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/understudy-kv/understudy/"

func TestImportsAreThoseOfTheTable(t *testing.T) {
	table := readTable(t)
	code := importsOfTheCode(t)
	for pkg, imports := range code {
		allowed, listed := table[pkg]
		if !listed {
			t.Errorf("package %s is not in the table of docs/architecture.md", pkg)
			continue
		}
		if allowed[0] != "anything" && !slices.Equal(imports, allowed) {
			t.Errorf("%s imports %v; the table says %v", pkg, imports, allowed)
		}
	}
	for pkg := range table {
		if code[pkg] == nil {
			t.Errorf("the table of docs/architecture.md lists %s, which does not exist", pkg)
		}
	}
}

// readTable returns the rows whose first cell is a package, with the sorted names
// of the last cell. A package that imports nothing of ours has one empty name.
func readTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][]string{}
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		table[strings.Trim(cells[1], " `")] = names(strings.Fields(strings.ReplaceAll(cells[3], "`", "")))
	}
	return table
}

// importsOfTheCode returns for each package which of ours it imports, tests aside.
func importsOfTheCode(t *testing.T) map[string][]string {
	t.Helper()
	code := map[string][]string{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(file, "../")))
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(path, module); ok {
				code[pkg] = append(code[pkg], ours)
			}
		}
		code[pkg] = append(code[pkg], "")
	}
	for pkg, imports := range code {
		code[pkg] = names(imports)
	}
	return code
}

// names sorts a list and removes repetitions and empty names; an empty list
// becomes one empty name.
func names(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > 1 && list[0] == "" {
		list = list[1:]
	}
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// goFiles lists the Go files of the module, nested modules aside, relative to docs.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." {
			_, nested := os.Stat(filepath.Join(path, "go.mod"))
			if nested == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
