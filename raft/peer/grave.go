package peer

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// Gone tells the owner of a peer, once, that its replica was removed from its group.
// Nothing is left of it but the tombstone, which is durable, and the peer itself, which
// is to be stopped; a [Grave] may take its name.
type Gone struct {
	Group     journal.GroupID
	Tombstone raft.Tombstone
}

// Recalled tells the owner of a grave, once, that its replica is a member of its group
// again. It begins with State, in a peer under the name of the grave, which is to be
// stopped before.
type Recalled struct {
	Group journal.GroupID
	State raft.State
}

// leave ends this replica, which was removed from its group. What it holds is forgotten
// once its tombstone is durable; a crash before that leaves all of it, to be told again.
func (p *Peer) leave(ctx actors.Context, t raft.Tombstone) {
	ctx.Log().Info("a replica was removed from its group, and leaves", p.config.Label,
		"members", t.Configuration)
	ctx.Mark(markLeft)
	p.end(ctx, "it was removed from its group")
	p.tombstone = &t
	ctx.Send(p.config.Journal, journal.Remove{Group: p.config.Group, Tombstone: t})
}

// forgotten is told that the tombstone is durable. The owner has the snapshots removed,
// as it does after a crash that came before that.
func (p *Peer) forgotten(ctx actors.Context) {
	ctx.Send(p.config.Owner, Gone{Group: p.config.Group, Tombstone: *p.tombstone})
}

// A GraveConfig describes a grave.
type GraveConfig struct {
	Group journal.GroupID
	// ID is that of the replica, as in [raft.Config].
	ID        raft.ID
	Tombstone raft.Tombstone
	// Owner is sent [Recalled].
	Owner actors.Ref
}

// A Grave is the actor in the place of a peer whose replica was removed. It shows its
// tombstone to those who do not know that they were removed, too, and notices when its
// replica is added to the group again. Create one with [NewGrave].
type Grave struct {
	config   GraveConfig
	recalled bool
}

// NewGrave returns a grave.
func NewGrave(c GraveConfig) *Grave { return &Grave{config: c} }

// Receive handles one message.
func (g *Grave) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case raft.Message:
		member := actors.Ref{Node: actors.NodeID(m.From), Name: ctx.Self().Name}
		if from == member && m.To == g.config.ID && !g.recalled {
			g.hear(ctx, from, m)
		}
	case Request:
		ctx.Send(from, Response{ID: m.ID, Outcome: NotLeader})
	case ChangeRequest:
		ctx.Send(from, Response{ID: m.ID, Outcome: NotLeader})
	case TransferRequest:
		ctx.Send(from, Response{ID: m.ID, Outcome: NotLeader})
	}
}

// hear takes what another replica of the group says.
func (g *Grave) hear(ctx actors.Context, from actors.Ref, m raft.Message) {
	t := g.config.Tombstone
	if s, again := t.Recall(g.config.ID, m); again {
		ctx.Mark(markRecalled)
		g.recalled = true
		ctx.Send(g.config.Owner, Recalled{Group: g.config.Group, State: s})
		return
	}
	if answer, ok := t.Answer(g.config.ID, m); ok {
		ctx.Send(from, answer)
	}
}
