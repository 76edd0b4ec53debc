package zoo

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/understudy-kv/understudy/"

// Compiling every mutant takes many minutes; to check its types takes a moment, and
// finds what the compiler would.
func TestEveryPatchAppliesAndItsMutantCompiles(t *testing.T) {
	mutants := ours(t).Mutants()
	changed := make([]map[string]string, len(mutants))
	folders := map[string]bool{}
	for i, m := range mutants {
		var err error
		if changed[i], err = m.Sources(); err != nil {
			t.Error(err)
		}
		for file := range changed[i] {
			folders[path.Dir(file)] = true
		}
	}
	c := newCompiler(t, slices.Sorted(maps.Keys(folders)))
	for i, m := range mutants {
		for file := range changed[i] {
			if err := c.check(path.Dir(file), changed[i]); err != nil {
				t.Errorf("mutant %s: %v", m.ID, err)
			}
		}
	}
}

func TestAMutantThatDoesNotCompileIsFound(t *testing.T) {
	c := newCompiler(t, []string{"ring"})
	if err := c.check("ring", nil); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{ // any order: each stands alone
		"syntax":           "package ring\nfunc",
		"types":            "package ring\nvar x int = \"\"",
		"unused variable":  "package ring\nfunc f() { x := 1 }",
		"unused import":    "package ring\nimport \"fmt\"",
		"missing function": "package ring\nfunc f() { nothing() }",
	} {
		if err := c.check("ring", map[string]string{"ring/new.go": text}); err == nil {
			t.Errorf("%s: it compiles", name)
		}
	}
}

// A compiler checks packages against the compiled ones that they import.
type compiler struct {
	fset    *token.FileSet
	imports types.Importer
	files   map[string][]string // of each package, by its folder
}

func newCompiler(t *testing.T, folders []string) *compiler {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	patterns := make([]string, len(folders))
	for i, folder := range folders {
		patterns[i] = "./" + folder
	}
	loaded, err := packages.Load(&packages.Config{
		Dir:  root,
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile | packages.NeedCompiledGoFiles,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	c := &compiler{fset: token.NewFileSet(), files: map[string][]string{}}
	exports := map[string]string{}
	packages.Visit(loaded, nil, func(p *packages.Package) { exports[p.PkgPath] = p.ExportFile })
	for _, p := range loaded {
		c.files[folderOf(p)] = p.CompiledGoFiles
	}
	c.imports = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return c
}

func folderOf(p *packages.Package) string { return p.PkgPath[len(module):] }

// check parses a package with some of its files changed, and checks its types.
func (c *compiler) check(folder string, changed map[string]string) error {
	texts := map[string]any{}
	for _, file := range c.files[folder] {
		texts[folder+"/"+filepath.Base(file)] = nil
	}
	for file, text := range changed { // any order: each is another key
		if path.Dir(file) == folder {
			texts[file] = text
		}
	}
	var parsed []*ast.File
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		f, err := parser.ParseFile(c.fset, "../../"+file, texts[file], parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		parsed = append(parsed, f)
	}
	if len(parsed) == 0 {
		return fmt.Errorf("no files in %s", folder)
	}
	_, err := (&types.Config{Importer: c.imports}).Check(module+folder, c.fset, parsed, nil)
	return err
}

func TestPlantWritesAnOverlayOfWhatChanges(t *testing.T) {
	m := ours(t).Mutants()[0]
	dir := t.TempDir()
	overlay, err := m.Plant(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(overlay)
	if err != nil {
		t.Fatal(err)
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	sources, err := m.Sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Replace) != len(sources) || len(sources) == 0 {
		t.Errorf("%d files change, %d are replaced", len(sources), len(o.Replace))
	}
	for file, text := range sources { // any order: each stands alone
		got, err := os.ReadFile(o.Replace[filepath.Join(m.root, file)])
		if err != nil || string(got) != text {
			t.Errorf("%s: %v", file, err)
		}
		if before, err := os.ReadFile(filepath.Join(m.root, file)); err != nil || string(before) == text {
			t.Errorf("%s is as it was, %v", file, err)
		}
	}
}
