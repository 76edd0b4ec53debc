package node_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
)

const (
	heartbeat = 100 * time.Millisecond // as in node.Default
	election  = time.Second
)

// everybody is a cluster of n servers with one partition on all of them.
func everybody(t *testing.T, n int) *cluster {
	var owners []ring.NodeID
	for id := range ring.NodeID(n) {
		owners = append(owners, id+1)
	}
	return newCluster(t, n, owners)
}

// run boots the servers given.
func (c *cluster) run(ids ...actors.NodeID) {
	for _, id := range ids {
		c.boot(id, same)
	}
}

// up reports whether a node has started its replicas.
func (c *cluster) up(id actors.NodeID) bool {
	c.t.Helper()
	return c.world.Up(id) && c.status(id).Recovered
}

// wipe gives a node an empty disk, and ends its process before.
func (c *cluster) wipe(id actors.NodeID) {
	c.world.Crash(id)
	c.disks[id].Wipe()
}

// A record of what nodes do.
type record struct {
	halts    map[actors.NodeID]string
	said     map[actors.NodeID]int // raft messages sent
	contacts []string              // told to the peer of group 1 on each node
	beats    map[string]int        // by sender and receiver
}

func (c *cluster) record() *record {
	r := &record{halts: map[actors.NodeID]string{}, said: map[actors.NodeID]int{}, beats: map[string]int{}}
	c.world.Observe(sim.Of(sim.Halted), func(e *sim.Event) { r.halts[e.Node] = e.Err.Error() })
	c.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) {
		switch e.Message.(type) {
		case raft.Message:
			r.said[e.Node]++
		case node.Beat:
			r.beats[fmt.Sprintf("%v→%v", e.Node, e.To.Node)]++
		}
	})
	c.world.Observe(sim.Of(sim.Received), func(e *sim.Event) {
		if m, is := e.Message.(peer.Contact); is && e.To.Name == peer.Name(1) {
			text := fmt.Sprintf("%v: %v is heard", e.To.Node, m.Node)
			if m.Silent {
				text = fmt.Sprintf("%v: %v is silent", e.To.Node, m.Node)
			}
			r.contacts = append(r.contacts, text)
		}
	})
	return r
}

func TestABlankNodeWaitsUntilOthersHaveNotedIt(t *testing.T) {
	c := everybody(t, 3)
	r := c.record()
	c.run(1)
	c.world.Run(10 * time.Second)
	if c.up(1) || r.said[1] > 0 {
		t.Fatal("a node whose birth nobody has noted takes part")
	}
	c.world.Crash(1)
	c.world.Restart(1)
	c.world.Run(10 * time.Second)
	if c.up(1) {
		t.Fatal("a node that waited starts because it waited before")
	}
	c.run(2)
	c.world.Run(time.Second)
	if !c.up(1) || !c.up(2) {
		t.Error("two of three blank nodes do not start")
	}
}

func TestANewClusterStartsWhileAMinorityIsDown(t *testing.T) {
	for n := 1; n <= 7; n++ {
		c := everybody(t, n)
		least := n/2 + 1
		for id := range actors.NodeID(least) {
			c.run(id + 1)
		}
		c.world.Run(3 * time.Second)
		if leader := c.clusterMap(1).Leaders[0]; leader == 0 {
			t.Errorf("%d of %d nodes elect nobody", least, n)
		}
		for id := range actors.NodeID(n - least) {
			c.run(actors.NodeID(least) + id + 1)
		}
		c.world.Run(time.Second)
		for id := range actors.NodeID(n) {
			if !c.up(id + 1) {
				t.Errorf("of %d nodes node %d, started late, is not up", n, id+1)
			}
		}
	}
}

func TestANewClusterElectsWithinTwoHeartbeats(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(2 * heartbeat)
	if leader := c.clusterMap(1).Leaders[0]; leader != 1 {
		t.Errorf("after two heartbeats the leader is %d", leader)
	}
}

func TestANodeThatIsKnownStartsAlone(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	for id := range actors.NodeID(3) {
		c.world.Crash(id + 1)
	}
	c.world.Restart(2)
	c.world.Run(heartbeat)
	if !c.up(2) {
		t.Error("a node with its own disk waits for others")
	}
}

func TestAnEmptyDiskNeverReturnsUnderAnOldNumber(t *testing.T) {
	cases := []struct {
		name string
		down []actors.NodeID // after the wipe
	}{
		{"all others run", nil},
		{"one of two others runs", []actors.NodeID{3}},
		{"the other one of two others runs", []actors.NodeID{2}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			c := everybody(t, 3)
			c.run(1, 2, 3)
			c.world.Run(3 * time.Second)
			c.wipe(1)
			for _, id := range []actors.NodeID{2, 3} { // they have to remember it on disk
				c.world.Crash(id)
				if !slices.Contains(test.down, id) {
					c.world.Restart(id)
				}
			}
			c.world.Run(time.Second)
			r := c.record()
			c.world.Restart(1)
			c.world.Run(10 * time.Second)
			if c.world.Up(1) || !strings.Contains(r.halts[1], "never returns under its old number") {
				t.Errorf("node 1 came back, or halted with %q", r.halts[1])
			}
			if r.said[1] > 0 {
				t.Errorf("node 1 sent %d raft messages", r.said[1])
			}
			if len(r.halts) != 1 {
				t.Errorf("halted: %v", r.halts)
			}
			if slices.Contains(r.contacts, "2: 1 is heard") || slices.Contains(r.contacts, "3: 1 is heard") {
				t.Errorf("others took it for node 1: %q", r.contacts)
			}
		})
	}
}

func TestAnEmptyDiskWaitsWhileNobodyIsThereToRemember(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	c.world.Crash(2)
	c.world.Crash(3)
	c.wipe(1)
	r := c.record()
	c.world.Restart(1)
	c.world.Run(10 * time.Second)
	if !c.world.Up(1) || c.up(1) || r.said[1] > 0 {
		t.Error("node 1 did not wait")
	}
	c.world.Restart(3)
	c.world.Run(time.Second)
	if c.world.Up(1) {
		t.Error("node 3 did not remember node 1")
	}
}

// A minority can never take the place of the members that would remember: of three
// nodes that had all met, two wiped ones know each other for blank, but not the
// third.
func TestOneWitnessIsEnoughForTwoEmptyDisks(t *testing.T) {
	c := everybody(t, 5)
	c.run(1, 2, 3, 4, 5)
	c.world.Run(time.Second)
	c.world.Crash(4)
	c.world.Crash(5)
	c.wipe(1)
	c.wipe(2)
	c.world.Restart(1)
	c.world.Restart(2)
	c.world.Run(10 * time.Second)
	if c.world.Up(1) || c.world.Up(2) {
		t.Error("node 3 did not stop them")
	}
}

// Node 1 is admitted by the word of a blank node 2 alone. Once it is lost, node 3,
// which is blank too, must not be enough while node 2 runs.
func TestTheWordOfOneBlankNodeIsNotOutvotedByAnother(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2)
	c.world.Run(time.Second)
	c.wipe(1)
	c.run(3)
	c.world.Restart(1)
	c.world.Run(time.Second)
	if c.world.Up(1) {
		t.Error("node 1 came back")
	}
	if c.up(3) {
		t.Error("node 3 is new: it cannot know without node 1 that it was never here")
	}
}

// A node must be able to rely on what it was told after any crash.
func TestNoBirthIsSaidBeforeItIsDurable(t *testing.T) {
	c := everybody(t, 5)
	holds := func(n actors.NodeID, b uint64) bool {
		return slices.ContainsFunc(c.disks[n].Durable("births"), func(record []byte) bool {
			return bytes.Contains(record, protowire.AppendVarint(nil, b))
		})
	}
	beats := 0
	c.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) {
		b, is := e.Message.(node.Beat)
		if !is {
			return
		}
		beats++
		if !holds(e.Node, b.Birth) || b.Knows != 0 && !holds(e.Node, b.Knows) {
			t.Errorf("node %v said %v", e.Node, b)
		}
	})
	r := c.record()
	for id := range actors.NodeID(5) {
		c.run(id + 1)
		lift := c.disks[id+1].Slow(1 + 100*int(id))
		c.world.Run(heartbeat)
		defer lift()
	}
	c.world.Run(3 * time.Second)
	if beats == 0 || len(r.halts) > 0 {
		t.Errorf("%d beats, halted: %v", beats, r.halts)
	}
}

func TestANodeIsToldWhoIsSilentBackOrNew(t *testing.T) {
	c := everybody(t, 3)
	r := c.record()
	c.run(1, 2)
	c.world.Run(3 * time.Second)
	about := func(text string) (n int) {
		for _, line := range r.contacts {
			if line == text {
				n++
			}
		}
		return n
	}
	if about("1: 3 is silent") != 1 {
		t.Errorf("nobody told of a node that never ran: %q", r.contacts)
	}
	c.run(3)
	c.world.Run(time.Second)
	if about("1: 3 is heard") != 1 {
		t.Errorf("nobody told of a node that came: %q", r.contacts)
	}
	r.contacts = nil
	c.world.Run(3 * time.Second)
	if len(r.contacts) > 0 {
		t.Errorf("told without news: %q", r.contacts)
	}
	c.world.Crash(3)
	c.world.Restart(3)
	c.world.Run(election / 2)
	if about("1: 3 is heard") != 1 || about("2: 3 is heard") != 1 {
		t.Errorf("nobody told of a new process: %q", r.contacts)
	}
	r.contacts = nil
	c.world.Crash(3)
	c.world.Run(election + 2*heartbeat)
	if about("1: 3 is silent") != 1 || about("2: 3 is silent") != 1 {
		t.Errorf("nobody told of a silent node: %q", r.contacts)
	}
}

func TestPeersThatStartLateAreToldWhoIsSilent(t *testing.T) {
	c := everybody(t, 3)
	c.run(1)
	c.world.Run(3 * time.Second)
	r := c.record()
	c.run(2)
	c.world.Run(heartbeat)
	if !slices.Contains(r.contacts, "1: 3 is silent") {
		t.Errorf("told %q", r.contacts)
	}
}

func TestANodeThatWasHeldUpBlamesNobody(t *testing.T) {
	c := everybody(t, 3)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	r := c.record()
	c.world.Pause(1)
	c.world.Run(5 * time.Second)
	c.world.Resume(1)
	c.world.Run(5 * time.Second)
	for _, line := range r.contacts {
		if strings.HasPrefix(line, "1: ") && strings.HasSuffix(line, "silent") {
			t.Errorf("told %q", r.contacts)
		}
	}
	if !slices.Contains(r.contacts, "2: 1 is silent") || !slices.Contains(r.contacts, "2: 1 is heard") {
		t.Errorf("told %q", r.contacts)
	}
}

func TestOneStreamOfBeatsForAllGroups(t *testing.T) {
	all := []ring.NodeID{1, 2, 3}
	c := newCluster(t, 3, all, all, all, all, all, all, all, all)
	c.run(1, 2, 3)
	c.world.Run(time.Second)
	r := c.record()
	c.world.Run(10 * time.Second)
	if n := r.beats["1→2"]; n < 90 || n > 110 {
		t.Errorf("%d beats in 10 s", n)
	}
}

func TestABeatFromAnythingButTheePulseOfAMemberIsIgnored(t *testing.T) {
	c := everybody(t, 2)
	c.run(1)
	liar := &inbox{} // on a member, but not its pulse
	c.world.AddNode(2, func(spawn func(string, actors.Actor) actors.Ref) { spawn("liar", liar) })
	c.world.Run(time.Second)
	foreign := ask{actors.Ref{Node: 1, Name: "pulse"}, node.Beat{Birth: 1, Life: 2, Knows: 3, Number: 4}}
	c.world.Send(me, foreign)
	c.world.Send(actors.Ref{Node: 2, Name: "liar"}, foreign)
	c.world.Run(time.Second)
	if !c.world.Up(1) {
		t.Error("node 1 was stopped")
	}
}

func TestABirthThatCannotBeSavedStopsTheNode(t *testing.T) {
	c := everybody(t, 1)
	r := c.record()
	c.run(1)
	c.disks[1].FailSync()
	c.world.Run(time.Second)
	if !strings.Contains(r.halts[1], "sync log births") {
		t.Errorf("halted with %q", r.halts[1])
	}
}
