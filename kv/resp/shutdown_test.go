package resp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestShutdownAnswersWhatWasRead(t *testing.T) {
	store, release := newFake(), make(chan struct{})
	store.late = holding(release)
	s, address := start(t, Config{Store: store})
	idle, busy := dial(t, address), dial(t, address)
	if _, err := io.WriteString(busy, "SET a 1\r\nGET a\r\n"); err != nil {
		t.Fatal(err)
	}
	store.waitForBatches(t, 1)
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	if reply, err := io.ReadAll(idle); err != nil || len(reply) > 0 {
		t.Errorf("the idle client read %q, %v", reply, err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("a server that shuts down takes another client")
	}
	s.Stats() // returns when all connections have been told
	// Never read, and no reason to lose the replies before it.
	if _, err := io.WriteString(busy, "SET a 2\r\n"); err != nil {
		t.Fatal(err)
	}
	close(release)
	if reply, err := io.ReadAll(busy); err != nil || string(reply) != "+OK\r\n$1\r\n1\r\n" {
		t.Errorf("the busy client read %q, %v", reply, err)
	}
	busy.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestShutdownWaitsNoLongerThanItIsTold(t *testing.T) {
	store, release := newFake(), make(chan struct{})
	defer close(release)
	store.late = holding(release)
	s, address := start(t, Config{Store: store})
	if _, err := io.WriteString(dial(t, address), "SET a 1\r\n"); err != nil {
		t.Fatal(err)
	}
	store.waitForBatches(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returned %v", err)
	}
}

func TestAConnectionThatIsLimitedInIdlenessRetiresToo(t *testing.T) {
	s, address := start(t, Config{IdleTimeout: time.Hour})
	socket := talk{t: t, socket: dial(t, address)}
	socket.say("PING")
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
