package resp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
)

// A Store is what the server stands in front of; a *client.Client is one.
type Store interface {
	// Submit puts calls under way and returns at once. It keeps the calls until they
	// are done, but not the slice.
	Submit(calls []*client.Call)
	// Map returns the newest map of the cluster that is known, or the zero map.
	Map() node.ClusterMap
}

// A Config says what a [Server] serves. Numbers that are zero stand for the
// defaults.
type Config struct {
	Store Store
	// Self is the id of the node that serves.
	Self uint64
	// Version is of this program, for INFO.
	Version string
	// Log is for people; nil for none.
	Log *slog.Logger

	// MaxConnections is how many clients may be connected: 10000 by default, as in
	// Redis.
	MaxConnections int
	// MaxInFlight is how many commands of one connection may wait for their replies,
	// 1024 by default. Beyond it the connection is not read from.
	MaxInFlight int
	// MaxInFlightBytes is the same in bytes of their arguments, 32 MiB by default. A
	// single command may exceed it.
	MaxInFlightBytes int
	// MaxBytes is how many bytes the commands in flight of all connections may have
	// together, 256 MiB by default, beside the 64 KiB that each connection has to itself.
	// Beyond it connections wait for one another. A single command may exceed it. As many
	// bytes may be received of commands that are not complete, or not in flight yet.
	MaxBytes int
	// ArrivalTimeout is how long a connection waits for memory for a command that it is
	// about to receive, 2 seconds by default. It may hold memory for the beginning of that
	// command, so it must not wait for ever: others may wait for this.
	ArrivalTimeout time.Duration
	// IdleTimeout closes a connection that says nothing for so long. By default, as
	// in Redis, none is closed.
	IdleTimeout time.Duration
	// WriteTimeout closes a connection that does not take 256 KiB of replies in so
	// long: 30 seconds by default.
	WriteTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	orDefault(&c.MaxConnections, 10_000)
	orDefault(&c.MaxInFlight, 1024)
	orDefault(&c.MaxInFlightBytes, 32<<20)
	orDefault(&c.MaxBytes, 256<<20)
	orDefault(&c.ArrivalTimeout, 2*time.Second)
	orDefault(&c.WriteTimeout, 30*time.Second)
	return c
}

func orDefault[T int | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// A Server answers Redis clients. It is safe for concurrent use.
type Server struct {
	config  Config
	started time.Time
	cursors cursors
	ration  ration // of memory for long values
	flights ration // of memory for commands in flight
	// arrivals is of memory for commands that are being received, or wait for flights.
	arrivals ration

	lastID   atomic.Uint64 // of connections
	accepted atomic.Uint64
	rejected atomic.Uint64
	commands atomic.Uint64

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
	closed    bool
	running   sync.WaitGroup // connections
}

// New returns a server that has no listener yet.
func New(c Config) *Server {
	c = c.withDefaults()
	return &Server{
		config:    c,
		started:   time.Now(),
		cursors:   newCursors(),
		ration:    ration{free: maxLongBytes},
		flights:   ration{free: int64(c.MaxBytes)},
		arrivals:  ration{free: int64(c.MaxBytes)},
		listeners: map[net.Listener]struct{}{},
		conns:     map[*conn]struct{}{},
	}
}

// Stats counts what a server has done since it started.
type Stats struct {
	Connections int    // open now
	Accepted    uint64 // connections
	Rejected    uint64 // connections, because there were too many
	Commands    uint64
}

// Stats returns what the server has done so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Connections: len(s.conns),
		Accepted:    s.accepted.Load(),
		Rejected:    s.rejected.Load(),
		Commands:    s.commands.Load(),
	}
}

// ErrClosed is returned by [Server.Serve] after [Server.Close] or [Server.Shutdown]. It wraps
// [net.ErrClosed].
var ErrClosed = fmt.Errorf("resp: the server is closed: %w", net.ErrClosed)

// Serve answers those who connect to l until the server or l is closed. It closes l.
// It may run for several listeners at once.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.listen(l) {
		return ErrClosed
	}
	defer s.forget(l)
	for wait := time.Duration(0); ; {
		socket, err := l.Accept()
		switch {
		case err == nil:
			wait = 0
			s.accept(socket)
		case s.isClosed():
			return ErrClosed
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("resp: accept: %w", err)
		default: // too many open files, for example
			wait = min(2*wait+5*time.Millisecond, time.Second)
			s.config.Log.Warn("cannot accept a Redis client", "error", err, "retry", wait)
			time.Sleep(wait)
		}
	}
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.listeners[l] = struct{}{}
	}
	return !s.closed
}

func (s *Server) forget(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// accept starts a connection, or refuses it as Redis does.
func (s *Server) accept(socket net.Conn) {
	c := newConn(s, socket)
	s.mu.Lock()
	room := len(s.conns) < s.config.MaxConnections
	if room && !s.closed {
		s.conns[c] = struct{}{}
		s.running.Add(1)
		s.accepted.Add(1)
		go c.serve()
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.rejected.Add(1)
	// One short write into an empty send buffer: it does not block.
	_ = socket.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = socket.Write([]byte("-ERR max number of clients reached\r\n"))
	_ = socket.Close()
}

// leave is called by a connection when it has ended.
func (s *Server) leave(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.running.Done()
}

// Shutdown closes all listeners, and each connection behind the replies to what has
// been read from it. It returns when all have ended, or when ctx has: then [Server.Close]
// ends the others.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end((*conn).retire)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close closes all listeners and connections and waits until they have ended. What
// is in flight is not waited for: its clients get no answer.
func (s *Server) Close() error {
	s.end((*conn).abort)
	s.running.Wait()
	return nil
}

// end closes the listeners and tells every connection to end.
func (s *Server) end(tell func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		tell(c)
	}
}
