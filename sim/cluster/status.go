package cluster

import (
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim/check"
)

// demandTruth asks every replica how it is, as people do: at rest nothing keeps what it
// says from being what was seen.
func (r *run) demandTruth() {
	asked := 0
	for p := range r.plan.Cluster.Partitions {
		for _, n := range r.servers {
			if r.world.Up(n) && r.watch.consensus.Trustworthy(groupAt(p), check.Node(n)) {
				r.world.Send(peerOf(n, p), peer.StatusRequest{})
				asked++
			}
		}
	}
	if !r.await(func() bool { return r.watch.stated == asked }, healLimit) {
		r.accuse(check.StatusTrue, "%d of %d replicas say how they are, %v after they were asked", r.watch.stated, asked, healLimit)
	}
}
