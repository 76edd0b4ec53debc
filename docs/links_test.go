package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestLinksLeadToFiles(t *testing.T) {
	for _, page := range pages(t) {
		for _, link := range links(t, page) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, link)
			}
		}
	}
}

func TestALinkIsFound(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	text := "[a](b.md) [c](d.md#e) [f](https://example.com) [g](#h)\n```\n[i](j.md)\n```\n![k](l.svg)\n"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := links(t, page), []string{"b.md", "d.md", "l.svg"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// The page must name what the code has, and nothing else: a row that outlives its
// oracle is as false as one that is missing.
func TestSimulationPageNamesEveryOracleAndFault(t *testing.T) {
	for _, list := range []struct {
		heading, file, constants string
	}{
		{"## Oracles", "../sim/check/check.go", "string"},
		{"### Kinds of fault", "../sim/plan/fault.go", "FaultKind"},
		{"| target ", "../sim/plan/fault.go", "Aim"},
	} {
		got := firstCells(t, "simulation.md", list.heading)
		want := constants(t, list.file, list.constants)
		slices.Sort(got)
		slices.Sort(want)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("the table behind %q of docs/simulation.md names\n%v, %s has\n%v", list.heading, got, list.file, want)
		}
	}
}

// pages lists the documents of the repository, relative to docs.
func pages(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := path != ".." && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() && (hidden || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var (
	fence = regexp.MustCompile("(?ms)^```.*?^```")
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// links returns the files that a page links to, as written there.
func links(t *testing.T, page string) (files []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
		file, _, _ := strings.Cut(match[1], "#")
		if file != "" && !strings.Contains(file, ":") {
			files = append(files, file)
		}
	}
	return files
}

// firstCells returns the names in the first column of the first table behind a line
// that begins with start.
func firstCells(t *testing.T, page, start string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n"+start)
	if !found {
		t.Fatalf("%s has no line that begins with %q", page, start)
	}
	for _, line := range strings.Split(after, "\n")[1:] {
		cell, isRow := strings.CutPrefix(line, "| `")
		if name, _, ok := strings.Cut(cell, "`"); isRow && ok {
			names = append(names, name)
		} else if len(names) > 0 {
			return names
		}
	}
	return names
}

// constants returns the values of the string constants of a file that have the type
// of that name; those without a type are of type string.
func constants(t *testing.T, file, typeName string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		name := "string"
		if id, typed := spec.Type.(*ast.Ident); typed {
			name = id.Name
		}
		if ok && literal.Kind == token.STRING && name == typeName {
			value, _ := strconv.Unquote(literal.Value) // the parser has checked it
			values = append(values, value)
		}
		return true
	})
	return values
}
