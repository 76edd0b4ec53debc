package sim

import (
	"github.com/understudy-kv/understudy/actors"
)

// A trace is the running hash of everything that happened, and who watches. Events
// are only made for kinds that somebody watches.
type trace struct {
	hash      uint64
	seq       uint64
	observers [kinds][]func(*Event)
	events    []*Event // being told, outermost first
	telling   int
}

// Hash returns the running hash of the trace. Equal hashes mean equal runs.
func (w *World) Hash() uint64 { return w.trace.hash }

// Observe calls f at every event of the given kinds from now on, in the order
// observers were added. F may act on the world; what it does happens after the
// event.
func (w *World) Observe(kinds Kinds, f func(*Event)) {
	for k := range w.trace.observers {
		if kinds.Has(Kind(k)) {
			w.trace.observers[k] = append(w.trace.observers[k], f)
		}
	}
}

// watched reports whether anybody wants to be told of events of a kind.
func (w *World) watched(k Kind) bool { return len(w.trace.observers[k]) > 0 }

// Note puts an annotation of the harness into the trace, such as a fault that it
// injects.
func (w *World) Note(text string) {
	w.mark(Noted, 0, mixString(0, text), 0)
	if w.watched(Noted) {
		e := w.event(Noted, 0)
		e.Text = text
		w.tell(e)
	}
}

// markReached records that an actor reached the branch of a mark.
func (w *World) markReached(a *actor, name string) {
	w.marks[name]++
	w.mark(Marked, a.node.id, a.hash, mixString(0, name))
	if w.watched(Marked) {
		e := w.event(Marked, a.node.id)
		e.From, e.Text = a.context.self, name
		w.tell(e)
	}
}

// Show tells observers of [Shown] what the harness saw on a node beside the trace, such
// as what became of the state of an actor.
func (w *World) Show(n actors.NodeID, seen actors.Message) {
	if w.watched(Shown) {
		e := w.event(Shown, n)
		e.Message = seen
		w.tell(e)
	}
}

// mark folds an event into the hash.
func (w *World) mark(kind Kind, node actors.NodeID, x, y uint64) {
	t := &w.trace
	t.seq++
	h := mix(t.hash, uint64(w.now)<<5^uint64(kind))
	h = mix(h, uint64(node))
	t.hash = mix(h, x^mix(y, uint64(kind)))
}

// event returns the event just marked, to be completed and told at once.
func (w *World) event(kind Kind, node actors.NodeID) *Event {
	t := &w.trace
	if t.telling == len(t.events) {
		t.events = append(t.events, new(Event))
	}
	e := t.events[t.telling]
	e.Seq, e.At, e.Kind, e.Node, e.Hash = t.seq, w.now, kind, node, t.hash
	return e
}

// tell hands e to the observers of its kind.
func (w *World) tell(e *Event) {
	t := &w.trace
	t.telling++
	for _, f := range t.observers[e.Kind] {
		f(e)
	}
	t.telling--
	*e = Event{}
}

// traceNode records an event of which there is no more to say than a number.
func (w *World) traceNode(kind Kind, n *node, x uint64) {
	w.mark(kind, n.id, x, 0)
	if w.watched(kind) {
		e := w.event(kind, n.id)
		e.Mark = x
		w.tell(e)
	}
	switch kind {
	case Drifted, WallShifted:
		w.stats.ClockTurns++
	}
}

// hashRef hashes an address.
func hashRef(r actors.Ref) uint64 { return mixString(uint64(r.Node), r.Name) }

// nobody is the hash of no address, from which the harness and the disks speak.
var nobody = hashRef(actors.Ref{})
