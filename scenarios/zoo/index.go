// Package zoo keeps bugs that replicated stores were seen to have, each as a small patch
// of our code. A simulator that does not notice them would not notice ours.
//
// The package reads the index and the patches from a source tree, builds mutants of the
// program with go build -overlay, so that nothing in the program is there for their
// sake, and writes the page on which the results are published.
package zoo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Folder is where the index and the patches are, below the root of the source tree.
const Folder = "scenarios/zoo"

// An Index lists the bugs by chapter.
type Index struct {
	Chapters []Chapter `yaml:"chapters"`

	root string // of the source tree
}

// A Chapter is a class of bugs.
type Chapter struct {
	Class string `yaml:"class"`
	Bugs  []Bug  `yaml:"bugs"`
}

// A Bug is what was documented about one store or several. Its texts are Markdown.
type Bug struct {
	ID      string   `yaml:"id"`
	Bug     string   `yaml:"bug"`     // what went wrong
	Source  string   `yaml:"source"`  // where that is written
	Planted string   `yaml:"planted"` // in which change it is planted here
	Noticed string   `yaml:"noticed"` // scripts and tests of one package that fail with it
	Never   string   `yaml:"never"`   // why it cannot be planted, if it cannot
	Mutants []Mutant `yaml:"mutants"`
}

// A Mutant is a way to plant a bug. It is hunted in scenarios, if there are any for it, and
// then, unless it was caught, by tests.
type Mutant struct {
	ID        string   `yaml:"id"`
	Title     string   `yaml:"title"` // also in the name of the patch
	Scenarios []string `yaml:"scenarios"`
	Tests     []string `yaml:"tests"`    // such as raft/peer.TestX, or raft.TestScripts/x
	Why       string   `yaml:"why"`      // no scenario can show it
	Oracles   []string `yaml:"oracles"`  // that are expected to catch it; none: it is known to escape
	Repeat    bool     `yaml:"repeat"`   // it is caught only by repeating runs in another process
	Fast      bool     `yaml:"fast"`     // it is caught soon, and hunted in CI
	Harmless  bool     `yaml:"harmless"` // it changes nothing, so what catches it is wrong

	root string
}

// Open reads the index of a source tree.
func Open(root string) (*Index, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, Folder, "index.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s is not the source tree of understudy, whose zoo is in %s: %w", root, Folder, err)
	}
	x := &Index{root: root}
	if err := yaml.UnmarshalWithOptions(text, x, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	if err := x.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, nil
}

// validate also hands the root to every mutant.
func (x *Index) validate() error {
	seen := map[string]bool{}
	for _, c := range x.Chapters {
		for _, b := range c.Bugs {
			if err := b.validate(); err != nil {
				return fmt.Errorf("bug %q: %w", b.ID, err)
			}
			for i := range b.Mutants {
				m := &b.Mutants[i]
				m.root = x.root
				if err := m.validate(b.ID); err != nil {
					return fmt.Errorf("mutant %q: %w", m.ID, err)
				}
				if seen[m.ID] {
					return fmt.Errorf("mutant %q is listed twice", m.ID)
				}
				seen[m.ID] = true
			}
		}
	}
	return nil
}

func (b Bug) validate() error {
	switch {
	case b.ID == "" || b.Bug == "":
		return fmt.Errorf("id or bug is missing")
	case (b.Never == "") == (len(b.Mutants) == 0):
		return fmt.Errorf("it needs either mutants, or never with the reason why there are none")
	}
	return nil
}

func (m Mutant) validate(bug string) error {
	switch {
	case m.ID != bug && !strings.HasPrefix(m.ID, bug+"."):
		return fmt.Errorf("its id has to be %s, or %s, a dot and a letter", bug, bug)
	case m.Title == "":
		return fmt.Errorf("title is missing")
	case len(m.Scenarios) == 0 && len(m.Tests) == 0:
		return fmt.Errorf("it needs scenarios, or tests, in which it is hunted")
	case (m.Why == "") == (len(m.Scenarios) == 0):
		return fmt.Errorf("it needs either scenarios, or why with the reason why there are none")
	case m.Fast && len(m.Oracles) == 0 && !m.Harmless:
		return fmt.Errorf("it is fast, so name the oracles that catch it")
	}
	for _, t := range m.Tests {
		if pkg, name, _ := strings.Cut(t, "."); pkg == "" || !strings.HasPrefix(name, "Test") {
			return fmt.Errorf("%q is not of the form raft/peer.TestX", t)
		}
	}
	return nil
}

// Mutants returns all of them, in the order of the index.
func (x *Index) Mutants() (all []Mutant) {
	for _, c := range x.Chapters {
		for _, b := range c.Bugs {
			all = append(all, b.Mutants...)
		}
	}
	return all
}

// Select returns the mutants of these ids, each of a mutant or of a bug with all its
// mutants, in the order of the index. Without ids it returns all, or all fast ones.
func (x *Index) Select(ids []string, fast bool) ([]Mutant, error) {
	var chosen []Mutant
	known := map[string]bool{}
	for _, m := range x.Mutants() {
		bug, _, _ := strings.Cut(m.ID, ".")
		known[bug], known[m.ID] = true, true
		named := len(ids) == 0 || slices.Contains(ids, m.ID) || slices.Contains(ids, bug)
		if named && (m.Fast || !fast) {
			chosen = append(chosen, m)
		}
	}
	for _, id := range ids {
		if !known[id] {
			return nil, fmt.Errorf("no mutant %q in %s/index.yaml", id, Folder)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("none of %s is fast", strings.Join(ids, ", "))
	}
	return chosen, nil
}

// PatchFile returns the path of the patch, below the root of the source tree.
func (m Mutant) PatchFile() string {
	return Folder + "/" + m.ID + "-" + strings.ReplaceAll(m.Title, " ", "-") + ".patch"
}
