package campaign

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/sim/check"
)

// A Failure is all runs that failed in the same way. Its example is the cheapest of
// them: the one with the fewest events, and of these the one of the first scenario and
// the lowest seed.
type Failure struct {
	Signature string   `json:"signature"`
	Kind      string   `json:"kind"` // one of [Kinds]
	Runs      int      `json:"runs"`
	Scenarios []Share  `json:"scenarios"`
	Scenario  string   `json:"scenario"` // of the example, and so the following
	Seed      uint64   `json:"seed"`
	Events    uint64   `json:"events"`
	Texts     []string `json:"texts"`
	Replay    string   `json:"replay"`           // command that shows it again
	Shrink    string   `json:"shrink,omitempty"` // command that finds out what it needs
	Plan      string   `json:"plan,omitempty"`   // file that holds its plan, if one was written
	Example   Outcome  `json:"-"`
}

// A Share says how many of the runs that failed were of one scenario.
type Share struct {
	Scenario string  `json:"scenario"`
	Runs     int     `json:"runs"`
	Example  Outcome `json:"-"` // the cheapest of them
}

// failures collects what failed, by signature and by scenario.
type failures map[string]map[int]*Share

// add reports whether the signature is a new one.
func (f failures) add(o Outcome, scenario string) (first bool) {
	signature := o.Signature()
	shares := f[signature]
	if shares == nil {
		shares = map[int]*Share{}
		f[signature] = shares
	}
	share := shares[o.Scenario]
	if share == nil {
		share = &Share{Scenario: scenario, Example: o}
		shares[o.Scenario] = share
	}
	share.Runs++
	if o.cheaper(share.Example) {
		share.Example = o
	}
	return len(shares) == 1 && share.Runs == 1
}

// list returns the failures: the worst kind first, then the most frequent.
func (f failures) list(w Work) []Failure {
	list := make([]Failure, 0, len(f))
	for signature, shares := range f { // any order: sorted below
		list = append(list, newFailure(w, signature, shares))
	}
	kinds := Kinds()
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(
			cmp.Compare(slices.Index(kinds, b.Kind), slices.Index(kinds, a.Kind)),
			cmp.Compare(b.Runs, a.Runs),
			strings.Compare(a.Signature, b.Signature))
	})
	return list
}

func newFailure(w Work, signature string, shares map[int]*Share) Failure {
	f := Failure{Signature: signature}
	for _, s := range shares { // any order: sorted below, and the cheapest is one
		f.Runs += s.Runs
		f.Scenarios = append(f.Scenarios, *s)
		if f.Example.Report.Stats.Events == 0 || s.Example.cheaper(f.Example) {
			f.Example = s.Example
		}
	}
	slices.SortFunc(f.Scenarios, func(a, b Share) int { return cmp.Compare(a.Example.Scenario, b.Example.Scenario) })
	e := f.Example
	f.Kind = e.Kind()
	for _, c := range e.Complaints() {
		f.Texts = append(f.Texts, c.String())
	}
	f.Scenario, f.Seed, f.Events = w.Scenarios[e.Scenario].Name, uint64(e.Seed), e.Report.Stats.Events
	f.Replay = w.Replay(e.Run)
	if f.Kind == check.Violated.String() {
		f.Shrink = w.Shrink(e.Run)
	}
	return f
}

// Saved notes in which file the plan of the example is.
func (f *Failure) Saved(path string) {
	f.Plan = path
	if f.Shrink != "" {
		f.Shrink = "understudy sim shrink " + quoted(path)
	}
}

// FileName returns a name for the file that holds the plan of the example. It begins
// with the oracle, and no other failure of the campaign has it.
func (f Failure) FileName() string {
	oracle, _, _ := strings.Cut(f.Signature, ":")
	sum := fnv.New32a()
	sum.Write([]byte(f.Signature))
	return fmt.Sprintf("%s-%08x.yaml", oracle, sum.Sum32())
}
