package resp

import (
	"sync"
	"sync/atomic"
)

// A queue holds the requests of one connection in the order of their replies,
// between the goroutine that reads commands and the one that writes replies. How
// much it holds is limited, by making the reader wait.
type queue struct {
	limitCount, limitBytes int
	common                 *ration       // what it holds beyond ownBytes is taken from there
	commonBytes            int           // that much at most
	gone                   chan struct{} // closed when nothing more will be written

	mu      sync.Mutex
	room    sync.Cond // for the reader
	waiting []*request
	count   int  // requests that are not written, those the writer holds included
	bytes   int  // of their arguments, and of those that are about to be pushed
	taken   int  // bytes from common, or asked of it
	idle    bool // the writer found nothing and sleeps
	closed  bool // nothing more will come

	broken atomic.Bool // nothing more will be written

	// head is the request that the sleeping writer wants done.
	head atomic.Pointer[request]
	wake chan struct{}
}

func (q *queue) init(c Config, common *ration) {
	q.limitCount, q.limitBytes = c.MaxInFlight, c.MaxInFlightBytes
	q.common, q.commonBytes = common, c.MaxBytes
	q.gone = make(chan struct{})
	q.room.L = &q.mu
	q.wake = make(chan struct{}, 1)
}

// admit makes the reader wait until so many bytes more may be in flight. It reports
// false if that will never be. Whoever waits holds up nobody: what all others have
// taken is of calls under way, and these end.
func (q *queue) admit(bytes int) bool {
	q.mu.Lock()
	q.bytes += bytes
	need := q.beyond() - q.taken
	q.taken = q.beyond()
	q.mu.Unlock()
	if need <= 0 || q.common.takeUnless(q.gone, int64(need)) {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken -= need
	return false
}

// beyond is what must be taken from common: never more than there is, or it would
// never be given.
func (q *queue) beyond() int { return min(max(q.bytes-ownBytes, 0), q.commonBytes) }

// restore gives back what is still taken when neither reader nor writer is left.
func (q *queue) restore() {
	q.common.give(int64(q.taken))
	q.taken = 0
}

// push adds requests in order, of which the bytes were admitted. If the writer sleeps
// it is woken when the first of them is done, which may be now.
func (q *queue) push(batch []*request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count += len(batch)
	q.waiting = append(q.waiting, batch...)
	if q.idle {
		q.idle = false
		q.expect(batch[0])
	}
}

// expect wakes the writer once r is done.
func (q *queue) expect(r *request) {
	q.head.Store(r)
	if r.ready() {
		q.rouse()
	}
}

// finished says that r is done. It does not block. By now r may be in use for
// another command: then the writer is woken for nothing.
func (q *queue) finished(r *request) {
	if q.head.Load() == r {
		q.rouse()
	}
}

func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // it is being woken already
	}
}

// take hands all requests that wait to the writer, in exchange for an empty slice
// to collect more in. While there are none it sleeps; it returns none only when
// nothing more will come, or is wanted.
func (q *queue) take(empty []*request) []*request {
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 || q.closed || q.broken.Load() {
			batch := q.waiting
			q.waiting = empty
			q.mu.Unlock()
			return batch
		}
		q.idle = true
		q.mu.Unlock()
		<-q.wake
	}
}

// await sleeps until r is done. It reports false if nobody wants the reply any more.
func (q *queue) await(r *request) bool {
	for q.expect(r); !r.ready() && !q.broken.Load(); {
		<-q.wake
	}
	return !q.broken.Load()
}

// written says that replies have left, and lets the reader go on once half of what
// is allowed is free.
func (q *queue) written(count, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count -= count
	q.bytes -= bytes
	if spare := q.taken - q.beyond(); spare > 0 {
		q.taken -= spare
		q.common.give(int64(spare))
	}
	if q.count <= q.limitCount/2 && q.bytes <= q.limitBytes/2 {
		q.room.Signal()
	}
}

// full reports whether so much more is too much to have in flight.
func (q *queue) full(count, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count+count >= q.limitCount || q.bytes+bytes >= q.limitBytes
}

// empty reports whether nothing is in flight.
func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count == 0
}

// drain makes the reader wait until half of what is allowed is free. It reports
// false if that will never be.
func (q *queue) drain() bool { return q.wait(q.limitCount/2, q.limitBytes/2) }

// settle makes the reader wait until nothing is in flight. It reports false if that
// will never be.
func (q *queue) settle() bool { return q.wait(0, 0) }

func (q *queue) wait(count, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.broken.Load() && (q.count > count || q.bytes > bytes) {
		q.room.Wait()
	}
	return !q.broken.Load()
}

// close says that nothing more will be pushed.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.idle = false
	q.mu.Unlock()
	q.rouse()
}

// abandon says that nothing more will be written, whatever is in flight.
func (q *queue) abandon() {
	q.mu.Lock()
	if !q.broken.Swap(true) {
		close(q.gone)
	}
	q.mu.Unlock()
	q.room.Signal()
	q.rouse()
}

// drained reports whether no request waits for the writer.
func (q *queue) drained() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}
