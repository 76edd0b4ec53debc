package node_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
)

// A departure is a cluster whose node 1 has a neighbour that can have it leave.
type departure struct {
	*cluster
	neighbour *inbox
}

func newDeparture(t *testing.T, n int, owners ...[]ring.NodeID) departure {
	d := departure{newCluster(t, n, owners...), &inbox{}}
	d.world.AddNode(1, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(node.Name, node.New(node.Default(d.places)))
		spawn("neighbour", d.neighbour)
	})
	for id := range actors.NodeID(n - 1) {
		d.boot(id+2, same)
	}
	d.world.Run(time.Second)
	return d
}

// leave has node 1 leave and waits for the answer.
func (d departure) leave() (left node.Left, took time.Duration) {
	d.t.Helper()
	begun := d.world.Now()
	d.world.Send(actors.Ref{Node: 1, Name: "neighbour"}, ask{root(1), node.Leave{}})
	if !d.world.RunUntil(func() bool { return len(d.neighbour.got) > 0 }, time.Minute) {
		d.t.Fatal("the node never leaves")
	}
	return d.neighbour.got[0].(node.Left), d.world.Now() - begun
}

func TestANodeThatLeavesLetsOthersLeadAtOnce(t *testing.T) {
	d := newDeparture(t, 3, []ring.NodeID{1, 2, 3}, []ring.NodeID{2, 3, 1}, []ring.NodeID{1, 3, 2}, []ring.NodeID{1, 2, 3})
	polls := 0
	d.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) {
		if m, is := e.Message.(raft.Message); is && m.Kind == raft.RequestPreVote {
			polls++
		}
	})
	left, took := d.leave()
	if left != (node.Left{Moved: 3}) || took >= node.Default(d.places).Raft.Election {
		t.Errorf("left with %+v after %v", left, took)
	}
	if s := d.status(1); !s.Leaving || s.Waiting || s.Damaged {
		t.Errorf("the status is %+v", s)
	}
	d.world.Crash(1)
	d.world.Run(time.Minute)
	if polls > 0 {
		t.Errorf("%d polls: somebody missed a leader", polls)
	}
	for _, id := range []actors.NodeID{2, 3} {
		for _, r := range d.status(id).Replicas {
			if r.Raft.Leader == 1 || r.Raft.Leader == raft.None {
				t.Errorf("node %d believes that node %d leads group %d", id, r.Raft.Leader, r.Group)
			}
		}
	}
}

func TestANodeAloneLeavesAtOnce(t *testing.T) {
	d := newDeparture(t, 1, []ring.NodeID{1}, []ring.NodeID{1})
	if left, took := d.leave(); left != (node.Left{Kept: 2}) || took > time.Millisecond {
		t.Errorf("left with %+v after %v", left, took)
	}
}

func TestANodeThatHasNotRecoveredLeavesAtOnce(t *testing.T) {
	d := newDeparture(t, 1, []ring.NodeID{1})
	d.world.Crash(1)
	d.disks[1].Stick()
	d.world.Restart(1)
	if left, took := d.leave(); left != (node.Left{}) || took > time.Millisecond {
		t.Errorf("left with %+v after %v", left, took)
	}
}

func TestANodeWhoseSuccessorIsSilentLeavesInTheEnd(t *testing.T) {
	d := newDeparture(t, 2, []ring.NodeID{1, 2})
	d.world.Crash(2)
	left, took := d.leave()
	if limit := 2 * node.Default(d.places).Raft.Election; left != (node.Left{Kept: 1}) || took < limit || took > limit+time.Second {
		t.Errorf("left with %+v after %v", left, took)
	}
}

// While a node leaves it may be elected: an election was under way, for example.
func TestANodeElectedWhileItLeavesHandsOverThatToo(t *testing.T) {
	d := newDeparture(t, 3, []ring.NodeID{1, 2, 3}, []ring.NodeID{2, 1, 3})
	d.world.Pause(3) // so that the first group is led by node 2
	d.world.Send(me, ask{actors.Ref{Node: 2, Name: peer.Name(2)}, peer.TransferRequest{To: 1}})
	left, _ := d.leave()
	if left.Kept != 0 || left.Moved < 1 {
		t.Errorf("left with %+v", left)
	}
	if m := d.clusterMap(2); m.Leaders[0] != 2 || m.Leaders[1] != 2 {
		t.Errorf("node 2 believes in the leaders %v", m.Leaders)
	}
}

// A client can call itself what it likes, but it is on another node.
func TestNobodyElseSpeaksForAPeerOfALeavingNode(t *testing.T) {
	d := newDeparture(t, 2, []ring.NodeID{1, 2})
	d.world.Crash(2)
	for range 10 {
		d.world.Send(me, ask{root(1), peer.Response{ID: 1, Outcome: peer.Refused}})
	}
	if _, took := d.leave(); took < time.Second {
		t.Errorf("left after %v", took)
	}
}
