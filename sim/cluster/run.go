// Package cluster rehearses: it puts a whole cluster and its clients into one
// simulated world, lets them work while faults strike, heals everything, demands
// progress, and says what the run is worth.
package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// Limits of the second phase, in simulated time.
const (
	// drainLimit is how long clients may take to finish after the faults: longer than
	// the timeout of a call.
	drainLimit = 2 * callTimeout
	// healLimit is how long a healed cluster may take until every partition accepts a
	// write and all replicas agree.
	healLimit = 20 * time.Second
	// judgeLimit is how much real time Porcupine may take.
	judgeLimit = 30 * time.Second
)

// A run is one plan being carried out.
type run struct {
	stage   Stage
	plan    plan.Plan
	parts   parts
	world   *sim.World
	network *network.Network
	disks   map[actors.NodeID]*disk.Disk
	files   []Files
	places  ring.Map
	servers []actors.NodeID
	clients []actors.Ref
	lanes   []*lane
	keys    keyring
	watch   *watch
	history *check.History
	counts  counts
	interventions
	found    []check.Violation
	heard    hearsay
	progress int // partitions that accepted a write since that was demanded
	goal     goal
}

// maxViolations is how many violations a report holds. The first one tells most.
const maxViolations = 16

func newRun(p plan.Plan) *run {
	// The run notes who was struck, and who was away.
	p.Strikes, p.Absent = slices.Clone(p.Strikes), slices.Clone(p.Absent)
	return &run{
		plan:          p,
		parts:         realParts(p),
		disks:         map[actors.NodeID]*disk.Disk{},
		history:       &check.History{},
		keys:          newKeyring(p.Work.Keys),
		interventions: newInterventions(),
	}
}

func (r *run) carryOut(observers []func(*sim.Event)) Report {
	defer r.leave()
	r.build(observers)
	r.schedule()
	r.world.RunUntil(r.over, r.plan.Duration)
	r.recover()
	r.leave()
	return r.judge()
}

// await lets the world run until done, and reports whether it came true in time.
func (r *run) await(done func() bool, limit time.Duration) bool {
	return r.world.RunUntil(func() bool { return r.over() || done() }, limit) || r.over()
}

func (r *run) violate(v check.Violation) {
	if len(r.found) < maxViolations {
		r.found = append(r.found, v)
	}
}

// schedule lays out the strikes and starts the clients.
func (r *run) schedule() {
	for i := range r.plan.Strikes {
		s := &r.plan.Strikes[i]
		r.world.At(s.At, func() { r.strike(s) })
	}
	for _, l := range r.lanes {
		l.turn()
	}
}

// heal ends every fault, and lets servers stay away if the plan says so: what runs now
// must recover.
func (r *run) heal() {
	for _, lift := range r.lifts {
		lift()
	}
	r.lifts = nil
	r.heard.listen(r.world)
	for _, n := range r.servers {
		r.world.Resume(n)
		r.world.Restart(n)
	}
	r.inviteAll()
	r.world.Note("healed")
	r.part()
}

// drain waits for the operations under way.
func (r *run) drain() {
	idle := func() bool {
		for _, l := range r.lanes {
			if l.running != nil {
				return false
			}
		}
		return true
	}
	if !r.await(idle, drainLimit) {
		r.accuse(check.Progress, "an operation of a client was not ended by its deadline")
	}
}

// demandProgress writes to every partition.
func (r *run) demandProgress() {
	r.progress = 0
	for p := range r.plan.Cluster.Partitions {
		r.probe(p)
	}
	if !r.await(func() bool { return r.progress == r.plan.Cluster.Partitions }, healLimit) {
		r.accuse(check.Progress, "%d of %d partitions accepted a write within %v of healing",
			r.progress, r.plan.Cluster.Partitions, healLimit)
	}
}

// demandConvergence waits until all replicas hold the same.
func (r *run) demandConvergence() {
	var lagging error
	converged := func() bool {
		for p := range r.plan.Cluster.Partitions {
			if lagging = r.watch.consensus.Converged(groupAt(p)); lagging != nil {
				return false
			}
		}
		return true
	}
	if !r.await(converged, healLimit) {
		r.accuse(check.Convergence, "%v, %v after healing", lagging, healLimit)
	}
}

// demandDepartures waits until nobody holds anything of a group that it is no member of.
func (r *run) demandDepartures() {
	var lingering error
	if !r.await(func() bool { lingering = r.lingering(); return lingering == nil }, healLimit) {
		r.accuse(check.NothingLeft, "%v, %v after healing", lingering, healLimit)
	}
}

// lingering finds a server that holds something of a group of which it is no member, if
// there is one.
func (r *run) lingering() error {
	for p := range r.plan.Cluster.Partitions {
		g := groupAt(p)
		members := r.watch.consensus.Configuration(g)
		for _, n := range r.servers {
			if members.Has(check.Node(n)) || !r.world.Up(n) {
				continue
			}
			if r.watch.consensus.Holds(g, check.Node(n)) {
				return fmt.Errorf("node %v holds a log of %v, of which %v are the members", n, g, members)
			}
			for _, file := range r.disks[n].Files() {
				if strings.HasPrefix(file, fmt.Sprintf("snapshot-%d-", g)) {
					return fmt.Errorf("node %v holds %s of %v, of which %v are the members", n, file, g, members)
				}
			}
		}
	}
	return nil
}

func (r *run) fail(oracle, text string) {
	r.violate(check.Violation{Oracle: oracle, At: r.world.Now(), Text: text})
}
