package campaign

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/understudy-kv/understudy/sim/cluster"
)

// Marks counts the runs that reached each mark. All marks are in it, so that those at
// zero show what the runs have not tested.
type Marks map[string]int

func newMarks() Marks {
	marks := Marks{}
	for _, m := range cluster.Marks() {
		marks[m.Name] = 0
	}
	return marks
}

func (m Marks) add(r cluster.Report) {
	for _, reached := range r.Marks {
		m[reached.Name]++
	}
}

// Never returns the marks that no run reached, in the order of [cluster.Marks].
func (m Marks) Never() (names []string) {
	for _, mark := range cluster.Marks() {
		if runs, counted := m[mark.Name]; counted && runs == 0 {
			names = append(names, mark.Name)
		}
	}
	return names
}

// PrintMarks writes for each mark in how many runs it was reached, and what it means.
func (s *Summary) PrintMarks(out io.Writer) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "mark\truns of %d\tmeaning\n", s.Runs)
	for _, m := range cluster.Marks() {
		fmt.Fprintf(w, "%s\t%d\t%s\n", m.Name, s.Marks[m.Name], m.Meaning)
	}
}
