package sim

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// An actor is one actor of one incarnation of a node.
type actor struct {
	node    *node
	code    actors.Actor
	flusher actors.Flusher // code, if it is one
	hash    uint64         // of its address
	mail    mailbox
	queued  bool // in node.ready
	stopped bool
	timers  int // that wait in the queue
	context context
}

// An envelope is a message in a mailbox. If it is of a timer, the message is kept
// there, so that cancelling finds it.
type envelope struct {
	from    actors.Ref
	sender  uint64 // hash of from
	message actors.Message
	timer   uint64 // id, or 0
	slot    uint32 // of the timer
	packet  uint64 // number, or 0
}

// spawn starts an actor, which receives Started from the given spawner.
func (n *node) spawn(from actors.Ref, name string, code actors.Actor) actors.Ref {
	self := actors.Ref{Node: n.id, Name: name}
	if n.actors[name] != nil {
		panic(fmt.Sprintf("the name %v is taken", self))
	}
	a := &actor{node: n, code: code, hash: hashRef(self)}
	a.flusher, _ = code.(actors.Flusher)
	a.context = context{actor: a, self: self,
		rand: n.world.Stream("rand", uint64(n.id), n.incarnation, mixString(0, name))}
	n.actors[name] = a
	n.order = append(n.order, a)
	n.world.markActor(Spawned, a)
	a.post(envelope{from: from, sender: hashRef(from), message: actors.Started{}})
	return self
}

func (a *actor) post(e envelope) {
	if a.stopped {
		return // an observer of e crashed the node
	}
	a.mail.push(e)
	if a.node.current != a {
		a.ready()
	}
	a.node.wake()
}

// ready queues the actor for a run if it has mail.
func (a *actor) ready() {
	if a.queued || a.stopped || a.mail.len() == 0 {
		return
	}
	a.queued = true
	a.node.ready = append(a.node.ready, a)
}

// stop ends the actor. What its timers and its mailbox hold is lost.
func (a *actor) stop() {
	for a.mail.len() > 0 {
		a.node.world.open(a.mail.pop()) // gives back the slots of timers
	}
	a.stopped = true
	a.node.world.dead += a.timers
	a.timers = 0
}

// A mailbox is a queue of envelopes in a ring.
type mailbox struct {
	ring []envelope // its length is a power of two
	head uint32
	tail uint32
}

func (m *mailbox) len() int { return int(m.tail - m.head) }

func (m *mailbox) push(e envelope) {
	if m.len() == len(m.ring) {
		m.grow()
	}
	m.ring[m.tail&uint32(len(m.ring)-1)] = e
	m.tail++
}

func (m *mailbox) pop() envelope {
	p := &m.ring[m.head&uint32(len(m.ring)-1)]
	e := *p
	*p = envelope{}
	m.head++
	return e
}

func (m *mailbox) grow() {
	ring := make([]envelope, max(8, 2*len(m.ring)))
	n := uint32(m.len())
	for i := range n {
		ring[i] = m.ring[(m.head+i)&uint32(len(m.ring)-1)]
	}
	m.ring, m.head, m.tail = ring, 0, n
}
