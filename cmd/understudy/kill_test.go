package main

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
)

// TestWhatWasAcknowledgedSurvivesKill writes without pause while one node after the
// other is killed with SIGKILL and started again, and then all at once; afterwards
// every write that was acknowledged must be read back.
func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts processes and kills them for some seconds")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	p, err := startNodes(t.Context(), 3, t.TempDir(), "--partitions", "4")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	w := startWriters(t, p, 4)
	for i := range p.commands {
		w.waitFor(t, 50)
		p.end(i, syscall.SIGKILL)
		w.waitFor(t, 50) // the others go on
		if err := p.start(i); err != nil {
			t.Fatal(err)
		}
		if err := p.ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.commands {
		p.end(i, syscall.SIGKILL)
	}
	for i := range p.commands {
		if err := p.start(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.readBack(t)
}

// writers count up in keys of their own and remember what was acknowledged.
type writers struct {
	client *client.Client
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex
	acked  []int // by writer: the newest number acknowledged
	total  int
}

func startWriters(t *testing.T, p *processes, n int) *writers {
	t.Helper()
	var addresses []string
	for _, m := range p.members {
		member, err := parseMember(m)
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, member.Address)
	}
	c, err := client.New(t.Context(), client.Config{Addresses: addresses, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	w := &writers{client: c, cancel: cancel, acked: make([]int, n)}
	for i := range n {
		w.wait.Go(func() { w.write(ctx, i) })
	}
	return w
}

func key(writer int) string { return fmt.Sprintf("writer-%d", writer) }

func (w *writers) write(ctx context.Context, writer int) {
	for number := 1; ctx.Err() == nil; number++ {
		if w.client.Put(ctx, key(writer), fmt.Append(nil, number)) != nil {
			continue // unknown, or given up: a later number replaces it
		}
		w.mu.Lock()
		w.acked[writer] = number
		w.total++
		w.mu.Unlock()
	}
}

// waitFor returns once n more writes were acknowledged.
func (w *writers) waitFor(t *testing.T, n int) {
	t.Helper()
	goal := w.count() + n
	for end := time.Now().Add(time.Minute); w.count() < goal; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d writes were acknowledged; waited in vain for %d", w.count(), goal)
		}
	}
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total
}

func (w *writers) stop() {
	w.cancel()
	w.wait.Wait()
}

// readBack finds at each key the last number acknowledged, or a later one that was
// under way when the writer stopped.
func (w *writers) readBack(t *testing.T) {
	t.Helper()
	for writer, acked := range w.acked {
		value, found, err := w.client.Get(t.Context(), key(writer))
		var number int
		_, scanned := fmt.Sscan(string(value), &number)
		if err != nil || !found || scanned != nil || number < acked {
			t.Errorf("%s holds %q (%v); %d was acknowledged", key(writer), value, err, acked)
		}
	}
	t.Logf("%d writes acknowledged", w.total)
}
