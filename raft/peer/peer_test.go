package peer_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// expect compares lists of words.
func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}

func TestDutiesAreDoneInTheirOrder(t *testing.T) {
	s := lead(t, 1, 2)
	s.turn(command(1, "a"))
	s.saved()
	s.take()
	s.turn(from(2, raft.Message{Kind: raft.AcceptEntries, Term: s.term(), Index: 2}), command(2, "b"))
	expect(t, "sent", kinds(s.take()), "journal.Append", "AppendEntries", "peer.Response")
}

func TestATurnIsOneStep(t *testing.T) {
	s := lead(t, 1, 2)
	s.turn(command(1, "a"), query(2, "q"), command(3, "b"), command(4, "c"))
	sent := s.take()
	if got := saves(sent); len(got) != 1 || len(got[0].Entries) != 3 {
		t.Errorf("three commands of one turn were saved as %v", got)
	}
	if got := messages(sent); len(got) != 2 || len(got[1].Entries) != 3 { // a heartbeat for the read
		t.Errorf("three commands of one turn were sent as %v", got)
	}
}

func TestAVoteLeavesOnlyOnceItIsDurable(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.RequestVote, Term: 1}))
	if got := saves(s.sent); len(got) != 1 || got[0].Vote != (raft.Vote{Term: 1, For: 2}) {
		t.Fatalf("saved %v", got)
	}
	s.turn()
	expect(t, "before the sync", kinds(s.sent), "journal.Append")
	s.saved()
	expect(t, "after the sync", kinds(s.sent), "journal.Append", "GrantVote")
}

func TestEntriesAreAcknowledgedOnlyOnceTheyAreDurable(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Entries: []raft.Entry{barrier(1, 1)}}))
	if got := saves(s.sent); len(got) != 1 || len(got[0].Entries) != 1 {
		t.Fatalf("saved %v", got)
	}
	if got := messages(s.sent); len(got) > 0 {
		t.Errorf("before the sync it sent %v", got)
	}
	s.saved()
	if got := messages(s.sent); len(got) != 1 || got[0].Kind != raft.AcceptEntries {
		t.Errorf("after the sync it sent %v", got)
	}
}

// A group of one voter has no other copy: nothing may be answered, nor shown to a
// reader, before its only disk has it.
func TestAGroupOfOneAnswersOnlyOnceItIsDurable(t *testing.T) {
	s := lead(t, 1)
	s.turn(command(1, "a"))
	s.turn(query(2, "q"))
	s.pass(heartbeat)
	expect(t, "before the sync", responses(s.take()), "2 Done q= at 1000")
	s.turn(command(3, "b"))
	s.saved()
	expect(t, "after the sync", responses(s.take()), "1 Done a@2", "3 Done b@3")
}

func TestAnEarlierSyncDoesNotAnswerALaterCommand(t *testing.T) {
	s := lead(t, 1)
	s.turn(command(1, "a"))
	first := s.newest
	s.turn(command(2, "b"))
	s.sync(first)
	expect(t, "after the first sync", responses(s.take()), "1 Done a@2")
}

func TestACommandIsAnsweredWhenAMajorityHasIt(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(peer.Request{ID: 9, Seen: 5000, Body: []byte("a")})
	s.saved()
	expect(t, "with one copy", responses(s.take()))
	s.turn(from(3, raft.Message{Kind: raft.AcceptEntries, Term: s.term(), Index: 2}))
	sent := s.take()
	expect(t, "with two", responses(sent), "9 Done a@2")
	want := peer.Response{ID: 9, Outcome: peer.Done, Leader: 1, Body: []byte("a@2"), Stamp: 5001, Position: 2}
	if got := sent[len(sent)-1].message; !reflect.DeepEqual(got, want) {
		t.Errorf("answered %+v", got)
	}
}

func TestTheMachineIsHandedEveryEntry(t *testing.T) {
	s := lead(t, 1)
	s.turn(command(1, "a"))
	s.saved()
	if got := s.machine.applied; len(got) != 2 || got[0].Kind != raft.Barrier || got[1].Kind != raft.Command {
		t.Errorf("applied %v", got)
	}
}

func TestARestartedPeerAppliesOnlyWhatItKnowsToBeCommitted(t *testing.T) {
	entries := []raft.Entry{barrier(1, 1), word(2, 1, "a"), word(3, 3, "b")}
	s := start(t, raft.State{Vote: raft.Vote{Term: 3}, Entries: entries}, 1, 2, 3)
	s.turn(query(1, "q"))
	expect(t, "before it heard of a leader", responses(s.take()), "1 NotLeader ")
	if len(s.machine.applied) > 0 {
		t.Errorf("applied %v", s.machine.applied)
	}
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 3, Index: 3, LogTerm: 3, Commit: 2}))
	expect(t, "after the leader told its commit index", s.machine.words, "a")
}

func TestTheOwnerHearsOfLeaders(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 4, Round: 1}))
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 4, Round: 2}))
	s.turn(from(3, raft.Message{Kind: raft.Heartbeat, Term: 5, Round: 1}))
	s.turn(from(3, raft.Message{Kind: raft.Heartbeat, Term: 6, Round: 1}))
	s.pass(2 * election)
	var got []peer.Led
	for _, e := range s.take() {
		if led, is := e.message.(peer.Led); is && e.to == node {
			got = append(got, led)
		}
	}
	all := []raft.ID{1, 2, 3}
	want := []peer.Led{{group, 2, 4, all}, {group, 3, 5, all}, {group, 3, 6, all}, {group, raft.None, 6, all}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the owner heard %v", got)
	}
}

func TestAPeerHasOneTimer(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	for i := range uint64(50) {
		s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: i}))
		s.pass(heartbeat / 2)
		if n := s.running(); n != 1 {
			t.Fatalf("%d timers run", n)
		}
	}
	// Every heartbeat moves the deadline away; the timer only follows when it rings.
	if n := len(s.timers); n > 5 {
		t.Errorf("%d timers were started in 25 heartbeats", n)
	}
}

// A new leader has to speak long before it would have stood for election.
func TestTheTimerFollowsADeadlineThatComesNearer(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.elect()
	if next := s.next(); s.running() != 1 || next.at > s.now+heartbeat {
		t.Errorf("%d timers run, the first until %v; it is %v", s.running(), next.at, s.now)
	}
}

func (s *stage) running() (n int) {
	for _, t := range s.timers {
		if !t.over {
			n++
		}
	}
	return n
}

func TestWhatNoReplicaSendsIsIgnored(t *testing.T) {
	vote := raft.Message{Kind: raft.RequestVote, From: 2, To: 1, Term: 9}
	big := word(1, 9, "")
	big.Data = make([]byte, peer.MaxBodyBytes+1)
	huge := raft.Message{Kind: raft.AppendEntries, From: 2, To: 1, Term: 9, Entries: []raft.Entry{big}}
	misdirected := vote
	misdirected.To = 3
	cases := map[string]post{
		"in the name of another":      {replica(3), vote},
		"by a client":                 {alice, vote},
		"by another actor":            {actors.Ref{Node: 2, Name: "node"}, vote},
		"by a peer of another group":  {actors.Ref{Node: 2, Name: peer.Name(group + 1)}, vote},
		"by nobody":                   {actors.Ref{}, vote},
		"to another":                  {replica(2), misdirected},
		"with an entry that is huge":  {replica(2), huge},
		"of a kind that is not known": from(2, raft.Message{Kind: 200, Term: 9}),
	}
	for name, p := range cases { // any order: the cases are independent
		s := start(t, raft.State{}, 1, 2, 3)
		s.turn(p)
		if len(s.sent) > 0 || s.term() != 0 || s.raft().Refused != 1 {
			t.Errorf("%s: sent %v, status %+v", name, s.sent, s.raft())
		}
	}
}

// The entry that adds a member may not have come here yet.
func TestReplicaThatMayHaveBeenAddedIsHeard(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(4, raft.Message{Kind: raft.RequestVote, Term: 9}))
	if s.term() != 9 || s.raft().Refused != 0 {
		t.Errorf("status %+v", s.raft())
	}
}

func TestGarbageIsLoggedSeldom(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	for range 1000 {
		s.turn(post{alice, raft.Message{Kind: raft.RequestVote, From: 2, To: 1, Term: 9}})
	}
	if n := s.raft().Refused; n != 1000 {
		t.Errorf("%d messages were counted", n)
	}
	if n := s.logged; n != 10 { // the powers of two up to 512
		t.Errorf("%d messages were logged", n)
	}
}

func TestStatusTellsTheGroupAndTheMachine(t *testing.T) {
	s := lead(t, 1)
	s.turn(command(1, "a"))
	s.saved()
	got := s.status()
	if got.Group != group || got.Summary != (peer.Summary{Items: 1, Hash: 2}) || got.Raft.Delivered != 2 {
		t.Errorf("status %+v", got)
	}
}

func barrier(i raft.Index, term raft.Term) raft.Entry {
	return raft.Entry{Index: i, Term: term, Stamp: raft.Stamp(i), Kind: raft.Barrier}
}

func word(i raft.Index, term raft.Term, w string) raft.Entry {
	return raft.Entry{Index: i, Term: term, Stamp: raft.Stamp(i), Kind: raft.Command, Data: []byte(w)}
}
