package zoo

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim/shrink"
)

const aboutShrinking = `
## What failures need

` + "`understudy sim shrink`" + ` took the plan of the run that caught a mutant, and left out whatever could be left out while the
same oracle said the same. An arrow leads from how much there was of something to how much is left; *seconds* are simulated
ones. *Replays* are the smaller plans that were tried, and *CPU* is what they took on one processor; *+* says that the time
was over before all had been tried, so that less may do. *Families* are those of the faults that are left, and of what is
left that holds all the time.

`

// measures are the columns about the size of a plan.
var measures = []struct {
	name string
	of   func(shrink.Size) float64
}{
	{"faults", func(n shrink.Size) float64 { return float64(n.Faults) }},
	{"operations", func(n shrink.Size) float64 { return float64(n.Operations) }},
	{"clients", func(n shrink.Size) float64 { return float64(n.Clients) }},
	{"nodes", func(n shrink.Size) float64 { return float64(n.Nodes) }},
	{"partitions", func(n shrink.Size) float64 { return float64(n.Partitions) }},
	{"conditions", func(n shrink.Size) float64 { return float64(n.Conditions) }},
	{"seconds", func(n shrink.Size) float64 { return n.Duration.Seconds() }},
}

// writeShrunk tells how small plans became, and what that took.
func (x *Index) writeShrunk(b *bytes.Buffer, r Results) {
	var all []*Shrunk
	var rows bytes.Buffer
	for _, m := range x.Mutants() {
		if s := r[m.ID].Shrunk; s != nil {
			all = append(all, s)
			rows.WriteString(s.row(m.ID))
		}
	}
	if len(all) == 0 {
		return
	}
	b.WriteString(aboutShrinking + "| mutant |")
	for _, c := range measures {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString(" replays | CPU | families |\n| --- |" + strings.Repeat(" ---: |", len(measures)+2) + " --- |\n")
	b.WriteString(middle(all))
	b.Write(rows.Bytes())
}

// middle is the row of the medians, each column by itself.
func middle(all []*Shrunk) string {
	row := "| *the median* |"
	for _, c := range measures {
		row += " " + arrow(median(all, func(s *Shrunk) float64 { return c.of(s.Original) }),
			median(all, func(s *Shrunk) float64 { return c.of(s.Minimal) })) + " |"
	}
	return row + fmt.Sprintf(" %g | %.1f s | |\n", median(all, func(s *Shrunk) float64 { return float64(s.Runs) }),
		median(all, func(s *Shrunk) float64 { return s.Seconds }))
}

// row is the row of one plan.
func (s *Shrunk) row(id string) string {
	row := "| " + id + " |"
	for _, c := range measures {
		row += " " + arrow(c.of(s.Original), c.of(s.Minimal)) + " |"
	}
	more, families := "", "none"
	if !s.Complete {
		more = "+"
	}
	if len(s.Families) > 0 {
		families = coded(s.Families)
	}
	return row + fmt.Sprintf(" %d%s | %.1f s | %s |\n", s.Runs, more, s.Seconds, families)
}

// minimal says in a line what is left, or nothing of a plan that was not shrunk.
func (s *Shrunk) minimal() string {
	if s == nil {
		return ""
	}
	n := s.Minimal
	n.Duration = n.Duration.Round(time.Millisecond)
	return n.String()
}

func arrow(before, after float64) string {
	if before == after {
		return decimal(before)
	}
	return decimal(before) + " → " + decimal(after)
}

// decimal writes a number with at most three digits behind the point.
func decimal(n float64) string { return strconv.FormatFloat(math.Round(n*1000)/1000, 'f', -1, 64) }

// median returns a number of the plan in the middle.
func median(all []*Shrunk, number func(*Shrunk) float64) float64 {
	var list []float64
	for _, s := range all {
		list = append(list, number(s))
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// coded lists names as code.
func coded[S ~string](names []S) string {
	var list []string
	for _, n := range names {
		list = append(list, "`"+string(n)+"`")
	}
	return strings.Join(list, " ")
}
