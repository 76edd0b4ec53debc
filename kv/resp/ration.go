package resp

import (
	"slices"
	"sync"
	"time"
)

// A ration is bytes that many connections share. They are handed out in the order
// asked. It is safe for concurrent use.
type ration struct {
	mu      sync.Mutex
	free    int64
	waiting []*claim
}

// A claim waits for its bytes.
type claim struct {
	bytes   int64
	granted chan struct{}
}

// take waits until so many bytes are free, at most as long as patience allows or until
// the caller is gone, and reports whether it has them. More than there are at all are
// never free. A nil channel is of a caller who stays.
func (r *ration) take(gone <-chan struct{}, bytes int64, patience time.Duration) bool {
	c := r.claim(bytes)
	select {
	case <-c.granted:
		return true
	case <-gone:
		return !r.withdraw(c)
	case <-time.After(patience):
		return !r.withdraw(c)
	}
}

// takeUnless waits until so many bytes are free, or the caller is gone, and reports
// whether it has them.
func (r *ration) takeUnless(gone <-chan struct{}, bytes int64) bool {
	c := r.claim(bytes)
	select {
	case <-c.granted:
		return true
	case <-gone:
		return !r.withdraw(c)
	}
}

// claim asks for bytes behind all who wait.
func (r *ration) claim(bytes int64) *claim {
	c := &claim{bytes, make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, c)
	r.grant()
	return c
}

// withdraw forgets a claim. It reports false if that has been granted.
func (r *ration) withdraw(c *claim) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.waiting, c)
	if i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
		r.grant() // it may have kept smaller ones waiting
	}
	return i >= 0
}

// give returns bytes.
func (r *ration) give(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += bytes
	r.grant()
}

// grant serves those who wait, as far as it goes. The caller holds the lock.
func (r *ration) grant() {
	for len(r.waiting) > 0 && r.waiting[0].bytes <= r.free {
		r.free -= r.waiting[0].bytes
		close(r.waiting[0].granted)
		r.waiting = r.waiting[1:]
	}
}
