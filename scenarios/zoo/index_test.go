package zoo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/scenarios"
)

var rewrite = flag.Bool("rewrite", false, "write the page about the last results anew")

// ours returns the index of this source tree.
func ours(t *testing.T) *Index {
	t.Helper()
	x, err := Open("../..")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestEveryPatchIsOfAMutant(t *testing.T) {
	files, err := filepath.Glob("*.patch")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range ours(t).Mutants() {
		want = append(want, filepath.Base(m.PatchFile()))
	}
	slices.Sort(want)
	if !slices.Equal(files, want) {
		t.Errorf("the patches are %v; the index lists %v", files, want)
	}
}

func TestMutantsAreHuntedWhereThereIsSomething(t *testing.T) {
	oracles, err := os.ReadFile("../../docs/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ours(t).Mutants() {
		for _, s := range m.Scenarios {
			if _, err := scenarios.Find(s); err != nil {
				t.Errorf("mutant %s: %v", m.ID, err)
			}
		}
		for _, test := range m.Tests {
			pkg, name, _ := strings.Cut(test, ".")
			name, script, isScript := strings.Cut(name, "/")
			if !declares(t, "../../"+pkg, "func "+name+"(") || isScript && !isThere("../../raft/testdata", script) {
				t.Errorf("mutant %s: there is no test %s", m.ID, test)
			}
		}
		for _, o := range m.Oracles {
			if !slices.Contains(others, o) && !bytes.Contains(oracles, []byte("\n| `"+o+"` ")) {
				t.Errorf("mutant %s: there is no oracle %q", m.ID, o)
			}
		}
	}
}

// others are what can catch a mutant besides the oracles of docs/simulation.md.
var others = []string{"nondeterminism", "crash", "test"}

// isThere reports whether there is a script of that name.
func isThere(folder, script string) bool {
	own, _ := filepath.Glob(filepath.Join(folder, script+".txt"))
	literature, _ := filepath.Glob(filepath.Join(folder, "literature", script+".txt"))
	return len(own)+len(literature) == 1
}

func declares(t *testing.T, folder, text string) bool {
	t.Helper()
	files, err := filepath.Glob(folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		content, err := os.ReadFile(file)
		return err == nil && bytes.Contains(content, []byte("\n"+text))
	})
}

func TestThePageIsAboutTheLastResults(t *testing.T) {
	x := ours(t)
	r, err := x.Results()
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := x.Write(nil); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile("../../" + PageFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, x.Page(r)) {
		t.Errorf("%s is not what 'understudy sim zoo --write' would write", PageFile)
	}
}

func TestExpectedOraclesAreThoseThatCaught(t *testing.T) {
	x := ours(t)
	r, err := x.Results()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range x.Mutants() {
		f, hunted := r[m.ID]
		switch {
		case !hunted || m.Harmless:
		case f.Caught && !slices.Contains(m.Oracles, f.Oracle):
			t.Errorf("mutant %s was caught by %s; the index expects %v", m.ID, f.Oracle, m.Oracles)
		case !f.Caught && len(m.Oracles) > 0:
			t.Errorf("mutant %s escaped last time; the index expects %v to catch it", m.ID, m.Oracles)
		}
	}
}

func TestMutantsAreChosenByTheirIDOrThatOfTheirBug(t *testing.T) {
	x := written(t, goodIndex)
	for _, c := range []struct {
		ids  string
		fast bool
		want string
	}{
		{"", false, "A1.a A1.b A2"}, {"A1", false, "A1.a A1.b"}, {"A2 A1.b", false, "A1.b A2"}, {"", true, "A1.b"},
	} {
		chosen, err := x.Select(strings.Fields(c.ids), c.fast)
		var got []string
		for _, m := range chosen {
			got = append(got, m.ID)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q chooses %v, %v; want %s", c.ids, got, err, c.want)
		}
	}
	if _, err := x.Select([]string{"A9"}, false); err == nil || !strings.Contains(err.Error(), `"A9"`) {
		t.Errorf("A9: %v", err)
	}
	if _, err := x.Select([]string{"A2"}, true); err == nil {
		t.Error("A2 is not fast and was chosen")
	}
}

const goodIndex = `chapters:
  - class: First
    bugs:
      - id: A1
        bug: something went wrong
        planted: there
        mutants:
          - {id: A1.a, title: one way, scenarios: [calm], oracles: []}
          - {id: A1.b, title: another way, scenarios: [calm], oracles: [progress], fast: true}
      - id: A2
        bug: something else
        mutants:
          - {id: A2, title: third way, tests: [kv.TestX], why: it costs time only, oracles: [test]}
      - {id: A3, bug: impossible, never: it has no place}
`

// written opens an index of that text.
func written(t *testing.T, text string) *Index {
	t.Helper()
	x, err := Open(treeWith(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func treeWith(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, Folder), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, FaultsFile), []byte("# Faults\n"+beginFaults+"old\n"+endFaults+"the end\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, Folder, "index.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestABadIndexIsRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"bug: something went wrong", "bog: something", "bog"},
		{"bug: something went wrong", "source: a book", `bug "A1": id or bug is missing`},
		{"never: it has no place", "noticed: nobody", "it needs either mutants, or never"},
		{"title: one way, ", "", `mutant "A1.a": title is missing`},
		{"id: A1.a", "id: A2.a", "its id has to be A1"},
		{"id: A1.a", "id: A1.b", `"A1.b" is listed twice`},
		{"tests: [kv.TestX], ", "", "it needs scenarios, or tests"},
		{"tests: [kv.TestX]", "tests: [TestX]", `"TestX" is not of the form`},
		{"oracles: [progress]", "oracles: []", "name the oracles"},
		{"why: it costs time only, ", "", "it needs either scenarios, or why"},
	} {
		_, err := Open(treeWith(t, strings.Replace(goodIndex, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %q: %v, want %q", c.new, err, c.want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not the source tree") {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestResultsAreKeptUntilTheMutantIsHuntedAgain(t *testing.T) {
	x := written(t, goodIndex)
	first := Results{"A1.a": {Seconds: 30}, "A1.b": {Caught: true, Oracle: "progress", Runs: 7}, "gone": {}}
	if err := x.Write(first); err != nil {
		t.Fatal(err)
	}
	if err := x.Write(Results{"A1.a": {Caught: true, Oracle: "linearizability", Runs: 3}}); err != nil {
		t.Fatal(err)
	}
	r, err := x.Results()
	if err != nil || len(r) != 2 || r["A1.a"].Runs != 3 || r["A1.b"].Runs != 7 {
		t.Errorf("kept %+v, %v", r, err)
	}
	page := string(x.Page(r))
	for _, want := range []string{"Rehearsals caught 2 mutants", "They have not met 1 yet: A2.", "`linearizability` | 1 |", "it has no place", "not hunted yet"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	tested := Results{"A1.a": {Caught: true, Oracle: "test", Signature: "kv.TestY"}, "A2": {Caught: true, Oracle: "test", Signature: "kv.TestX"}}
	for _, want := range []string{"tests caught, 1; each is a hole in the simulator: A1.a.", "for the reasons below: A2.", "no scenario: it costs time only", "only `kv.TestX`"} {
		if page := string(x.Page(tested)); !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if page := string(x.Page(first)); !strings.Contains(page, "They let 1 escape when they met last: A1.a.") || !strings.Contains(page, "**escaped**") {
		t.Errorf("the page hides what escaped:\n%s", page)
	}
}
