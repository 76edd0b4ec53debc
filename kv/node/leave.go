package node

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// Leave, sent once by an actor of the same process, says that this node is going to be
// stopped. It hands over what it leads, so that nobody has to wait until the others
// miss it, and answers with [Left].
type Leave struct{}

// Left says that the node leads nothing any more, or that it tried long enough.
type Left struct {
	// Moved counts the groups that it led and others lead now.
	Moved int
	// Kept counts those for which it found nobody.
	Kept int
}

// leaveElections is how long a node tries to hand over, in election timeouts: one
// attempt may fail because its successor does not answer.
const leaveElections = 2

// handOver comes while a node leaves.
type handOver struct{}

// A farewell is a node handing over what it leads.
type farewell struct {
	asker actors.Ref
	until time.Duration
	led   []journal.GroupID // by this node, or since then by nobody
	moved int
	alone int // groups in which nobody else votes
	over  bool
}

func (n *Node) leave(ctx actors.Context, asker actors.Ref) {
	n.farewell = &farewell{asker: asker, until: ctx.Now() + leaveElections*n.config.Raft.Election}
	for _, p := range n.peers {
		if n.leaders[Partition(p.group)] == ring.NodeID(n.self) {
			n.farewell.led = append(n.farewell.led, p.group)
		}
	}
	n.handOver(ctx)
}

// handOver asks all that still lead to let others do so, again and again: attempts
// fail, and a replica may be elected meanwhile.
func (n *Node) handOver(ctx actors.Context) {
	f := n.farewell
	if len(f.led) == 0 || ctx.Now() >= f.until {
		f.end(ctx)
	}
	if f.over {
		return
	}
	for _, g := range f.led {
		ctx.Send(n.local(peer.Name(g)), peer.TransferRequest{ID: uint64(g)})
	}
	ctx.After(n.config.Raft.Heartbeat, handOver{})
}

// end answers, once.
func (f *farewell) end(ctx actors.Context) {
	if !f.over {
		switch {
		case len(f.led) > 0:
			ctx.Mark(markKept)
		case f.moved > 0:
			ctx.Mark(markHandedOver)
		}
		f.over = true
		ctx.Send(f.asker, Left{Moved: f.moved, Kept: len(f.led) + f.alone})
	}
}

// follow notes who leads a group while this node leaves. Nobody is no successor: this
// node may have to vote for one.
func (f *farewell) follow(ctx actors.Context, m peer.Led) {
	i := slices.Index(f.led, m.Group)
	switch self := raft.ID(ctx.Self().Node); {
	case m.Leader == self && i < 0:
		ctx.Mark(markLedMeanwhile)
		f.led = append(f.led, m.Group)
	case m.Leader != self && m.Leader != raft.None && i >= 0:
		f.moved++
		f.forget(ctx, i)
	}
}

// replied takes the answer of a peer of this node that was asked to hand over.
func (n *Node) replied(ctx actors.Context, from actors.Ref, r peer.Response) {
	f, g := n.farewell, journal.GroupID(r.ID)
	if f == nil || from != n.local(peer.Name(g)) || r.Outcome != peer.Refused {
		return
	}
	if i := slices.Index(f.led, g); i >= 0 {
		f.alone++
		f.forget(ctx, i)
	}
}

func (f *farewell) forget(ctx actors.Context, i int) {
	f.led = slices.Delete(f.led, i, i+1)
	if len(f.led) == 0 {
		f.end(ctx)
	}
}
