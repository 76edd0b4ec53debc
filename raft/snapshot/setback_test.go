package snapshot_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

func nodeOf(n uint64) actors.NodeID { return actors.NodeID(n) }

// offer asks for a state as often as a leader offers it.
func (l *lab) offer(s state, during time.Duration) (asked int) {
	before := len(l.asked)
	for end := l.Now() + during; l.Now() < end; {
		l.order(2, s.fetch(1))
		l.Run(100 * time.Millisecond)
	}
	return len(l.asked) - before
}

// An offer that leads nowhere is repeated ten times a second. Each fetch asks once and
// takes its leave once.
func TestWhatCannotBeFetchedIsTriedEverMoreSeldom(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{})
	s := newState(1, 7, 10)
	early, late := l.offer(s, 10*time.Second), l.offer(s, time.Minute)
	if early < 2*3 || early > 2*8 {
		t.Errorf("in the first ten seconds it was asked for %d times", early/2)
	}
	if late < 2*60/5 || late > 2*(60*2/5+1) {
		t.Errorf("in a minute it was asked for %d times", late/2)
	}
}

// Another snapshot, or the same from another node, is not made to wait; and after a
// success the next failure is the first.
func TestAPauseIsOfOneSnapshotFromOneNode(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{})
	gone, here, next := newState(1, 7, 10), newState(1, 8, 10), newState(1, 9, 10)
	l.capture(1, here)
	l.capture(3, gone)
	l.offer(gone, time.Minute)
	l.clerks[2].got = nil
	before := l.Now()
	for _, f := range []snapshot.Fetched{l.fetch(2, 3, gone), l.fetch(2, 1, here)} {
		if f.Err != nil {
			t.Errorf("fetching gave %+v", f)
		}
	}
	if l.Now()-before > snapshot.DefaultRetry/2 {
		t.Errorf("that took %v", l.Now()-before)
	}
	l.fetch(2, 1, next)
	l.capture(1, next)
	l.Run(snapshot.DefaultRetry)
	if f := l.fetch(2, 1, next); f.Err != nil {
		t.Errorf("fetching after the first failure since gave %+v", f)
	}
}
