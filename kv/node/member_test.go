package node_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/ring"
)

// An echo delivers every packet at once, and again every few seconds for half a minute.
type echo struct{}

// Judge implements [sim.Network].
func (echo) Judge(_ time.Duration, _, _ actors.NodeID, _ int, delays []time.Duration) ([]time.Duration, string) {
	for copies := range 10 {
		delays = append(delays, time.Duration(copies)*3*time.Second)
	}
	return delays, ""
}

// Its groups rest when the leader dies, so that nothing but its pulse tells that it
// lives, or they work.
func TestANodeIsMissedThoughOldMessagesOfItAreRepeated(t *testing.T) {
	for name, pause := range map[string]time.Duration{"at rest": time.Minute, "at work": time.Second} { // any order: each has its own cluster
		t.Run(name, func(t *testing.T) {
			all := []ring.NodeID{1, 2, 3}
			c := newClusterOn(t, echo{}, 3, all)
			c.run(1, 2, 3)
			c.world.Run(5 * time.Second)
			c.put(0, "key")
			c.world.Run(pause)
			if leader := c.clusterMap(2).Leaders[0]; leader != 1 {
				t.Fatalf("node %d leads", leader)
			}
			r := c.record()
			c.world.Crash(1)
			c.world.Run(4 * election)
			if !slices.Contains(r.contacts, "2: 1 is silent") || !slices.Contains(r.contacts, "3: 1 is silent") {
				t.Errorf("told %q", r.contacts)
			}
			if leader := c.clusterMap(2).Leaders[0]; leader < 2 {
				t.Errorf("node %d leads", leader)
			}
		})
	}
}

// Beats of the processes that a node was before are no news of it.
func TestWhatFormerProcessesSaidIsNoNews(t *testing.T) {
	all := []ring.NodeID{1, 2, 3}
	c := newClusterOn(t, echo{}, 3, all)
	c.run(1, 2, 3)
	c.world.Run(2 * time.Second)
	r := c.record()
	for range 3 {
		c.world.Crash(3)
		c.world.Restart(3)
		c.world.Run(2 * time.Second)
	}
	c.world.Run(30 * time.Second)
	heard := 0
	for _, line := range r.contacts {
		if line == "1: 3 is heard" {
			heard++
		}
	}
	if heard != 3 {
		t.Errorf("after three restarts node 1 was told %q", r.contacts)
	}
}
