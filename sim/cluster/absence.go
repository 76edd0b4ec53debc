package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// settling is how long before everything is healed nobody may have asked for other
// members, if servers are to stay away: the change may need them.
const settling = 3 * time.Second

// part lets servers stay away as the plan says, those without which every group can
// decide.
func (r *run) part() {
	if r.unsettled() {
		return
	}
	for i := range r.plan.Absent {
		if a := &r.plan.Absent[i]; r.dispensable(actors.NodeID(a.Node)) {
			a.From = r.world.Now()
			r.absent[actors.NodeID(a.Node)] = r.away(a)
			r.world.Note(fmt.Sprintf("node %d stays away: %s", a.Node, a.How))
		}
	}
}

// unsettled reports whether servers may be needed whatever the members of groups are by
// now: somebody may be asked to become one, or to note the birth of a disk.
func (r *run) unsettled() bool {
	changed := func(s plan.Strike) bool { return s.Kind == plan.ChangeMembers && s.At > r.plan.Duration-settling }
	return slices.ContainsFunc(r.plan.Strikes, changed) || r.strangers() || len(r.harm.marred)+len(r.harm.wiped) > 0
}

// dispensable reports whether every group can decide if n stays away, too.
func (r *run) dispensable(n actors.NodeID) bool {
	present := func(o check.Node) bool {
		_, absent := r.absent[actors.NodeID(o)]
		return !absent && actors.NodeID(o) != n
	}
	for p := range r.plan.Cluster.Partitions {
		if g := groupAt(p); r.watch.protocol.Wishing(g) || !r.watch.consensus.CanDecide(g, present) {
			return false
		}
	}
	return true
}

// away keeps a server from the others, and returns what brings it back.
func (r *run) away(a *plan.Absence) (back func()) {
	n := actors.NodeID(a.Node)
	name, others := "absent, "+string(a.How), r.others(n)
	switch a.How {
	case plan.CutOff:
		return r.network.Add(name, network.Partition{{n}, others})
	case plan.Deaf:
		return r.network.Add(name, network.Cut{From: others, To: []actors.NodeID{n}})
	case plan.Mute:
		return r.network.Add(name, network.Cut{From: []actors.NodeID{n}, To: others})
	}
	r.world.Crash(n)
	return func() { r.world.Restart(n) }
}

// demandIndependence demands progress of those who are there, if anybody is away.
func (r *run) demandIndependence() {
	if len(r.absent) > 0 {
		r.demandProgress()
	}
}

// reunite brings back who stayed away.
func (r *run) reunite() {
	for i := range r.plan.Absent {
		a := &r.plan.Absent[i]
		n := actors.NodeID(a.Node)
		back, absent := r.absent[n]
		if !absent {
			continue
		}
		back()
		delete(r.absent, n)
		a.To = r.world.Now()
		r.returned++
		r.world.Note(fmt.Sprintf("node %d is back", a.Node))
	}
	r.inviteAll()
}
