package campaign

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/understudy-kv/understudy/sim/check"
)

// Print writes the summary for people: a line for each scenario, what happened in all
// of them, and a paragraph for each way to fail.
func (s *Summary) Print(out io.Writer) {
	if len(s.Scenarios) > 1 {
		s.printScenarios(out)
	}
	s.printTotals(out)
	for _, f := range s.Failures {
		f.print(out)
	}
}

func (s *Summary) printScenarios(out io.Writer) {
	width := len("scenario")
	for _, p := range s.Scenarios {
		width = max(width, utf8.RuneCountInString(p.Scenario))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	kinds := s.kinds()
	fmt.Fprintf(w, "%-*s\truns\t%s\tsimulated\tevents\t\n", width, "scenario", strings.Join(kinds, "\t"))
	for _, p := range s.Scenarios {
		fmt.Fprintf(w, "%-*s\t%d\t", width, p.Scenario, p.Runs)
		for _, k := range kinds {
			fmt.Fprintf(w, "%d\t", p.Verdicts[k])
		}
		fmt.Fprintf(w, "%v\t%d\t\n", seconds(p.Simulated), p.Events)
	}
	w.Flush()
	fmt.Fprintln(out)
}

// kinds returns those that occurred, and always that of a pass.
func (s *Summary) kinds() (list []string) {
	for _, k := range Kinds() {
		if k == check.Pass.String() || s.Verdicts[k] > 0 {
			list = append(list, k)
		}
	}
	return list
}

func (s *Summary) printTotals(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	if len(s.Scenarios) == 1 {
		fmt.Fprintf(w, "scenario\t%s\n", s.Scenarios[0].Scenario)
	}
	fmt.Fprintf(w, "runs\t%d%s\n", s.Runs, s.unfinished())
	fmt.Fprintf(w, "verdicts\t%s\n", s.verdicts())
	if s.Repeated > 0 {
		fmt.Fprintf(w, "repeated\t%d in another process, %s\n", s.Repeated, s.agreement())
	}
	fmt.Fprintf(w, "simulated\t%v in %.1fs: %.0f times real time\n", seconds(s.Simulated), s.Real, s.SpeedUp)
	fmt.Fprintf(w, "events\t%d\n", s.Events)
	fmt.Fprintf(w, "operations\t%d answered, %d failed for certain, %d unknown\n", s.Answered, s.Failed, s.Unknown)
	fmt.Fprintf(w, "decided\t%d entries in %d terms\n", s.Decided, s.Terms)
	fmt.Fprintf(w, "faults\t%s\n", s.faults())
	if len(s.Unstruck) > 0 {
		fmt.Fprintf(w, "never struck\t%s\n", orNone(s.Unstruck))
	}
	never := s.Marks.Never()
	fmt.Fprintf(w, "marks\t%d of %d reached\n", len(s.Marks)-len(never), len(s.Marks))
	if len(never) > 0 {
		fmt.Fprintf(w, "not reached\t%s\n", orNone(never))
	}
	fmt.Fprintf(w, "fingerprint\t%s\n", s.Fingerprint)
}

// verdicts lists how many runs there are of each kind.
func (t *Tally) verdicts() string {
	var parts []string
	for _, k := range Kinds() {
		if n := t.Verdicts[k]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	return orNone(parts)
}

func (t *Tally) faults() string {
	var parts []string
	for _, name := range t.faultNames {
		parts = append(parts, fmt.Sprintf("%s %d", name, t.Faults[name]))
	}
	return orNone(parts)
}

// listWidth is how long a line of a list may become, beside the name of the list.
const listWidth = 76

// orNone joins the parts of a list, in as many lines as it takes.
func orNone[T ~string](parts []T) string {
	if len(parts) == 0 {
		return "none"
	}
	list, width := string(parts[0]), len(parts[0])
	for _, part := range parts[1:] {
		separator := ", "
		if width += len(part) + len(separator); width > listWidth {
			separator, width = ",\n\t", len(part)
		}
		list += separator + string(part)
	}
	return list
}

// unfinished says how much was not run, and why.
func (s *Summary) unfinished() string {
	switch {
	case s.End == Complete:
		return ""
	case s.work.Endless():
		return fmt.Sprintf(" (%s)", s.End)
	}
	return fmt.Sprintf(" of %d (%s)", s.work.Len(), s.End)
}

func (t *Tally) agreement() string {
	if n := t.Verdicts[Nondeterminism]; n > 0 {
		return fmt.Sprintf("%d of them with another trace", n)
	}
	return "all with the same trace"
}

// seconds rounds a number of seconds for reading.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Second)
}

// print writes one paragraph: how often, what, an example, and what to do next.
func (f Failure) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s in %s\n", strings.ToUpper(f.Kind), f.times())
	for _, c := range f.Example.Complaints() {
		fmt.Fprintf(out, "  %s\n", Short(c))
	}
	fmt.Fprintf(out, "  cheapest: %s seed %d, %d events\n", f.Scenario, f.Seed, f.Events)
	fmt.Fprintf(out, "  replay:   %s\n", f.Replay)
	if f.Shrink != "" {
		fmt.Fprintf(out, "  shrink:   %s\n", f.Shrink)
	}
	if f.Plan != "" {
		fmt.Fprintf(out, "  plan:     %s\n", quoted(f.Plan))
	}
}

// maxText is how much of a complaint is printed: enough to tell it from others.
// Replaying the run shows all.
const maxText = 400

// Short prints a complaint in one line that is not too long.
func Short(c check.Violation) string {
	text, _, _ := strings.Cut(c.String(), "\n")
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText]) + "…"
}

// times says in how many runs of which scenarios it happened.
func (f Failure) times() string {
	var parts []string
	for _, s := range f.Scenarios {
		parts = append(parts, fmt.Sprintf("%d of %s", s.Runs, s.Scenario))
	}
	noun := "runs"
	if f.Runs == 1 {
		noun = "run"
	}
	return fmt.Sprintf("%d %s (%s)", f.Runs, noun, strings.Join(parts, ", "))
}
