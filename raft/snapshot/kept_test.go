package snapshot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft/snapshot"
)

// told takes the messages of damage that the clerk of node 1 was sent.
func (l *lab) told() (list []snapshot.Damaged) {
	rest := l.clerks[1].got[:0]
	for _, m := range l.clerks[1].got {
		if d, is := m.(snapshot.Damaged); is {
			list = append(list, d)
		} else {
			rest = append(rest, m)
		}
	}
	l.clerks[1].got = rest
	return list
}

// TestWhoRestsOnADamagedSnapshotIsTold damages a snapshot while its node runs: that is
// found when another node fetches it, and told each time until a newer one is kept,
// which the damaged one outlasts.
func TestWhoRestsOnADamagedSnapshotIsTold(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{})
	kept, newer := newState(1, 7, 10, 20), newState(1, 8, 10, 20)
	l.capture(1, kept)
	l.order(1, kept.keep())
	l.Run(time.Second)
	l.disks[1].FlipPiece(kept.name(), 1, 3)
	want := []snapshot.Damaged{{Group: 1, Index: 7, Term: 3}}
	for _, node := range []uint64{2, 3} {
		if f := l.fetch(nodeOf(node), 1, kept); !errors.Is(f.Err, snapshot.ErrGone) {
			t.Errorf("fetching gave %+v", f)
		}
		if got := l.told(); !slices.Equal(got, want) {
			t.Errorf("after node %d asked, it was told %v", node, got)
		}
	}
	l.capture(1, newer)
	if got := l.files(1); len(got) != 2 {
		t.Errorf("before a newer one is kept there are %v", got)
	}
	l.order(1, newer.keep())
	l.Run(time.Second)
	if got := l.files(1); !slices.Equal(got, []string{newer.name()}) || len(l.told()) > 0 {
		t.Errorf("when it is, there are %v", got)
	}
	if f := l.fetch(2, 1, newer); f.Err != nil {
		t.Errorf("fetching the newer one gave %+v", f)
	}
}

// Damage may be found after a snapshot was written and before the log rests on it. Of
// others nobody is told: nothing rests on them.
func TestOnlyWhatAGroupRestsOnIsMourned(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	l.capture(1, s)
	l.disks[1].FlipPiece(s.name(), 1, 3)
	l.fetch(2, 1, s)
	if got := l.told(); len(got) > 0 {
		t.Errorf("nothing rests on it, and told was %v", got)
	}
	l.order(1, s.keep())
	l.Run(time.Second)
	if got := l.told(); len(got) != 1 {
		t.Errorf("when the group rests on it, told was %v", got)
	}
	l.order(1, snapshot.Drop{Group: 1})
	l.fetch(2, 1, s)
	if got := l.told(); len(got) > 0 {
		t.Errorf("the group is gone, and told was %v", got)
	}
}
