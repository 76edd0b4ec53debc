package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

const (
	acceptPause = 50 * time.Millisecond // after a failed accept, such as for lack of files
	partingTime = time.Second           // for a refused side to read why
	partingRead = 4 << 10
)

func (t *Transport) listen() error {
	t.listener = t.config.Listener
	if t.listener == nil && t.config.Listen != "" {
		l, err := net.Listen("tcp", t.config.Listen)
		if err != nil {
			return fmt.Errorf("cannot accept connections of peers: %w: "+
				"end the process that uses this address, or choose another", err)
		}
		t.listener = l
	}
	if t.listener != nil {
		t.start(t.accept)
	}
	return nil
}

func (t *Transport) accept() {
	places := make(chan struct{}, t.limits.Handshakes)
	for {
		conn, err := t.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.notices.warn("accept", "cannot accept connections", "error", err)
			t.sleep(acceptPause, nil)
			continue
		}
		t.admit(conn, places)
	}
}

// admit runs the handshake of conn if there is a place for it.
func (t *Transport) admit(conn net.Conn, places chan struct{}) {
	select {
	case places <- struct{}{}:
	default:
		t.refuse(conn, errors.New("too many connections that have not said who they are"))
		conn.Close()
		return
	}
	if !t.start(func() { t.receive(conn, func() { <-places }) }) {
		conn.Close()
	}
}

// receive serves an accepted connection to its end. It calls greeted when the
// handshake is over.
func (t *Transport) receive(conn net.Conn, greeted func()) {
	defer conn.Close()
	stop := context.AfterFunc(t.dialling, func() { conn.Close() })
	defer stop()
	l, err := t.greet(conn)
	greeted()
	if err != nil {
		t.refuse(conn, err)
		return
	}
	if l == nil {
		return // a probe has its answer
	}
	defer t.leave(l)
	t.counters.accepted.Add(1)
	t.nudge(l.peer)
	if l.queue != nil && !t.start(func() { t.write(l) }) {
		l.close()
	}
	t.read(l)
}

// greet is the handshake on the accepting side. It returns no link to a probe.
func (t *Transport) greet(conn net.Conn) (*link, error) {
	if err := conn.SetDeadline(time.Now().Add(t.limits.HandshakeTime)); err != nil {
		return nil, err
	}
	tune(conn)
	if t.config.TLS != nil {
		conn = tls.Server(conn, t.config.TLS)
	}
	theirs, err := readHello(conn)
	if err != nil && !errors.Is(err, errVersion) && !errors.Is(err, errChecksum) {
		return nil, explain(err)
	}
	l, answer := t.seat(conn, theirs, err)
	if _, err := conn.Write(answer.append(nil)); err != nil {
		t.unseat(l)
		return nil, err
	}
	if answer.verdict != Welcome {
		part(conn)
		return nil, refusal(answer.verdict, theirs, answer)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.unseat(l)
		return nil, err
	}
	return l, nil
}

// seat judges a hello, seats its sender if it is welcome, and returns the answer.
func (t *Transport) seat(conn net.Conn, theirs hello, failed error) (*link, hello) {
	answer := hello{
		Identity: t.identity, version: Version, class: theirs.class, peer: theirs.Node,
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case errors.Is(failed, errVersion):
		answer.verdict = WrongVersion
	case failed != nil:
		answer.verdict = Malformed
	default:
		answer.verdict = t.identity.judge(theirs, 0, t.guests.latest[theirs.Node])
	}
	if answer.verdict == Welcome && len(t.guests.links) >= t.limits.Connections {
		answer.verdict = Crowded
	}
	if answer.verdict != Welcome || theirs.class == probe {
		return nil, answer
	}
	return t.admitLink(conn, theirs), answer
}

// admitLink is called with the mutex held.
func (t *Transport) admitLink(conn net.Conn, theirs hello) *link {
	var q *queue
	if theirs.Node.IsClient() {
		q = t.newQueue(theirs.class)
	}
	l := newLink(conn, theirs.Identity, theirs.class, q)
	for _, old := range t.guests.admit(l) {
		old.close()
	}
	return l
}

func (t *Transport) unseat(l *link) {
	if l != nil {
		t.leave(l)
	}
}

// leave ends a link that was seated. What it knew of a stranger is forgotten: only
// peers are few.
func (t *Transport) leave(l *link) {
	l.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.guests.leave(l) && t.peers[l.peer.Node] == nil {
		delete(t.guests.latest, l.peer.Node)
	}
}

func (t *Transport) refuse(conn net.Conn, err error) {
	if t.dialling.Err() != nil {
		return // closing
	}
	t.counters.refused.Add(1)
	host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	t.notices.warn("refuse "+host+kind(err), "connection refused",
		"address", conn.RemoteAddr().String(), "reason", err.Error())
}

// kind tells reasons apart that deserve a line of their own.
func kind(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return fmt.Sprintf(" %d %v", r.Verdict, r.Dialler.Node)
	}
	return ""
}

// part lets the other side read the answer before the connection goes: closing
// with bytes unread would reset it.
func part(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		if conn.SetReadDeadline(time.Now().Add(partingTime)) == nil {
			io.CopyN(io.Discard, conn, partingRead) // its error is the end we wait for
		}
	}
}

// refusal tells what the acceptor's verdict was about.
func refusal(v Verdict, dialler, acceptor hello) *Refusal {
	return &Refusal{
		Verdict:  v,
		Dialler:  dialler.Identity,
		Acceptor: acceptor.Identity,
		Dialled:  dialler.peer,
		Versions: [2]uint16{dialler.version, acceptor.version},
	}
}

// explain adds to an error of the handshake what its reader can do about it.
func explain(err error) error {
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("the other side does not use TLS: give a certificate to both sides or to neither: %w", err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("the other side did not finish its handshake in time: %w", err)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the other side closed the connection before its hello: %w", err)
	}
	return err
}

// tune sets what every connection needs. What a kernel refuses makes it notice a
// dead peer later; nothing else depends on it.
func tune(conn net.Conn) {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	_ = c.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	})
	_ = setUserTimeout(c)
}

// nudge lets lanes that wait before they dial again do it now: their node lives.
// Connections to another process of it are of no use.
func (t *Transport) nudge(id Identity) {
	t.mu.RLock()
	p := t.peers[id.Node]
	t.mu.RUnlock()
	if p != nil {
		p.nudge(id)
	}
}

// latest returns the latest process met of a node.
func (t *Transport) latest(n actors.NodeID) Identity {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.guests.latest[n]
}
