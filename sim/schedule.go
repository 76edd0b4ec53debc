package sim

import (
	"fmt"
	"runtime/debug"

	"github.com/understudy-kv/understudy/actors"
)

// wake makes sure that a node which has something to do is going to do it.
func (n *node) wake() {
	if n.stepSeq != 0 || !n.up || n.paused || n.current == nil && len(n.ready) == 0 {
		return
	}
	n.stepSeq = n.world.schedule(max(n.world.now, n.free), nodeSteps, n.index)
}

// step calls Receive or Flush of one actor once, and keeps the node busy for a
// while after it. Between two steps anything may happen, a crash too.
func (n *node) step(seq uint64) {
	if seq != n.stepSeq {
		return // of an earlier incarnation
	}
	n.stepSeq = 0
	if n.paused {
		return
	}
	if n.current == nil {
		n.begin()
	}
	n.free = n.world.now
	n.act()
	if n.up {
		n.wake()
	}
}

// begin draws which actor runs next, and for how many messages at most.
func (n *node) begin() {
	last := len(n.ready) - 1
	i := n.schedule.IntN(last + 1)
	a := n.ready[i]
	n.ready[i] = n.ready[last]
	n.ready = n.ready[:last]
	n.current, n.received, a.queued = a, false, false
	n.left = min(a.mail.len(), n.drawRun())
}

// drawRun draws how many messages may wait for one Flush. Runs of one are made
// common: they split what is nearly always seen together.
func (n *node) drawRun() int {
	r := n.schedule
	if r.Chance(0.25) {
		return 1
	}
	return 1 + r.IntN(n.world.config.RunMax)
}

// act goes one call further in the present run.
func (n *node) act() {
	a := n.current
	for n.left > 0 {
		n.left--
		if e, ok := n.world.open(a.mail.pop()); ok {
			n.received = true
			n.call(a, &e)
			return
		}
	}
	n.current = nil
	if a.flusher != nil && n.received && !a.stopped {
		n.call(a, nil)
	}
	if n.up {
		a.ready()
	}
}

// call hands e to a, or flushes it if e is nil, and charges the node for it.
func (n *node) call(a *actor, e *envelope) {
	w := n.world
	w.stats.Steps++
	cost := n.schedule.Between(n.cost/2, n.cost*3/2)
	n.free = w.now + cost
	w.stats.Busy += cost
	if e != nil {
		w.markReceived(a, e)
	} else {
		w.markActor(Flushed, a)
	}
	w.acting = a
	a.handle(e)
	w.acting = nil
	if n.dying {
		n.bury(n.free) // what it managed to send counts as gone
	}
}

// handle runs the code of the actor. A panic ends the node, not the world.
func (a *actor) handle(e *envelope) {
	defer a.node.rescue(a.context.self.Name)
	if e != nil {
		a.code.Receive(&a.context, e.from, e.message)
		return
	}
	a.flusher.Flush(&a.context)
}

// protect runs f as code of the node that is not an actor's.
func (n *node) protect(what string, f func()) {
	defer n.rescue(what)
	f()
}

// rescue turns a panic into the end of the node. It must be deferred.
func (n *node) rescue(who string) {
	if v := recover(); v != nil && !n.dying { // a dead node cannot break promises
		n.accuse(who, fmt.Sprint(v), debug.Stack())
	}
}

// accuse ends the node because its code broke an invariant.
func (n *node) accuse(who, what string, stack []byte) {
	w := n.world
	w.stats.Panics++
	w.mark(Panicked, n.id, mixString(0, who), 0)
	if w.watched(Panicked) {
		e := w.event(Panicked, n.id)
		e.From, e.Text, e.Stack = actors.Ref{Node: n.id, Name: who}, what, stack
		w.tell(e)
	}
	if n.up {
		n.bury(w.now)
	}
}

// halt ends the node at the end of the present call.
func (n *node) halt(a *actor, err error) {
	w := n.world
	n.dying = true
	w.stats.Halts++
	w.mark(Halted, n.id, a.hash, mixString(0, err.Error()))
	if w.watched(Halted) {
		e := w.event(Halted, n.id)
		e.From, e.Err = a.context.self, err
		w.tell(e)
	}
}

// markReceived records that a handles e.
func (w *World) markReceived(a *actor, e *envelope) {
	w.mark(Received, a.node.id, a.hash, mix(e.sender, e.packet))
	if w.watched(Received) {
		seen := w.event(Received, a.node.id)
		seen.From, seen.To, seen.Message, seen.Packet = e.from, a.context.self, e.message, e.packet
		w.tell(seen)
	}
}

// markActor records an event of which only the actor matters.
func (w *World) markActor(kind Kind, a *actor) {
	w.mark(kind, a.node.id, a.hash, 0)
	if w.watched(kind) {
		e := w.event(kind, a.node.id)
		e.To = a.context.self
		w.tell(e)
	}
}
