package peer_test

import (
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// change asks for other voters.
func change(id uint64, voters ...raft.ID) post {
	return post{operator, peer.ChangeRequest{ID: id, Voters: voters}}
}

// accept lets replica 2 acknowledge the log of the leader up to an index.
func (s *stage) accept(i raft.Index) {
	s.turn(from(2, raft.Message{Kind: raft.AcceptEntries, Term: s.term(), Index: i}))
}

// A leader that has only appended the first step of a change may fall, and the next
// one may know nothing of it.
func TestAChangeIsAnsweredWhenItsFirstStepIsCommitted(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 1, 2))
	s.saved()
	expect(t, "before", responses(s.take()))
	s.accept(2)
	expect(t, "after", responses(s.take()), "1 Done ")
}

func TestAChangeThatItsLeaderMayNotBringAboutIsUnknown(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 1, 2))
	s.saved()
	s.turn(from(3, raft.Message{Kind: raft.Outdated, Term: s.term() + 1}))
	expect(t, "answers", responses(s.take()), "1 Unknown ")
}

func TestAChangeWaitsItsTurnBehindCommands(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 1, 2), command(2, "a"))
	s.saved()
	s.accept(3)
	expect(t, "answers", responses(s.take()), "2 Done a@2", "1 Done ")
}

func TestAFollowerChangesNothing(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: 1}))
	s.turn(change(1, 1, 2))
	expect(t, "answers", responses(s.take()), "1 NotLeader ")
}

func TestOneChangeIsTakenATurn(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 1, 2), change(2, 1, 3))
	s.saved()
	s.accept(2)
	expect(t, "answers", responses(s.take()), "2 Overloaded busy", "1 Done ")
	if got := s.raft().Configuration; !got.Equal(raft.Configuration{Voters: []raft.ID{1, 2}}) {
		t.Errorf("the group is %v", got)
	}
}

func TestAChangeHasToWaitForAnother(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 1, 2, 3, 4))
	s.turn(change(2, 1, 2))
	expect(t, "answers", responses(s.take()), "2 Overloaded busy")
}

func TestAChangeThatNeedsTheDeadHasToWait(t *testing.T) {
	s := lead(t, 1, 2, 3, 4, 5)
	for range 12 { // replicas 4 and 5 fall silent
		s.pass(heartbeat)
		for _, m := range messages(s.take()) {
			if m.Kind == raft.Heartbeat && m.To <= 3 {
				s.turn(from(m.To, obedience(m)))
			}
		}
	}
	s.take()
	s.turn(change(1, 1, 4, 5))
	expect(t, "answers", responses(s.take()), "1 Overloaded unreachable")
}

func TestAChangeThatMakesNoSenseIsRefused(t *testing.T) {
	for name, q := range map[string]peer.ChangeRequest{ // any order: the cases are independent
		"no voters":     {ID: 1},
		"a voter twice": {ID: 1, Voters: []raft.ID{1, 2, 2}},
		"nobody":        {ID: 1, Voters: []raft.ID{raft.None, 1}},
		"both":          {ID: 1, Voters: []raft.ID{1, 2}, Learners: []raft.ID{2}},
	} {
		s := lead(t, 1, 2, 3)
		s.turn(post{operator, q})
		expect(t, name, responses(s.take()), "1 Refused invalid")
	}
}

func TestAChangeToWhatIsThereAlreadyIsDone(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(change(1, 3, 2, 1))
	expect(t, "when nothing ever changed", responses(s.take()), "1 Done ")
	s.turn(change(2, 1, 2))
	s.turn(change(3, 1, 2))
	expect(t, "while it is not committed", responses(s.take()), "3 Overloaded nothing to do")
	s.saved()
	s.accept(2)
	s.turn(change(4, 1, 2))
	expect(t, "when it is", responses(s.take()), "2 Done ", "4 Done ")
}

func TestClientsHaveNoSayInMembersNorLeaders(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(
		post{alice, peer.ChangeRequest{ID: 1, Voters: []raft.ID{1}}},
		post{alice, peer.TransferRequest{ID: 2, To: 2}},
		change(3, 1, raft.ID(actors.ClientBit|1)),
		post{operator, peer.ChangeRequest{ID: 4, Voters: []raft.ID{1}, Learners: []raft.ID{raft.ID(actors.ClientBit | 1)}}},
	)
	expect(t, "answers", responses(s.take()),
		"1 Refused clients do not choose the members of a group",
		"2 Refused clients do not choose the leader of a group",
		"3 Refused no client can be a member", "4 Refused no client can be a member")
	if now := s.raft(); now.Last != 1 || now.Transferring != raft.None {
		t.Errorf("it had an effect: %+v", now)
	}
}
