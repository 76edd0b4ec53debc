package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A node that lost its disk starts again under its old number, while clients work.
// Whatever it had promised, it must not say a word in any group.
func TestAWipedNodeNeverTakesPartAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		down int // how many of the two others are down when it comes back
	}{
		{"the others run", 0},
		{"it starts together with one of two others", 1},
	} {
		for seed := range sim.Seed(10) {
			t.Run(fmt.Sprint(c.name, seed), func(t *testing.T) { testWipe(t, seed, c.down) })
		}
	}
}

func testWipe(t *testing.T, seed sim.Seed, down int) {
	calm := rehearsal
	calm.Faults = nil
	r := newRun(plan.Draw(calm, seed))
	r.build(nil)
	r.schedule()
	r.world.Run(3 * time.Second)
	victim := r.servers[int(seed)%len(r.servers)]
	for i, n := range r.servers {
		if n == victim || down > 0 {
			r.world.Crash(n)
		}
		if n != victim && (i+1)%len(r.servers) == int(victim)-1 && down > 0 {
			continue // stays down
		}
		if n != victim {
			r.world.Restart(n)
		}
	}
	r.disks[victim].Wipe()
	r.watch.excused[victim] = true
	r.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) { refuseToHear(t, e, victim) })
	r.world.Restart(victim)
	r.world.Run(5 * time.Second)
	if r.world.Up(victim) {
		t.Errorf("node %v came back without its disk", victim)
	}
	for _, v := range r.found {
		t.Errorf("%v", v)
	}
}

func refuseToHear(t *testing.T, e *sim.Event, victim actors.NodeID) {
	if m, is := e.Message.(raft.Message); is && e.Node == victim {
		t.Errorf("node %v, wiped, sent %v", victim, m)
	}
}
