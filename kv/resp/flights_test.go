package resp

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
)

// half is a value of which two fill the memory of the servers below.
var half = strings.Repeat("x", 512<<10)

// narrow lets two commands with such a value be in flight.
func narrow(f *fake) Config {
	return Config{Store: f, MaxInFlightBytes: len(half), MaxBytes: 2 * len(half)}
}

func setHalf(key string) string {
	return fmt.Sprintf("*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(half), half)
}

// Connections are many, so what each may have in flight bounds nothing.
func TestWhatAllConnectionsHaveInFlightIsBounded(t *testing.T) {
	var inFlight, most atomic.Int64
	f := newFake()
	f.late = func(calls []*client.Call) {
		for n := inFlight.Add(int64(len(calls))); n > most.Load(); {
			most.Store(n)
		}
		go func() {
			time.Sleep(5 * time.Millisecond) // others want to come in
			inFlight.Add(-int64(len(calls)))
			finish(calls)
		}()
	}
	config := narrow(f)
	config.ArrivalTimeout = time.Minute // all get their turn
	s, address := start(t, config)
	var all sync.WaitGroup
	for c := range 12 {
		all.Go(func() {
			request := strings.Repeat(setHalf(fmt.Sprint("key", c)), 4)
			if got := exchange(t, address, request); got != strings.Repeat("+OK\r\n", 4) {
				t.Errorf("connection %d got %q", c, got)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n > 3 {
		t.Errorf("%d commands were in flight at one time, which is more than there is memory for", n)
	}
	mustRestore(t, s)
}

func TestWhoWaitsForMemoryKeepsNoSmallCommandWaiting(t *testing.T) {
	f := newFake()
	release := make(chan struct{})
	f.late = holding(release)
	s, address := start(t, narrow(f))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { exchange(t, address, setHalf("large")) })
	}
	f.waitForBatches(t, 2)
	small := dial(t, address)
	if _, err := io.WriteString(small, "SET small 1\r\n"); err != nil {
		t.Fatal(err)
	}
	f.waitForBatches(t, 3) // it is under way although nobody has memory to give
	close(release)
	all.Wait()
	small.Close()
	mustRestore(t, s)
}

func TestConnectionsThatEndGiveTheirMemoryBack(t *testing.T) {
	f := newFake()
	release := make(chan struct{})
	f.late = holding(release)
	s, address := start(t, narrow(f))
	for range 6 {
		if _, err := io.WriteString(dial(t, address), setHalf("key")); err != nil {
			t.Fatal(err)
		}
	}
	f.waitForBatches(t, 2)
	defer close(release)
	if err := s.Close(); err != nil { // some have memory, and some wait for it
		t.Error(err)
	}
	mustRestore(t, s)
}

// mustRestore waits for the end of all connections.
func mustRestore(t *testing.T, s *Server) {
	t.Helper()
	for s.Stats().Connections > 0 {
		time.Sleep(time.Millisecond)
	}
	for _, r := range []*ration{&s.flights, &s.arrivals} {
		r.mu.Lock()
		if want := int64(s.config.MaxBytes); r.free != want || len(r.waiting) > 0 {
			t.Errorf("%d of %d bytes are free, %d claims wait", r.free, want, len(r.waiting))
		}
		r.mu.Unlock()
	}
}
