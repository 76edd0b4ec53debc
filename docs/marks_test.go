package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/cluster"
)

// marking are the packages with marks, and the file that lists them. There each mark
// is a constant.
var marking = map[string]string{
	"raft": "mark.go", "raft/journal": "marks.go", "raft/snapshot": "marks.go", "raft/peer": "marks.go",
	"kv/node": "marks.go", "client": "marks.go",
}

// TestEachMarkIsLeftInOnePlace finds every constant that is a mark once outside of
// the list, so that reaching a mark means one thing.
func TestEachMarkIsLeftInOnePlace(t *testing.T) {
	for pkg, list := range marking {
		for _, fault := range faultsOfMarks(t, filepath.Join("..", pkg), list) {
			t.Errorf("%s: %s", pkg, fault)
		}
	}
}

func TestFaultsOfMarksAreFound(t *testing.T) {
	got := faultsOfMarks(t, "testdata/marks", "marks.go")
	want := []string{
		"mark markTwice is left in 2 places",
		"mark markIdle is left in 0 places",
		`Mark("marks/unlisted") is of no constant in marks.go`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// faultsOfMarks says what is wrong with the use of marks in a package.
func faultsOfMarks(t *testing.T, dir, list string) (faults []string) {
	t.Helper()
	names := constantsIn(parseFile(t, filepath.Join(dir, list)))
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	used, unlisted := map[string]int{}, []string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == list {
			continue
		}
		ast.Inspect(parseFile(t, path), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				used[n.Name]++
			case *ast.CallExpr:
				unlisted = append(unlisted, unlistedMark(n, names, list)...)
			}
			return true
		})
	}
	for _, name := range names {
		if used[name] != 1 {
			faults = append(faults, fmt.Sprintf("mark %s is left in %d places", name, used[name]))
		}
	}
	return append(faults, unlisted...)
}

// unlistedMark describes a call of Mark on a context, with one argument, that names no
// mark of the list.
func unlistedMark(call *ast.CallExpr, names []string, list string) []string {
	f, method := call.Fun.(*ast.SelectorExpr)
	if !method || f.Sel.Name != "Mark" || len(call.Args) != 1 {
		return nil
	}
	switch arg := call.Args[0].(type) {
	case *ast.Ident:
		if slices.Contains(names, arg.Name) {
			return nil
		}
		return []string{fmt.Sprintf("Mark(%s) is of no constant in %s", arg.Name, list)}
	case *ast.BasicLit:
		return []string{fmt.Sprintf("Mark(%s) is of no constant in %s", arg.Value, list)}
	}
	return []string{"Mark of something that is no constant in " + list}
}

func parseFile(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// constantsIn returns the names that begin as marks do in the first group of constants
// of a file: all but the last one of the numbered marks, which counts them.
func constantsIn(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		group, isGroup := d.(*ast.GenDecl)
		if !isGroup || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			names = append(names, s.(*ast.ValueSpec).Names[0].Name)
		}
		break
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "marks" })
}

func TestNamesOfMarksAreOfOneForm(t *testing.T) {
	form := regexp.MustCompile(`^(raft|journal|snapshot|peer|node|client)/[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, m := range cluster.Marks() {
		if !form.MatchString(m.Name) || seen[m.Name] {
			t.Errorf("mark %q is called like another, or not like a mark", m.Name)
		}
		if m.Meaning == "" || strings.HasSuffix(m.Meaning, ".") {
			t.Errorf("mark %s means %q, want a sentence without its full stop", m.Name, m.Meaning)
		}
		seen[m.Name] = true
	}
}
