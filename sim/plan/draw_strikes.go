package plan

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim"
)

const (
	// aimedEffects bounds how many effects a node still has after an aimed crash is
	// ordered, so that crashes fall between a write and its sync, or a vote and its
	// message.
	aimedEffects = 64
	// maxJump is how far the time of day jumps at most.
	maxJump = 10 * time.Second
	// maxRoom is how many bytes a disk that is nearly full still takes, at most.
	maxRoom = 20_000
)

// strikes lays a fault out over the time of the run.
func (d *drawing) strikes(fault uint64, f Fault) (list []Strike) {
	times := d.seed.Stream("strikes", fault)
	for n := uint64(0); ; n++ {
		at := times.Exp(f.Every) + time.Millisecond
		if n > 0 {
			at += list[len(list)-1].At
		}
		if at >= d.plan.Duration {
			return list
		}
		s := d.seed.Stream("strike", fault, n)
		for _, t := range d.targets(f, n, s) {
			strike := Strike{At: at, For: f.For/2 + s.Exp(f.For/2), Kind: f.Kind, Target: t}
			d.complete(&strike, s)
			list = append(list, strike)
		}
	}
}

// targets draws who is struck by the strike of that number.
func (d *drawing) targets(f Fault, number uint64, s *sim.Stream) []Target {
	nodes, partition := d.plan.Cluster.Nodes, s.IntN(d.plan.Cluster.Partitions)
	switch {
	case f.Kind == CrashClient:
		return []Target{OnClient(1 + s.IntN(d.plan.Work.Clients))}
	case f.Target == Leader || f.Kind.OfPartition():
		return []Target{LeaderOf(partition)}
	case f.Target == Next:
		return []Target{On(1 + int(number%uint64(nodes)))}
	case f.Target == All && f.Kind != Split && f.Kind != Swizzle: // one of these concerns everybody
		all := make([]Target, nodes)
		for i := range all {
			all[i] = On(1 + i)
		}
		return all
	}
	return []Target{On(1 + s.IntN(nodes))}
}

// complete draws what the kind of a strike needs.
func (d *drawing) complete(s *Strike, from *sim.Stream) {
	sometimes := from.Chance(0.5)
	switch s.Kind {
	case Crash:
		if sometimes {
			s.After = 1 + from.IntN(aimedEffects)
		}
	case Stop:
		s.Grace = s.For / 2
		if sometimes { // perhaps before it is done
			s.Grace = from.Between(0, s.Grace)
		}
	case Isolate:
		s.Clients = sometimes
	case Split:
		s.Sides = d.sides(from)
	case Swizzle:
		s.Sides = d.orders(from)
	case CutLink, CutPair, ClogLink:
		s.To = d.other(s.Target, from)
	case FillDisk:
		s.After = from.IntN(maxRoom)
	case DriftClock:
		s.Drift = from.IntN(2*d.drift+1) - d.drift
	case JumpClock:
		s.By = from.Between(0, 2*maxJump) - maxJump
	case Transfer:
		s.To = from.IntN(d.plan.Cluster.Nodes + 1)
	case ChangeMembers:
		s.Voters, s.Learners = d.members(from)
	case Corrupt, CorruptSnapshot, RotSnapshot, Misdirect, LoseSnapshot:
		s.Pick = from.Uint64()
	}
}

// sides divides the servers.
func (d *drawing) sides(s *sim.Stream) [][]int {
	sides, order := make([][]int, 2), d.shuffled(s)
	cut := 1 + s.IntN(len(order)-1)
	sides[0], sides[1] = order[:cut], order[cut:]
	return sides
}

// orders draws some servers, at least two, in which order they are cut off, and in
// which they come back.
func (d *drawing) orders(s *sim.Stream) [][]int {
	cuts := d.shuffled(s)
	cuts = cuts[:2+s.IntN(len(cuts)-1)]
	return [][]int{cuts, shuffle(slices.Clone(cuts), s)}
}

// other draws a server that is not the target, as far as that is known.
func (d *drawing) other(t Target, s *sim.Stream) int {
	n := 1 + s.IntN(d.plan.Cluster.Nodes-1)
	if t.Node != 0 && n >= t.Node {
		n++
	}
	return n
}

// members draws a set of voters, at most two more than usually hold a partition, and
// perhaps a learner.
func (d *drawing) members(s *sim.Stream) (voters, learners []int) {
	servers := d.shuffled(s)
	n := 1 + s.IntN(min(len(servers), d.plan.Cluster.Replication+2))
	l := s.IntN(min(len(servers)-n, 1) + 1)
	return servers[:n], servers[n : n+l]
}

// shuffled returns the servers in a drawn order.
func (d *drawing) shuffled(s *sim.Stream) []int {
	servers := make([]int, d.plan.Cluster.Nodes)
	for i := range servers {
		servers[i] = 1 + i
	}
	return shuffle(servers, s)
}

// shuffle puts a list into a drawn order.
func shuffle(list []int, s *sim.Stream) []int {
	for i := range list {
		j := i + s.IntN(len(list)-i)
		list[i], list[j] = list[j], list[i]
	}
	return list
}
