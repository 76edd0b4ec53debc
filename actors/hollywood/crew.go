package hollywood

import "sync"

// keepWorkers is how many goroutines wait for work at most. On a busy node about as
// many actors are at work at one time as it has cores, and now and then all of them
// that one message of the journal has woken.
const keepWorkers = 64

// A crew is the goroutines on which actors run: as many as there are actors at work.
// Those that run out of work wait for more, and the one that was busy last goes
// first: its stack has grown as far as actors need it, and lies in the cache.
type crew struct {
	mu     sync.Mutex
	free   []*worker
	closed bool
}

// A worker is one goroutine of a crew.
type worker struct {
	next chan *mailbox // nil is the end
}

// work has b emptied by somebody, and does not wait for it.
func (c *crew) work(b *mailbox) {
	if w := c.take(); w != nil {
		w.next <- b // never full: w waits
		return
	}
	w := &worker{next: make(chan *mailbox, 1)}
	go c.run(w, b)
}

// take returns a worker that waits, if there is one.
func (c *crew) take() *worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.free) - 1
	if last < 0 {
		return nil
	}
	w := c.free[last]
	c.free[last] = nil
	c.free = c.free[:last]
	return w
}

// run is the life of a worker, from its first mailbox on.
func (c *crew) run(w *worker, b *mailbox) {
	for b != nil {
		b.empty()
		if !c.rest(w) {
			return
		}
		b = <-w.next
	}
}

// rest adds w to those that wait, and reports false if nobody needs it.
func (c *crew) rest(w *worker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.free) >= keepWorkers {
		return false
	}
	c.free = append(c.free, w)
	return true
}

// close ends every worker as soon as it has no work.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, w := range c.free {
		w.next <- nil
	}
	c.free = nil
}
