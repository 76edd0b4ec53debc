package node_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
)

// moving is servers 1 to 3 with two groups on all of them, with something written to
// each, and snapshots. Group 2 stays where it is.
func moving(t *testing.T) *cluster {
	all := []ring.NodeID{1, 2, 3}
	c := newCluster(t, 3, all, all)
	for id := range actors.NodeID(3) {
		c.boot(id+1, func(config *node.Config) { config.SnapshotBytes = 300 })
	}
	c.world.Run(3 * time.Second)
	c.write("before")
	c.world.Run(3 * time.Second)
	if c.left(3) {
		t.Fatal("there is nothing of group 1 on node 3 to begin with")
	}
	return c
}

// write puts some keys into both partitions.
func (c *cluster) write(key string) {
	c.t.Helper()
	for i := range 10 {
		for p := range 2 {
			if r := c.put(p, fmt.Sprint(key, i)); r.Outcome != peer.Done {
				c.t.Fatalf("partition %d: %v", p, r)
			}
		}
	}
}

// change asks whoever leads group 1 for these voters.
func (c *cluster) change(voters ...raft.ID) {
	c.t.Helper()
	leader := actors.NodeID(c.clusterMap(1).Leaders[0])
	c.world.Send(actors.Ref{Node: leader, Name: peer.Name(1)}, peer.ChangeRequest{Voters: voters})
}

// left reports whether a node has no replica of group 1, and no snapshot.
func (c *cluster) left(id actors.NodeID) bool {
	c.t.Helper()
	for _, r := range c.status(id).Replicas {
		if r.Group == 1 {
			return false
		}
	}
	for _, file := range c.disks[id].Files() {
		if strings.HasPrefix(file, "snapshot-1-") {
			return false
		}
	}
	return true
}

// holds reports how many keys the replica of group 1 on a node has.
func (c *cluster) holds(id actors.NodeID) int {
	c.t.Helper()
	for _, r := range c.status(id).Replicas {
		if r.Group == 1 {
			return int(r.Summary.Items)
		}
	}
	return 0
}

func TestARemovedReplicaLeavesNothingButItsTombstone(t *testing.T) {
	c := moving(t)
	c.change(1, 2)
	c.world.Run(3 * time.Second)
	if !c.left(3) || len(c.status(3).Replicas) != 1 {
		t.Errorf("node 3 holds %+v and %v", c.status(3).Replicas, c.disks[3].Files())
	}
	if owners := c.clusterMap(3).Owners[0]; fmt.Sprint(owners) != "[1 2]" {
		t.Errorf("node 3 takes %v for the owners", owners)
	}
	c.world.Crash(3)
	c.world.Restart(3)
	c.world.Run(3 * time.Second)
	c.world.Send(root(3), node.Host{Group: 1})
	c.world.Run(3 * time.Second)
	if !c.left(3) || len(c.status(3).Replicas) != 1 {
		t.Errorf("after a restart node 3 holds %+v and %v", c.status(3).Replicas, c.disks[3].Files())
	}
	c.write("after")
}

func TestAReplicaThatWasNotThereLearnsThatItWasRemoved(t *testing.T) {
	c := moving(t)
	c.world.Crash(3)
	c.world.Run(3 * time.Second)
	c.change(1, 2)
	c.world.Run(10 * time.Second)
	c.world.Restart(3)
	c.world.Run(10 * time.Second)
	if !c.left(3) {
		t.Errorf("node 3 holds %+v and %v", c.status(3).Replicas, c.disks[3].Files())
	}
	r := c.record()
	if n := c.says(r, time.Minute); n > 0 {
		t.Errorf("the group does not rest: %d messages", n)
	}
}

func TestAReplicaThatLeftComesBack(t *testing.T) {
	c := moving(t)
	for range 3 {
		c.change(1, 2)
		c.world.Run(3 * time.Second)
		if !c.left(3) {
			t.Fatalf("node 3 holds %+v and %v", c.status(3).Replicas, c.disks[3].Files())
		}
		c.change(1, 2, 3)
		c.world.Run(5 * time.Second)
		if mine, other := c.holds(3), c.holds(1); mine != other || mine == 0 {
			t.Fatalf("node 3 holds %d keys, and node 1 %d", mine, other)
		}
	}
	c.world.Crash(1)
	c.world.Crash(2)
	c.world.Restart(2)
	c.world.Run(5 * time.Second)
	if leader := c.clusterMap(2).Leaders[0]; leader == 0 {
		t.Error("node 3 does not vote with node 2")
	}
}

// Whenever the process ends there is all of the replica or nothing, and what was begun
// is finished.
func TestACrashWhileAReplicaLeavesComesToNothing(t *testing.T) {
	early, late := 0, 0
	for moment := 0; moment < 60; moment += 2 {
		c := moving(t)
		gone := false
		c.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) {
			if m, is := e.Message.(journal.Remove); is && m.Group == 1 {
				gone = true
			}
		})
		c.change(1, 2)
		if !c.world.RunUntil(func() bool { return gone }, 3*time.Second) {
			t.Fatal("node 3 does not leave")
		}
		c.world.Run(time.Duration(moment) * 100 * time.Microsecond)
		c.world.Crash(3)
		if len(c.disks[3].Files()) > 1 {
			early++
		} else {
			late++
		}
		c.world.Restart(3)
		c.world.Run(10 * time.Second)
		if !c.left(3) {
			t.Errorf("%d: node 3 holds %+v and %v", moment, c.status(3).Replicas, c.disks[3].Files())
		}
	}
	if early == 0 || late == 0 {
		t.Errorf("%d crashes came before the snapshot was removed, %d after", early, late)
	}
}
