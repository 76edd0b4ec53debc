package sim

import (
	"github.com/understudy-kv/understudy/actors"
)

// A trace is the running hash of everything that happened, and who watches. Events
// are only made for kinds that somebody watches.
type trace struct {
	hash      uint64
	seq       uint64
	watched   Kinds
	observers []observer
	events    []*Event // being told, outermost first
	telling   int
}

type observer struct {
	kinds Kinds
	f     func(*Event)
}

// Hash returns the running hash of the trace. Equal hashes mean equal runs.
func (w *World) Hash() uint64 { return w.trace.hash }

// Observe calls f at every event of the given kinds from now on, in the order
// observers were added. F may act on the world; what it does happens after the
// event.
func (w *World) Observe(kinds Kinds, f func(*Event)) {
	w.trace.watched |= kinds
	w.trace.observers = append(w.trace.observers, observer{kinds, f})
}

// Note puts an annotation of the harness into the trace, such as a fault that it
// injects.
func (w *World) Note(text string) {
	w.mark(Noted, 0, mixString(0, text), 0)
	if w.trace.watched.Has(Noted) {
		w.tell(Event{Kind: Noted, Text: text})
	}
}

// markReached records that an actor reached the branch of a mark.
func (w *World) markReached(a *actor, name string) {
	w.marks[name]++
	w.mark(Marked, a.node.id, a.hash, mixString(0, name))
	if w.trace.watched.Has(Marked) {
		w.tell(Event{Kind: Marked, Node: a.node.id, From: a.context.self, Text: name})
	}
}

// Show tells observers of [Shown] what the harness saw on a node beside the trace, such
// as what became of the state of an actor.
func (w *World) Show(n actors.NodeID, seen actors.Message) {
	if w.trace.watched.Has(Shown) {
		w.tell(Event{Kind: Shown, Node: n, Message: seen})
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

// tell hands the event just marked to the observers of its kind.
func (w *World) tell(e Event) {
	t := &w.trace
	e.Seq, e.At, e.Hash = t.seq, w.now, t.hash
	if t.telling == len(t.events) {
		t.events = append(t.events, new(Event))
	}
	p := t.events[t.telling]
	*p = e
	t.telling++
	for _, o := range t.observers {
		if o.kinds.Has(e.Kind) {
			o.f(p)
		}
	}
	t.telling--
	*p = Event{}
}

// traceNode records an event of which there is no more to say than a number.
func (w *World) traceNode(kind Kind, n *node, x uint64) {
	w.mark(kind, n.id, x, 0)
	if w.trace.watched.Has(kind) {
		w.tell(Event{Kind: kind, Node: n.id, Mark: x})
	}
	switch kind {
	case Drifted, WallShifted:
		w.stats.ClockTurns++
	}
}

// hashRef hashes an address.
func hashRef(r actors.Ref) uint64 { return mixString(uint64(r.Node), r.Name) }
