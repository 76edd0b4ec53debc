package node_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/ring"
)

func TestANodeWhoseDiskHangsSaysSo(t *testing.T) {
	c := newCluster(t, 3, []ring.NodeID{1, 2, 3})
	for id := range actors.NodeID(3) {
		c.boot(id+1, same)
	}
	c.world.Run(2 * time.Second)
	c.put(0, "before")
	if c.status(2).Stuck {
		t.Error("its disk answers")
	}
	thaw := c.disks[2].Stick()
	c.put(0, "meanwhile")
	c.world.Run(3 * time.Second)
	if !c.status(2).Stuck || c.status(1).Stuck {
		t.Error("the disk of node 2, and of nobody else, hangs")
	}
	thaw()
	c.world.Run(3 * time.Second)
	if c.status(2).Stuck {
		t.Error("its disk answers again")
	}
}
