package cluster

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// An invitation asks a server to host a replica of a partition.
type invitation struct {
	server    actors.NodeID
	partition int
}

// invite asks a server to host a replica, and will once more when everything is healed: it
// may be down.
func (r *run) invite(n actors.NodeID, partition int) {
	i := invitation{n, partition}
	if !slices.Contains(r.invited, i) {
		r.invited = append(r.invited, i)
	}
	r.world.Send(actors.Ref{Node: n, Name: node.Name}, node.Host{Group: node.Group(partition)})
}

// inviteAll repeats all invitations, for those who were not there.
func (r *run) inviteAll() {
	for _, i := range r.invited {
		r.invite(i.server, i.partition)
	}
}

// peerOf is the peer of a partition on a server.
func peerOf(n actors.NodeID, partition int) actors.Ref {
	return actors.Ref{Node: n, Name: peer.Name(node.Group(partition))}
}

// transfer asks a leader to hand over: to a server, which may be no member or down, or
// to whom it likes.
func (r *run) transfer(s *plan.Strike, n actors.NodeID) func() {
	r.world.Send(peerOf(n, s.Target.LeaderOf), peer.TransferRequest{ID: r.wish(n, s.Target.LeaderOf), To: raft.ID(s.To)})
	return func() {}
}

// changeMembers asks a leader for other members, and these to host a replica.
func (r *run) changeMembers(s *plan.Strike, n actors.NodeID) func() {
	p := s.Target.LeaderOf
	for _, member := range slices.Concat(s.Voters, s.Learners) {
		r.invite(actors.NodeID(member), p)
	}
	r.watch.consensus.Changing(groupAt(p))
	r.world.Send(peerOf(n, p), peer.ChangeRequest{ID: r.wish(n, p), Voters: raftIDs(s.Voters), Learners: raftIDs(s.Learners)})
	return func() {}
}

// wish numbers what is asked of a replica about its group: it must be answered.
func (r *run) wish(n actors.NodeID, partition int) uint64 {
	r.wishes++
	r.watch.protocol.Wished(groupAt(partition), check.Node(n), r.wishes)
	return r.wishes
}

func raftIDs(servers []int) (ids []raft.ID) {
	for _, n := range servers {
		ids = append(ids, raft.ID(n))
	}
	return ids
}
