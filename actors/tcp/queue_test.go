package tcp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// drain takes everything out of q the way a connection does.
func drain(t *testing.T, q *queue) (messages []actors.Message, writes int) {
	t.Helper()
	b := q.take()
	for frame := b.next(); frame != nil; frame = b.next() {
		got, err := readAll(frame, len(frame))
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, got...)
		writes++
	}
	q.recycle(b)
	return messages, writes
}

func push(q *queue, m string) { q.push(appendPacketHead(nil, "to", "from", len(m)), []byte(m)) }

func TestAFullQueueDropsTheOldest(t *testing.T) {
	dropped := 0
	q := newQueue(3, 1<<20, func(n int) { dropped += n })
	for i := range 10 {
		push(q, fmt.Sprint(i))
	}
	got, _ := drain(t, q)
	if want := []actors.Message{"7", "8", "9"}; !slices.Equal(got, want) || dropped != 7 {
		t.Errorf("left %v, dropped %d", got, dropped)
	}
}

func TestAQueueIsBoundedInBytes(t *testing.T) {
	const limit = 1000
	dropped := 0
	q := newQueue(1<<20, limit, func(n int) { dropped += n })
	for range 10_000 {
		push(q, strings.Repeat("x", 90)) // 99 bytes with names and lengths: 10 fit
		if q.waiting.bytes() > limit || cap(q.waiting.buf) > 8*limit {
			t.Fatalf("%d bytes wait in %d", q.waiting.bytes(), cap(q.waiting.buf))
		}
	}
	got, _ := drain(t, q)
	if len(got) != 10 || dropped != 9990 {
		t.Errorf("%d left, %d dropped", len(got), dropped)
	}
}

func TestAMessageBeyondTheLimitGoesAlone(t *testing.T) {
	dropped := 0
	q := newQueue(10, 100, func(n int) { dropped += n })
	push(q, "small")
	push(q, strings.Repeat("x", 500))
	if got, _ := drain(t, q); len(got) != 1 || dropped != 1 {
		t.Errorf("%d left, %d dropped", len(got), dropped)
	}
}

func TestWhatWaitsGoesOutInOneWrite(t *testing.T) {
	q := newQueue(1<<20, 1<<30, func(int) {})
	for range 500 {
		push(q, "message")
	}
	if got, writes := drain(t, q); len(got) != 500 || writes != 1 {
		t.Errorf("%d messages in %d writes", len(got), writes)
	}
}

func TestFramesAreCutAtTheirSize(t *testing.T) {
	q := newQueue(1<<20, 1<<30, func(int) {})
	long := strings.Repeat("x", frameBytes/4)
	for range 6 {
		push(q, long)
	}
	push(q, strings.Repeat("y", 2*frameBytes))
	push(q, "end")
	if got, writes := drain(t, q); len(got) != 8 || writes != 4 {
		t.Errorf("%d messages in %d writes, want 8 in 4: 3, 3, 1 and 1", len(got), writes)
	}
}

// Whatever is pushed and taken, what comes out is what went in, in order, less what
// was counted as dropped.
func TestAQueueLosesNothingUncounted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	dropped := 0
	q := newQueue(50, 4000, func(n int) { dropped += n })
	pushed, taken, last := 0, 0, -1
	for range 20_000 {
		if random.IntN(40) > 0 {
			push(q, fmt.Sprint(pushed, strings.Repeat(" ", random.IntN(200))))
			pushed++
			continue
		}
		got, _ := drain(t, q)
		for _, m := range got {
			var i int
			fmt.Sscan(m.(string), &i)
			if i <= last {
				t.Fatalf("%d came after %d", i, last)
			}
			last = i
		}
		taken += len(got)
	}
	if left := q.waiting.count(); pushed != taken+dropped+left {
		t.Errorf("%d pushed, %d taken, %d dropped, %d left", pushed, taken, dropped, left)
	}
}

func TestAPushDoesNotAllocate(t *testing.T) {
	q := newQueue(100, 1<<20, func(int) {})
	head, message := appendPacketHead(nil, "to", "from", 100), make([]byte, 100)
	turn := func() {
		for range 200 {
			q.push(head, message)
		}
		b := q.take()
		for b.next() != nil {
			continue
		}
		q.recycle(b)
	}
	turn()
	turn()
	if n := testing.AllocsPerRun(100, turn); n > 0 {
		t.Errorf("%v allocations in a turn", n)
	}
}

func TestReadyEndsWithTheConnection(t *testing.T) {
	q := newQueue(10, 100, func(int) {})
	done := make(chan struct{})
	ready := make(chan bool)
	go func() { ready <- q.ready(done) }()
	close(done)
	if <-ready {
		t.Error("an empty queue was ready")
	}
	push(q, "x")
	if q.ready(done) {
		t.Error("a queue was ready for a connection that has ended")
	}
	if !q.ready(make(chan struct{})) {
		t.Error("a queue with a message was not ready")
	}
}
