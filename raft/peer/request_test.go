package peer_test

import (
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

func TestAFollowerSendsClientsToTheLeader(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: 1}))
	s.turn(command(1, "a"), query(2, "q"))
	sent := s.take()
	expect(t, "answers", responses(sent), "1 NotLeader ", "2 NotLeader ")
	if r := sent[len(sent)-1].message.(peer.Response); r.Leader != 2 {
		t.Errorf("the hint is %d", r.Leader)
	}
}

func TestADeposedLeaderDoesNotKnowWhatBecomesOfItsCommands(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(command(1, "a"), command(2, "b"), query(3, "q"))
	s.turn(from(3, raft.Message{Kind: raft.Outdated, Term: s.term() + 1}))
	expect(t, "answers", responses(s.take()), "1 Unknown ", "2 Unknown ", "3 NotLeader ")
}

func TestALeaderWithoutAMajorityGivesUp(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(command(1, "a"), query(2, "q"))
	s.saved()
	s.pass(2 * election)
	expect(t, "answers", responses(s.take()), "1 Unknown ", "2 NotLeader ")
}

// The entry of another leader takes the place of one whose client waits.
func TestAnOverwrittenCommandAnswersNobody(t *testing.T) {
	s := lead(t, 1, 2, 3)
	term := s.term()
	s.turn(command(1, "lost"))
	s.saved()
	s.take()
	s.turn(from(3, raft.Message{Kind: raft.AppendEntries, Term: term + 1, Index: 1, LogTerm: term,
		Entries: []raft.Entry{stamped(barrier(2, term+1)), stamped(word(3, term+1, "other"))}}))
	s.saved()
	s.turn(from(3, raft.Message{Kind: raft.AppendEntries, Term: term + 1, Index: 3, LogTerm: term + 1,
		Commit: 3}))
	expect(t, "applied", s.machine.words, "other")
	expect(t, "answers", responses(s.take()), "1 Unknown ")
}

// A leader that was deposed and elected again waits for none of its old commands.
func TestACommandOfAnEarlierReignIsNotTakenForOneOfThis(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(command(1, "a"))
	s.saved()
	s.turn(from(3, raft.Message{Kind: raft.Outdated, Term: s.term() + 1}))
	expect(t, "when deposed", responses(s.take()), "1 Unknown ")
	s.elect()
	expect(t, "applied", s.machine.words, "a")
	expect(t, "when elected again", responses(s.take()))
}

// What was in the log before a command is applied before it, and answers nobody.
func TestACommandWaitsForItsTurn(t *testing.T) {
	s := start(t, raft.State{Vote: raft.Vote{Term: 1}, Entries: []raft.Entry{word(1, 1, "old")}}, 1)
	s.pass(3 * election)
	s.saved() // it leads now, and its barrier is under way
	barrier := s.newest
	s.turn(command(1, "new"))
	s.sync(barrier)
	expect(t, "applied", s.machine.words, "old")
	expect(t, "answers", responses(s.take()))
	s.saved()
	expect(t, "answers at last", responses(s.take()), "1 Done new@3")
}

func TestAReadWaitsForARoundOfHeartbeats(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.pass(heartbeat / 2)
	s.turn(query(1, "q"))
	sent := s.take()
	expect(t, "before anybody answered", responses(sent))
	round := messages(sent)[len(messages(sent))-1]
	if round.Kind != raft.Heartbeat {
		t.Fatalf("sent %v", messages(sent))
	}
	s.turn(from(2, raft.Message{Kind: raft.AcceptHeartbeat, Term: s.term(), Round: round.Round}))
	expect(t, "when a majority answered", responses(s.take()), "1 Done q= at 1000")
}

func TestAReadShowsWhatWasAcknowledgedBefore(t *testing.T) {
	s := startWith(t, raft.State{}, func(c *peer.Config) { c.Raft.Leases = true }, 1)
	s.elect()
	s.turn(command(1, "a"))
	s.saved()
	s.turn(query(2, "q"))
	expect(t, "answers", responses(s.take()), "1 Done a@2", "2 Done q=a at 1001")
}

// A new leader does not know yet what is committed.
func TestAReadWaitsForTheBarrier(t *testing.T) {
	s := start(t, raft.State{Vote: raft.Vote{Term: 1}, Entries: []raft.Entry{word(1, 1, "a")}}, 1)
	s.pass(3 * election)
	s.saved()
	if now := s.raft(); now.Role != raft.Leader || now.Commit != 0 {
		t.Fatalf("the barrier is not under way: %+v", now)
	}
	s.turn(query(1, "q"))
	s.pass(heartbeat)
	expect(t, "before the barrier is durable", responses(s.take()))
	s.saved()
	expect(t, "when it is", responses(s.take()), "1 Done q=a at 1000")
}

func TestProposalsBeyondTheRoomOfTheLogAreOverloaded(t *testing.T) {
	s := startWith(t, raft.State{}, func(c *peer.Config) { c.Raft.UncommittedBytes = 150 }, 1)
	s.elect()
	s.take()
	s.turn(command(1, strings.Repeat("a", 50)), command(2, strings.Repeat("b", 100)), command(3, "c"))
	expect(t, "answers", responses(s.sent), "2 Overloaded ", "3 Overloaded ")
	s.saved()
	s.take()
	s.turn(command(4, "d"))
	s.saved()
	expect(t, "when there is room again", responses(s.take()), "4 Done d@3")
}

func TestOnlySoManyRequestsWait(t *testing.T) {
	s := startWith(t, raft.State{}, func(c *peer.Config) { c.Waiting = 3 }, 1, 2, 3)
	s.elect()
	s.take()
	s.turn(command(1, "a"), query(2, "q"))
	s.turn(command(3, "b"), command(4, "c"), query(5, "q"))
	expect(t, "answers", responses(s.take()), "4 Overloaded ", "5 Overloaded ")
	s.turn(from(3, raft.Message{Kind: raft.Outdated, Term: s.term() + 1}))
	s.take()
	s.turn(command(6, "d"))
	expect(t, "when nobody waits any more", responses(s.take()), "6 NotLeader ")
}

func TestAnsweredRequestsWaitNoMore(t *testing.T) {
	s := startWith(t, raft.State{}, func(c *peer.Config) { c.Waiting = 2 }, 1)
	s.elect()
	for id := range uint64(10) {
		s.take()
		s.turn(command(id, "a"), query(id, "q"))
		s.saved()
		if got := responses(s.sent); len(got) != 2 || strings.Contains(strings.Join(got, ""), "Overloaded") {
			t.Fatalf("round %d: %q", id, got)
		}
	}
}

func TestARequestThatIsTooLargeIsRefused(t *testing.T) {
	s := lead(t, 1)
	s.turn(peer.Request{ID: 1, Body: make([]byte, peer.MaxBodyBytes+1)})
	got := responses(s.take())
	if len(got) != 1 || !strings.Contains(got[0], "1 Refused a request of 25165825 bytes is too large") {
		t.Errorf("answers: %q", got)
	}
	s.turn(peer.Request{ID: 2, Body: make([]byte, peer.MaxBodyBytes)})
	s.saved()
	if got := responses(s.take()); len(got) != 1 || !strings.HasPrefix(got[0], "2 Done") {
		t.Errorf("the largest request was answered with %.50q", got)
	}
}

// One message must not use up all stamps.
func TestAStampThatNoClockHasShownIsRefused(t *testing.T) {
	s := lead(t, 1)
	wall := raft.Stamp(s.wall.UnixNano())
	s.turn(
		peer.Request{ID: 1, Seen: ^raft.Stamp(0), Body: []byte("a")},
		peer.Request{ID: 2, Seen: wall + peer.MaxAhead + 1, Body: []byte("b")},
		peer.Request{ID: 3, Seen: wall + peer.MaxAhead, Body: []byte("c")},
	)
	s.saved()
	got := responses(s.take())
	if len(got) != 3 || !strings.Contains(got[0], "1 Refused the stamp") ||
		!strings.Contains(got[1], "2 Refused") || got[2] != "3 Done c@2" {
		t.Errorf("answers: %q", got)
	}
}

// stamped makes an entry that follows those of a leader on this stage.
func stamped(e raft.Entry) raft.Entry {
	e.Stamp += 1 << 20
	return e
}
