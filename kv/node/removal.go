package node

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// gone forgets a replica of this node that was removed from its group.
func (n *Node) gone(ctx actors.Context, from actors.Ref, m peer.Gone) {
	i, known := n.place(m.Group)
	if !known || from != n.peers[i].ref {
		return
	}
	ctx.Stop(from)
	n.peers = slices.Delete(n.peers, i, i+1)
	n.bury(ctx, m.Group, m.Tombstone)
	if n.farewell != nil {
		n.farewell.follow(ctx, peer.Led{Group: m.Group, Leader: raft.Anyone}) // somebody else leads
	}
	n.survey.forget(m.Group)
	if len(n.survey.askers) > 0 {
		n.reportIfComplete(ctx)
	}
}

// bury puts a grave in the place of a peer, and has the snapshots of its group removed:
// at every start, because a crash may have come before.
func (n *Node) bury(ctx actors.Context, g journal.GroupID, t raft.Tombstone) {
	ctx.Send(n.local(snapshot.Name), snapshot.Drop{Group: g})
	ctx.Spawn(peer.Name(g), peer.NewGrave(peer.GraveConfig{
		Group: g, ID: raft.ID(n.self), Tombstone: t, Owner: ctx.Self(),
	}))
	n.graves = append(n.graves, g)
	n.heard(ctx, peer.Led{Group: g, Voters: t.Configuration.Voters})
}

// recalled starts a replica that was removed and is a member of its group again.
func (n *Node) recalled(ctx actors.Context, from actors.Ref, m peer.Recalled) {
	if from != n.local(peer.Name(m.Group)) || !n.buried(m.Group) {
		return
	}
	ctx.Stop(from)
	n.graves = slices.DeleteFunc(n.graves, func(g journal.GroupID) bool { return g == m.Group })
	n.spawn(ctx, m.Group, m.State)
}

// buried reports whether a replica of this node was removed from g.
func (n *Node) buried(g journal.GroupID) bool { return slices.Contains(n.graves, g) }
