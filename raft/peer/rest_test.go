package peer_test

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// resting is a peer whose leader, replica 2, has sent it to rest.
func resting(t *testing.T) *stage {
	t.Helper()
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Commit: 1, Entries: []raft.Entry{word(1, 1, "a")}}))
	s.saved()
	s.turn(from(2, raft.Message{Kind: raft.Rest, Term: 1, Index: 1, LogTerm: 1, Round: 1}))
	if !s.raft().Resting {
		t.Fatalf("it does not rest: %+v", s.raft())
	}
	s.take()
	return s
}

func TestAPeerAtRestHasNoTimer(t *testing.T) {
	s := resting(t)
	if n := s.running(); n > 0 {
		t.Errorf("%d timers run", n)
	}
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: 2}))
	if n := s.running(); n != 1 {
		t.Errorf("awake, %d timers run", n)
	}
}

func TestAPeerPassesOnHowOtherNodesAre(t *testing.T) {
	for name, news := range map[string]peer.Contact{ // any order: each stands alone
		"its leader is silent":      {Node: 2, Silent: true},
		"its leader has a new life": {Node: 2},
		"somebody else is silent":   {Node: 3, Silent: true},
		"a node of other groups is": {Node: 9, Silent: true},
	} {
		s := resting(t)
		s.turn(news)
		if s.raft().Resting != (news.Node != 2) {
			t.Errorf("%s: %+v", name, s.raft())
		}
		s.pass(2 * election)
		if polls := len(s.take()) > 0; polls != (news.Node == 2) {
			t.Errorf("%s: it polls: %v", name, polls)
		}
	}
}

// An offer to rest that comes after the news that its sender is silent is late.
func TestAPeerSaysWhetherALeaderIsSilent(t *testing.T) {
	for _, silent := range []bool{false, true} {
		s := resting(t)
		s.turn(peer.Contact{Node: 2, Silent: silent})
		s.turn(from(2, raft.Message{Kind: raft.Rest, Term: 1, Index: 1, LogTerm: 1, Round: 2}))
		if s.raft().Resting == silent {
			t.Errorf("silent %v: %+v", silent, s.raft())
		}
	}
}
