package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/understudy-kv/understudy/sim/plan"
)

// A Find is what became of the hunt for a mutant.
type Find struct {
	Caught bool `json:"caught"`
	// Oracle is the first whose promise was broken: one of those of sim/check,
	// "nondeterminism", "crash" if the simulator itself could not go on, or "test".
	Oracle    string `json:"oracle,omitempty"`
	Signature string `json:"signature,omitempty"` // of the violation, or what else was seen
	Scenario  string `json:"scenario,omitempty"`
	Seed      uint64 `json:"seed,omitempty"`
	Runs      int    `json:"runs,omitempty"` // of all scenarios, this one included
	// Seconds of CPU that the runs took. To build the mutant takes more.
	Seconds float64 `json:"cpuSeconds"`
	// Shrunk is what became of the plan that was found, unless it was left as it was.
	Shrunk *Shrunk `json:"shrunk,omitempty"`
	// Without says for families of faults that were left out how many runs it took to
	// catch the mutant all the same; 0: it was not caught in [Patience] times as many.
	// Families that no plan of the hunt had anything of are missing.
	Without map[plan.Family]int `json:"without,omitempty"`

	Plan string `json:"-"` // the file of the plan, if there is one
}

// same reports whether two hunts ended with the same run, so that what is known of the
// one is true of the other.
func (f Find) same(as Find) bool {
	return f.Caught == as.Caught && f.Signature == as.Signature && f.Scenario == as.Scenario && f.Seed == as.Seed && f.Runs == as.Runs
}

// with adds what an earlier hunt, which ended in the same way, has found out besides.
func (f Find) with(earlier Find) Find {
	if !f.same(earlier) {
		return f
	}
	if f.Shrunk == nil {
		f.Shrunk = earlier.Shrunk
	}
	if f.Without == nil {
		f.Without = earlier.Without
	}
	return f
}

// Results are what became of each mutant when it was hunted last, by its id.
type Results map[string]Find

// Results reads those of the last hunts. There are none if nobody has hunted yet.
func (x *Index) Results() (Results, error) {
	text, err := os.ReadFile(x.resultsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return Results{}, nil
	} else if err != nil {
		return nil, err
	}
	r := Results{}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it, and hunt them all again", x.resultsFile(), err)
	}
	return r, nil
}

// Write keeps results, with those of earlier hunts for other mutants, and writes the
// page about all of them and the table of faults. What earlier hunts found out besides is kept where the mutant
// was caught by the same run.
func (x *Index) Write(found Results) error {
	all, err := x.Results()
	if err != nil {
		return err
	}
	kept := Results{}
	for _, m := range x.Mutants() {
		if f, hunted := found[m.ID]; hunted {
			kept[m.ID] = f.with(all[m.ID])
		} else if f, hunted := all[m.ID]; hunted {
			kept[m.ID] = f
		}
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(x.resultsFile(), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(x.root, PageFile), x.Page(kept), 0o644); err != nil {
		return err
	}
	return x.writeFaults(kept)
}

func (x *Index) resultsFile() string { return filepath.Join(x.root, Folder, "results.json") }
