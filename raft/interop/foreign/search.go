package foreign

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// A Symptom is how a bug shows: which oracle it offends, and whether the group had
// but one voter, which libraries treat apart.
type Symptom struct {
	Oracle   string
	OneVoter bool
}

// A Find is the first seed that shows a symptom, and the processor time spent on it
// and all seeds before it.
type Find struct {
	Seed sim.Seed
	CPU  time.Duration
	Text string
}

// Findings are what a search came to.
type Findings struct {
	Finds   map[Symptom]Find
	Runs    int
	Vacuous int // runs in which too little happened
	CPU     time.Duration
	// Total sums up what happened in all runs: a search in which nothing happened has
	// shown nothing.
	Total Total
}

// Total is what happened in many runs.
type Total struct {
	Terms, Decided, Reads, Writes int
	Restarts, Duplicated          uint64
	Strikes                       map[FaultKind]int
}

// Search rehearses a library with count seeds from first on, and shows see every
// report, unless it is nil.
func Search(l Library, first sim.Seed, count int, see func(Report)) Findings {
	f := Findings{Finds: map[Symptom]Find{}, Total: Total{Strikes: map[FaultKind]int{}}}
	start := cpu()
	for i := range count {
		r := Rehearse(l, first+sim.Seed(i))
		f.CPU = cpu() - start
		f.add(r)
		if see != nil {
			see(r)
		}
	}
	return f
}

func (f *Findings) add(r Report) {
	f.Runs++
	if r.Verdict == check.Vacuous || r.Verdict == check.Inconclusive {
		f.Vacuous++
	}
	for _, v := range r.Violations {
		s := Symptom{v.Oracle, r.Plan.Nodes == 1}
		if _, known := f.Finds[s]; !known {
			f.Finds[s] = Find{Seed: r.Plan.Seed, CPU: f.CPU, Text: v.String()}
		}
	}
	t := &f.Total
	t.Terms += r.Terms
	t.Decided += r.Decided
	t.Reads += r.Reads
	t.Writes += r.Writes
	t.Restarts += r.World.Restarts
	t.Duplicated += r.World.Duplicated
	for kind, n := range r.Strikes { // any order: each is added to its own sum
		t.Strikes[kind] += n
	}
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // not on this system; the figure is for people
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Vain says what should have happened in a search and did not, if anything: what was
// never tried was not shown.
func (f Findings) Vain() error {
	t := f.Total
	switch {
	case f.Vacuous*20 > f.Runs:
		return fmt.Errorf("in %d of %d runs too little happened", f.Vacuous, f.Runs)
	case t.Terms < f.Runs || t.Restarts == 0 || t.Duplicated == 0:
		return fmt.Errorf("elections, restarts or duplicates are missing: %+v", t)
	case t.Decided < 20*f.Runs || t.Reads < 20*f.Runs || t.Writes < 20*f.Runs:
		return fmt.Errorf("little was decided, read or written in %d runs: %+v", f.Runs, t)
	}
	for _, kind := range families {
		if t.Strikes[kind] == 0 {
			return fmt.Errorf("no fault of kind %q struck", kind)
		}
	}
	return nil
}

// String prints one line for each symptom, ordered, and one for the whole.
func (f Findings) String() string {
	var lines []string
	for s, find := range f.Finds { // any order: the lines are sorted
		group := "several voters"
		if s.OneVoter {
			group = "one voter"
		}
		lines = append(lines, fmt.Sprintf("%s, %s: seed %d after %.1f CPU-seconds: %s",
			s.Oracle, group, find.Seed, find.CPU.Seconds(), find.Text))
	}
	slices.Sort(lines)
	lines = append(lines, fmt.Sprintf("%d runs in %.1f CPU-seconds: %+v", f.Runs, f.CPU.Seconds(), f.Total))
	return strings.Join(lines, "\n")
}
