package shrink

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// Until returns the plan of a run that ends at a time. Faults that would strike after it
// go.
func Until(p plan.Plan, end time.Duration) plan.Plan {
	p.Duration = end
	if after := slices.IndexFunc(p.Strikes, func(f plan.Strike) bool { return f.At >= end }); after >= 0 {
		p.Strikes = p.Strikes[:after]
	}
	return p
}

// time shortens the run.
func (s *shrinker) time() {
	const unit = time.Millisecond
	s.least(1, int((s.plan.Duration+unit-1)/unit), func(p *plan.Plan, n int) {
		*p = Until(*p, time.Duration(n)*unit)
	})
}

func (s *shrinker) strikes() {
	remove(s, s.plan.Strikes, func(p *plan.Plan, rest []plan.Strike) { p.Strikes = rest })
}

// clients leaves out the operations of whole lanes, and then clients behind the last
// one that does something.
func (s *shrinker) clients() {
	remove(s, s.plan.Work.Only, func(p *plan.Plan, rest []plan.Selection) { p.Work.Only = orNone(rest) })
	used := 1
	for _, lane := range s.plan.Work.Only {
		used = max(used, lane.Client)
	}
	s.least(used, s.plan.Work.Clients, func(p *plan.Plan, n int) {
		p.Work.Clients = n
		p.Strikes = slices.DeleteFunc(slices.Clone(p.Strikes), func(f plan.Strike) bool { return f.Target.Client > n })
	})
}

// orNone selects an operation that no lane has if none is left: an empty selection
// would mean all.
func orNone(only []plan.Selection) []plan.Selection {
	if len(only) == 0 {
		return []plan.Selection{{Client: 1, Operations: []plan.Range{{Min: 0, Max: 0}}}}
	}
	return only
}

// An operation is one of a lane.
type operation struct{ client, lane, number int }

func (s *shrinker) operations() {
	remove(s, operationsOf(s.plan.Work.Only), func(p *plan.Plan, rest []operation) { p.Work.Only = orNone(selections(rest)) })
}

func operationsOf(only []plan.Selection) (list []operation) {
	for _, lane := range only {
		for _, r := range lane.Operations {
			for n := max(r.Min, 1); n <= r.Max; n++ {
				list = append(list, operation{lane.Client, lane.Lane, n})
			}
		}
	}
	return list
}

// selections is the inverse of operationsOf.
func selections(list []operation) (only []plan.Selection) {
	for i, o := range list {
		if i == 0 || o.client != list[i-1].client || o.lane != list[i-1].lane {
			only = append(only, plan.Selection{Client: o.client, Lane: o.lane})
		}
		ranges := &only[len(only)-1].Operations
		if last := len(*ranges) - 1; last >= 0 && (*ranges)[last].Max == o.number-1 {
			(*ranges)[last].Max = o.number
		} else {
			*ranges = append(*ranges, plan.Range{Min: o.number, Max: o.number})
		}
	}
	return only
}

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

// harmless are the changes each of which makes one trait of the network, the disks or the
// servers harmless.
var harmless = []func(*plan.Plan){
	func(p *plan.Plan) { p.Network.Loss = 0 },
	func(p *plan.Plan) { p.Network.Duplicate = 0 },
	func(p *plan.Plan) { p.Network.Reorder = 0 },
	func(p *plan.Plan) { p.Network.Tail = 0 },
	func(p *plan.Plan) { p.Disk.Files = plan.ModelFiles },
	func(p *plan.Plan) { p.Disk.Torn = 0 },
	func(p *plan.Plan) { p.Limits.Session = 0 },
	func(p *plan.Plan) { p.Limits.Segment = 0 },
	func(p *plan.Plan) { p.Limits.Snapshot = 0 },
	func(p *plan.Plan) { p.Limits.Trailing = 0 },
	func(p *plan.Plan) { p.Limits.Generation = 0 },
	func(p *plan.Plan) { p.Limits.Batch = 0 },
	func(p *plan.Plan) { p.Limits.Inflight = 0 },
	func(p *plan.Plan) { p.Limits.Piece = 0 },
	func(p *plan.Plan) { p.Limits.Uncommitted = 0 },
	func(p *plan.Plan) { p.Limits.Flight = 0 },
	func(p *plan.Plan) { p.Limits.Patience = 0 },
	func(p *plan.Plan) { p.Limits.Bandwidth, p.Limits.Queue = 0, 0 },
	func(p *plan.Plan) { p.Limits.Run = 0 },
	func(p *plan.Plan) { p.Limits.Mailbox = 0 },
	func(p *plan.Plan) { p.Network.Late = 0 },
	func(p *plan.Plan) { p.Cluster.Leases = false },
}

// conditions makes the network, the disks, the clocks and the sizes harmless.
func (s *shrinker) conditions() {
	var harmful []int // places among the changes
	for i, change := range harmless {
		if !alike(s.plan, change) {
			harmful = append(harmful, i)
		}
	}
	remove(s, harmful, func(p *plan.Plan, rest []int) {
		for _, i := range harmful {
			if !slices.Contains(rest, i) {
				harmless[i](p)
			}
		}
	})
	remove(s, s.plan.Clocks, func(p *plan.Plan, rest []plan.Skew) { p.Clocks = rest })
	remove(s, s.plan.Machines, func(p *plan.Plan, rest []plan.Machine) { p.Machines = rest })
	remove(s, s.plan.Absent, func(p *plan.Plan, rest []plan.Absence) { p.Absent = rest })
	remove(s, s.plan.Pairs, func(p *plan.Plan, rest []plan.Pair) { p.Pairs = rest })
	s.least(1, s.plan.Work.Keys, func(p *plan.Plan, n int) { p.Work.Keys = n })
}

// alike reports whether a change leaves a plan as it is.
func alike(p plan.Plan, change func(*plan.Plan)) bool {
	before := [...]any{p.Network, p.Disk, p.Limits, p.Cluster}
	change(&p)
	return before == [...]any{p.Network, p.Disk, p.Limits, p.Cluster}
}

// details makes each fault as plain and as short as it can be, when most of them are gone.
func (s *shrinker) details() {
	if s.grain != finest {
		return
	}
	for i := range s.plan.Strikes {
		edit := func(change func(*plan.Strike)) {
			s.edit(func(p *plan.Plan) {
				p.Strikes = slices.Clone(p.Strikes)
				change(&p.Strikes[i])
			})
		}
		f := s.plan.Strikes[i]
		if f.Target.Symbolic() && f.Struck != 0 && !f.Kind.OfPartition() {
			edit(func(f *plan.Strike) { f.Target = plan.On(f.Struck) })
		}
		if f.After != 0 {
			edit(func(f *plan.Strike) { f.After = 0 })
		}
		if f.Clients {
			edit(func(f *plan.Strike) { f.Clients = false })
		}
		for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, time.Millisecond} {
			if f.At.Truncate(unit) != f.At {
				edit(func(f *plan.Strike) { f.At = f.At.Truncate(unit) })
			}
		}
		s.least(1, int(f.For/time.Millisecond)+1, func(p *plan.Plan, n int) {
			p.Strikes = slices.Clone(p.Strikes)
			p.Strikes[i].For = time.Duration(n) * time.Millisecond
		})
	}
}
