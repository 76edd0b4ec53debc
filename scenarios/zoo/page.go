package zoo

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PageFile is where results are published, below the root of the source tree.
const PageFile = "docs/zoo.md"

// Page writes Markdown about all bugs, and what became of those that were hunted.
func (x *Index) Page(r Results) []byte {
	var b bytes.Buffer
	b.WriteString(introduction)
	x.writeSums(&b, r)
	for _, c := range x.Chapters {
		fmt.Fprintf(&b, "\n## %s\n", c.Class)
		c.writeBugs(&b)
		c.writeMutants(&b, r)
	}
	x.writeShrunk(&b, r)
	x.writeFamilies(&b, r)
	return b.Bytes()
}

const introduction = `# The zoo

<!-- Written by 'understudy sim zoo --write' from scenarios/zoo. -->

What replicated stores have got wrong is documented in public. Each bug here is one of these, or a family of them,
planted in our code by small patches: its mutants. ` + "`understudy sim zoo`" + ` builds the program with one of them after the
other and rehearses it until an oracle of the [simulator](simulation.md) finds a promise broken. So what the simulator
notices is measured, and a change that makes it blind shows. How each rule of Raft is shown is in
[raft-rules.md](raft-rules.md).

*Planted here* says where. A bug with several mutants names them (a), (b) and (c). *Noticed by* are scripts of
[raft/testdata](../raft/testdata) in lower-case words, and tests after their package, that were seen to fail with the bug, in
the one package that should notice. *Random world* is ` + "`raft.TestGroupKeepsItsPromisesInAnyWeather`" + `: a group in a
simulated network, with a judge. *Not the random world*: it was silent; either the schedule is too rare for its 200
runs, or it costs time and breaks no promise.

In the tables of mutants, *runs* and *CPU* are what it took until the oracle found something: seeds of the scenarios, which
take turns, from the first one on, and seconds of one processor, without those to build the mutant. Equal code takes equal
runs on every machine; these numbers are of the code when each was hunted last. What no scenario shows is hunted by the tests that ought to notice, after the scenarios if there are any.
*Shrunk to* is what ` + "`understudy sim shrink`" + ` left of the first plan that failed; [below](#what-failures-need) is what that
took. Which faults the bugs need is [at the end](#families-of-faults).
`

// writeSums tells how many were caught, and by whom.
func (x *Index) writeSums(b *bytes.Buffer, r Results) {
	caught, fates := map[string]int{}, map[string][]string{}
	for _, m := range x.Mutants() {
		f, hunted := r[m.ID]
		switch {
		case m.Harmless:
		case !hunted:
			fates["not hunted"] = append(fates["not hunted"], m.ID)
		case f.Caught && f.Oracle == byTest && m.Why == "":
			fates["missed"] = append(fates["missed"], m.ID)
		case f.Caught && f.Oracle == byTest:
			fates["invisible"] = append(fates["invisible"], m.ID)
		case f.Caught:
			caught[f.Oracle]++
		default:
			fates["escaped"] = append(fates["escaped"], m.ID)
		}
	}
	total := 0
	oracles := slices.SortedFunc(maps.Keys(caught), func(a, c string) int {
		return cmp.Or(cmp.Compare(caught[c], caught[a]), strings.Compare(a, c))
	})
	b.WriteString("\n| first to notice | mutants |\n| --- | ---: |\n")
	for _, o := range oracles {
		total += caught[o]
		fmt.Fprintf(b, "| `%s` | %d |\n", o, caught[o])
	}
	fmt.Fprintf(b, "\nRehearsals caught %d mutants.\n", total)
	for _, g := range []struct{ fate, text string }{
		{"missed", "missed, and tests caught, %d; each is a hole in the simulator"},
		{"invisible", "cannot notice, and tests caught, %d, for the reasons below"},
		{"escaped", "let %d escape when they met last"},
		{"not hunted", "have not met %d yet"},
	} {
		if ids := fates[g.fate]; len(ids) > 0 {
			fmt.Fprintf(b, "\nThey "+g.text+": %s.\n", len(ids), strings.Join(ids, ", "))
		}
	}
}

func (c Chapter) writeBugs(b *bytes.Buffer) {
	b.WriteString("\n| id | what went wrong, and where | planted here | noticed by |\n| --- | --- | --- | --- |\n")
	for _, bug := range c.Bugs {
		source := bug.Bug
		if bug.Source != "" {
			source += ": " + bug.Source
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", bug.ID, source, cmp.Or(bug.Never, bug.Planted), bug.Noticed)
	}
}

func (c Chapter) writeMutants(b *bytes.Buffer, r Results) {
	b.WriteString("\n| mutant | hunted in | caught by | runs | CPU | shrunk to |\n| --- | --- | --- | ---: | ---: | --- |\n")
	for _, bug := range c.Bugs {
		for _, m := range bug.Mutants {
			f, hunted := r[m.ID]
			runs, cpu := "", ""
			if f.Runs > 0 {
				runs = fmt.Sprint(f.Runs)
			}
			if hunted {
				cpu = fmt.Sprintf("%.1f s", f.Seconds)
			}
			fmt.Fprintf(b, "| [%s](../%s) %s | %s | %s | %s | %s | %s |\n",
				m.ID, m.PatchFile(), m.Title, m.ground(), m.fate(f, hunted), runs, cpu, f.Shrunk.minimal())
		}
	}
}

// ground says where the mutant is hunted.
func (m Mutant) ground() string {
	if len(m.Scenarios) > 0 {
		return strings.Join(m.Scenarios, ", ")
	}
	return "no scenario: " + m.Why
}

func (m Mutant) fate(f Find, hunted bool) string {
	switch {
	case !hunted:
		return "not hunted yet"
	case f.Caught && f.Oracle == byTest:
		return "only `" + f.Signature + "`"
	case f.Caught:
		return "`" + f.Oracle + "`"
	case m.Harmless:
		return "nobody, as it must be"
	}
	return "**escaped**"
}
