package client

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// mapRequests counts the requests for the map and forgets what else was sent.
func (s *stage) mapRequests() (count int) {
	for _, m := range s.sent {
		if m.m == (node.MapRequest{}) {
			count++
		}
	}
	s.sent = nil
	return count
}

func TestTheMapIsAskedForWhenASearchFindsNobody(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.turnDown(s.request(), peer.NotLeader, raft.None)
	if s.mapRequests() != 0 {
		t.Error("the map was asked for before the first round was over")
	}
	s.pass(time.Second)
	if n := s.mapRequests(); n == 0 || n > 10 {
		t.Errorf("the map was asked for %d times in a second", n)
	}
}

func TestANewMapShowsWhereTheReplicasAre(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	s.turnDown(s.request(), peer.NotLeader, raft.None)
	s.requests()
	m := theMap()
	m.Epoch, m.Owners = 2, [][]ring.NodeID{{2, 4}}
	m.Members = append(m.Members, ring.Member{ID: 4})
	s.deliver(3, m)
	s.pass(time.Second)
	s.lead(s.requests(), 4)
	s.apply(s.request())
	if codeOf(t, c) != 0 {
		t.Error(c.Err)
	}
}

func TestAMapIsRefreshedOnlyWhileThereAreCalls(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.pass(time.Hour)
	if s.mapRequests() != 0 {
		t.Error("an idle client asks for the map")
	}
	s.submit(put("k"))
	if s.mapRequests() != 1 {
		t.Error("with a call, an old map is not refreshed")
	}
	later := theMap()
	later.Stamp = 200 * day
	s.deliver(2, later)
	if s.actor.seen != 200*day {
		t.Error("a map does not bring its stamp")
	}
}

func TestOldAndForeignMapsAreNotAdopted(t *testing.T) {
	adopted := 0
	s := newBareStage(t, ActorConfig{OnMap: func(node.ClusterMap) { adopted++ }})
	current, old, foreign, other := theMap(), theMap(), theMap(), theMap()
	current.Epoch, old.Epoch, foreign.Epoch, other.Epoch = 5, 4, 6, 6
	foreign.Cluster = 8
	other.Owners, other.Leaders = append(other.Owners, []ring.NodeID{1}), []ring.NodeID{1, 1}
	for _, m := range []node.ClusterMap{current, old, foreign, other, current} {
		s.deliver(1, m)
	}
	if adopted != 2 || s.actor.atlas.current.Epoch != 5 || len(s.actor.partitions) != 1 {
		t.Errorf("adopted %d maps, the last of epoch %d", adopted, s.actor.atlas.current.Epoch)
	}
}

func TestAMapsLeaderIsNotBelievedOverOnesOwnEyes(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.turnDown(s.request(), peer.NotLeader, 2)
	s.apply(s.request())
	s.deliver(3, theMap()) // still says 1
	s.submit(put("k"))
	if q := s.request(); q.to != 2 {
		t.Errorf("sent to node %v", q.to)
	}
}

func TestKeylessCallsGoToTheirPartition(t *testing.T) {
	s := newBareStage(t, ActorConfig{})
	m := theMap()
	m.Owners, m.Leaders = [][]ring.NodeID{{1}, {2}}, []ring.NodeID{1, 2}
	s.deliver(1, m)
	for _, kind := range []kv.Kind{kv.Scan, kv.Size} {
		s.submit(&Call{Ops: []kv.Op{{Kind: kind}}, Partition: 1})
		if q := s.request(); q.to != 2 {
			t.Errorf("%v went to node %v", kind, q.to)
		}
	}
}
