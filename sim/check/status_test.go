package check_test

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// atRest tells of a replica that holds two entries, of which the second is behind its
// snapshot.
func atRest() (*story, raft.Status) {
	s := newStory()
	s.decideA()
	s.syncAll(entry(2, 5, "bc"), 1, 2)
	s.Applied(1, 1, entry(2, 5, "bc"), 2)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
	return s, raft.Status{
		ID: 1, Vote: vote(5, 1), Commit: 2, Delivered: 2, Durable: 2, Last: 2, Snapshot: 1, First: 2,
		LogBytes: 2 + raft.EntryOverhead,
	}
}

func TestWhatAReplicaSaysAtRestMustBeWhatWasSeen(t *testing.T) {
	s, truth := atRest()
	s.Stated(1, truth)
	trailing := truth
	trailing.First, trailing.LogBytes = 1, 3+2*raft.EntryOverhead // kept for who is a little behind
	s.Stated(1, trailing)
	if len(s.found) > 0 {
		t.Errorf("the truth is refused: %v", s.found)
	}
	for what, lie := range map[string]func(*raft.Status){ // any order: each stands alone
		"term":      func(r *raft.Status) { r.Vote.Term++ },
		"last":      func(r *raft.Status) { r.Last++ },
		"durable":   func(r *raft.Status) { r.Durable-- },
		"commit":    func(r *raft.Status) { r.Commit-- },
		"delivered": func(r *raft.Status) { r.Delivered-- },
		"snapshot":  func(r *raft.Status) { r.Snapshot-- },
		"weight":    func(r *raft.Status) { r.LogBytes++ },
		"refused":   func(r *raft.Status) { r.Refused++ },
	} {
		s, stated := atRest()
		lie(&stated)
		if s.Stated(1, stated); len(s.found) == 0 || s.found[0].Oracle != check.StatusTrue {
			t.Errorf("%s: found %v", what, s.found)
		}
	}
}

func TestNothingIsAskedOfWhoIsNoMemberOrWasDamaged(t *testing.T) {
	s, _ := atRest()
	if !s.Trustworthy(1, 1) || s.Trustworthy(1, 4) {
		t.Error("1 is a member and sound, 4 is no member")
	}
	if s.Hurt(1); s.Trustworthy(1, 1) {
		t.Error("the harness has damaged the disk of 1")
	}
}
