package hollywood_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
)

// TestActorsThatWaitHaveNoGoroutine wakes very many actors at once, which only goes if
// none waits for another, and counts the goroutines that are left when all have had
// their turn.
func TestActorsThatWaitHaveNoGoroutine(t *testing.T) {
	const actorsAtOnce, enough = 500, 100
	before := runtime.NumGoroutine()
	e := engine(t, hollywood.Config{})
	working, gate := make(chan bool, actorsAtOnce), make(chan bool)
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open) // else the engine never stops
	for i := range actorsAtOnce {
		e.Spawn(fmt.Sprint("a", i), script(func(actors.Context, actors.Ref, actors.Message) {
			working <- true
			<-gate // as no actor does, so that all are at work at one time
		}))
	}
	eventually(t, "all to be at work at one time", func() bool { return len(working) == actorsAtOnce })
	open()
	eventually(t, "most goroutines to end", func() bool { return runtime.NumGoroutine()-before < enough })
	e.Stop()
	eventually(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

// TestWhatIsSentDuringATurnStartsAnother sends from many goroutines while the actor is
// busy, finishes and is busy again, so that the last message of a batch and the end of
// a turn meet in every order.
func TestWhatIsSentDuringATurnStartsAnother(t *testing.T) {
	const senders, each = 8, 5000
	e := engine(t, hollywood.Config{})
	done := make(chan bool)
	received := 0
	e.Spawn("a", script(func(_ actors.Context, _ actors.Ref, m actors.Message) {
		if m != (ball{}) {
			return
		}
		if received++; received == senders*each {
			close(done)
		}
	}))
	for range senders {
		go func() {
			for i := range each {
				e.Send(ref("a"), ball{})
				if i%7 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("a message waits, and nobody works on it")
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s; %d goroutines", what, runtime.NumGoroutine())
		}
	}
}
