package node_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// busy is three servers with eight groups on all of them, after each was written to.
func busy(t *testing.T) (*cluster, *record) {
	all := []ring.NodeID{1, 2, 3}
	c := newCluster(t, 3, all, all, all, all, all, all, all, all)
	r := c.record()
	c.run(1, 2, 3)
	c.world.Run(3 * time.Second)
	for p := range 8 {
		if r := c.put(p, "before"); r.Outcome != peer.Done {
			t.Fatalf("partition %d: %v", p, r)
		}
	}
	return c, r
}

// says counts the raft messages of all nodes in a time.
func (c *cluster) says(r *record, d time.Duration) (n int) {
	clear(r.said)
	c.world.Run(d)
	for id := range actors.NodeID(3) {
		n += r.said[id+1]
	}
	return n
}

func TestGroupsWithoutWorkSayNothing(t *testing.T) {
	c, r := busy(t)
	c.world.Run(10 * time.Second)
	if n := c.says(r, time.Hour); n > 0 {
		t.Errorf("eight groups without work sent %d messages", n)
	}
	for p := range 8 {
		if r := c.put(p, "after"); r.Outcome != peer.Done {
			t.Errorf("partition %d: %v", p, r)
		}
	}
}

func TestGroupsAtRestNoticeThatTheirLeadersAreGone(t *testing.T) {
	c, r := busy(t)
	c.world.Run(10 * time.Second)
	victim := actors.NodeID(c.clusterMap(1).Leaders[0])%2 + 2 // 2 or 3: node 1 is asked
	c.world.Crash(victim)
	c.world.Run(5 * time.Second)
	for p := range 8 {
		if r := c.put(p, "without it"); r.Outcome != peer.Done {
			t.Errorf("partition %d: %v", p, r)
		}
	}
	c.world.Run(10 * time.Second)
	if n := c.says(r, time.Minute); n > 0 {
		t.Errorf("groups without a member that is silent sent %d messages", n)
	}
	c.world.Restart(victim)
	c.world.Run(5 * time.Second)
	for _, s := range c.status(victim).Replicas {
		if s.Summary.Items != 2 {
			t.Errorf("back again, group %d holds %d keys", s.Group, s.Summary.Items)
		}
	}
}

func TestRestCanBeSwitchedOff(t *testing.T) {
	all := []ring.NodeID{1, 2, 3}
	c := newCluster(t, 3, all)
	r := c.record()
	for id := range actors.NodeID(3) {
		c.boot(id+1, func(config *node.Config) { config.Raft.Rest = 0 })
	}
	c.world.Run(10 * time.Second)
	if n := c.says(r, time.Second); n < 30 {
		t.Errorf("%d messages in a second", n)
	}
}
