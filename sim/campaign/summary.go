package campaign

import (
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// An End says why a campaign ended.
type End string

// The ends of a campaign.
const (
	Complete    End = "complete"        // everything was run
	TimeUp      End = "time is up"      // so there is no telling how much would be run elsewhere
	Enough      End = "enough failures" // as many runs failed as were asked for
	Interrupted End = "interrupted"     // by the user or the machine
	Broken      End = "could not go on" // for a reason that lies outside of the simulator
)

// A Summary is what a campaign amounts to.
type Summary struct {
	End End `json:"end"`
	Tally
	Real    float64 `json:"realSeconds"`
	SpeedUp float64 `json:"speedUp"` // simulated seconds per second
	// Unstruck are the kinds of fault that the scenarios ask for and that no run had: a
	// campaign says nothing of them.
	Unstruck  []plan.FaultKind `json:"neverStruck"`
	Scenarios []Part           `json:"scenarios"`
	Failures  []Failure        `json:"failures"`

	work     Work
	failures failures
	worst    check.Verdict
}

// A Part is the share of one scenario in a campaign.
type Part struct {
	Scenario string `json:"scenario"`
	Tally
	Took float64 `json:"runSeconds"` // of one core, as far as it was not shared
}

// A Tally counts what happened in runs.
type Tally struct {
	// Fingerprint stands for the traces of all runs, in their order: equal fingerprints
	// are equal runs.
	Fingerprint string         `json:"fingerprint"`
	Runs        int            `json:"runs"`
	Repeated    int            `json:"repeated"` // in another process
	Verdicts    map[string]int `json:"verdicts"` // by [Kinds]
	Simulated   float64        `json:"simulatedSeconds"`
	Events      uint64         `json:"events"`
	Answered    int            `json:"operationsAnswered"`
	Failed      int            `json:"operationsFailed"`
	Unknown     int            `json:"operationsUnknown"`
	Decided     int            `json:"entriesDecided"`
	Terms       int            `json:"terms"`
	Faults      map[string]int `json:"faults"`
	Marks       Marks          `json:"marks"`
	faultNames  []string       // in the order first seen
	traces      hash.Hash64
}

func newTally() Tally {
	return Tally{Verdicts: map[string]int{}, Faults: map[string]int{}, Marks: newMarks(), traces: fnv.New64a()}
}

func (t *Tally) add(o Outcome) {
	r := o.Report
	fmt.Fprintf(t.traces, "%016x", r.Hash)
	t.Fingerprint = fmt.Sprintf("%016x", t.traces.Sum64())
	t.Runs++
	if o.Repeated {
		t.Repeated++
	}
	t.Verdicts[o.Kind()]++
	t.Simulated += r.Simulated.Seconds()
	t.Events += r.Stats.Events
	t.Answered += r.Answered
	t.Failed += r.Failed
	t.Unknown += r.Unknown
	t.Decided += r.Decided
	t.Terms += r.Terms
	t.Marks.add(r)
	for _, f := range r.Faults {
		if !slices.Contains(t.faultNames, f.Name) {
			t.faultNames = append(t.faultNames, f.Name)
		}
		t.Faults[f.Name] += f.Count
	}
}

// Operations returns how many operations of clients ended.
func (t *Tally) Operations() int { return t.Answered + t.Failed + t.Unknown }

// Failing returns how many runs did not pass.
func (t *Tally) Failing() int { return t.Runs - t.Verdicts[check.Pass.String()] }

// NewSummary returns the summary of work of which nothing has been done.
func NewSummary(w Work) *Summary {
	s := &Summary{Tally: newTally(), work: w, failures: failures{}, Failures: []Failure{}}
	for _, scenario := range w.Scenarios {
		s.Scenarios = append(s.Scenarios, Part{Scenario: scenario.Name, Tally: newTally()})
	}
	return s
}

// Add counts an outcome. Outcomes must come in the order of the work. It reports
// whether the run failed in a way that none did before.
func (s *Summary) Add(o Outcome) (news bool) {
	s.Tally.add(o)
	part := &s.Scenarios[o.Scenario]
	part.Tally.add(o)
	part.Took += o.Took.Seconds()
	s.worst = max(s.worst, o.Verdict())
	return !o.Passed() && s.failures.add(o, part.Scenario)
}

// Signatures returns in how many ways runs failed.
func (s *Summary) Signatures() int { return len(s.failures) }

// Finish completes the summary of what took so long and ended so.
func (s *Summary) Finish(took time.Duration, end End) {
	s.End = end
	s.Real = took.Seconds()
	s.SpeedUp = s.Simulated / s.Real
	s.Failures = s.failures.list(s.work)
	s.Unstruck = s.unstruck()
}

// unstruck returns the kinds of fault that were asked for in vain, in the order in which
// they are explained.
func (s *Summary) unstruck() []plan.FaultKind {
	asked := map[plan.FaultKind]bool{}
	for _, scenario := range s.work.Scenarios {
		for _, k := range scenario.Kinds() {
			asked[k] = true
		}
	}
	return slices.DeleteFunc(plan.Kinds(), func(k plan.FaultKind) bool { return !asked[k] || s.Faults[string(k)] > 0 })
}

// Verdict returns what the campaign is worth: as much as its worst run. One that was
// kept from doing what it was asked for proves at most that something is wrong.
func (s *Summary) Verdict() check.Verdict {
	switch {
	case s.Runs == 0:
		return max(s.worst, check.Vacuous)
	case s.End == Interrupted || s.End == Broken:
		return max(s.worst, check.Inconclusive)
	}
	return s.worst
}
