package cluster

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// wipe takes a node down and empties its disk. It does nothing unless all groups can do
// without the node, and all others know its disk: then it must never take part again,
// and may halt. Once in a run, and not beside damage to logs of births.
func (r *run) wipe(_ *plan.Strike, n actors.NodeID) func() {
	if !r.expendable(n) || r.strangers() || len(r.harm.marred) > 0 {
		return nil
	}
	r.harm.wiped[n], r.watch.excused[n] = true, true
	r.world.Crash(n)
	r.disks[n].Wipe()
	r.watch.consensus.Wiped(check.Node(n))
	return func() {
		r.restart(n)
		for p := range r.plan.Cluster.Partitions {
			r.replace(n, p)
		}
	}
}

// replace asks the leader of a partition for another member in the place of n, or for one
// less if no server is to spare. One whose journal has ever lost something is not: what it
// may have promised as a member, which it does not remember, all others would have to tell
// it, n too.
func (r *run) replace(n actors.NodeID, partition int) {
	now := r.watch.consensus.Configuration(groupAt(partition))
	leader := actors.NodeID(r.watch.leaders[groupAt(partition)])
	if !now.Has(check.Node(n)) || !now.Settled() || leader == n {
		return
	}
	gone := func(o raft.ID) bool { return o == raft.ID(n) }
	voters := slices.DeleteFunc(slices.Clone(now.Voters), gone)
	learners := slices.DeleteFunc(slices.Clone(now.Learners), gone)
	for _, o := range r.servers {
		if !now.Has(check.Node(o)) && !r.harm.damaged[o] {
			voters = append(voters, raft.ID(o))
			r.invite(o, partition)
			break
		}
	}
	r.watch.consensus.Changing(groupAt(partition))
	r.world.Send(peerOf(leader, partition), peer.ChangeRequest{Voters: voters, Learners: learners})
}
