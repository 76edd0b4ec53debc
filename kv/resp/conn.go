package resp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/kv"
)

// A conn is one client. One goroutine reads its commands and another writes the
// replies; between them is a queue. Unless told otherwise the fields belong to the
// reader.
type conn struct {
	server  *Server
	socket  net.Conn
	id      uint64
	began   time.Time
	queue   queue
	scanner *scanner

	batch      []*request // of this turn, not pushed yet
	batchBytes int
	calls      int // of batch
	merger     merger
	arriving   int  // bytes of server.arrivals that it has
	hurried    bool // the socket has a deadline for the next read

	resp3    bool // protocol version 3 instead of 2
	aware    bool // it knows about clusters: it may be told MOVED
	readonly bool // it reads from replicas: it need not be told for reads
	asking   bool // the next command is not to be sent elsewhere
	silent   bool // it wants no replies
	skip     int  // nor for so many commands, this one included
	ended    bool // nothing more is read

	out writer // the writer's

	retiring atomic.Bool // nothing more is to be read

	active  atomic.Int64            // when it last said something, in nanoseconds of Unix time
	current atomic.Pointer[command] // the last command
	about   about
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
	c.scanner.admit = c.welcome
	return c
}

// serve runs the connection to its end.
func (c *conn) serve() {
	defer c.server.leave(c)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.write()
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
	c.retiring.Store(true)
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
			c.turn()
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
		if c.retiring.Load() { // perhaps since before the deadline was set
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

// turn runs everything that has arrived, as one batch unless that is too much to
// have in flight.
func (c *conn) turn() {
	for !c.ended {
		args, err := c.scanner.next()
		if err != nil {
			c.refuse(err)
		}
		if err != nil || args == nil {
			break
		}
		c.advance(args)
	}
	c.submit()
}

// advance runs the next command of a turn, and waits where it or the queue needs it.
func (c *conn) advance(args [][]byte) {
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
	if c.queue.full(len(c.batch), c.batchBytes) {
		c.submit()
		c.ended = !c.queue.drain() || c.ended
	}
}

// refuse answers what is not the protocol; nothing more is read.
func (c *conn) refuse(err error) {
	r := take(c, nil, nil)
	r.fail("ERR " + err.Error())
	r.last = true
	c.batch = append(c.batch, r)
	c.ended = true
}

// submit starts the calls of the batch and queues its replies, as soon as there is
// memory for them.
func (c *conn) submit() {
	if len(c.batch) == 0 {
		return
	}
	if !c.queue.admit(c.batchBytes) {
		c.ended = true
		return
	}
	c.arrived(c.scanner.reserved())
	c.server.commands.Add(uint64(len(c.batch)))
	if c.calls > 0 {
		store := c.server.config.Store
		store.Submit(c.merger.merge(c.batch, store.Map().Partitions()))
	}
	c.queue.push(c.batch)
	clear(c.batch)
	c.batch, c.batchBytes, c.calls = c.batch[:0], 0, 0
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
	c.asking = c.asking && spec != nil && spec.name == "asking"
	r.args = nil
	r.mute = c.silent || c.skip > 0
	c.skip = max(0, c.skip-1)
	c.ended = c.ended || r.last
	c.batch = append(c.batch, r)
	c.batchBytes += r.bytes
	c.calls += len(r.calls)
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

// write sends replies in order until the last one.
func (c *conn) write() {
	defer c.socket.Close()
	defer c.queue.abandon()
	var spare []*request
	late := false // something was answered while the connection retired
	for {
		batch := c.queue.take(spare)
		if len(batch) == 0 {
			if late {
				c.linger()
			}
			return
		}
		if !c.answer(batch) {
			return
		}
		late = late || c.retiring.Load()
		clear(batch)
		spare = batch[:0]
	}
}

// answer writes the replies of a batch, and sends what it has whenever it would have
// to wait. It reports false after the last reply of the connection.
func (c *conn) answer(batch []*request) bool {
	unsent, unsentBytes := 0, 0
	send := func() bool {
		ok := c.flush()
		c.queue.written(unsent, unsentBytes)
		unsent, unsentBytes = 0, 0
		return ok
	}
	for i, r := range batch {
		if !r.ready() {
			// Whoever finishes the requests before this one is finishing this one too.
			runtime.Gosched()
		}
		if !r.ready() && (!send() || !c.queue.await(r)) {
			return false
		}
		r.alone = i == len(batch)-1 && c.queue.drained()
		switch {
		case r.mute:
		case r.isLong():
			if !send() || !c.sendLong(r) {
				return false
			}
		default:
			r.reply(&c.out)
		}
		unsent, unsentBytes = unsent+1, unsentBytes+r.bytes
		last := r.last
		r.recycle()
		if last {
			send()
			c.linger()
			return false
		}
		if len(c.out.buf) >= flushBytes && !send() {
			return false
		}
	}
	return send()
}

// flush sends what has been written.
func (c *conn) flush() bool {
	if !c.put(c.out.buf) {
		return false
	}
	if cap(c.out.buf) > 2*flushBytes {
		c.out.buf = nil
	}
	c.out.buf = c.out.buf[:0]
	return true
}

// put sends bytes. It reports false if the client does not take them.
func (c *conn) put(b []byte) bool {
	const piece = 256 << 10 // each piece has a deadline of its own
	for len(b) > 0 {
		n := min(len(b), piece)
		if err := c.socket.SetWriteDeadline(time.Now().Add(c.server.config.WriteTimeout)); err != nil {
			return false
		}
		if _, err := c.socket.Write(b[:n]); err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

// linger lets the client read the last reply. Closing at once, with input that was
// never read, would make the system discard the reply.
func (c *conn) linger() {
	half, ok := c.socket.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.socket.SetReadDeadline(time.Now().Add(lingerTime))
	var waste [1 << 10]byte
	for range lingerReads {
		if _, err := c.socket.Read(waste[:]); err != nil {
			return
		}
	}
}

// How long, and for how many reads, a connection lingers at its end.
const (
	lingerTime  = time.Second
	lingerReads = 64
)
