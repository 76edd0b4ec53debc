package resp

import (
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// A sender is the goroutine of a connection that writes the replies, in the order of
// the commands.
type sender struct {
	server   *Server
	socket   net.Conn
	queue    *queue
	retiring atomic.Bool // the connection ends behind what has been read

	out         writer // the replies that are not sent, but for long ones
	unsent      int    // how many commands these answer
	unsentBytes int    // of their arguments
}

// run sends replies in order until the last one.
func (s *sender) run() {
	defer s.socket.Close()
	defer s.queue.abandon()
	var spare []*request
	late := false // something was answered while the connection retired
	for {
		batch := s.queue.take(spare)
		if len(batch) == 0 {
			if late {
				s.linger()
			}
			return
		}
		if !s.answer(batch) {
			return
		}
		late = late || s.retiring.Load()
		clear(batch)
		spare = batch[:0]
	}
}

// answer writes the replies of a batch, and sends what it has whenever it would have
// to wait. It reports false after the last reply of the connection.
func (s *sender) answer(batch []*request) bool {
	for i, r := range batch {
		if !s.await(r) {
			return false
		}
		r.alone = i == len(batch)-1 && s.queue.drained()
		if !s.reply(r) {
			return false
		}
		s.unsent, s.unsentBytes = s.unsent+1, s.unsentBytes+r.bytes
		last := r.last
		r.recycle()
		if last {
			s.send()
			s.linger()
			return false
		}
		if len(s.out.buf) >= flushBytes && !s.send() {
			return false
		}
	}
	return s.send()
}

// await returns when the reply to r is known, and reports whether somebody wants it.
func (s *sender) await(r *request) bool {
	if !r.ready() {
		// Whoever finishes the requests before this one is finishing this one too.
		runtime.Gosched()
	}
	return r.ready() || s.send() && s.queue.await(r)
}

// reply writes what becomes of r, and sends it at once where it is long.
func (s *sender) reply(r *request) bool {
	switch {
	case r.mute:
		return true
	case r.isLong():
		return s.send() && s.sendLong(r)
	default:
		r.reply(&s.out)
		return true
	}
}

// send sends what has been written, which makes room for more commands.
func (s *sender) send() bool {
	ok := s.flush()
	s.queue.written(s.unsent, s.unsentBytes)
	s.unsent, s.unsentBytes = 0, 0
	return ok
}

// flush sends what has been written.
func (s *sender) flush() bool {
	if !s.put(s.out.buf) {
		return false
	}
	if cap(s.out.buf) > 2*flushBytes {
		s.out.buf = nil
	}
	s.out.buf = s.out.buf[:0]
	return true
}

// put sends bytes. It reports false if the client does not take them.
func (s *sender) put(b []byte) bool {
	const piece = 256 << 10 // each piece has a deadline of its own
	for len(b) > 0 {
		n := min(len(b), piece)
		if err := s.socket.SetWriteDeadline(time.Now().Add(s.server.config.WriteTimeout)); err != nil {
			return false
		}
		if _, err := s.socket.Write(b[:n]); err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}

// linger lets the client read the last reply. Closing at once, with input that was
// never read, would make the system discard the reply.
func (s *sender) linger() {
	half, ok := s.socket.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = s.socket.SetReadDeadline(time.Now().Add(lingerTime))
	var waste [1 << 10]byte
	for range lingerReads {
		if _, err := s.socket.Read(waste[:]); err != nil {
			return
		}
	}
}

// How long, and for how many reads, a connection lingers at its end.
const (
	lingerTime  = time.Second
	lingerReads = 64
)
