package resp

import (
	"bytes"
	"strconv"
	"sync"
	"time"
)

// cursors remember where the scans of this node go on. A cursor that Redis clients
// can carry is one number; where a scan goes on is a key, which does not fit. So the
// node keeps the keys of the newest cursors, and forgets the oldest: then the scan has
// to begin again.
//
// The numbers below firstCursor stand for the beginnings of partitions and need not
// be remembered.
type cursors struct {
	mu     sync.Mutex
	places map[uint64]place
	oldest uint64
	next   uint64
	bytes  int
}

// A place is where a scan goes on.
type place struct {
	partition int
	key       []byte
}

const (
	// maxCursors and maxCursorBytes are what a node remembers of scans.
	maxCursors     = 1 << 14
	maxCursorBytes = 8 << 20
	// firstCursor is above all partitions.
	firstCursor = 1 << 20
	// cursorBits is the length of a cursor: even languages whose numbers are all
	// floating can hold it.
	cursorBits = 53
)

// newCursors begins at a number that depends on the time, so that a cursor from
// before a restart, or of another node, is not taken for one of ours.
func newCursors() cursors {
	first := firstCursor + uint64(time.Now().UnixNano())>>4&(1<<(cursorBits-1)-1)
	return cursors{places: map[uint64]place{}, oldest: first, next: first}
}

// put remembers where a scan goes on and returns its cursor.
func (c *cursors) put(p place) uint64 {
	if len(p.key) == 0 {
		return uint64(p.partition)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	p.key = bytes.Clone(p.key) // it came in a message that is not worth keeping
	c.places[id] = p
	c.bytes += len(p.key)
	for len(c.places) > maxCursors || c.bytes > maxCursorBytes {
		c.bytes -= len(c.places[c.oldest].key)
		delete(c.places, c.oldest)
		c.oldest++
	}
	return id
}

// get returns where a scan goes on.
func (c *cursors) get(id uint64) (place, bool) {
	if id < firstCursor {
		return place{partition: int(id)}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.places[id]
	return p, known
}

// parseCursor reads a cursor as a client sends it.
func parseCursor(arg []byte) (uint64, bool) {
	id, err := strconv.ParseUint(string(arg), 10, 64)
	return id, err == nil
}
