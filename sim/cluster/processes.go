package cluster

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/sim/plan"
)

// crash crashes a node, at once or a few effects later.
func (r *run) crash(s *plan.Strike, n actors.NodeID) func() {
	if s.After == 0 {
		r.world.Crash(n)
	} else {
		r.world.CrashAfter(n, s.After)
	}
	return func() { r.restart(n) }
}

// stop lets a node hand over and ends its process, perhaps before it is done.
func (r *run) stop(s *plan.Strike, n actors.NodeID) func() {
	r.world.Send(actors.Ref{Node: n, Name: node.Name}, node.Leave{})
	r.later(s.Grace, func() {
		if r.world.Up(n) {
			r.world.Crash(n)
		}
	})
	return func() { r.restart(n) }
}

// restart boots a node that is down. One that was to crash and did nothing since
// crashes now.
func (r *run) restart(n actors.NodeID) {
	r.world.CrashAfter(n, noCrash)
	r.world.Restart(n)
}

// noCrash is more effects than any run has.
const noCrash = 1 << 60

func (r *run) pause(_ *plan.Strike, n actors.NodeID) func() {
	r.world.Pause(n)
	return func() { r.world.Resume(n) }
}

// stall pauses a node that is cut off from the other servers, for half of that time. The
// clients reach it.
func (r *run) stall(s *plan.Strike, n actors.NodeID) func() {
	r.later(s.For/2, r.pause(s, n))
	return r.isolate(s, n)
}

// slowNode makes a node compute slowly.
func (r *run) slowNode(_ *plan.Strike, n actors.NodeID) func() {
	r.world.SetCost(n, slowFactor*r.cost(n))
	r.costs(n, slowFactor*r.cost(n))
	return func() { r.world.SetCost(n, r.cost(n)) }
}

// crashClient ends the process of a client. Another one takes its place, with the lanes.
func (r *run) crashClient(_ *plan.Strike, c actors.NodeID) func() {
	r.world.Crash(c)
	for _, l := range r.lanes {
		if l.client.Node == c {
			l.abandon()
		}
	}
	return func() { r.world.Restart(c) }
}

func (r *run) jumpClock(s *plan.Strike, n actors.NodeID) func() {
	r.world.Clock(n).ShiftWall(s.By)
	return func() {}
}

// driftClock changes the rate of the clocks of a node, which outlives its process.
func (r *run) driftClock(s *plan.Strike, n actors.NodeID) func() {
	clock := r.world.Clock(n)
	before := clock.Drift()
	clock.SetDrift(int64(s.Drift))
	r.drifts(n, s.Drift)
	return func() { clock.SetDrift(before) }
}
