package cluster

import (
	"cmp"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim"
)

// A Plan is what one seed makes of a scenario: every choice that is not left to
// the streams of the running world. The plan is what runs.
type Plan struct {
	Scenario    string
	Seed        sim.Seed
	Duration    time.Duration
	Nodes       int
	Partitions  int
	Replication int
	Clients     int
	Keys        int
	Pause       time.Duration
	Reads       float64
	Leases      bool
	Network     Network
	Disk        Disk
	Clock       Clock
	// The limits of the servers; zero is what production has. See [Sizes].
	Snapshot, Trailing, Generation, Batch, Inflight int
	Strikes                                         []Strike // in order of time
}

// A Strike is one fault at one time. Its target may still be symbolic: who leads
// is known only when the time comes.
type Strike struct {
	At     time.Duration
	For    time.Duration
	Kind   FaultKind
	Target Target
	// Draw decides what Kind and Target leave open, such as which node.
	Draw uint64
}

// Draw makes a plan of a scenario and a seed. Each choice has a stream of its own,
// so that a change of one rule leaves what others drew.
func Draw(s Scenario, seed sim.Seed) Plan {
	p := Plan{
		Scenario:   s.Name,
		Seed:       seed,
		Duration:   s.Duration,
		Nodes:      s.Cluster.Nodes.draw(seed, "nodes"),
		Partitions: s.Cluster.Partitions.draw(seed, "partitions"),
		Clients:    s.Workload.Clients.draw(seed, "clients"),
		Keys:       s.Workload.Keys.draw(seed, "keys"),
		Pause:      s.Workload.Pause,
		Reads:      s.Workload.Reads,
		Leases:     seed.Stream("leases").IntN(4) > 0,
		Network:    s.Network,
		Disk:       s.Disk,
		Clock:      s.Clock,
	}
	p.Replication = min(s.Cluster.Replication.draw(seed, "replication"), p.Nodes)
	p.Snapshot = s.Sizes.Snapshot.drawSize(seed, "snapshot")
	p.Trailing = s.Sizes.Trailing.drawSize(seed, "trailing")
	p.Generation = s.Sizes.Generation.drawSize(seed, "generation")
	p.Batch = s.Sizes.Batch.drawSize(seed, "batch")
	p.Inflight = s.Sizes.Inflight.drawSize(seed, "inflight")
	if s.Swarm {
		p.leaveOut()
		p.varyWorkload()
	}
	for i, f := range s.Faults {
		if p.Nodes == 1 && f.Kind.needsPeers() || s.Swarm && seed.Stream("swarm fault", uint64(i)).Chance(0.5) ||
			f.Kind.spares(p) {
			continue
		}
		p.Strikes = append(p.Strikes, f.strikes(seed.Stream("strikes", uint64(i)), s.Duration)...)
	}
	slices.SortStableFunc(p.Strikes, func(a, b Strike) int { return cmp.Compare(a.At, b.At) })
	return p
}

// leaveOut turns each trait of the network, the disks and the clocks off with even
// odds.
func (p *Plan) leaveOut() {
	traits := []struct {
		name string
		off  func()
	}{
		{"loss", func() { p.Network.Loss = 0 }},
		{"duplicate", func() { p.Network.Duplicate = 0 }},
		{"reorder", func() { p.Network.Reorder = 0 }},
		{"tail", func() { p.Network.Tail = 0 }},
		{"torn", func() { p.Disk.Torn = 0 }},
		{"drift", func() { p.Clock.Drift = 0 }},
		{"offset", func() { p.Clock.Offset = 0 }},
	}
	for _, t := range traits {
		if p.Seed.Stream("swarm " + t.name).Chance(0.5) {
			t.off()
		}
	}
}

// varyWorkload makes some clients rare visitors and some workloads nearly all reads.
// Clients that are always there follow every change of leader at once: they never
// meet a leader that does not know yet that it is none.
func (p *Plan) varyWorkload() {
	p.Pause *= []time.Duration{1, 1, 5, 25}[p.Seed.Stream("swarm pause").IntN(4)]
	p.Reads = []float64{p.Reads, p.Reads, 0.1, 0.9}[p.Seed.Stream("swarm reads").IntN(4)]
}

// spares reports whether a fault is left out of a plan because it would take more
// than Raft can give back: of what a group has decided, one sound copy must be left
// beside the one that is damaged, and voters enough to do without it.
func (k FaultKind) spares(p Plan) bool {
	if k != Corrupt && k != CorruptSnapshot {
		return false
	}
	changes := func(s Strike) bool { return s.Kind == ChangeMembers }
	return p.Replication < 3 || slices.ContainsFunc(p.Strikes, changes)
}

// drawSize draws from a range of sizes so that each order of magnitude is as likely
// as any other.
func (r Range) drawSize(seed sim.Seed, purpose string) int {
	s := seed.Stream("size " + purpose)
	top := r.Max
	for top/2 > r.Min && s.Chance(0.5) {
		top /= 2
	}
	return r.Min + s.IntN(top-r.Min+1)
}

func (r Range) draw(seed sim.Seed, purpose string) int {
	return r.Min + seed.Stream(purpose).IntN(r.Max-r.Min+1)
}

// strikes lays a fault out over the time of a run.
func (f Fault) strikes(s *sim.Stream, duration time.Duration) (list []Strike) {
	for at := s.Exp(f.Every); at < duration; at += s.Exp(f.Every) + time.Millisecond {
		list = append(list, Strike{
			At: at, For: f.For/2 + s.Exp(f.For/2), Kind: f.Kind, Target: f.Target, Draw: s.Uint64(),
		})
	}
	return list
}
