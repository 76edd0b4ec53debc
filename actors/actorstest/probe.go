package actorstest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A probe is an actor that writes down what reaches it, and on the way checks what
// holds for every actor: Started comes first and once, calls do not overlap, the
// clock does not go back. After writing a message down it runs script.
//
// It may be read at any time, while its world is running.
type probe struct {
	script func(ctx actors.Context, from actors.Ref, m actors.Message)

	mu       sync.Mutex
	events   []event
	notes    int             // how many of the events are notes; a world that
	known    map[uint64]bool // settles asks again and again
	inside   bool
	last     time.Duration
	troubles []error
}

// An event is one call of an actor.
type event struct {
	flush bool
	from  actors.Ref
	m     actors.Message
	now   time.Duration
}

// String prints the message and its sender, or flush.
func (e event) String() string {
	if e.flush {
		return "flush"
	}
	return fmt.Sprintf("%v from %v", e.m, e.from)
}

// Receive writes m down and runs the script.
func (p *probe) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	p.enter(ctx, event{from: from, m: m})
	defer p.leave(ctx)
	if p.script != nil {
		p.script(ctx, from, m)
	}
}

func (p *probe) enter(ctx actors.Context, e event) {
	e.now = ctx.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside {
		p.trouble("a call began inside another: %v", e)
	}
	p.inside = true
	_, started := e.m.(actors.Started)
	if started != (len(p.events) == 0) {
		p.trouble("call %d is %v: Started comes first, and once", len(p.events)+1, e)
	}
	p.clock(e.now)
	p.events = append(p.events, e)
	if note, ok := e.m.(Note); ok {
		p.index(note)
	}
}

func (p *probe) index(note Note) {
	if p.known == nil {
		p.known = map[uint64]bool{}
	}
	p.known[note.Number] = true
	p.notes++
}

func (p *probe) leave(ctx actors.Context) {
	now := ctx.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock(now)
	p.inside = false
}

func (p *probe) clock(now time.Duration) {
	if now < p.last {
		p.trouble("the clock went back from %v to %v", p.last, now)
	}
	p.last = now
}

func (p *probe) trouble(format string, args ...any) {
	p.troubles = append(p.troubles, fmt.Errorf(format, args...))
}

// fail writes down a problem that a script met.
func (p *probe) fail(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble(format, args...)
}

// err returns everything that went wrong so far.
func (p *probe) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.troubles...)
}

// seen returns all calls so far.
func (p *probe) seen() []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// received returns all messages of type M so far, in order.
func received[M actors.Message](p *probe) []M {
	var messages []M
	for _, e := range p.seen() {
		if m, ok := e.m.(M); ok {
			messages = append(messages, m)
		}
	}
	return messages
}

// numbers returns the numbers of the notes that came from that sender, in order.
func (p *probe) numbers(from actors.Ref) []uint64 {
	var numbers []uint64
	for _, e := range p.seen() {
		if note, ok := e.m.(Note); ok && e.from == from {
			numbers = append(numbers, note.Number)
		}
	}
	return numbers
}

// count returns how many notes have come.
func (p *probe) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.notes
}

// has reports whether the note of that number has come.
func (p *probe) has(number uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[number]
}

// A flusher is a probe that is told the end of each run as well.
type flusher struct {
	probe
	onFlush func(ctx actors.Context)
}

// Flush writes down that it was called and runs onFlush.
func (f *flusher) Flush(ctx actors.Context) {
	f.enter(ctx, event{flush: true})
	defer f.leave(ctx)
	if f.onFlush != nil {
		f.onFlush(ctx)
	}
}

// upTo returns the numbers 1 to n.
func upTo(n int) []uint64 {
	numbers := make([]uint64, n)
	for i := range numbers {
		numbers[i] = uint64(i + 1)
	}
	return numbers
}

// sameNumbers describes how got differs from the numbers 1 to n in order.
func sameNumbers(what string, got []uint64, n int) error {
	if slices.Equal(got, upTo(n)) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want 1 to %d, once each and in order", what, got, n)
}
