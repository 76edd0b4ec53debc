package shrink

import (
	"slices"

	"github.com/understudy-kv/understudy/sim/plan"
)

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
