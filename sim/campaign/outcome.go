package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// Nondeterminism is what is wrong with a run that was another one when it was repeated.
// The oracles judge one run at a time and cannot see it.
const Nondeterminism = "nondeterminism"

// Kinds lists what an outcome can be, from best to worst.
func Kinds() []string {
	return []string{check.Pass.String(), check.Vacuous.String(), check.Inconclusive.String(),
		check.Violated.String(), Nondeterminism}
}

// An Outcome is what became of a run.
type Outcome struct {
	Run
	Report     cluster.Report
	Took       time.Duration    // of real time
	Repeated   bool             // the run was done again, in another process
	Difference *check.Violation // how that one differed, if it did
}

// NewOutcome returns the outcome of a run without those parts of its report that are
// large and that no summary needs.
func NewOutcome(r Run, report cluster.Report, took time.Duration) Outcome {
	report.Judgement = check.Judgement{Verdict: report.Judgement.Verdict, Key: report.Judgement.Key}
	report.Bands = nil
	return Outcome{Run: r, Report: report, Took: took}
}

// Kind returns which of the [Kinds] the outcome is.
func (o Outcome) Kind() string {
	if o.Difference != nil {
		return Nondeterminism
	}
	return o.Report.Verdict.String()
}

// Verdict returns what the run is worth.
func (o Outcome) Verdict() check.Verdict {
	if o.Difference != nil {
		return check.Violated
	}
	return o.Report.Verdict
}

// Passed reports whether nothing is wrong.
func (o Outcome) Passed() bool { return o.Verdict() == check.Pass }

// Complaints says what is wrong, first what matters most. Reasons for which a run would
// prove nothing are in it like violations, under the name of the verdict.
func (o Outcome) Complaints() (list []check.Violation) {
	if o.Difference != nil {
		list = append(list, *o.Difference)
	}
	list = append(list, o.Report.Violations...)
	if o.Report.Verdict == check.Inconclusive {
		list = append(list, o.doubt(check.Inconclusive, "Porcupine did not finish in its time"))
	}
	for _, m := range o.Report.Missing {
		list = append(list, o.doubt(check.Vacuous, "missing "+m))
	}
	return list
}

// doubt is a reason for which the run would prove nothing.
func (o Outcome) doubt(v check.Verdict, text string) check.Violation {
	return check.Violation{Oracle: v.String(), At: o.Report.Simulated, Text: text}
}

// Signature returns what an outcome that did not pass has in common with others that
// probably have the same cause.
func (o Outcome) Signature() string { return o.Complaints()[0].Signature() }

// cheaper reports whether o is the better example of what is wrong: it has fewer events
// or, for want of a difference, comes first.
func (o Outcome) cheaper(than Outcome) bool {
	x, y := o.Report.Stats.Events, than.Report.Stats.Events
	if x != y {
		return x < y
	}
	if o.Scenario != than.Scenario {
		return o.Scenario < than.Scenario
	}
	return o.Seed < than.Seed
}

// Replay returns the command that shows a run again.
func (w Work) Replay(r Run) string { return "understudy sim replay " + w.arguments(r) }

// Shrink returns the command that finds out what a failing run needs.
func (w Work) Shrink(r Run) string { return "understudy sim shrink " + w.arguments(r) }

func (w Work) arguments(r Run) string {
	s := w.Scenarios[r.Scenario]
	text := fmt.Sprintf("%s --seed %d", quoted(s.Name), r.Seed)
	if s.Servers > 0 {
		text += fmt.Sprintf(" --nodes %d", s.Servers)
	}
	for _, f := range s.Without {
		text += " --without " + string(f)
	}
	return text
}

// quoted returns a word as a shell reads it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r > 127 || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_./+:@%=,", r)
	}
	if word != "" && !slices.ContainsFunc([]rune(word), func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
