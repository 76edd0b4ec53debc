package hollywood

import (
	"sync"

	"github.com/anthdm/hollywood/actor"
)

// A mailbox is an [actor.Inboxer] that hands over everything that waits in it at
// once, and works on the goroutines of a crew. The inbox of Hollywood starts a new
// goroutine whenever something arrives in an empty one, so that nearly every turn of
// an actor has to grow a small stack before it gets anything done, and it makes a new
// slice for each batch.
type mailbox struct {
	crew *crew
	to   actor.Processer

	mu      sync.Mutex
	waiting []actor.Envelope
	spare   []actor.Envelope // the memory of a batch that was handed over before
	state   mailboxState
}

var _ actor.Inboxer = (*mailbox)(nil)

type mailboxState byte

const (
	gathering mailboxState = iota // not started
	idle                          // empty
	running                       // a worker has it, or will
	stopped
)

// keepSlots is how many messages a mailbox keeps room for when it is empty. What is
// in flight is limited by those who send.
const keepSlots = 1 << 11

func newMailbox(c *crew) *mailbox { return &mailbox{crew: c} }

// Send puts a message into the mailbox. It may be called by any goroutine.
func (b *mailbox) Send(e actor.Envelope) {
	b.mu.Lock()
	if b.state == stopped {
		b.mu.Unlock()
		return
	}
	b.waiting = append(b.waiting, e)
	wake := b.state == idle
	if wake {
		b.state = running
	}
	b.mu.Unlock()
	if wake {
		b.crew.work(b)
	}
}

// Start lets p receive what is sent, and what waits already.
func (b *mailbox) Start(p actor.Processer) {
	b.mu.Lock()
	begin := b.state == gathering
	if begin {
		b.to, b.state = p, running
	}
	b.mu.Unlock()
	if begin {
		b.crew.work(b)
	}
}

// Stop forgets what waits and whatever else is sent. It does not wait for a batch
// that is being received.
func (b *mailbox) Stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting, b.state = nil, stopped
	return nil
}

// empty hands over batches until there are no more.
func (b *mailbox) empty() {
	for batch := b.take(nil); len(batch) > 0; batch = b.take(batch) {
		b.to.Invoke(batch)
	}
}

// take returns everything that waits, and gathers on in the memory of a batch that is
// done with. If nothing waits the mailbox is idle from then on.
func (b *mailbox) take(spent []actor.Envelope) []actor.Envelope {
	clear(spent) // the messages are not to be held here any longer
	b.mu.Lock()
	defer b.mu.Unlock()
	if spent != nil && cap(spent) <= keepSlots {
		b.spare = spent[:0]
	}
	if len(b.waiting) == 0 {
		if b.state == running {
			b.state = idle
		}
		return nil
	}
	batch := b.waiting
	b.waiting, b.spare = b.spare, nil
	return batch
}
