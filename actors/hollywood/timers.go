package hollywood

import (
	"container/heap"
	"math"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// alarm tells a process to look at its timers.
type alarm struct{}

// timers are the pending timers of one process, behind one timer of the runtime
// that is set no later than the first of them is due. Most timers are cancelled
// long before: then nothing but the heap is touched, and a timer that left it
// cannot be received, whatever already waits in the mailbox.
type timers struct {
	ring    func() // called by the runtime timer; must lead to next and rearm
	pending pending
	count   uint64
	runtime *time.Timer
	armed   time.Duration // when the runtime timer fires; valid if set
	set     bool          // from arming it until its alarm has been received
}

type timer struct {
	due   time.Duration
	order uint64 // of calls to After, among timers due at one instant
	m     actors.Message
	index int // in pending, or gone
}

const gone = -1

func (ts *timers) add(now, d time.Duration, m actors.Message) (cancel func()) {
	t := &timer{due: later(now, d), order: ts.count, m: m}
	ts.count++
	heap.Push(&ts.pending, t)
	ts.arm(now)
	return func() { ts.cancel(t) }
}

func (ts *timers) cancel(t *timer) {
	if t.index != gone {
		heap.Remove(&ts.pending, t.index)
	}
}

// next takes out one timer that is due.
func (ts *timers) next(now time.Duration) (m actors.Message, due bool) {
	if len(ts.pending) == 0 || ts.pending[0].due > now {
		return nil, false
	}
	return heap.Pop(&ts.pending).(*timer).m, true
}

// rearm is called when an alarm has been received and answered.
func (ts *timers) rearm(now time.Duration) {
	ts.set = false
	if len(ts.pending) > 0 {
		ts.arm(now)
	}
}

// arm sets the runtime timer unless it rings early enough as it is. An alarm that
// comes for nothing is cheaper than stopping the timer at each cancel.
func (ts *timers) arm(now time.Duration) {
	first := ts.pending[0].due
	if ts.set && ts.armed <= first {
		return
	}
	ts.armed, ts.set = first, true
	if ts.runtime == nil {
		ts.runtime = time.AfterFunc(first-now, ts.ring)
	} else {
		ts.runtime.Reset(first - now)
	}
}

// later adds without going round past the end of time, which some use for never.
func later(now, d time.Duration) time.Duration {
	if d > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + max(d, 0)
}

// pending is a heap of timers, the first one due on top.
type pending []*timer

func (p pending) Len() int { return len(p) }

func (p pending) Less(i, j int) bool {
	if p[i].due != p[j].due {
		return p[i].due < p[j].due
	}
	return p[i].order < p[j].order
}

func (p pending) Swap(i, j int) {
	p[i], p[j] = p[j], p[i]
	p[i].index, p[j].index = i, j
}

func (p *pending) Push(x any) {
	t := x.(*timer)
	t.index = len(*p)
	*p = append(*p, t)
}

func (p *pending) Pop() any {
	last := len(*p) - 1
	t := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	t.index = gone
	return t
}
