package peer_test

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// transfer asks for another leader.
func transfer(id uint64, to raft.ID) post {
	return post{operator, peer.TransferRequest{ID: id, To: to}}
}

func TestALeaderThatIsAskedHandsOverToAnybody(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(transfer(1, raft.None))
	sent := s.take()
	expect(t, "answers", responses(sent), "1 Done ")
	if now := s.raft(); now.Transferring == raft.None {
		t.Errorf("it goes on as before: %+v", now)
	}
	if m := messages(sent); len(m) == 0 || m[len(m)-1].Kind != raft.StandNow {
		t.Errorf("nobody was told to stand: %v", m)
	}
}

func TestALeaderThatHandsOverIsOverloadedMeanwhile(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(transfer(1, 3))
	s.turn(command(2, "a"))
	expect(t, "answers", responses(s.take()), "1 Done ", "2 Overloaded ")
}

func TestALeaderWithoutOthersCannotHandOver(t *testing.T) {
	s := lead(t, 1)
	s.turn(transfer(1, raft.None))
	expect(t, "answers", responses(s.take()), "1 Refused nobody else votes in this group")
}

func TestAFollowerHasNothingToHandOver(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: 1}))
	s.turn(transfer(1, raft.None))
	expect(t, "answers", responses(s.take()), "1 NotLeader ")
}

func TestALeaderHandsOverToVotersOnly(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(transfer(1, 9))
	s.turn(transfer(2, 1))
	s.turn(transfer(3, 2))
	s.turn(transfer(4, 9))
	expect(t, "answers", responses(s.take()), "1 Refused replica 9 is no other voter of this group",
		"2 Refused replica 1 is no other voter of this group", "3 Done ",
		"4 Refused replica 9 is no other voter of this group")
	if now := s.raft(); now.Transferring != 2 {
		t.Errorf("it hands over to %d", now.Transferring)
	}
}

func TestOneTransferIsTakenATurn(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(transfer(1, 2), transfer(2, 3))
	expect(t, "answers", responses(s.take()), "2 Overloaded ", "1 Done ")
	if now := s.raft(); now.Transferring != 2 {
		t.Errorf("it hands over to %d", now.Transferring)
	}
}

// A leader that finds in the same turn that it does not lead hands nothing over.
func TestADeposedLeaderHandsNothingOver(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.turn(transfer(1, 2), change(2, 1, 2), from(3, raft.Message{Kind: raft.Outdated, Term: s.term() + 1}))
	expect(t, "answers", responses(s.take()), "2 NotLeader ", "1 NotLeader ")
}
