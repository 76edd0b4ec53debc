package node_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/ring"
)

// forgetful is servers 1 to 4, and a group on the first three of them. The journal of node
// 4 has lost something, and node 3 is lost for good.
func forgetful(t *testing.T) *cluster {
	c := newCluster(t, 4, []ring.NodeID{1, 2, 3}, []ring.NodeID{1, 2, 4})
	c.run(1, 2, 3, 4)
	c.world.Run(3 * time.Second)
	c.write("before")
	c.world.Crash(4)
	if !c.disks[4].FlipBit("journal-1", 3, 100) {
		t.Fatal("there is nothing to damage")
	}
	c.world.Restart(4)
	c.world.Run(5 * time.Second)
	c.wipe(3)
	c.world.Run(3 * time.Second)
	return c
}

// It may have been a member of any group, and have voted for node 3: until that is no
// member any more, nobody else can tell.
func TestANodeWhoseJournalLostSomethingReplacesTheDeadInTwoSteps(t *testing.T) {
	c := forgetful(t)
	c.world.Send(root(4), node.Host{Group: 1})
	c.change(1, 2, 4)
	c.world.Run(20 * time.Second)
	if n := c.holds(4); n > 0 {
		t.Fatalf("node 4 took %d keys although node 3 has told it nothing", n)
	}
	c.change(1, 2, 3) // as they were: the change is called off
	c.world.Run(5 * time.Second)
	c.change(1, 2)
	c.world.Run(5 * time.Second)
	c.change(1, 2, 4)
	c.world.Run(10 * time.Second)
	if mine, other := c.holds(4), c.holds(1); mine != other || mine == 0 {
		t.Fatalf("node 4 holds %d keys, and node 1 %d", mine, other)
	}
	c.world.Crash(1)
	c.world.Run(5 * time.Second)
	if leader := actors.NodeID(c.clusterMap(2).Leaders[0]); leader != 2 && leader != 4 {
		t.Errorf("without node 1 node %v leads: node 4 does not vote", leader)
	}
}
