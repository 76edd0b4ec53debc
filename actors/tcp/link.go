package tcp

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A link is a connection after its handshake.
type link struct {
	conn  net.Conn
	peer  Identity
	class class
	queue *queue // what is sent on it; nil if nothing is

	once sync.Once
	done chan struct{} // closed by close
}

func newLink(conn net.Conn, peer Identity, c class, q *queue) *link {
	return &link{conn: conn, peer: peer, class: c, queue: q, done: make(chan struct{})}
}

// close may be called by anybody and more than once.
func (l *link) close() {
	l.once.Do(func() {
		close(l.done)
		l.conn.Close() // nothing can be lost that was not already
	})
}

// write sends what is queued until the link ends. All that waits at one time goes
// out in one write, up to the size of a frame.
func (t *Transport) write(l *link) {
	defer l.close()
	for l.queue.ready(l.done) {
		b := l.queue.take()
		if err := t.writeBatch(l, &b); err != nil {
			t.drop(b.count())
			return
		}
		l.queue.recycle(b)
	}
}

func (t *Transport) writeBatch(l *link, b *batch) error {
	for before := b.count(); before > 0; before = b.count() {
		frame := b.next()
		sent := before - b.count()
		if err := l.conn.SetWriteDeadline(time.Now().Add(t.limits.WriteTime)); err != nil {
			t.drop(sent)
			return err
		}
		if _, err := l.conn.Write(frame); err != nil {
			t.drop(sent)
			t.warnStuck(l, err)
			return err
		}
		t.counters.sent.Add(uint64(sent))
		t.counters.sentBytes.Add(uint64(len(frame)))
		t.counters.writes.Add(1)
	}
	return nil
}

// warnStuck tells of a node that takes nothing more: unlike one that has closed
// its connection, it does not show anywhere else.
func (t *Transport) warnStuck(l *link, err error) {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.notices.warn("stuck "+l.peer.Node.String(), "connection closed: the other side reads nothing",
			"peer", describe(l.peer), "class", l.class.String(), "address", l.conn.RemoteAddr().String(),
			"after", t.limits.WriteTime)
	}
}

// read delivers what arrives until the link ends.
func (t *Transport) read(l *link) {
	defer l.close()
	r := reader{buf: make([]byte, readBytes)}
	for {
		n, err := l.conn.Read(r.space())
		t.counters.receivedBytes.Add(uint64(n))
		if broken := r.filled(n, t.config.Codec); broken != nil {
			err = broken
		}
		t.deliver(l, &r)
		if errors.Is(err, errFrame) {
			t.counters.broken.Add(1)
			t.notices.warn("broken "+l.peer.Node.String(), "connection closed: it carried what cannot be decoded",
				"peer", describe(l.peer), "address", l.conn.RemoteAddr().String(), "error", err)
		}
		if err != nil {
			return
		}
	}
}

// deliver hands over all messages of one read together, so that an actor finds
// them together in its mailbox.
func (t *Transport) deliver(l *link, r *reader) {
	for i := range r.arrived {
		a := &r.arrived[i]
		t.config.Deliver(
			actors.Ref{Node: l.peer.Node, Name: a.from},
			actors.Ref{Node: t.config.Node, Name: a.to},
			a.message)
	}
	t.counters.received.Add(uint64(len(r.arrived)))
	clear(r.arrived)
	r.arrived = r.arrived[:0]
}

// A reader cuts what arrives on a connection into messages. Its one buffer is
// reused: messages are copied out of it, since they may live for ever.
type reader struct {
	buf     []byte
	begin   int // of what has not been decoded
	end     int // of what has been read
	arrived []arrival
	names   map[string]string // those seen, so that a name is allocated once
}

type arrival struct {
	to, from string
	message  actors.Message
}

// space returns where to read to. It is never empty.
func (r *reader) space() []byte { return r.buf[r.end:] }

// filled takes n new bytes and moves every message that is complete to arrived,
// those before an error included.
func (r *reader) filled(n int, c Codec) error {
	r.end += n
	for {
		body, rest, need, err := cutFrame(r.buf[r.begin:r.end])
		if err != nil {
			return err
		}
		if body == nil {
			r.makeRoom(need)
			return nil
		}
		if err := r.decode(body, c); err != nil {
			return err
		}
		r.begin = r.end - len(rest)
	}
}

func (r *reader) decode(body []byte, c Codec) error {
	for len(body) > 0 {
		p, rest, err := cutPacket(body)
		if err != nil {
			return err
		}
		m, err := c.Decode(append([]byte(nil), p.message...))
		if err != nil {
			return fmt.Errorf("%w: message from %q to %q: %w", errFrame, p.from, p.to, err)
		}
		r.arrived = append(r.arrived, arrival{to: r.name(p.to), from: r.name(p.from), message: m})
		body = rest
	}
	return nil
}

func (r *reader) name(b []byte) string {
	if s, ok := r.names[string(b)]; ok {
		return s
	}
	if r.names == nil || len(r.names) >= keepNames {
		r.names = make(map[string]string)
	}
	s := string(b)
	r.names[s] = s
	return s
}

// makeRoom prepares for the rest of a frame that has need bytes in all. The buffer
// grows only as fast as it is filled: the length alone is just a claim.
func (r *reader) makeRoom(need int) {
	waiting := r.buf[r.begin:r.end]
	switch {
	case len(waiting) == 0 && len(r.buf) > keepBytes:
		r.buf = make([]byte, readBytes)
	case len(waiting) == len(r.buf):
		r.buf = make([]byte, min(need, 2*len(r.buf)))
		copy(r.buf, waiting)
	case r.begin > 0:
		copy(r.buf, waiting)
	}
	r.begin, r.end = 0, len(waiting)
}
