package resp

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
)

func TestProtocolErrorsAreAnsweredAndEndTheConnection(t *testing.T) {
	_, address := start(t, Config{})
	got := exchange(t, address, "SET a 1\r\n*1\r\n:5\r\nSET a 2\r\n"+strings.Repeat("x", 1<<20))
	if want := "+OK\r\n-ERR Protocol error: expected '$', got ':'\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := exchange(t, address, "GET a\r\n"); got != "$1\r\n1\r\n" {
		t.Errorf("what came after a protocol error was done: %q", got)
	}
}

func TestQuitEndsTheConnection(t *testing.T) {
	_, address := start(t, Config{})
	if got := exchange(t, address, "PING\r\nQUIT\r\nPING\r\n"); got != "+PONG\r\n+OK\r\n" {
		t.Errorf("%q", got)
	}
}

func TestBrowsersAreHungUpOn(t *testing.T) {
	_, address := start(t, Config{})
	for _, line := range []string{"POST / HTTP/1.1", "Host: localhost"} {
		got := exchange(t, address, line+"\r\nSET a 1\r\n")
		if !strings.HasPrefix(got, "-ERR unknown command") || strings.Contains(got, "OK") {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestTooManyConnectionsAreTurnedAway(t *testing.T) {
	s, address := start(t, Config{MaxConnections: 2})
	first, second := talk{t: t, socket: dial(t, address)}, talk{t: t, socket: dial(t, address)}
	first.say("PING")
	second.say("PING")
	reply, err := io.ReadAll(dial(t, address))
	if err != nil || string(reply) != "-ERR max number of clients reached\r\n" {
		t.Errorf("%q, %v", reply, err)
	}
	if stats := s.Stats(); stats.Rejected != 1 || stats.Connections != 2 || stats.Accepted != 2 {
		t.Errorf("%+v", stats)
	}
	first.say("QUIT")
	for s.Stats().Connections > 1 {
		time.Sleep(time.Millisecond)
	}
	if got := exchange(t, address, "PING\r\n"); got != "+PONG\r\n" {
		t.Errorf("after one has left: %q", got)
	}
}

// untilClosed reads nothing until the server has hung up, and reports whether it did.
func untilClosed(s *Server) bool {
	for range 10_000 {
		if s.Stats().Connections == 0 {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

func TestAClientThatTakesNoRepliesIsDisconnected(t *testing.T) {
	f := newFake()
	s, address := start(t, Config{Store: f, WriteTimeout: 50 * time.Millisecond, MaxInFlight: 64})
	exchange(t, address, fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n%s\r\n", strings.Repeat("v", 1000000)))
	socket := dial(t, address)
	for range 1000 {
		if _, err := io.WriteString(socket, "GET k\r\n"); err != nil {
			break
		}
	}
	if !untilClosed(s) {
		t.Error("it is still connected")
	}
	if calls := f.opsSoFar(); calls > 500 {
		t.Errorf("%d commands were run for a client that takes no replies", calls)
	}
}

func TestAnIdleClientIsDisconnectedIfAskedTo(t *testing.T) {
	s, address := start(t, Config{IdleTimeout: 20 * time.Millisecond})
	dial(t, address)
	if !untilClosed(s) {
		t.Error("it is still connected")
	}
}

func TestWaitingForAReplyIsNotIdle(t *testing.T) {
	f := newFake()
	release := make(chan struct{})
	f.late = holding(release)
	_, address := start(t, Config{Store: f, IdleTimeout: 10 * time.Millisecond})
	client := dial(t, address)
	if _, err := io.WriteString(client, "SET a 1\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	close(release)
	reply, err := io.ReadAll(client)
	if string(reply) != "+OK\r\n" || err != nil {
		t.Errorf("%q, %v", reply, err)
	}
}

func TestACommandInPiecesIsPutTogether(t *testing.T) {
	_, address := start(t, Config{})
	socket := dial(t, address)
	for _, b := range []byte("*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n") {
		if _, err := socket.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	var reply [8]byte
	if _, err := io.ReadFull(socket, reply[:]); err != nil || string(reply[:]) != "$2\r\nhi\r\n" {
		t.Errorf("%q, %v", reply, err)
	}
}

func TestCloseLeavesNobodyWaiting(t *testing.T) {
	f := newFake()
	f.late = func([]*client.Call) {} // nothing is ever done
	s, address := start(t, Config{Store: f, MaxInFlight: 4})
	for i := range 4 {
		socket := dial(t, address)
		if _, err := io.WriteString(socket, strings.Repeat("SET k v\r\n", 3*i)); err != nil {
			t.Fatal(err)
		}
	}
	f.waitForBatches(t, 3)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if stats := s.Stats(); stats.Connections != 0 {
		t.Errorf("%+v", stats)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err != ErrClosed {
		t.Errorf("Serve after Close: %v", err)
	}
}

func TestServeEndsWithItsListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Store: newFake()})
	defer s.Close()
	l.Close()
	if err := s.Serve(l); err == nil || err == ErrClosed {
		t.Errorf("Serve: %v", err)
	}
}

func TestLongRepliesComeWhole(t *testing.T) {
	f := newFake()
	f.late = shuffled
	_, address := start(t, Config{Store: f})
	value := bytes.Repeat([]byte("v"), 3<<20)
	request := fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n", len(value), value) + strings.Repeat("GET k\r\n", 5)
	want := "+OK\r\n" + strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", len(value), value), 5)
	if got := exchange(t, address, request); got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}
