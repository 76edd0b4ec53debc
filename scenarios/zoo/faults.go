package zoo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/sim/plan"
)

// FaultsFile holds, between two marks, a table of what each kind of fault is good for.
const FaultsFile = "docs/simulation.md"

const (
	beginFaults = "<!-- begin: 'understudy sim zoo --write' writes what follows -->\n"
	endFaults   = "<!-- end of the table of faults -->\n"
)

// EffectTest is the test that proves of each kind of fault, in a test of its own below
// it, that it fires.
const EffectTest = "TestEveryKindOfFaultHasItsEffect"

// FaultTable writes Markdown about every kind of fault: the test that proves that it
// fires, and the mutants whose smallest plan holds it.
func (x *Index) FaultTable(r Results) []byte {
	var b bytes.Buffer
	b.WriteString("\n| kind | family | shown by | left in the smallest plan of |\n| --- | --- | --- | --- |\n")
	for _, k := range plan.Kinds() {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s/%s` | %s |\n", k, k.Family(), EffectTest, k, strings.Join(x.holding(r, k), ", "))
	}
	return append(b.Bytes(), '\n')
}

// holding lists the mutants whose plan could be made no smaller and holds this kind.
func (x *Index) holding(r Results, kind plan.FaultKind) (ids []string) {
	for _, m := range x.Mutants() {
		if s := r[m.ID].Shrunk; s != nil && s.Complete && slices.Contains(s.Kinds, kind) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// writeFaults puts the table of faults into its file.
func (x *Index) writeFaults(r Results) error {
	path := filepath.Join(x.root, FaultsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(text), beginFaults)
	_, after, ended := strings.Cut(rest, endFaults)
	if !begun || !ended {
		return fmt.Errorf("%s has no place for the table of faults: the lines %q and %q are not there", path, beginFaults, endFaults)
	}
	return os.WriteFile(path, []byte(before+beginFaults+string(x.FaultTable(r))+endFaults+after), 0o644)
}
