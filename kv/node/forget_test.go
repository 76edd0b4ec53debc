package node_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/sim"
)

func TestANodeThatLostANoteGoesOnAsItself(t *testing.T) {
	for lost := range 4 { // its own birth, two others', and that it was admitted
		c := everybody(t, 3)
		r := c.record()
		c.run(1, 2, 3)
		c.world.Run(time.Second)
		for range 2 { // the damage stays
			c.world.Crash(1)
			c.disks[1].LoseRecord("births", lost)
			c.world.Restart(1)
			c.world.Run(2 * election)
			if !c.up(1) || len(r.halts) > 0 {
				t.Fatalf("note %d is lost: node 1 does not come back; halted %v", lost, r.halts)
			}
			if s := c.status(1); !s.Forgetful || c.status(2).Forgetful {
				t.Errorf("note %d is lost: %+v", lost, s)
			}
		}
		c.world.Crash(3)
		c.world.Run(5 * election)
		if leader := c.clusterMap(1).Leaders[0]; leader == 0 || leader == 3 {
			t.Errorf("note %d is lost: nodes 1 and 2 elect %d", lost, leader)
		}
		c.wipe(2)
		c.world.Restart(2)
		c.world.Run(5 * election)
		if c.world.Up(2) && c.status(2).Recovered {
			t.Errorf("note %d is lost: node 2 comes back with an empty disk", lost)
		}
	}
}

// Node 1 loses the note of its own admission, and node 2 forgets node 1: nobody is left
// who could admit it, and nobody has to.
func TestANodeThatHasAJournalNeedNotBeAdmittedAgain(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	for _, id := range []actors.NodeID{1, 2, 3} {
		c.world.Crash(id)
	}
	notes := c.disks[1].Durable("births")
	admission := slices.IndexFunc(notes, func(note []byte) bool { return !bytes.Equal(note, notes[0]) && note[1] == 1 })
	about1 := slices.IndexFunc(c.disks[2].Durable("births"), func(note []byte) bool { return note[1] == 1 })
	if !c.disks[1].LoseRecord("births", admission) || !c.disks[2].LoseRecord("births", about1) {
		t.Fatal("nothing was lost")
	}
	c.world.Restart(1)
	c.world.Restart(2)
	c.world.Run(5 * election)
	if !c.up(1) || !c.up(2) || c.clusterMap(1).Leaders[0] == 0 {
		t.Error("two of three nodes, each of which has lost a note, elect nobody")
	}
}

// Beats come while node 1, which has lost the note of its own admission, still looks for
// its journal.
func TestABeatThatComesTooEarlyAdmitsNobody(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	c.world.Crash(1)
	notes := c.disks[1].Durable("births")
	c.disks[1].LoseRecord("births", slices.IndexFunc(notes, func(note []byte) bool {
		return !bytes.Equal(note, notes[0]) && note[1] == 1
	}))
	opened := false
	c.world.Observe(sim.Of(sim.OpenDone), func(e *sim.Event) { opened = opened || e.Log == "births" })
	c.world.Restart(1)
	c.world.RunUntil(func() bool { return opened }, time.Second)
	lift := c.disks[1].Stick()
	c.world.Run(time.Second)
	lift()
	c.world.Run(election)
	if !c.up(1) {
		t.Error("node 1 is not up")
	}
}

// Nodes 4 and 5 have never met node 3, and node 2 is down. If node 1, which has forgotten
// it, noted whoever comes, node 3 would have its majority.
func TestANodeThatHasForgottenAMemberIsNoWitnessForAnotherDiskOfIt(t *testing.T) {
	c := everybody(t, 5)
	c.run(1, 2, 3)
	c.world.Run(3 * time.Second)
	c.world.Crash(3)
	c.run(4, 5)
	c.world.Run(3 * time.Second)
	c.world.Crash(1)
	c.world.Crash(2)
	about3 := slices.IndexFunc(c.disks[1].Durable("births"), func(note []byte) bool { return note[1] == 3 })
	if !c.disks[1].LoseRecord("births", about3) {
		t.Fatal("nothing was lost")
	}
	c.wipe(3)
	c.world.Restart(1)
	c.world.Restart(3)
	c.world.Run(5 * time.Second)
	if !c.up(1) || !c.up(4) || !c.up(5) {
		t.Error("those who keep their disks are not up")
	}
	if c.up(3) {
		t.Error("node 3 came back with an empty disk")
	}
	if got := forgotten(c.status(1)); !slices.Equal(got, []actors.NodeID{3}) {
		t.Errorf("node 1 has forgotten %v", got)
	}
}

func TestALogOfBirthsThatDoesNotTellWhoseDiskItIsStopsTheNode(t *testing.T) {
	c := everybody(t, 1)
	r := c.record()
	c.run(1)
	c.world.Run(time.Second)
	c.world.Crash(1)
	if !c.disks[1].FlipBit("births", 0, 3) || !c.disks[1].FlipBit("births", 1, 3) {
		t.Fatal("nothing was flipped")
	}
	c.world.Restart(1)
	c.world.Run(time.Second)
	if c.world.Up(1) || !strings.Contains(r.halts[1], "open log births: ") {
		t.Errorf("halted with %q", r.halts[1])
	}
}

// forgotten lists the members of whose disks a node has lost its notes, as it says.
func forgotten(s node.NodeStatus) (list []actors.NodeID) {
	for _, h := range s.Hearings {
		if h.Forgotten {
			list = append(list, h.Node)
		}
	}
	return list
}
