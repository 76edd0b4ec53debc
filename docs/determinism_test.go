package docs_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// deterministic lists the packages whose every run must depend on nothing but what
// is handed to them.
var deterministic = []string{
	"actors", "raft/field", "raft", "raft/journal", "raft/snapshot", "raft/peer", "kv", "ring", "kv/node", "kv/wire", "client",
	"sim", "sim/network", "sim/disk", "sim/check", "sim/plan", "sim/shrink", "sim/cluster", "sim/campaign", "sim/picture", "sim/story",
}

// shells are the files of those packages that may use goroutines, locks and
// clocks, because they wrap a deterministic actor for callers who do.
var shells = []string{"client/client.go", "client/connect.go", "client/gate.go"}

// forbiddenImports lead to clocks, chance, scheduling or the outside.
var forbiddenImports = []string{
	"crypto/rand", "hash/maphash", "math/rand", "math/rand/v2", "net", "os", "runtime", "sync", "sync/atomic", "unsafe",
}

// forbiddenNames are functions of packages that are otherwise harmless.
var forbiddenNames = []string{
	"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer",
	"time.NewTicker", "time.Tick", "maps.Keys", "maps.Values", "maps.All",
}

func TestDeterministicPackagesHoldNoCauseOfChance(t *testing.T) {
	patterns := make([]string, len(deterministic))
	for i, pkg := range deterministic {
		patterns[i] = "../" + pkg
	}
	for _, pkg := range load(t, patterns...) {
		for _, cause := range causes(pkg) {
			if !slices.Contains(shells, cause.file()) {
				t.Error(cause)
			}
		}
	}
}

func TestEachCauseOfChanceIsFound(t *testing.T) {
	pkg := load(t, "./testdata/nondeterministic")[0]
	var got []string
	for _, c := range causes(pkg) {
		got = append(got, fmt.Sprintf("%d: %s", c.at.Line, c.what))
	}
	slices.Sort(got)
	want := wanted(t, "testdata/nondeterministic/causes.go")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wanted reads the expectations of a file: "line: what".
func wanted(t *testing.T, path string) (list []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if _, what, found := strings.Cut(lines.Text(), "// want: "); found {
			list = append(list, fmt.Sprintf("%d: %s", n, what))
		}
	}
	return list
}

func load(t *testing.T, patterns ...string) []*packages.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		for _, e := range pkg.Errors {
			t.Fatal(e)
		}
	}
	return pkgs
}

// A cause is one place that makes two equal runs differ.
type cause struct {
	at   token.Position
	what string
}

func (c cause) String() string { return fmt.Sprintf("%s: %s", c.at, c.what) }

// file is the place's file relative to the top of the module.
func (c cause) file() string {
	top, err := filepath.Abs("..")
	if err != nil {
		return c.at.Filename
	}
	name, err := filepath.Rel(top, c.at.Filename)
	if err != nil {
		return c.at.Filename
	}
	return filepath.ToSlash(name)
}

// causes lists what a package does that a deterministic one must not.
func causes(pkg *packages.Package) (found []cause) {
	for _, file := range pkg.Syntax {
		excused := excuses(pkg.Fset, file)
		report := func(n ast.Node, what string) {
			found = append(found, cause{pkg.Fset.Position(n.Pos()), what})
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && slices.Contains(forbiddenImports, path) {
				report(spec, "import "+path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if what := offence(pkg.TypesInfo, n); what != "" && !excused[pkg.Fset.Position(n.Pos()).Line] {
				report(n, what)
			}
			return true
		})
	}
	return found
}

// excuses returns the lines that say why the order of a map does not matter there.
func excuses(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if why, ok := strings.CutPrefix(c.Text, "// any order: "); ok && why != "" {
				lines[fset.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}

// offence names what is wrong with one node of the syntax, if anything.
func offence(info *types.Info, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statement"
	case *ast.SendStmt:
		return "channel send"
	case *ast.SelectStmt:
		return "select"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "channel receive"
		}
	case *ast.RangeStmt:
		return offendingRange(info.TypeOf(n.X))
	case *ast.SelectorExpr:
		return offendingName(info, n)
	}
	return ""
}

func offendingRange(over types.Type) string {
	switch over.Underlying().(type) {
	case *types.Map:
		return "range over a map"
	case *types.Chan:
		return "range over a channel"
	}
	return ""
}

func offendingName(info *types.Info, n *ast.SelectorExpr) string {
	object := info.Uses[n.Sel]
	function, isFunction := object.(*types.Func)
	if !isFunction || function.Pkg() == nil || function.Type().(*types.Signature).Recv() != nil {
		return ""
	}
	if name := function.Pkg().Path() + "." + function.Name(); slices.Contains(forbiddenNames, name) {
		return name
	}
	return ""
}
