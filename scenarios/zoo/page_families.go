package zoo

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/understudy-kv/understudy/sim/plan"
)

const aboutFamilies = `
## Families of faults

Mutants that rehearsals caught were hunted again in the same scenarios from the same first seed on, with one
[family of faults](simulation.md#families) left out of every plan and all else as it was. A family is *needed* by those
that were not caught any more in %d times as many runs, or %d where that is more. *Later* and *sooner* are those for which
it took at least %d times as many runs, or as few, and %d runs more or less. Each number is of one hunt: chance alone makes
one hunt twice as long as another now and then, so single mutants under *later* and *sooner* say little, and the length of a
list says more. Scenarios were chosen for their mutants, so this tells what a family is good for, not how good the mixture is.

| left out | met by | needed by | caught later without it | caught sooner without it |
| --- | ---: | --- | --- | --- |
`

// A hunt that took clearFactor times as many runs as another, and clearRuns more, is told.
const clearFactor, clearRuns = 2, 10

// writeFamilies tells which families earn their keep.
func (x *Index) writeFamilies(b *bytes.Buffer, r Results) {
	caught, hunted := 0, 0
	for _, m := range x.Mutants() {
		f := r[m.ID]
		if f.Caught && f.Oracle != byTest && !m.Harmless {
			caught++
		}
		if len(f.Without) > 0 {
			hunted++
		}
	}
	if hunted == 0 {
		return
	}
	fmt.Fprintf(b, aboutFamilies, Patience, leastRuns, clearFactor, clearRuns)
	for _, f := range plan.Families() {
		e := x.effects(r, f)
		fmt.Fprintf(b, "| `%s` | %d | %s | %s | %s |\n", f, e.met, numbered(e.needed), numbered(e.later), numbered(e.sooner))
	}
	fmt.Fprintf(b, "\nOf the %d mutants that rehearsals caught, %d were hunted so.", caught, hunted)
	if rest := x.needNone(r); len(rest) > 0 {
		fmt.Fprintf(b, " Of these, %d were caught whichever family was left out: %s.", len(rest), strings.Join(rest, ", "))
	}
	b.WriteString("\n")
}

// effects are those of leaving a family out: the mutants that had to do with it, and
// the ids of some with how they fared.
type effects struct {
	met                   int
	needed, later, sooner []string
}

func (x *Index) effects(r Results, family plan.Family) (e effects) {
	for _, m := range x.Mutants() {
		f := r[m.ID]
		runs, met := f.Without[family]
		if !met {
			continue
		}
		e.met++
		told := fmt.Sprintf("%s (%d → %d)", m.ID, f.Runs, runs)
		switch {
		case runs == 0:
			e.needed = append(e.needed, m.ID)
		case clearly(runs, f.Runs):
			e.later = append(e.later, told)
		case clearly(f.Runs, runs):
			e.sooner = append(e.sooner, told)
		}
	}
	return e
}

// clearly reports whether one hunt took more runs than another, and not a few.
func clearly(more, less int) bool { return more >= clearFactor*less && more >= less+clearRuns }

// needNone lists the mutants that need no single family.
func (x *Index) needNone(r Results) (ids []string) {
	for _, m := range x.Mutants() {
		f, needs := r[m.ID], false
		for _, family := range plan.Families() {
			runs, met := f.Without[family]
			needs = needs || met && runs == 0
		}
		if len(f.Without) > 0 && !needs {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// numbered writes a list after its length.
func numbered(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("%d: %s", len(ids), strings.Join(ids, ", "))
}
