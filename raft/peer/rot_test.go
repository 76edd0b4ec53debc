package peer_test

import (
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// rests lets the peer capture a snapshot of the state at an index and rest on it.
func (s *stage) rests(t *testing.T) raft.Index {
	t.Helper()
	s.keep()
	s.saved()
	at := s.raft().Snapshot
	if at == 0 || at != s.raft().Delivered {
		t.Fatalf("status %+v", s.raft())
	}
	s.take()
	return at
}

func rot(at raft.Index) snapshot.Damaged { return snapshot.Damaged{Group: group, Index: at, Term: 1} }

// A leader without work appends an entry that changes nothing, so that there is
// something newer to capture; the damaged one is kept until that is durable.
func TestALeaderReplacesADamagedSnapshotThoughItHasNoWork(t *testing.T) {
	s := startWith(t, raft.State{}, small(2), 1, 2)
	s.elect()
	s.take()
	s.turn(command(1, "a"), command(2, "b"))
	s.saved()
	s.accept(3)
	at := s.rests(t)
	s.turn(rot(at))
	s.saved()
	s.accept(at + 1)
	w, rest := s.keep()
	if w.Snapshot.Index != at+1 || !w.Last || s.logged != 1 {
		t.Errorf("captured %v; logged %d lines", w.Snapshot, s.logged)
	}
	if slices.ContainsFunc(asked(rest), func(q string) bool { return q[:4] == "keep" }) {
		t.Errorf("before the new one is durable: %v", asked(rest))
	}
	s.saved()
	expect(t, "then", asked(s.take()), "keep 4@1")
	s.turn(rot(at))
	s.saved()
	expect(t, "told late of the old one", asked(s.take()))
	if s.raft().Last != at+1 {
		t.Errorf("told late, it appended: %+v", s.raft())
	}
}

// If the first attempt fails the next message of damage makes another one.
func TestADamagedSnapshotIsReplacedInTheEnd(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	at := s.rests(t)
	s.turn(rot(at))
	expect(t, "nothing was applied since", asked(s.take()))
	s.follow(5)
	w := writes(s.take())
	if len(w) != 1 || w[0].Snapshot.Index != 5 {
		t.Fatalf("when something was: %v", w)
	}
	failed := wrote(w[0])
	failed.Done, failed.Err = false, snapshot.ErrBusy
	s.turn(failed)
	expect(t, "when that failed", asked(s.take()))
	s.turn(rot(at))
	expect(t, "told again", asked(s.take()), "write 5@1 #0 last=false")
	s.turn(rot(at))
	expect(t, "while it is being written", asked(s.take()))
}
