package resp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/kv"
)

// A conn is one client. One goroutine reads its commands and another, the sender,
// writes the replies; between them is a queue. Unless told otherwise the fields belong
// to the reader.
type conn struct {
	server  *Server
	socket  net.Conn
	id      uint64
	began   time.Time
	queue   queue
	scanner *scanner
	sender  sender

	turn     turn
	mode     mode
	arriving int  // bytes of server.arrivals that it has
	hurried  bool // the socket has a deadline for the next read
	ended    bool // nothing more is read

	active  atomic.Int64            // when it last said something, in nanoseconds of Unix time
	current atomic.Pointer[command] // the last command
	about   about
}

// A turn is what has arrived together and is not queued yet.
type turn struct {
	requests []*request
	bytes    int // of their arguments
	calls    int // of all of them
	merger   merger
}

func (t *turn) add(r *request) {
	t.requests = append(t.requests, r)
	t.bytes += r.bytes
	t.calls += len(r.calls)
}

func (t *turn) clear() {
	clear(t.requests)
	t.requests, t.bytes, t.calls = t.requests[:0], 0, 0
}

// A mode is what a client has asked of its connection.
type mode struct {
	resp3    bool // protocol version 3 instead of 2
	aware    bool // it knows about clusters: it may be told MOVED
	readonly bool // it reads from replicas: it need not be told for reads
	asking   bool // the next command is not to be sent elsewhere
	silent   bool // it wants no replies
	skip     int  // nor for so many commands, this one included
}

// pass says that a command was handled, and reports whether it gets no reply.
func (m *mode) pass(spec *command) bool {
	mute := m.silent || m.skip > 0
	m.skip = max(0, m.skip-1)
	m.asking = m.asking && spec != nil && spec.name == "asking"
	return mute
}

// What a client says about itself, for CLIENT LIST of others.
type about struct {
	sync.Mutex
	name, library, version string
	resp3                  bool
}

func newConn(s *Server, socket net.Conn) *conn {
	c := &conn{
		server:  s,
		socket:  socket,
		id:      s.lastID.Add(1),
		began:   time.Now(),
		scanner: newScanner(),
	}
	c.active.Store(c.began.UnixNano())
	c.queue.init(s.config, &s.flights)
	c.sender.server, c.sender.socket, c.sender.queue = s, socket, &c.queue
	c.scanner.admit = c.welcome
	return c
}

// serve runs the connection to its end.
func (c *conn) serve() {
	defer c.server.leave(c)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.sender.run()
	}()
	c.read()
	<-done
	c.queue.restore()
	c.arrived(0)
}

// abort ends the connection from outside.
func (c *conn) abort() {
	c.queue.abandon()
	_ = c.socket.Close()
}

// retire ends the connection from outside, behind the replies to what has been read.
func (c *conn) retire() {
	c.sender.retiring.Store(true)
	_ = c.socket.SetReadDeadline(time.Unix(1, 0))
}

// read takes commands until the client ends, or must.
func (c *conn) read() {
	defer c.queue.close()
	for !c.ended {
		n, err := c.receive()
		c.scanner.filled(n)
		if n > 0 {
			c.active.Store(time.Now().UnixNano())
			c.advance()
		}
		if err != nil {
			return
		}
	}
}

// receive reads once. Time that a client spends waiting for replies is not idle.
func (c *conn) receive() (int, error) {
	room := c.scanner.room()
	for {
		if err := c.hurry(c.patience()); err != nil {
			return 0, err
		}
		if c.sender.retiring.Load() { // perhaps since before the deadline was set
			return 0, net.ErrClosed
		}
		n, err := c.socket.Read(room)
		if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && !c.queue.empty() && c.arriving == 0 {
			continue
		}
		return n, err
	}
}

// hurry sets how long the next read may take, zero for as long as it likes.
func (c *conn) hurry(patience time.Duration) error {
	if patience == 0 && !c.hurried {
		return nil
	}
	c.hurried = patience > 0
	var deadline time.Time
	if c.hurried {
		deadline = time.Now().Add(patience)
	}
	return c.socket.SetReadDeadline(deadline)
}

// advance runs everything that has arrived, as one turn unless that is too much to
// have in flight.
func (c *conn) advance() {
	for !c.ended {
		args, err := c.scanner.next()
		if err != nil {
			c.refuse(err)
		}
		if err != nil || args == nil {
			break
		}
		c.step(args)
	}
	c.submit()
}

// step runs the next command of a turn, and waits where it or the queue needs it.
func (c *conn) step(args [][]byte) {
	spec := find(args)
	if spec != nil && spec.flags&barrier != 0 {
		c.submit()
		c.ended = !c.queue.settle()
		c.handle(spec, args)
		c.submit()
		c.ended = !c.queue.settle() || c.ended
		return
	}
	c.handle(spec, args)
	if c.queue.full(len(c.turn.requests), c.turn.bytes) {
		c.submit()
		c.ended = !c.queue.drain() || c.ended
	}
}

// refuse answers what is not the protocol; nothing more is read.
func (c *conn) refuse(err error) {
	r := take(c, nil, nil)
	r.fail("ERR " + err.Error())
	r.last = true
	c.turn.add(r)
	c.ended = true
}

// submit starts the calls of the turn and queues its replies, as soon as there is
// memory for them.
func (c *conn) submit() {
	if len(c.turn.requests) == 0 {
		return
	}
	if !c.queue.admit(c.turn.bytes) {
		c.ended = true
		return
	}
	c.arrived(c.scanner.reserved())
	c.server.commands.Add(uint64(len(c.turn.requests)))
	if c.turn.calls > 0 {
		store := c.server.config.Store
		store.Submit(c.turn.merger.merge(c.turn.requests, store.Map().Partitions()))
	}
	c.queue.push(c.turn.requests)
	c.turn.clear()
}

// handle runs one command as far as it goes without waiting.
func (c *conn) handle(spec *command, args [][]byte) {
	r := take(c, spec, args)
	r.bytes = c.scanner.bytes + len(args)*argumentBytes
	if reason := c.objection(r); reason != "" {
		r.fail(reason)
	} else {
		c.current.Store(spec)
		spec.run(r)
	}
	r.args = nil
	r.mute = c.mode.pass(spec)
	c.ended = c.ended || r.last
	c.turn.add(r)
}

// objection returns the error that keeps a command from running, if there is one.
func (c *conn) objection(r *request) string {
	if n := c.scanner.tooLong; n > 0 {
		return fmt.Sprintf("ERR an argument of %d bytes is too long: values of up to %d bytes are sent at once; "+
			"APPEND and SETRANGE make longer ones", n, kv.MaxValueBytes)
	}
	if c.scanner.crowded {
		return crowded
	}
	if r.spec == nil {
		return c.unknown(r)
	}
	if !r.spec.takes(len(r.args)) {
		return "ERR wrong number of arguments for '" + r.spec.fullName() + "' command"
	}
	if r.spec.first == 0 {
		return ""
	}
	slot, same := r.spec.slot(r.args)
	if !same {
		return crossSlot
	}
	r.slot = slot
	return c.moved(slot, r.spec)
}
