package sim

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A timer is a message that an actor will send itself. It stays in its table until
// the actor receives it, so that it can be cancelled until then.
type timer struct {
	id      uint64 // never used again
	actor   *actor
	message actors.Message
	due     time.Duration // on the node's monotonic clock
	seq     uint64        // of its item in the queue; 0 once it fired
}

// delayMax caps what an actor may wait for, far from where times overflow.
const delayMax = 1 << 57 * time.Nanosecond

// after starts a timer and returns its slot and id.
func (a *actor) after(d time.Duration, m actors.Message) (slot uint32, id uint64) {
	n, w := a.node, a.node.world
	due := n.clock.Now() + min(max(d, 0), delayMax)
	w.timerID++
	slot, t := w.timers.take()
	*t = timer{id: w.timerID, actor: a, message: m, due: due}
	t.seq = w.schedule(w.now+n.clock.until(due), timerFires, slot)
	a.timers++
	return slot, w.timerID
}

// cancel forgets a timer that has not been received.
func (a *actor) cancel(slot uint32, id uint64) {
	w := a.node.world
	t := w.timers.at(slot)
	if t.id != id || a.stopped {
		return
	}
	if t.seq != 0 {
		a.timers--
		w.dead++
	}
	w.timers.put(slot)
	w.sweep()
}

// fire puts the message of a timer into its actor's mailbox.
func (w *World) fire(it item) {
	t := w.timers.at(it.slot)
	if t.seq != it.seq {
		w.dead--
		return
	}
	a := t.actor
	if a.stopped {
		w.dead--
		w.timers.put(it.slot)
		return
	}
	a.timers--
	t.seq = 0
	w.stats.Timers++
	w.mark(Fired, a.node.id, a.hash, 0)
	id := t.id
	if w.watched(Fired) {
		e := w.event(Fired, a.node.id)
		e.From, e.To, e.Message = a.context.self, a.context.self, t.message
		w.tell(e)
	}
	a.post(envelope{from: a.context.self, sender: a.hash, timer: id, slot: it.slot})
}

// open returns e with its message, or false if its timer was cancelled meanwhile.
func (w *World) open(e envelope) (envelope, bool) {
	if e.timer == 0 {
		return e, true
	}
	t := w.timers.at(e.slot)
	if t.id != e.timer {
		return e, false
	}
	e.message = t.message
	w.timers.put(e.slot)
	return e, true
}

// retime moves the node's timers after its clock changed its rate.
func (n *node) retime() {
	w := n.world
	for slot := range w.timers.slots {
		t := w.timers.at(uint32(slot))
		if t.seq != 0 && t.actor.node == n && !t.actor.stopped {
			w.dead++
			t.seq = w.schedule(w.now+n.clock.until(t.due), timerFires, uint32(slot))
		}
	}
	w.sweep()
}

// sweepMin is how many dead items the queue always may hold.
const sweepMin = 1024

// sweep takes cancelled timers out of the queue once they are most of it.
func (w *World) sweep() {
	if w.dead < sweepMin || w.dead < w.queue.len()/2 {
		return
	}
	w.queue.keep(func(it item) bool {
		if it.kind != timerFires {
			return true
		}
		t := w.timers.at(it.slot)
		if t.seq == it.seq && t.actor.stopped {
			w.timers.put(it.slot)
			return false
		}
		return t.seq == it.seq
	})
	w.dead = 0
}
