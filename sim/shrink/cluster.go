package shrink

import (
	"slices"

	"github.com/understudy-kv/understudy/sim/plan"
)

// cluster makes the cluster smaller. Strikes of servers and partitions that are gone
// go with them.
func (s *shrinker) cluster() {
	s.least(1, s.plan.Cluster.Partitions, func(p *plan.Plan, n int) {
		p.Cluster.Partitions = n
		p.Strikes = slices.DeleteFunc(slices.Clone(p.Strikes), func(f plan.Strike) bool {
			return f.Target.Symbolic() && f.Target.LeaderOf >= n
		})
	})
	s.least(1, s.plan.Cluster.Nodes, withNodes)
	s.least(1, s.plan.Cluster.Replication, func(p *plan.Plan, n int) { p.Cluster.Replication = n })
}

// withNodes takes the servers above n out of a plan.
func withNodes(p *plan.Plan, n int) {
	p.Cluster.Nodes, p.Cluster.Replication = n, min(p.Cluster.Replication, n)
	gone := func(server int) bool { return server > n }
	p.Clocks = slices.DeleteFunc(slices.Clone(p.Clocks), func(c plan.Skew) bool { return gone(c.Node) })
	p.Machines = slices.DeleteFunc(slices.Clone(p.Machines), func(m plan.Machine) bool { return gone(m.Node) })
	p.Absent = slices.DeleteFunc(slices.Clone(p.Absent), func(a plan.Absence) bool { return gone(a.Node) })
	p.Pairs = slices.DeleteFunc(slices.Clone(p.Pairs), func(q plan.Pair) bool { return gone(q.A) || gone(q.B) })
	var strikes []plan.Strike
	for _, f := range p.Strikes {
		f.Voters = slices.DeleteFunc(slices.Clone(f.Voters), gone)
		f.Learners = slices.DeleteFunc(slices.Clone(f.Learners), gone)
		f.Sides = slices.Clone(f.Sides)
		for i, side := range f.Sides {
			f.Sides[i] = slices.DeleteFunc(slices.Clone(side), gone)
		}
		f.Sides = slices.DeleteFunc(f.Sides, func(side []int) bool { return len(side) == 0 })
		if !gone(f.Target.Node) && !gone(f.To) &&
			(f.Kind != plan.Split && f.Kind != plan.Swizzle || len(f.Sides) > 1) && (f.Kind != plan.ChangeMembers || len(f.Voters) > 0) {
			strikes = append(strikes, f)
		}
	}
	p.Strikes = strikes
}
