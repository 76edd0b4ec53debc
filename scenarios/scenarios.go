// Package scenarios holds the rehearsals that come with Understudy and reads others
// from files.
package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

//go:embed *.yaml
var embedded embed.FS

// order is how the scenarios are listed: from the simplest to the harshest.
var order = []string{
	"calm", "busy", "lossy-network", "leader-crash", "rolling-crash", "rolling-restart", "partitioned", "short-sessions", "torn-disks",
	"real-files", "small-windows", "compacted-logs", "slow-snapshots", "stalled-disks", "unequal-servers",
	"deposed-leaders", "returning-leaders", "fallen-leaders", "hand-overs", "moving-members", "slow-joiners", "damaged-disks", "failing-disks", "idle-groups", "everything",
}

// All returns the scenarios that come with the program, in reading order.
func All() []plan.Scenario {
	all := make([]plan.Scenario, len(order))
	for i, name := range order {
		text, err := embedded.ReadFile(name + ".yaml")
		if err != nil {
			panic(err) // the list and the folder disagree; a test compares them
		}
		if all[i], err = plan.ParseScenario(name+".yaml", text); err != nil {
			panic(err) // a test parses each
		}
	}
	return all
}

// Find returns the scenario of that name, or reads it from a file if the name looks
// like a path: if it holds a slash or ends in .yaml or .yml.
func Find(name string) (plan.Scenario, error) {
	if !isPath(name) {
		return builtIn(name)
	}
	text, err := read(name)
	if err != nil {
		return plan.Scenario{}, err
	}
	if plan.Holds(text) {
		return plan.Scenario{}, fmt.Errorf("%s is the plan of one run; 'understudy sim replay %s' runs it", name, name)
	}
	return plan.ParseScenario(name, text)
}

// Plan returns the plan that a seed draws from a scenario, which is named as for
// [Find] and changed by vary. If the name is the path of a plan instead, that is
// returned, and drawn is false: it has a seed already, and holds what it holds.
func Plan(name string, seed sim.Seed, vary func(*plan.Scenario)) (p plan.Plan, drawn bool, err error) {
	if isPath(name) {
		if text, err := read(name); err == nil && plan.Holds(text) {
			p, err = plan.Parse(name, text)
			return p, false, err
		}
	}
	s, err := Find(name)
	if err != nil {
		return plan.Plan{}, true, err
	}
	vary(&s)
	return plan.Draw(s, seed), true, nil
}

func isPath(name string) bool {
	return strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

func builtIn(name string) (plan.Scenario, error) {
	if !slices.Contains(order, name) {
		return plan.Scenario{}, fmt.Errorf(
			"no scenario %q: the built-in ones are %s; a file is named with a slash or .yaml, such as ./%s.yaml",
			name, strings.Join(order, ", "), name)
	}
	text, err := embedded.ReadFile(name + ".yaml")
	if err != nil {
		return plan.Scenario{}, err
	}
	return plan.ParseScenario(name+".yaml", text)
}

// maxFileBytes is more than any scenario or plan needs; a wrong path may name a disk
// image.
const maxFileBytes = 1 << 20

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no scenario file %s", path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%s is not a scenario file of at most %d bytes", path, maxFileBytes)
	}
	return os.ReadFile(path)
}
