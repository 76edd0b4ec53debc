package peer_test

import (
	"fmt"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// others is a group without replica 1.
var others = raft.Configuration{Voters: []raft.ID{2, 3}}

// removed is a peer whose replica has learned that it was removed by entry 1.
func removed(t *testing.T) *stage {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Entries: []raft.Entry{
		{Index: 1, Term: 1, Stamp: 1, Kind: raft.Membership, Data: others.AppendTo(nil)}}}))
	s.saved()
	s.take()
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Index: 1, LogTerm: 1, Commit: 1}))
	return s
}

func TestTheOwnerHearsOfARemovalWhenItIsDurable(t *testing.T) {
	s := removed(t)
	var left *raft.Tombstone
	for _, e := range s.take() {
		switch m := e.message.(type) {
		case journal.Remove:
			left = &m.Tombstone
		case journal.Append, peer.Gone:
			t.Errorf("sent %T", m)
		}
	}
	if left == nil || left.Floor != (raft.Floor{Index: 1, Term: 1}) || left.Vote.Term != 1 || !left.Configuration.Equal(others) {
		t.Fatalf("left is %+v", left)
	}
	s.turn(post{alice, peer.Request{ID: 4}}, from(2, raft.Message{Kind: raft.RequestVote, Term: 9}))
	expect(t, "answers", responses(s.take()), "4 NotLeader ")
	s.turn(post{journalOf, journal.Removed{Group: group}})
	if sent := s.take(); len(sent) != 1 || sent[0].to != node || fmt.Sprint(sent[0].message) != fmt.Sprint(peer.Gone{Group: group, Tombstone: *left}) {
		t.Errorf("sent %v", sent)
	}
}

func TestAGraveShowsItsTombstoneAndIsRecalledOnce(t *testing.T) {
	left := raft.Tombstone{Vote: raft.Vote{Term: 4, For: 2}, Floor: raft.Floor{Index: 9, Term: 3}, Configuration: others}
	s := &stage{t: t}
	grave := peer.NewGrave(peer.GraveConfig{Group: group, ID: 1, Tombstone: left, Owner: node})
	say := func(id raft.ID, m raft.Message) []envelope {
		p := from(id, m)
		grave.Receive(s, p.from, p.message)
		return s.take()
	}
	sent := say(3, raft.Message{Kind: raft.AskTerm, Round: 5})
	if len(sent) != 1 || sent[0].to != replica(3) || fmt.Sprint(sent[0].message) != "1→3 TellDamage term=4 round=5 last=0 at=9@3 {2 3}" {
		t.Errorf("who asks is told %v", sent)
	}
	sent = say(2, raft.Message{Kind: raft.Heartbeat, Term: 5})
	if len(sent) != 1 || fmt.Sprint(sent[0].message) != "1→2 AskTerm term=4 round=0" {
		t.Errorf("a leader is told %v", sent)
	}
	back := raft.Message{Kind: raft.TellTerm, Term: 5, Commit: 12, LogTerm: 5,
		Data: raft.Configuration{Voters: []raft.ID{2, 3}, Learners: []raft.ID{1}}.AppendTo(nil)}
	old, stranger, liar := back, back, back
	old.Commit, stranger.Data, liar.LogTerm = 9, others.AppendTo(nil), 2
	for _, m := range []raft.Message{old, stranger, liar, {Kind: raft.RequestVote, Term: 5}} {
		if sent := say(2, m); len(sent) > 0 {
			t.Errorf("%v: sent %v", m, sent)
		}
	}
	grave.Receive(s, alice, from(2, back).message)
	if sent := s.take(); len(sent) > 0 {
		t.Errorf("a client is believed: %v", sent)
	}
	sent = say(2, back)
	if len(sent) != 1 || sent[0].to != node {
		t.Fatalf("recalled, sent %v", sent)
	}
	if m := sent[0].message.(peer.Recalled); m.State.Vote != left.Vote || m.State.Floor != (raft.Floor{Index: 12, Term: 5}) {
		t.Errorf("recalled with %+v", m.State)
	}
	if sent := say(2, back); len(sent) > 0 {
		t.Errorf("recalled again: %v", sent)
	}
	grave.Receive(s, alice, peer.Request{ID: 4})
	expect(t, "answers", responses(s.take()), "4 NotLeader ")
}
