package sim

import (
	"slices"
	"time"
)

// A happening is what the world will do next at some time.
type happening uint8

const (
	packetArrives happening = iota + 1
	timerFires
	nodeSteps
	callbackRuns
)

// An item says that something happens at a time. Slot tells where the rest of it
// is kept; the kind tells in which table.
type item struct {
	at   time.Duration
	seq  uint64
	slot uint32
	kind happening
}

// before orders items by time, and those of one time by when they were put in.
func (a item) before(b item) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// A queue holds items, of which the earliest comes out. Most of what is put in is a
// step of a node, which comes next or nearly so: it stays in a short list in front of
// a heap, which it would have to climb and to leave again. The heap is one of values
// with four children each: shallower than a binary heap, and four items share a cache
// line or two.
type queue struct {
	near  []item // each before all of items, the latest first
	items []item // the heap
}

// nearMax is how many items the list in front of the heap holds.
const nearMax = 16

func (q *queue) len() int { return len(q.near) + len(q.items) }

// soonest is the time of the earliest item; there must be one.
func (q *queue) soonest() time.Duration {
	if last := len(q.near) - 1; last >= 0 {
		return q.near[last].at
	}
	return q.items[0].at
}

func (q *queue) push(it item) {
	if len(q.items) > 0 && !it.before(q.items[0]) {
		q.heap(it)
		return
	}
	if len(q.near) == nearMax {
		if !it.before(q.near[0]) {
			q.heap(it)
			return
		}
		q.heap(q.near[0])
		q.near = append(q.near[:0], q.near[1:]...)
	}
	q.near = append(q.near, it)
	i := len(q.near) - 1
	for ; i > 0 && q.near[i-1].before(it); i-- {
		q.near[i] = q.near[i-1]
	}
	q.near[i] = it
}

// heap puts it into the heap.
func (q *queue) heap(it item) {
	q.items = append(q.items, it)
	q.up(len(q.items)-1, it)
}

func (q *queue) pop() item {
	if last := len(q.near) - 1; last >= 0 {
		it := q.near[last]
		q.near = q.near[:last]
		return it
	}
	top, last := q.items[0], len(q.items)-1
	it := q.items[last]
	q.items = q.items[:last]
	if last > 0 {
		q.down(0, it)
	}
	return top
}

// keep drops every item for which keep is false.
func (q *queue) keep(keep func(item) bool) {
	q.near = slices.DeleteFunc(q.near, func(it item) bool { return !keep(it) })
	kept := q.items[:0]
	for _, it := range q.items {
		if keep(it) {
			kept = append(kept, it)
		}
	}
	q.items = kept
	for i := len(kept)/4 + 1; i >= 0; i-- {
		if i < len(kept) {
			q.down(i, kept[i])
		}
	}
}

// up puts it at i or above.
func (q *queue) up(i int, it item) {
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(q.items[parent]) {
			break
		}
		q.items[i] = q.items[parent]
		i = parent
	}
	q.items[i] = it
}

// down puts it at i or below.
func (q *queue) down(i int, it item) {
	for {
		child := q.earliestChild(i)
		if child < 0 || !q.items[child].before(it) {
			break
		}
		q.items[i] = q.items[child]
		i = child
	}
	q.items[i] = it
}

func (q *queue) earliestChild(i int) int {
	first := 4*i + 1
	if first >= len(q.items) {
		return -1
	}
	best := first
	for c := first + 1; c < len(q.items) && c < first+4; c++ {
		if q.items[c].before(q.items[best]) {
			best = c
		}
	}
	return best
}
