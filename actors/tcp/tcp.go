// Package tcp carries messages between processes over TCP, as docs/wire.md
// describes. Nothing in it ever waits on behalf of an actor: a message is encoded
// and queued by Send, and goroutines of its own dial, write and read. Messages may
// be lost, and late ones are dropped before new ones; who needs an answer asks
// again.
package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/understudy-kv/understudy/actors"
)

// A Codec turns messages into bytes and back. Both methods are called by many
// goroutines at once.
type Codec interface {
	// Append appends the encoding of m to b. It must not keep b.
	Append(b []byte, m actors.Message) ([]byte, error)
	// Decode decodes what Append appended. It may keep b, which nobody changes.
	Decode(b []byte) (actors.Message, error)
}

// Config says who a process is and whom it talks to.
type Config struct {
	Node        actors.NodeID
	Cluster     uint64 // 0 only for clients: any
	Incarnation uint64 // of a server: higher at each start on the same data directory
	Directory   uint32 // of a server: a random number of that directory
	// Listen is the address to accept connections at; empty to dial only.
	Listen string
	// Listener is used instead of Listen if it is not nil. The transport closes it.
	Listener net.Listener
	// Peers are the addresses of other servers. See also [Transport.Learn].
	Peers map[actors.NodeID]string
	Codec Codec
	// Deliver takes each message that arrives. It is called by a goroutine of each
	// connection and should return soon.
	Deliver func(from, to actors.Ref, m actors.Message)
	// TLS protects all connections if it is not nil. It is used for dialling and for
	// accepting, so for mutual TLS it holds RootCAs, ClientCAs, ClientAuth and
	// Certificates. Without ServerName the host dialled must be in the certificate.
	TLS    *tls.Config
	Log    *slog.Logger // slog.Default if nil
	Limits Limits
}

// A Transport sends to other nodes and receives from them.
type Transport struct {
	config   Config
	identity Identity
	limits   Limits
	notices  *notices
	counters counters
	listener net.Listener // nil if it only dials
	scratch  sync.Pool    // of *[]byte, to encode into

	dialling context.Context // done when the transport is closed
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu     sync.RWMutex
	closed bool
	peers  map[actors.NodeID]*peer
	guests guests // connections that others opened
}

// New starts to listen, if it is told to. Connections are dialled when there is
// something to send on them.
func New(c Config) (*Transport, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("tcp: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	t := &Transport{
		config:   c,
		identity: Identity{Node: c.Node, Cluster: c.Cluster, Incarnation: c.Incarnation, Directory: c.Directory},
		limits:   c.Limits.withDefaults(),
		notices:  newNotices(c.Log),
		scratch:  sync.Pool{New: func() any { return new([]byte) }},
		peers:    make(map[actors.NodeID]*peer),
		guests:   newGuests(),
	}
	t.dialling, t.cancel = context.WithCancel(context.Background())
	// any order: each peer is a table entry of its own
	for id, addr := range c.Peers {
		t.Learn(id, addr)
	}
	if err := t.listen(); err != nil {
		t.cancel()
		return nil, fmt.Errorf("tcp: %w", err)
	}
	return t, nil
}

func (c Config) validate() error {
	switch {
	case c.Node == 0:
		return errors.New("node id 0 names nobody: give this process an id of its own")
	case c.Cluster == 0 && !c.Node.IsClient():
		return errors.New("cluster id 0 is for clients: give this node the id of its cluster")
	case c.Codec == nil || c.Deliver == nil:
		return errors.New("a codec and a place to deliver to are needed")
	}
	// any order: any wrong peer will do
	for id := range c.Peers {
		if id == 0 || id.IsClient() {
			return fmt.Errorf("peer %v is not the id of a server", id)
		}
	}
	return nil
}

// Addr returns the address the transport listens at, nil if it only dials.
func (t *Transport) Addr() net.Addr {
	if t.listener == nil {
		return nil
	}
	return t.listener.Addr()
}

// Learn tells the address of a server, or its new address. A connection to its old
// address is closed.
func (t *Transport) Learn(id actors.NodeID, addr string) {
	if id == 0 || id == t.config.Node || id.IsClient() {
		return
	}
	t.mu.Lock()
	p := t.peers[id]
	if p == nil {
		p = t.newPeer(id)
		t.peers[id] = p
	}
	t.mu.Unlock()
	p.move(addr)
}

// Send encodes m and queues it for the node of to. It never waits, and it says
// nothing about what becomes of m.
func (t *Transport) Send(from, to actors.Ref, m actors.Message) {
	scratch := t.scratch.Get().(*[]byte)
	defer t.release(scratch)
	b, err := t.config.Codec.Append((*scratch)[:0], m)
	if err == nil {
		err = sendable(from, to, len(b))
	}
	if err != nil {
		t.counters.unencodable.Add(1)
		t.notices.warn(fmt.Sprintf("encode %T", m), "message lost: it cannot be sent",
			"type", fmt.Sprintf("%T", m), "to", to.String(), "error", err)
		return
	}
	message := len(b)
	b = appendPacketHead(b, to.Name, from.Name, message)
	*scratch = b
	if q := t.route(to.Node, classOf(message)); q != nil {
		q.push(b[message:], b[:message])
	} else {
		t.counters.unroutable.Add(1)
	}
}

func sendable(from, to actors.Ref, messageBytes int) error {
	switch {
	case messageBytes > MaxMessageBytes:
		return fmt.Errorf("%d bytes, at most %d", messageBytes, MaxMessageBytes)
	case len(from.Name) > MaxNameBytes || len(to.Name) > MaxNameBytes:
		return fmt.Errorf("name of an actor longer than %d bytes", MaxNameBytes)
	}
	return nil
}

func classOf(messageBytes int) class {
	if messageBytes > BulkBytes {
		return bulk
	}
	return small
}

// release keeps the memory of an encoding for the next one, unless it is a lot.
func (t *Transport) release(scratch *[]byte) {
	if cap(*scratch) <= keepBytes {
		t.scratch.Put(scratch)
	}
}

// route returns the queue for messages of a class to a node, or nil.
func (t *Transport) route(to actors.NodeID, c class) *queue {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return nil
	}
	if to.IsClient() {
		return t.guests.route(to, c)
	}
	if p := t.peers[to]; p != nil {
		return p.lanes[c].open()
	}
	return nil
}

func (t *Transport) newQueue(c class) *queue {
	bytes := t.limits.QueueBytes
	if c == bulk {
		bytes = t.limits.BulkQueueBytes
	}
	return newQueue(t.limits.QueueMessages, bytes, t.drop)
}

func (t *Transport) drop(messages int) { t.counters.dropped.Add(uint64(messages)) }

// Close ends all connections and returns when nothing is delivered any more.
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.cancel()
	var err error
	if t.listener != nil {
		err = t.listener.Close()
	}
	t.running.Wait()
	return err
}

// start runs f in a goroutine that Close waits for, unless the transport has been
// closed. It reports whether it did. The caller must not hold t.mu for writing.
func (t *Transport) start(f func()) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed {
		return false
	}
	t.running.Go(f)
	return true
}
