package tcp

import (
	"runtime"
	"sync"
)

// A queue holds encoded messages until a connection takes them, all at once. It
// never refuses one: when it is full it drops what has waited longest, which is
// also what is worth least.
type queue struct {
	maxMessages int
	maxBytes    int
	dropped     func(messages int)

	mu      sync.Mutex
	waiting batch
	spare   batch         // the memory of the last batch taken, if it came back
	asleep  bool          // somebody waits for wake
	wake    chan struct{} // holds a token when something was pushed after asleep
}

func newQueue(maxMessages, maxBytes int, dropped func(int)) *queue {
	return &queue{
		maxMessages: maxMessages,
		maxBytes:    maxBytes,
		dropped:     dropped,
		wake:        make(chan struct{}, 1),
	}
}

// push appends one packet, given in two parts, both of which it copies.
func (q *queue) push(head, message []byte) {
	q.mu.Lock()
	n := q.waiting.makeRoom(q.maxMessages-1, q.maxBytes-len(head)-len(message))
	q.waiting.add(head, message)
	asleep := q.asleep
	q.asleep = false
	q.mu.Unlock()
	if n > 0 {
		q.dropped(n)
	}
	if asleep {
		q.rouse()
	}
}

func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // a token is there already
	}
}

// ready waits until something waits, which it reports as true, or done is closed.
// Only one goroutine at a time may use ready and take.
func (q *queue) ready(done <-chan struct{}) bool {
	for {
		select {
		case <-done: // even if something waits: nobody will take it
			return false
		default:
		}
		q.mu.Lock()
		empty := q.waiting.count() == 0
		q.asleep = empty
		q.mu.Unlock()
		if !empty {
			return true
		}
		select {
		case <-q.wake:
			// Whoever pushed is likely to push more: let it finish its turn, so that one
			// write takes all of it.
			runtime.Gosched()
		case <-done:
			return false
		}
	}
}

// take returns everything that waits, at once.
func (q *queue) take() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.waiting
	q.waiting, q.spare = q.spare, batch{}
	return b
}

// recycle gives back the memory of a batch that take returned.
func (q *queue) recycle(b batch) {
	if cap(b.buf) > keepBytes {
		return
	}
	b.clear()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = b
}

// A batch is packets end to end. There is always room for a frame header before
// the first of them: at the beginning of buf, or over packets that are gone.
type batch struct {
	buf   []byte
	ends  []int // of each packet in buf
	first int   // in ends, of the packets that are still there
}

func (b *batch) count() int { return len(b.ends) - b.first }

func (b *batch) bytes() int { return len(b.buf) - b.start() }

// start returns where the first packet begins.
func (b *batch) start() int {
	switch {
	case b.first > 0:
		return b.ends[b.first-1]
	case len(b.buf) == 0:
		return 0
	}
	return headerBytes
}

func (b *batch) add(head, message []byte) {
	if len(b.buf) == 0 {
		b.buf = append(b.buf, make([]byte, headerBytes)...)
	}
	b.buf = append(b.buf, head...)
	b.buf = append(b.buf, message...)
	b.ends = append(b.ends, len(b.buf))
}

// makeRoom drops packets from the beginning until no more than so many, of so many
// bytes, are left. It returns how many it dropped.
func (b *batch) makeRoom(messages, bytes int) (dropped int) {
	for b.count() > 0 && (b.count() > messages || b.bytes() > bytes) {
		b.first++
		dropped++
	}
	if dropped > 0 && b.start() > len(b.buf)/2 {
		b.compact()
	}
	return dropped
}

// compact moves what is left to the beginning. It is called when more than half is
// gone, so each byte is moved about once.
func (b *batch) compact() {
	shift := b.start() - headerBytes
	n := copy(b.buf[headerBytes:], b.buf[b.start():])
	b.buf = b.buf[:headerBytes+n]
	ends := copy(b.ends, b.ends[b.first:])
	b.ends, b.first = b.ends[:ends], 0
	for i := range b.ends {
		b.ends[i] -= shift
	}
}

// next cuts the next frame off the batch: as many packets as go into one. It
// returns nil at the end. The frame is valid until the next call.
func (b *batch) next() []byte {
	if b.count() == 0 {
		return nil
	}
	start, last := b.start(), b.first
	for last+1 < len(b.ends) && b.ends[last+1]-start <= frameBytes {
		last++
	}
	b.first = last + 1
	frame := b.buf[start-headerBytes : b.ends[last]]
	seal(frame)
	return frame
}

func (b *batch) clear() { b.buf, b.ends, b.first = b.buf[:0], b.ends[:0], 0 }
