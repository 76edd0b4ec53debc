package picture

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
)

// mail joins what was put into a mailbox to the turn in which its actor handled it.
// Packets are joined by their numbers, see flights; everything else by its order:
// mailboxes are queues.
type mail struct {
	boxes map[actors.Ref][]posted
	turn  map[actors.Ref]int // the row of the message that an actor handled last
	asks  map[question]int   // the row in which a disk was asked
}

// A posted is something that waits in a mailbox.
type posted struct {
	from    actors.Ref
	cause   int
	kind    rowKind
	message actors.Message
	word    string // instead of that of the message
	text    string // instead of that of the message
}

func (p posted) describe() string {
	if p.text != "" {
		return p.text
	}
	return describe(p.message)
}

// A question is what a disk was asked. Mark tells syncs apart.
type question struct {
	by   actors.Ref
	log  string
	mark uint64
}

func (m *mail) init() {
	m.boxes = map[actors.Ref][]posted{}
	m.turn = map[actors.Ref]int{}
	m.asks = map[question]int{}
}

func (m *mail) post(to actors.Ref, p posted) { m.boxes[to] = append(m.boxes[to], p) }

// take returns what e hands over, which came without a packet. What stands before it
// from others was withdrawn: timers are cancelled.
func (m *mail) take(e *sim.Event) posted {
	box := m.boxes[e.To]
	for i, p := range box {
		if p.from == e.From {
			m.boxes[e.To] = box[i+1:]
			return p
		}
	}
	return posted{from: e.From, kind: local, message: e.Message} // the first one: it was started
}

// ask notes in which row a disk was asked.
func (m *mail) ask(e *sim.Event, row int) {
	if e.Kind != sim.Appended {
		m.asks[questionOf(e, e.From)] = row
	}
}

// answered puts the answer of a disk into a mailbox.
func (m *mail) answered(e *sim.Event) {
	q := questionOf(e, e.To)
	text := e.Log
	if e.Err != nil {
		text += " error: " + e.Err.Error()
	}
	m.post(e.To, posted{cause: m.asks[q], kind: answer, word: e.Kind.String(), text: text})
	delete(m.asks, q)
}

// questionOf returns what an event asks, or answers.
func questionOf(e *sim.Event, by actors.Ref) question {
	q := question{by: by, log: e.Log}
	if e.Kind == sim.SyncAsked || e.Kind == sim.SyncDone {
		q.mark = e.Mark + 1 // unlike everything else that is asked about a log
	}
	return q
}

// crashed empties the mailboxes of a node.
func (m *mail) crashed(n actors.NodeID) {
	for r := range m.boxes { // any order: each entry is judged by itself
		if r.Node == n {
			delete(m.boxes, r)
		}
	}
	for r := range m.turn { // any order: each entry is judged by itself
		if r.Node == n {
			delete(m.turn, r)
		}
	}
	for q := range m.asks { // any order: each entry is judged by itself
		if q.by.Node == n {
			delete(m.asks, q)
		}
	}
}
