package resp

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"
)

// begin sends all of a command but its last byte.
func begin(t *testing.T, address, command string) io.ReadWriteCloser {
	t.Helper()
	c := dial(t, address)
	if _, err := io.WriteString(c, command[:len(command)-1]); err != nil {
		t.Fatal(err)
	}
	return c
}

// waitForArrivals waits until so many bytes are reserved.
func waitForArrivals(s *Server, bytes int) {
	for {
		s.arrivals.mu.Lock()
		free := s.arrivals.free
		s.arrivals.mu.Unlock()
		if int(free) <= s.config.MaxBytes-bytes {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Connections are many, so what each may have sent of one command bounds nothing. Whoever
// gets no room is told so, and goes on.
func TestWhatAllConnectionsHaveSentInPartIsBounded(t *testing.T) {
	s, address := start(t, narrow(newFake()))
	for _, key := range []string{"a", "b"} {
		begin(t, address, setHalf(key))
	}
	waitForArrivals(s, 2*len(half))
	got := exchange(t, address, "SET before 1\r\n"+setHalf("c")+"SET small 1\r\n")
	if want := "+OK\r\n-" + crowded + "\r\n+OK\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRoomForACommandIsGivenOnWhenItHasCome(t *testing.T) {
	s, address := start(t, narrow(newFake()))
	first, _ := begin(t, address, setHalf("a")), begin(t, address, setHalf("b"))
	waitForArrivals(s, 2*len(half))
	go func() { _, _ = io.WriteString(first, "\n") }()
	if got := exchange(t, address, setHalf("c")); got != "+OK\r\n" {
		t.Errorf("%q", got)
	}
	if line, err := bufio.NewReader(first).ReadString('\n'); line != "+OK\r\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	mustRestore(t, s)
}

// Who has been given room and does not use it loses it with the connection.
func TestWhoKeepsRoomAndSendsNothingIsDisconnected(t *testing.T) {
	config := narrow(newFake())
	config.WriteTimeout = 20 * time.Millisecond
	s, address := start(t, config)
	idle := begin(t, address, "*1\r\n$4\r\nPING\r\n") // has been given none
	lazy := begin(t, address, setHalf("a"))
	if _, err := lazy.Read(make([]byte, 1)); err != io.EOF && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the lazy one reads %v", err)
	}
	if _, err := io.WriteString(idle, "\n"); err != nil {
		t.Error(err)
	}
	if line, err := bufio.NewReader(idle).ReadString('\n'); line != "+PONG\r\n" {
		t.Errorf("the idle one reads %q, %v", line, err)
	}
	idle.Close()
	mustRestore(t, s)
}
