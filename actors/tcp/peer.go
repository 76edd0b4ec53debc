package tcp

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A peer is a server that this process dials: a lane for each class.
type peer struct {
	id    actors.NodeID
	lanes [classes]*lane // none for probes
}

// A lane is a queue and the goroutine that keeps a connection for it, so that a
// peer that is dead, slow or unreachable costs nobody else anything.
type lane struct {
	transport *Transport
	node      actors.NodeID
	class     class
	queue     *queue
	once      sync.Once     // starts the goroutine with the first message
	hurry     chan struct{} // a token ends a pause between two dials

	mu   sync.Mutex
	addr string
	link *link // nil while there is none
}

func (t *Transport) newPeer(id actors.NodeID) *peer {
	p := &peer{id: id}
	for c := small; c < classes; c++ {
		p.lanes[c] = &lane{
			transport: t, node: id, class: c, queue: t.newQueue(c), hurry: make(chan struct{}, 1),
		}
	}
	return p
}

// move changes the address of the peer.
func (p *peer) move(addr string) {
	for _, l := range p.lanes[small:] {
		l.move(addr)
	}
}

// nudge tells that this process of the peer is alive.
func (p *peer) nudge(id Identity) {
	for _, l := range p.lanes[small:] {
		l.nudge(id)
	}
}

// open returns the queue of the lane, whose goroutine runs from then on. It is
// called with the mutex of the transport held for reading, while that is not
// closed.
func (l *lane) open() *queue {
	l.once.Do(func() { l.transport.running.Go(l.run) })
	return l.queue
}

func (l *lane) move(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.addr == addr {
		return
	}
	l.addr = addr
	if l.link != nil {
		l.link.close()
	}
	l.hasten()
}

func (l *lane) nudge(id Identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.link != nil && l.link.peer.replaced(id) {
		l.link.close()
	}
	l.hasten()
}

func (l *lane) hasten() {
	select {
	case l.hurry <- struct{}{}:
	default: // a token is there already
	}
}

// run keeps a connection while there is something to send, until the transport is
// closed.
func (l *lane) run() {
	t := l.transport
	pause := time.Duration(0)
	for l.queue.ready(t.dialling.Done()) {
		began := time.Now()
		if err := l.connect(); err != nil {
			l.warn(err)
		}
		// A connection that did not last is as good as none.
		if time.Since(began) > t.limits.BackoffMax {
			pause = 0
		}
		pause = min(max(2*pause, t.limits.BackoffMin), t.limits.BackoffMax)
		t.sleep(pause+rand.N(pause), l.hurry)
	}
}

// connect dials the peer and serves the connection to its end.
func (l *lane) connect() error {
	t := l.transport
	mine := hello{Identity: t.identity, version: Version, class: l.class, peer: l.node}
	t.counters.dials.Add(1)
	l.drainHurry()
	addr := l.address()
	conn, theirs, err := dial(t.dialling, addr, t.config.TLS, t.limits, mine, t.latest(l.node))
	if err != nil {
		t.counters.failedDials.Add(1)
		return err
	}
	k := newLink(conn, theirs.Identity, l.class, l.queue)
	if !l.adopt(k, addr) {
		k.close()
		return nil
	}
	t.notices.forget(l.noticeKey())
	t.config.Log.Info("connected", "peer", describe(theirs.Identity), "class", l.class.String(), "address", addr)
	stop := context.AfterFunc(t.dialling, k.close)
	defer stop()
	if t.start(func() { t.read(k) }) {
		t.write(k)
	}
	l.disown(k)
	return nil
}

// adopt makes k the link of the lane, unless the peer has moved in the meantime.
func (l *lane) adopt(k *link, addr string) bool {
	t := l.transport
	t.mu.Lock()
	t.guests.meet(k.peer)
	t.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.addr != addr {
		return false
	}
	l.link = k
	return true
}

func (l *lane) disown(k *link) {
	k.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link = nil
}

func (l *lane) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// drainHurry forgets what happened before a dial: it is taken into account.
func (l *lane) drainHurry() {
	select {
	case <-l.hurry:
	default:
	}
}

func (l *lane) noticeKey() string { return "dial " + l.node.String() + l.class.String() }

func (l *lane) warn(err error) {
	t := l.transport
	if t.dialling.Err() != nil {
		return // closing
	}
	key := l.noticeKey()
	text := "cannot reach peer; trying on"
	var refused *Refusal
	if errors.As(err, &refused) {
		key += kind(err)
		text = "peer and this process refuse each other; trying on"
	}
	t.notices.warn(key, text, "peer", "node "+l.node.String(), "class", l.class.String(),
		"address", l.address(), "reason", err.Error())
}

// sleep waits for d, a token in hurry, or the end of the transport.
func (t *Transport) sleep(d time.Duration, hurry <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurry:
	case <-t.dialling.Done():
	}
}
