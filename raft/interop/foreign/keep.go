package foreign

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A keep holds the states of the machine that are durable, by their index.
type keep struct {
	images    map[raft.Index]image
	capturing bool
	captured  raft.Index // the last one captured or restored
	changed   raft.Index // the last change of members that was applied
}

// capture makes the state durable when it is time to.
func (n *node) capture(ctx actors.Context) {
	core, ok := n.core.(Keeper)
	if !ok || n.keep.capturing || !n.dueToCapture() {
		return
	}
	i := image{core.Mark(), n.machine.encode()}
	if i.snapshot.Index != n.machine.applied {
		panic(fmt.Sprintf("applied up to %d; the core says %v", n.machine.applied, i.snapshot))
	}
	n.keep.capturing = true
	n.store(ctx, i, func() {
		n.keep.capturing = false
		if i.snapshot.Index > n.keep.captured {
			n.keep.captured = i.snapshot.Index
			core.Captured(i.snapshot)
		}
	})
}

// dueToCapture reports whether the log has grown enough since the last time, or the
// members have changed: a RawNode takes no state from a time when it was no member.
func (n *node) dueToCapture() bool {
	return n.captureEvery > 0 &&
		(n.machine.applied >= n.keep.captured+n.captureEvery || n.keep.changed > n.keep.captured)
}

// store makes a state durable and then calls done.
func (n *node) store(ctx actors.Context, i image, done func()) {
	ctx.Disk().AppendLog(logName, record{image: i}.appendTo(nil))
	n.sync(ctx, func(actors.Context) {
		n.keep.images[i.snapshot.Index] = i
		done()
	})
}

// restore puts a durable state in the place of the machine's.
func (n *node) restore(s raft.Snapshot) {
	i, held := n.keep.images[s.Index]
	if !held || !i.snapshot.Equal(s) {
		panic(fmt.Sprintf("restoring %v; held is %v", s, i.snapshot))
	}
	m, err := decodeMachine(i.state)
	if err != nil {
		panic(err)
	}
	n.machine = m
	n.keep.captured = max(n.keep.captured, s.Index)
	n.witness.Resumed(n.config.ID, s.Index, n.machine.hash)
}

// fetch asks for a state that the core needs. The offer is repeated, so the question
// is.
func (n *node) fetch(ctx actors.Context, o raft.Offer) {
	if o.Index > 0 {
		ctx.Send(refOf(o.From), wanted{o.Index, o.Term})
	}
}

// hand gives a state to who wants it, if it is here.
func (n *node) hand(ctx actors.Context, to actors.Ref, w wanted) {
	if i, held := n.keep.images[w.index]; held && i.snapshot.Term == w.term {
		ctx.Send(to, i)
	}
}

func (n *node) receiveImage(ctx actors.Context, i image) {
	n.store(ctx, i, func() { n.core.(Keeper).Install(i.snapshot) })
}
