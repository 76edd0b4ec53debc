package picture

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
)

func TestRolesFollowWhatReplicasSayAndSave(t *testing.T) {
	r := NewRecorder()
	at := time.Duration(0)
	say := func(k raft.MessageKind, term raft.Term) {
		at++
		m := raft.Message{Kind: k, From: 1, To: 2, Term: term}
		r.Observe(&sim.Event{At: at, Kind: sim.Sent, Node: 1, From: here, To: there, Message: m, Packet: uint64(at), Copies: 1})
	}
	r.Observe(&sim.Event{Kind: sim.Restarted, Node: 1, Mark: 1})
	r.Observe(&sim.Event{Kind: sim.Spawned, Node: 1, To: here})
	say(raft.RequestPreVote, 1) // about a term that nobody is in
	r.replicas.saved(&sim.Event{At: at, Node: 1}, 1, raft.Save{Vote: raft.Vote{Term: 1, For: 1}})
	say(raft.RequestVote, 1)
	say(raft.AppendEntries, 1)
	say(raft.Heartbeat, 1) // nothing new
	say(raft.GrantVote, 2)
	r.replicas.heard(&sim.Event{At: at, Node: 1, Message: peer.Led{Group: 1, Leader: 3, Term: 2, Voters: []raft.ID{2, 3}}})
	say(raft.AskTerm, 2) // whoever waits for a leader in vain asks this, too
	r.replicas.saved(&sim.Event{At: at, Node: 1}, 1, raft.Save{Vote: raft.Vote{Term: 2}, Damaged: true})
	r.Observe(&sim.Event{At: at, Kind: sim.Crashed, Node: 1})
	want := []struct {
		role role
		term raft.Term
	}{
		{follower, 0}, {pollster, 0}, {pollster, 1}, {candidate, 1}, {leader, 1}, {follower, 2}, {nonvoter, 2},
		{damaged, 2}, {down, 2},
	}
	got := r.replicas.states
	if len(got) != len(want) {
		t.Fatalf("%d states, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].role != w.role || got[i].term != w.term || got[i].place != (place{1, 1}) {
			t.Errorf("state %d is %+v, want %s in term %d", i, got[i], roleNames[w.role], w.term)
		}
	}
}
