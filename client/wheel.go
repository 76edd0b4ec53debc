package client

import (
	"math/bits"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// One notch of a wheel is about 4 ms, one turn about 4 s.
const (
	notch   time.Duration = 1 << 22
	notches               = 1 << 10
)

// A timed thing wants to be called when its time has come.
type timed interface {
	expire(ctx actors.Context)
}

// A wheel calls many things at their times with one timer of the runtime. Joining
// and leaving take constant time; a thing may be called up to a notch late, and
// never early. Things that are due within one notch are called in the order they
// joined.
type wheel struct {
	at    int64 // every notch up to this one has been served
	slots [notches]list[*alarm]
	taken [notches / 64]uint64 // which slots may hold something
}

// An alarm is a thing's place on a wheel.
type alarm struct {
	link[*alarm]
	owner timed
	notch int64
}

// set puts owner on the wheel at a, moving a if it is there already. What is due in
// the past is called when the wheel next advances.
func (w *wheel) set(a *alarm, owner timed, due time.Duration) {
	a.leave()
	a.value, a.owner = a, owner
	a.notch = max(int64(due/notch), w.at) + 1
	slot := a.notch % notches
	w.slots[slot].push(&a.link)
	w.taken[slot/64] |= 1 << (slot % 64)
}

// advance calls everything that is due. What is called may join and leave freely;
// what joins meanwhile is not called before the next notch.
func (w *wheel) advance(ctx actors.Context, now time.Duration) {
	from, to := w.at+1, int64(now/notch)
	if from > to {
		return
	}
	w.at = to
	for n := max(from, to-notches+1); n <= to; n++ {
		slot := n % notches
		if w.taken[slot/64]>>(slot%64) == 0 {
			n += 63 - slot%64 // the rest of this word is empty
			continue
		}
		w.serve(ctx, slot)
	}
}

// serve calls what is due in one slot, and leaves in it what is due when the wheel
// comes round again.
func (w *wheel) serve(ctx actors.Context, slot int64) {
	bit := uint64(1) << (slot % 64)
	if w.taken[slot/64]&bit == 0 {
		return
	}
	l := &w.slots[slot]
	for rest := l.count; rest > 0 && l.first != nil; rest-- {
		a := l.first.value
		a.leave()
		if a.notch > w.at {
			l.push(&a.link)
		} else {
			a.owner.expire(ctx)
		}
	}
	if l.count == 0 {
		w.taken[slot/64] &^= bit
	}
}

// next returns the earliest time at which something may be due, and whether there
// is anything at all.
func (w *wheel) next() (time.Duration, bool) {
	for n := w.at + 1; n <= w.at+notches; n++ {
		slot := n % notches
		rest := w.taken[slot/64] >> (slot % 64)
		if rest != 0 {
			return time.Duration(n+int64(bits.TrailingZeros64(rest))) * notch, true
		}
		n += 63 - slot%64 // the rest of this word is empty
	}
	return 0, false
}
