// Package campaign is about many runs of the simulator: which ones, in which order, and
// what they amount to.
//
// It holds what must not depend on the machine. Whoever carries the runs out, on as
// many cores as there are, hands their outcomes to a [Summary] in the order of the
// [Work], so that equal work makes an equal summary, and the failure that is shown is
// the same one everywhere.
package campaign

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A Scenario is one of those that a campaign rehearses.
type Scenario struct {
	Name string // as its user calls it: a name or a path
	plan.Scenario
}

// Work says which runs a campaign consists of. They take turns: the first seed of every
// scenario, then the second of every scenario, so that a campaign that is cut short has
// rehearsed each of them equally.
type Work struct {
	Scenarios []Scenario
	First     sim.Seed
	Seeds     int // of each scenario, those of other shards included; 0 has no end
	Shard     Shard
}

// A Run is one seed of one scenario.
type Run struct {
	Scenario int // its place in [Work.Scenarios]
	Seed     sim.Seed
}

// Endless reports whether the work has no end of its own.
func (w Work) Endless() bool { return w.Seeds == 0 }

// Len returns how many runs there are, which is a very large number if they are endless.
func (w Work) Len() int {
	if w.Endless() {
		return math.MaxInt
	}
	return len(w.Scenarios) * ((w.Seeds - w.Shard.Index + w.Shard.Of - 1) / w.Shard.Of)
}

// At returns a run, counted from 0.
func (w Work) At(i int) Run {
	turn := i / len(w.Scenarios)
	return Run{
		Scenario: i % len(w.Scenarios),
		Seed:     w.First + sim.Seed(w.Shard.Index+turn*w.Shard.Of),
	}
}

// Plan returns what a run shall be.
func (w Work) Plan(r Run) plan.Plan { return plan.Draw(w.Scenarios[r.Scenario].Scenario, r.Seed) }

// Repeats reports whether run i is among the share of runs that are done twice. These
// are spread evenly, and the first run is always one of them unless the share is 0.
func Repeats(i int, share float64) bool {
	return share > 0 && (i == 0 || math.Floor(float64(i)*share) != math.Floor(float64(i-1)*share))
}

// A Shard is a part of a campaign: of every Of seeds, the one at Index. The shards of
// one campaign have no seed in common and leave none out.
type Shard struct{ Index, Of int }

// String prints s as [ParseShard] reads it.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// ParseShard reads a shard such as 3/16. They are counted from 0, as the machines do
// that number the jobs.
func ParseShard(text string) (Shard, error) {
	index, of, _ := strings.Cut(text, "/")
	s := Shard{}
	var errIndex, errOf error
	s.Index, errIndex = strconv.Atoi(index)
	s.Of, errOf = strconv.Atoi(of)
	switch {
	case errIndex != nil || errOf != nil || s.Of < 1:
		return Shard{}, fmt.Errorf("shard %q is not of the form 3/16", text)
	case s.Index < 0 || s.Index >= s.Of:
		return Shard{}, fmt.Errorf("there is no shard %q: %d shards are numbered from 0/%d to %d/%d", text, s.Of, s.Of, s.Of-1, s.Of)
	}
	return s, nil
}
