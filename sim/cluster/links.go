package cluster

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// others are the servers besides n.
func (r *run) others(n actors.NodeID) []actors.NodeID {
	return slices.DeleteFunc(slices.Clone(r.servers), func(o actors.NodeID) bool { return o == n })
}

// isolate cuts a node off from the other servers, and perhaps from the clients as
// well. A leader whom only clients reach is the one to tell them lies.
func (r *run) isolate(s *plan.Strike, n actors.NodeID) func() {
	others := r.others(n)
	if s.Clients {
		others = append(others, r.clientNodes()...)
	}
	return r.network.Add(string(s.Kind), network.Partition{{n}, others})
}

func (r *run) clientNodes() (ids []actors.NodeID) {
	for _, c := range r.clients {
		ids = append(ids, c.Node)
	}
	return ids
}

// split divides the servers.
func (r *run) split(s *plan.Strike, _ actors.NodeID) func() {
	var sides network.Partition
	for _, side := range s.Sides {
		sides = append(sides, nodeIDs(side))
	}
	return r.network.Add(string(s.Kind), sides)
}

func nodeIDs(servers []int) (ids []actors.NodeID) {
	for _, n := range servers {
		ids = append(ids, actors.NodeID(n))
	}
	return ids
}

// other is the server at the other end of a link of n that is struck: the one that the
// plan names, or the one after it if that turned out to be n itself. It is noted in the
// strike.
func (r *run) other(s *plan.Strike, n actors.NodeID) []actors.NodeID {
	if actors.NodeID(s.To) == n {
		s.To = int(r.servers[int(n)%len(r.servers)])
	}
	return nodeIDs([]int{s.To})
}

// cutLink stops the packets from n to one other server.
func (r *run) cutLink(s *plan.Strike, n actors.NodeID) func() {
	return r.network.Add(string(s.Kind), network.Cut{From: []actors.NodeID{n}, To: r.other(s, n)})
}

// cutPair stops the packets between n and one other server, both ways.
func (r *run) cutPair(s *plan.Strike, n actors.NodeID) func() {
	return r.network.Add(string(s.Kind), network.Partition{{n}, r.other(s, n)})
}

// swizzle cuts servers off during the first half of its time, one after the other, and
// lets them back during the second half in another order.
func (r *run) swizzle(s *plan.Strike, _ actors.NodeID) func() {
	cuts, heals := s.Sides[0], s.Sides[1]
	step := s.For / time.Duration(2*len(cuts))
	over := false
	for i, server := range cuts {
		n := actors.NodeID(server)
		back := time.Duration(slices.Index(heals, server)+1) * step
		r.world.After(time.Duration(i)*step, func() {
			if !over {
				cut := r.network.Add(string(s.Kind), network.Partition{{n}, r.others(n)})
				r.later(s.For/2-time.Duration(i)*step+back, cut)
			}
		})
	}
	return func() { over = true }
}

// clog holds the packets from other servers to n.
func (r *run) clog(s *plan.Strike, n actors.NodeID) func() {
	return r.network.Add(string(s.Kind), network.Clog{
		From: r.others(n), To: []actors.NodeID{n}, Until: r.unclogged(s),
	})
}

// clogLink holds the packets from n to one other server.
func (r *run) clogLink(s *plan.Strike, n actors.NodeID) func() {
	return r.network.Add(string(s.Kind), network.Clog{
		From: []actors.NodeID{n}, To: r.other(s, n), Until: r.unclogged(s),
	})
}

// unclogged is when the packets that a strike holds arrive: when it is over, or when
// everything is healed.
func (r *run) unclogged(s *plan.Strike) time.Duration {
	return min(r.world.Now()+s.For, r.plan.Duration)
}
