package client

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
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

func TestAClientOnANodeHearsWhoLeads(t *testing.T) {
	var known node.ClusterMap
	s := newBareStage(t, ActorConfig{Home: 1, OnMap: func(m node.ClusterMap) { known = m }})
	m := theMap()
	m.Members = append(m.Members, ring.Member{ID: 4})
	m.Owners = [][]ring.NodeID{{1, 2, 3}, {2, 3, 4}}
	m.Leaders = []ring.NodeID{0, 0}
	s.deliver(1, m)
	s.sent = nil
	s.pass(10 * time.Second)
	asked := map[actors.NodeID]int{}
	for _, sent := range s.sent {
		if sent.m == (node.MapRequest{}) {
			asked[sent.to.Node]++
		}
	}
	if asked[1] < 20 || asked[2]+asked[3]+asked[4] < 5 {
		t.Errorf("in ten seconds without a call the nodes were asked %v times", asked)
	}
	for _, row := range []struct {
		from       actors.NodeID
		says, want [2]ring.NodeID
	}{
		{1, [2]ring.NodeID{1, 2}, [2]ring.NodeID{1, 0}}, // it does not hold the second
		{2, [2]ring.NodeID{2, 3}, [2]ring.NodeID{1, 3}}, // our own node knows the first
		{1, [2]ring.NodeID{3, 0}, [2]ring.NodeID{3, 3}},
		{4, [2]ring.NodeID{4, 4}, [2]ring.NodeID{3, 4}},
	} {
		m.Leaders = row.says[:]
		s.deliver(row.from, m)
		if got := [2]ring.NodeID(known.Leaders); got != row.want {
			t.Errorf("node %d says %v: %v, want %v", row.from, row.says, got, row.want)
		}
	}
}
