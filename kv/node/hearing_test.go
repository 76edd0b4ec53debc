package node_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv/node"
)

func TestTheStatusTellsHowLateBeatsCame(t *testing.T) {
	c := everybody(t, 2)
	c.run(1, 2)
	c.world.Run(5 * time.Second)
	if h := c.status(1).Hearings; len(h) != 1 || h[0] != (node.Hearing{Node: 2}) {
		t.Fatalf("all Beats came in time, and the status says %+v", h)
	}
	c.world.Pause(2)
	c.world.Run(6 * heartbeat)
	c.world.Resume(2)
	c.world.Run(time.Second)
	want := node.Hearing{Node: 2, Late: [...]uint64{1, 1, 1, 0, 0}} // 6 or 7 heartbeats
	if h := c.status(1).Hearings; h[0] != want {
		t.Errorf("after a pause of six heartbeats the status says %+v, not %+v", h[0], want)
	}
	c.world.Crash(2)
	c.world.Run(2 * election)
	if h := c.status(1).Hearings; !h[0].Silent {
		t.Errorf("the status does not tell that a node is silent: %+v", h[0])
	}
	c.world.Restart(2)
	c.world.Run(2 * election)
	if h := c.status(1).Hearings; h[0] != want {
		t.Errorf("a new process is called late: %+v", h[0])
	}
}
