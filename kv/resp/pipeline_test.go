package resp

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/understudy-kv/understudy/client"
)

func TestRepliesKeepTheOrderOfTheCommands(t *testing.T) {
	f := newFake()
	f.late = shuffled
	_, address := start(t, Config{Store: f, MaxInFlight: 50})
	var request, want strings.Builder
	for i := range 5000 {
		switch i % 5 {
		case 0:
			fmt.Fprintf(&request, "SET k%d %d\r\n", i, i)
			want.WriteString("+OK\r\n")
		case 1:
			fmt.Fprintf(&request, "GET k%d\r\n", i-1)
			fmt.Fprintf(&want, "$%d\r\n%d\r\n", len(fmt.Sprint(i-1)), i-1)
		case 2:
			fmt.Fprintf(&request, "ECHO %05d\r\n", i)
			fmt.Fprintf(&want, "$5\r\n%05d\r\n", i)
		case 3:
			request.WriteString("INCR n\r\n")
			fmt.Fprintf(&want, ":%d\r\n", i/5+1)
		case 4:
			fmt.Fprintf(&request, "FOO %d\r\n", i)
			fmt.Fprintf(&want, "-ERR unknown command 'FOO', with args beginning with: '%d' \r\n", i)
		}
	}
	if got := exchange(t, address, request.String()); got != want.String() {
		t.Errorf("%d bytes of replies differ from the %d wanted", len(got), want.Len())
	}
}

func TestManyConnectionsShareNothing(t *testing.T) {
	f := newFake()
	f.late = shuffled
	_, address := start(t, Config{Store: f, MaxInFlight: 16})
	var all sync.WaitGroup
	for c := range 20 {
		all.Go(func() {
			var request, want strings.Builder
			for i := range 200 {
				fmt.Fprintf(&request, "APPEND c%d %d,\r\nSTRLEN c%d\r\n", c, i%10, c)
				fmt.Fprintf(&want, ":%d\r\n:%d\r\n", 2*i+2, 2*i+2)
			}
			if got := exchange(t, address, request.String()); got != want.String() {
				t.Errorf("connection %d got the replies of another", c)
			}
		})
	}
	all.Wait()
}

func TestWhatArrivesTogetherIsSubmittedTogether(t *testing.T) {
	f := newFake()
	_, address := start(t, Config{Store: f})
	exchange(t, address, strings.Repeat("SET k v\r\nPING\r\n", 20))
	if len(f.batches) != 1 || f.batches[0] != 20 {
		t.Errorf("batches of %v calls, want one of 20", f.batches)
	}
}

func TestACommandOnAllKeysWaitsForThoseBeforeIt(t *testing.T) {
	f := newFake()
	release := make(chan struct{})
	f.late = holding(release)
	_, address := start(t, Config{Store: f})
	socket := dial(t, address)
	if _, err := io.WriteString(socket, "SET a 1\r\nSET b 1\r\nSET c 1\r\nDBSIZE\r\nDEL a\r\n"); err != nil {
		t.Fatal(err)
	}
	f.waitForBatches(t, 1)
	if n := len(f.batchesSoFar()); n != 1 {
		t.Fatalf("%d batches under way before the first is done", n)
	}
	close(release)
	f.waitForBatches(t, 3)
	if got := fmt.Sprint(f.batchesSoFar()); got != "[3 4 1]" {
		t.Errorf("batches of %v calls, want [3 4 1]", got)
	}
}

func TestCallsOfAConnectionAreOneStream(t *testing.T) {
	f := newFake()
	streams := map[uint64]int{}
	f.verdict = func(c *client.Call) error {
		streams[c.Stream]++
		return nil
	}
	_, address := start(t, Config{Store: f})
	exchange(t, address, "SET a 1\r\nGET a\r\n")
	exchange(t, address, "GET a\r\n")
	if len(streams) != 2 || streams[1] != 2 || streams[2] != 1 || streams[0] != 0 {
		t.Errorf("calls by stream: %v", streams)
	}
}

func TestAConnectionInFlightIsNotReadBeyondItsLimit(t *testing.T) {
	for name, c := range map[string]Config{
		"by number": {MaxInFlight: 10},
		"by bytes":  {MaxInFlightBytes: 10 * 3 * argumentBytes},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			release := make(chan struct{})
			f.late = holding(release)
			c.Store = f
			_, address := start(t, c)
			done := make(chan string)
			go func() { done <- exchange(t, address, strings.Repeat("SET k v\r\n", 1000)) }()
			f.waitForBatches(t, 1)
			if total := f.opsSoFar(); total > 10 {
				t.Errorf("%d calls in flight", total)
			}
			close(release)
			if got := <-done; got != strings.Repeat("+OK\r\n", 1000) {
				t.Errorf("%d bytes of replies", len(got))
			}
		})
	}
}

// FuzzConversation sends anything to a server whose calls end in any order, and
// checks that it keeps serving others.
func FuzzConversation(f *testing.F) {
	store := newFake()
	store.late = shuffled
	_, address := start(f, Config{Store: store, MaxInFlight: 8})
	f.Add([]byte("SET a 1\r\nGET a\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\nQUIT\r\n"))
	for _, c := range table {
		f.Add([]byte(c.name + strings.Repeat(" 1", rand.IntN(4)) + "\r\n"))
		for _, sub := range c.subs {
			f.Add([]byte("HELLO 3\r\n" + c.name + " " + sub.name + " 1\r\n"))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		exchange(t, address, string(input))
		if got := exchange(t, address, "PING\r\n"); got != "+PONG\r\n" {
			t.Errorf("after %q: %q", input, got)
		}
	})
}
