package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim"
)

// Draw makes a plan of a scenario and a seed. Each choice has a stream of its own,
// so that a change of one rule leaves what others drew.
func Draw(s Scenario, seed sim.Seed) Plan {
	d := drawing{seed: seed, plan: Plan{
		Format: Format, Scenario: s.Name, Seed: seed, Duration: s.Duration, Network: s.Network,
		Disk: Disk{Sync: s.Disk.Sync, Torn: s.Disk.Torn},
	}}
	if d.seed.Stream("files").Chance(s.Disk.Real) {
		d.plan.Disk.Files = RealFiles
	}
	d.drawSizes(s)
	d.plan.Work = Work{
		Clients: d.size("clients", s.Workload.Clients), Keys: d.size("keys", s.Workload.Keys),
		Pause: s.Workload.Pause, Reads: s.Workload.Reads,
	}
	if beyond := d.seed.Stream("beyond").Chance(0.5); beyond && s.Clock.Beyond > 0 && !d.plan.Cluster.Leases {
		s.Clock.Drift = s.Clock.Beyond
	}
	if s.Swarm {
		d.leaveOut(&s.Clock, &s.Hardware)
		d.varyWork()
	}
	d.drawClocks(s.Clock)
	d.drawHardware(s.Hardware)
	d.drawAbsences(s.Absent)
	for i, f := range s.Faults {
		if d.leavesOut(s, i) {
			continue
		}
		f.Every *= d.ease(s, i)
		d.plan.Strikes = append(d.plan.Strikes, d.strikes(uint64(i), f)...)
	}
	slices.SortStableFunc(d.plan.Strikes, func(a, b Strike) int { return cmp.Compare(a.At, b.At) })
	for _, f := range s.Without {
		f.leaveOut(&d.plan)
	}
	return d.plan
}

// A drawing is a plan while it is being drawn.
type drawing struct {
	seed  sim.Seed
	plan  Plan
	drift int // how far the rates of clocks may be off, in millionths
}

// size draws from a range.
func (d *drawing) size(purpose string, r Range) int {
	return r.Min + d.seed.Stream(purpose).IntN(r.Max-r.Min+1)
}

// limit draws from a range so that each order of magnitude is as likely as any other.
func (d *drawing) limit(purpose string, r Range) int {
	if r == (Range{}) {
		return 0 // as in production
	}
	s := d.seed.Stream("size " + purpose)
	top := r.Max
	for top/2 > r.Min && s.Chance(0.5) {
		top /= 2
	}
	return max(1, r.Min+s.IntN(top-r.Min+1))
}

func (d *drawing) drawSizes(s Scenario) {
	d.plan.Cluster = Cluster{
		Nodes:      cmp.Or(s.Servers, d.size("nodes", s.Cluster.Nodes)),
		Partitions: d.size("partitions", s.Cluster.Partitions),
		Leases:     d.seed.Stream("leases").IntN(4) > 0,
	}
	d.plan.Cluster.Replication = min(d.size("replication", s.Cluster.Replication), d.plan.Cluster.Nodes)
	d.plan.Limits = Limits{
		Snapshot:    d.limit("snapshot", s.Sizes.Snapshot),
		Trailing:    d.limit("trailing", s.Sizes.Trailing),
		Generation:  d.limit("generation", s.Sizes.Generation),
		Batch:       d.limit("batch", s.Sizes.Batch),
		Inflight:    d.limit("inflight", s.Sizes.Inflight),
		Bandwidth:   d.limit("bandwidth", s.Sizes.Bandwidth),
		Queue:       d.limit("queue", s.Sizes.Queue),
		Run:         d.limit("run", s.Sizes.Run),
		Mailbox:     d.limit("mailbox", s.Sizes.Mailbox),
		Uncommitted: d.limit("uncommitted", s.Sizes.Uncommitted),
		Piece:       d.limit("piece", s.Sizes.Piece),
		Session:     d.limit("session", s.Sizes.Session),
		Segment:     d.limit("segment", s.Sizes.Segment),
		Flight:      d.limit("flight", s.Sizes.Flight),
		Patience:    d.limit("patience", s.Sizes.Patience),
	}
}

// leaveOut turns each trait of the network, the disks, the clocks and the machines off
// with even odds.
func (d *drawing) leaveOut(clock *Clock, machines *Hardware) {
	n, l := &d.plan.Network, &d.plan.Limits
	traits := []struct {
		name string
		off  func()
	}{
		{"loss", func() { n.Loss = 0 }},
		{"duplicate", func() { n.Duplicate = 0 }},
		{"reorder", func() { n.Reorder = 0 }},
		{"tail", func() { n.Tail = 0 }},
		{"torn", func() { d.plan.Disk.Torn = 0 }},
		{"drift", func() { clock.Drift = 0 }},
		{"offset", func() { clock.Offset = 0 }},
		{"late", func() { n.Late = 0 }},
		{"far", func() { machines.Far = 0 }},
		{"cost", func() { machines.Cost = 0 }},
		{"slow", func() { machines.Slow = 0 }},
		{"bandwidth", func() { l.Bandwidth, l.Queue = 0, 0 }},
		{"run", func() { l.Run = 0 }},
		{"mailbox", func() { l.Mailbox = 0 }},
		{"session", func() { l.Session = 0 }},
	}
	for _, t := range traits {
		if d.seed.Stream("swarm " + t.name).Chance(0.5) {
			t.off()
		}
	}
}

// varyWork makes some clients rare visitors and some workloads nearly all reads.
// Clients that are always there follow every change of leader at once: they never
// meet a leader that does not know yet that it is none.
func (d *drawing) varyWork() {
	w := &d.plan.Work
	w.Pause *= []time.Duration{1, 1, 5, 25}[d.seed.Stream("swarm pause").IntN(4)]
	w.Reads = []float64{w.Reads, w.Reads, 0.1, 0.9}[d.seed.Stream("swarm reads").IntN(4)]
}

func (d *drawing) drawClocks(c Clock) {
	drift := int(c.Drift * 1e6)
	d.drift = drift
	if drift == 0 && c.Offset == 0 {
		return
	}
	for n := 1; n <= d.plan.Cluster.Nodes; n++ {
		s := d.seed.Stream("clock", uint64(n))
		skew := Skew{Node: n}
		if drift > 0 {
			skew.Drift = s.IntN(2*drift) - drift
		}
		if c.Offset > 0 {
			skew.Offset = s.Between(0, 2*c.Offset) - c.Offset
		}
		d.plan.Clocks = append(d.plan.Clocks, skew)
	}
}

// drawHardware draws which two servers are far from each other, how fast machines are,
// and which one is slow.
func (d *drawing) drawHardware(h Hardware) {
	nodes, s := d.plan.Cluster.Nodes, d.seed.Stream("hardware")
	a, b, slow := 1+s.IntN(nodes), 1+s.IntN(nodes), 1+s.IntN(nodes)
	if h.Far > 0 && a != b {
		d.plan.Pairs = []Pair{{A: min(a, b), B: max(a, b), Wait: h.Far}}
	}
	cost := h.Cost
	for cost/2 > sim.DefaultCost && s.Chance(0.5) {
		cost /= 2
	}
	for n := 1; n <= nodes; n++ {
		m := Machine{Node: n, Cost: max(cost, sim.DefaultCost)}
		if n == slow {
			m.Cost *= time.Duration(max(h.Slow, 1))
		}
		if m.Cost != sim.DefaultCost {
			d.plan.Machines = append(d.plan.Machines, m)
		}
	}
}

// leavesOut reports whether a fault of the scenario has no part in the plan.
func (d *drawing) leavesOut(s Scenario, fault int) bool {
	kind := s.Faults[fault].Kind
	return d.plan.Cluster.Nodes == 1 && kind.needsPeers() ||
		s.Swarm && d.seed.Stream("swarm fault", uint64(fault)).Chance(0.5) ||
		d.spares(kind) || kind == DriftClock && d.drift == 0
}

// ease draws how many times rarer a fault is than the scenario says: in a swarm some are.
// Where there are two servers, whatever strikes one stops both: with as many strikes they
// might never get anything done.
func (d *drawing) ease(s Scenario, fault int) time.Duration {
	times := time.Duration(1)
	if s.Swarm {
		times <<= d.seed.Stream("swarm rate", uint64(fault)).IntN(3)
		if d.plan.Cluster.Nodes == 2 {
			times *= 3
		}
	}
	return times
}

// spares reports whether a fault is left out of a plan because it would take more
// than Raft can give back: of what a group has decided, one sound copy must be left
// beside the one that is damaged, and voters enough to do without it.
func (d *drawing) spares(k FaultKind) bool {
	if !k.Damages() {
		return false
	}
	changes := func(s Strike) bool { return s.Kind == ChangeMembers }
	return d.plan.Cluster.Replication < 3 || slices.ContainsFunc(d.plan.Strikes, changes)
}
