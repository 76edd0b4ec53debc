package foreign

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

const (
	// slowFactor is how much slower a slow disk is.
	slowFactor = 20
	// aimedEffects bounds how many effects a node still has after an aimed crash is
	// ordered, so that crashes fall between a write and its sync, or a vote and its
	// message.
	aimedEffects = 40
	// noCrash is more effects than any run has.
	noCrash = 1 << 60
)

// schedule makes a family of faults strike until the storm is over.
func (r *run) schedule(f Fault, s *sim.Stream) {
	r.world.After(s.Exp(f.Every), func() {
		if r.world.Now() >= r.plan.Stormy {
			return
		}
		if n := r.running(r.aim(s)); n != 0 {
			r.report.Strikes[f.Kind]++
			r.later(s.Exp(f.For), r.inflict(f.Kind, n, s))
		}
		r.schedule(f, s)
	})
}

// later lifts a fault in time, or earlier when everything is healed.
func (r *run) later(d time.Duration, lift func()) {
	lifted := false
	once := func() {
		if !lifted {
			lifted = true
			lift()
		}
	}
	r.lifts = append(r.lifts, once)
	r.world.After(d, once)
}

// aim picks who is struck: every other time whoever was last seen to lead.
func (r *run) aim(s *sim.Stream) actors.NodeID {
	any := r.servers[s.IntN(len(r.servers))]
	if s.Chance(0.5) && r.leader != 0 {
		return r.leader
	}
	return any
}

// running returns n, or the next server that is up and not paused, or zero.
func (r *run) running(n actors.NodeID) actors.NodeID {
	first := slices.Index(r.servers, n)
	for i := range r.servers {
		n := r.servers[(first+i)%len(r.servers)]
		if r.world.Up(n) && !r.world.Paused(n) {
			return n
		}
	}
	return 0
}

// inflict makes a fault happen to n and returns what lifts it.
func (r *run) inflict(kind FaultKind, n actors.NodeID, s *sim.Stream) (lift func()) {
	me := []actors.NodeID{n}
	others := slices.DeleteFunc(slices.Clone(r.servers), func(o actors.NodeID) bool { return o == n })
	switch kind {
	case Crash:
		r.world.CrashAfter(n, s.IntN(aimedEffects))
		return func() {
			r.world.CrashAfter(n, noCrash)
			r.world.Restart(n)
		}
	case Pause:
		r.world.Pause(n)
		return func() { r.world.Resume(n) }
	case Isolate:
		return r.network.Add(string(kind), network.Partition{me, others})
	case Split:
		return r.network.Add(string(kind), r.sides(s))
	case Cut:
		to := others[s.IntN(len(others))]
		return r.network.Add(string(kind), network.Cut{From: me, To: []actors.NodeID{to}})
	case Clog:
		return r.network.Add(string(kind), network.Clog{From: others, To: me, Until: r.world.Now() + s.Exp(200*time.Millisecond)})
	case SlowDisk:
		return r.disks[n].Slow(slowFactor)
	case Transfer:
		to := others[s.IntN(len(others))]
		r.world.Send(refOf(raft.ID(n)), transfer{raft.ID(to)})
		return func() {}
	}
	panic("no fault of kind " + string(kind))
}

// sides divides the servers.
func (r *run) sides(s *sim.Stream) network.Partition {
	sides := network.Partition{nil, nil}
	for _, n := range r.servers {
		side := s.IntN(2)
		sides[side] = append(sides[side], n)
	}
	return sides
}
