package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A Boot starts the actors of a node, at its first start and at each restart. It
// must not keep spawn.
type Boot func(spawn func(name string, a actors.Actor) actors.Ref)

// A node is one simulated process and the machine it runs on.
type node struct {
	world *World
	id    actors.NodeID
	index uint32
	boot  Boot
	clock Clock
	disk  Disk
	cost  time.Duration

	up          bool
	paused      bool
	incarnation uint64
	ends        []time.Duration // when each earlier incarnation went down

	// The rest is of one incarnation.
	actors   map[string]*actor
	order    []*actor // by when they were spawned
	ready    []*actor // those with mail, except current
	current  *actor   // whose run it is
	left     int      // messages that remain of the run
	received bool     // whether the run handed over any
	schedule *Stream
	stepSeq  uint64 // of the queue's item that is the next step, or 0
	free     time.Duration
	dying    bool // the code that runs is not to have effects any more
	effects  int  // remaining until the node dies, or 0
}

// AddNode adds a node that boots at once.
func (w *World) AddNode(id actors.NodeID, boot Boot) {
	if w.byID[id] != nil || id == 0 {
		panic(fmt.Sprintf("sim: node %v is there already, or nobody", id))
	}
	n := &node{world: w, id: id, index: uint32(len(w.nodes)), boot: boot,
		cost: w.config.Cost}
	n.clock.node = n
	if w.config.NewDisk != nil {
		n.disk = w.config.NewDisk(id, func(d time.Duration, f func()) {
			w.callAt(w.now+d, callback{f: f, node: n})
		})
	}
	w.nodes = append(w.nodes, n)
	w.byID[id] = n
	n.start()
}

// Spawn starts an actor on a node that runs, on behalf of nobody. The name must be
// free.
func (w *World) Spawn(id actors.NodeID, name string, a actors.Actor) actors.Ref {
	n := w.mustNode(id)
	if !n.up {
		panic(fmt.Sprintf("sim: node %v is down", id))
	}
	return n.spawn(actors.Ref{}, name, a)
}

// Nodes returns the ids of all nodes in the order added.
func (w *World) Nodes() []actors.NodeID {
	ids := make([]actors.NodeID, len(w.nodes))
	for i, n := range w.nodes {
		ids[i] = n.id
	}
	return ids
}

// Up reports whether a node runs, be it paused.
func (w *World) Up(id actors.NodeID) bool { return w.mustNode(id).up }

// Paused reports whether a node stands still.
func (w *World) Paused(id actors.NodeID) bool { return w.mustNode(id).paused }

// Incarnation returns how many times a node was started.
func (w *World) Incarnation(id actors.NodeID) uint64 { return w.mustNode(id).incarnation }

// Waiting returns how many messages wait in the mailboxes of a node.
func (w *World) Waiting(id actors.NodeID) (messages int) {
	for _, a := range w.mustNode(id).order {
		messages += a.mail.len()
	}
	return messages
}

// SetCost changes how long a node is busy with one call of Receive or Flush on
// average, as a slower machine would be.
func (w *World) SetCost(id actors.NodeID, cost time.Duration) { w.mustNode(id).cost = cost }

// Crash takes a node down as a power failure does: mailboxes, timers and messages
// that had not left yet are lost, and the disk keeps what a disk keeps. A node
// that is down stays down.
func (w *World) Crash(id actors.NodeID) {
	n := w.mustNode(id)
	switch {
	case !n.up:
	case w.acting != nil && w.acting.node == n:
		n.dying = true // its code is on the stack; call buries it
	default:
		n.bury(w.now)
	}
}

// CrashAfter lets a node have that many more effects, each a message, a timer, an
// actor started or stopped, or a call of its disk, and then crashes it, even in
// the middle of a Receive or Flush. It replaces what an earlier call asked for.
func (w *World) CrashAfter(id actors.NodeID, effects int) {
	if effects <= 0 {
		w.Crash(id)
		return
	}
	w.mustNode(id).effects = effects
}

// Restart boots a node that is down; it does nothing to one that is up.
func (w *World) Restart(id actors.NodeID) {
	if n := w.mustNode(id); !n.up {
		w.stats.Restarts++
		n.start()
	}
}

// Pause stops a node between two calls of its actors, as a long stall of its
// process does: its clock and disk go on, and what arrives waits.
func (w *World) Pause(id actors.NodeID) {
	if n := w.mustNode(id); n.up && !n.paused {
		n.paused = true
		w.stats.Pauses++
		w.traceNode(Paused, n, 0)
	}
}

// Resume lets a paused node go on.
func (w *World) Resume(id actors.NodeID) {
	if n := w.mustNode(id); n.paused {
		n.paused = false
		w.traceNode(Resumed, n, 0)
		n.wake()
	}
}

// clockStartMax bounds where a monotonic clock may begin.
const clockStartMax = 1000 * time.Hour

func (n *node) start() {
	w := n.world
	n.up = true
	n.incarnation++
	n.actors = make(map[string]*actor)
	n.schedule = w.Stream("schedule", uint64(n.id), n.incarnation)
	n.clock.restart(w.Stream("clock", uint64(n.id), n.incarnation).Between(0, clockStartMax))
	w.traceNode(Restarted, n, n.incarnation)
	if !n.up {
		return // an observer crashed it
	}
	n.protect("boot", func() {
		n.boot(func(name string, a actors.Actor) actors.Ref {
			return n.spawn(actors.Ref{}, name, a)
		})
	})
}

// bury ends the present incarnation. What it sent is lost if it was to leave after
// end.
func (n *node) bury(end time.Duration) {
	w := n.world
	for _, a := range n.order {
		a.stop()
	}
	n.up, n.paused, n.dying = false, false, false
	n.ends = append(n.ends, end)
	n.actors, n.order, n.ready, n.current = nil, nil, nil, nil
	n.left, n.stepSeq, n.free, n.effects = 0, 0, 0, 0
	if n.disk != nil {
		n.disk.Crash()
	}
	w.stats.Crashes++
	w.traceNode(Crashed, n, 0)
}

// stop ends one actor, if there is one at ref.
func (n *node) stop(ref actors.Ref) {
	a := n.actors[ref.Name]
	if ref.Node != n.id || a == nil {
		return
	}
	n.world.markActor(Stopped, a)
	a.stop()
	delete(n.actors, ref.Name)
	n.order = slices.DeleteFunc(n.order, func(b *actor) bool { return a == b })
	if n.current == a {
		n.left = 0
	}
}
