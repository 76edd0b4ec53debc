package zoo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/shrink"
)

// A Shrunk is what became of a plan when everything was left out of it that could be.
type Shrunk struct {
	Original shrink.Size `json:"original"`
	Minimal  shrink.Size `json:"minimal"`
	Runs     int         `json:"runs"` // of smaller plans, whether they failed or not
	Seconds  float64     `json:"cpuSeconds"`
	Complete bool        `json:"complete"` // nothing more could be left out
	// Kinds and Families are of what is left, each once and in the order in which they
	// are explained.
	Kinds    []plan.FaultKind `json:"kinds,omitempty"`
	Families []plan.Family    `json:"families,omitempty"`
}

// Shrink makes the plan of what was found small, for at most so much real time.
func (m Mutant) Shrink(ctx context.Context, program, dir string, f *Find, limit time.Duration) error {
	minimal := filepath.Join(dir, "minimal.yaml")
	cmd := exec.CommandContext(ctx, program, "sim", "shrink", f.Plan, "--json", "--workers", "1", "--for", limit.String(), "--out", minimal)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("mutant %s: sim shrink %s: %w", m.ID, f.Plan, err)
	}
	s := &Shrunk{}
	if err := json.Unmarshal(out, s); err != nil {
		return fmt.Errorf("mutant %s: sim shrink: %w", m.ID, err)
	}
	s.Seconds = cpuTime(cmd).Seconds()
	text, err := os.ReadFile(minimal)
	if err != nil {
		return fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	p, err := plan.Parse(minimal, text)
	if err != nil {
		return fmt.Errorf("mutant %s: %w", m.ID, err)
	}
	s.needs(p)
	f.Shrunk = s
	return nil
}

// needs notes what is left in a plan.
func (s *Shrunk) needs(p plan.Plan) {
	for _, k := range plan.Kinds() {
		if slices.ContainsFunc(p.Strikes, func(f plan.Strike) bool { return f.Kind == k }) {
			s.Kinds = append(s.Kinds, k)
		}
	}
	for _, f := range plan.Families() {
		if p.Has(f) {
			s.Families = append(s.Families, f)
		}
	}
}
