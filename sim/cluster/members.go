package cluster

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// leaderPeer returns the peer that is believed to lead a drawn partition, and the
// partition.
func (r *run) leaderPeer(draw uint64) (actors.Ref, int) {
	p := int(draw % uint64(r.plan.Partitions))
	g := groupAt(p)
	return actors.Ref{Node: actors.NodeID(r.watch.leaders[g]), Name: peer.Name(node.Group(p))}, p
}

// An invitation asks a server to host a replica of a partition.
type invitation struct {
	server    actors.NodeID
	partition int
}

// invite asks a server to host a replica, and once more when everything is healed: it
// may be down.
func (r *run) invite(n actors.NodeID, partition int) {
	i := invitation{n, partition}
	if !slices.Contains(r.invited, i) {
		r.invited = append(r.invited, i)
	}
	r.world.Send(actors.Ref{Node: n, Name: node.Name}, node.Host{Group: node.Group(partition)})
}

// transfer asks a leader to hand over: to a drawn server, which may be no member or
// down, or to whom it likes.
func (r *run) transfer(s Strike) func() {
	leader, _ := r.leaderPeer(s.Draw)
	to := raft.ID(s.Draw >> 16 % uint64(len(r.servers)+1))
	r.world.Send(leader, peer.TransferRequest{To: to})
	return func() {}
}

// changeMembers asks a leader for a drawn set of voters, at most as many as nodes
// usually hold a partition and two more, and perhaps a learner.
func (r *run) changeMembers(s Strike) func() {
	leader, p := r.leaderPeer(s.Draw)
	chance := r.plan.Seed.Stream("members", s.Draw)
	servers := slices.Clone(r.servers)
	for i := range servers {
		j := i + chance.IntN(len(servers)-i)
		servers[i], servers[j] = servers[j], servers[i]
	}
	voters := 1 + chance.IntN(min(len(r.servers), r.plan.Replication+2))
	learners := chance.IntN(min(len(r.servers)-voters, 1) + 1)
	var q peer.ChangeRequest
	for i, n := range servers[:voters+learners] {
		r.invite(n, p)
		if i < voters {
			q.Voters = append(q.Voters, raft.ID(n))
		} else {
			q.Learners = append(q.Learners, raft.ID(n))
		}
	}
	r.watch.consensus.Changing(groupAt(p))
	r.world.Send(leader, q)
	return func() {}
}
