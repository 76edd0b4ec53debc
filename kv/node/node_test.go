package node_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/disk"
)

// A cluster is servers 1 to n and one client that asks what the test tells it to.
type cluster struct {
	t      *testing.T
	world  *sim.World
	places ring.Map
	inbox  *inbox
	disks  map[actors.NodeID]*disk.Disk
	serial uint64
}

var me = actors.Ref{Node: actors.ClientBit | 1, Name: "client"}

// An inbox sends what it is told to and keeps what comes back.
type inbox struct {
	got []actors.Message
}

type ask struct {
	to      actors.Ref
	message actors.Message
}

func (i *inbox) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
	case ask:
		ctx.Send(m.to, m.message)
	default:
		i.got = append(i.got, m)
	}
}

// newCluster has servers 1 to n, and one partition for each list of owners.
func newCluster(t *testing.T, n int, owners ...[]ring.NodeID) *cluster {
	return newClusterOn(t, nil, n, owners...)
}

// newClusterOn is newCluster on a network, or one that delivers everything once.
func newClusterOn(t *testing.T, network sim.Network, n int, owners ...[]ring.NodeID) *cluster {
	c := &cluster{t: t, inbox: &inbox{}, disks: map[actors.NodeID]*disk.Disk{}}
	c.places = ring.Map{Cluster: 5, Epoch: 6, Owners: owners}
	for id := range ring.NodeID(n) {
		c.places.Members = append(c.places.Members, ring.Member{ID: id + 1, Address: fmt.Sprint("host:", id+1)})
	}
	c.world = sim.New(sim.Config{Seed: 1, Network: network, Codec: wire.Codec{}, NewDisk: c.newDisk})
	c.world.AddNode(me.Node, func(spawn func(string, actors.Actor) actors.Ref) { spawn(me.Name, c.inbox) })
	return c
}

func (c *cluster) newDisk(n actors.NodeID, after func(time.Duration, func())) sim.Disk {
	c.disks[n] = disk.New(disk.Config{
		After: after,
		Pace:  c.world.Stream("pace", uint64(n)),
		Fate:  c.world.Stream("fate", uint64(n)),
		Open:  disk.Latency{Floor: time.Millisecond},
		Sync:  disk.Latency{Floor: time.Millisecond},
	})
	return c.disks[n]
}

// boot starts a server with the cluster's map, as change makes it.
func (c *cluster) boot(id actors.NodeID, change func(*node.Config)) {
	c.world.AddNode(id, func(spawn func(string, actors.Actor) actors.Ref) {
		config := node.Default(c.places)
		change(&config)
		spawn(node.Name, node.New(config))
	})
}

// ask sends m from the client and returns the first answer.
func (c *cluster) ask(to actors.Ref, m actors.Message) actors.Message {
	c.t.Helper()
	c.inbox.got = nil
	c.world.Send(me, ask{to, m})
	if !c.world.RunUntil(func() bool { return len(c.inbox.got) > 0 }, 5*time.Second) {
		c.t.Fatalf("%v does not answer %T", to, m)
	}
	return c.inbox.got[0]
}

func (c *cluster) status(id actors.NodeID) node.NodeStatus {
	c.t.Helper()
	return c.ask(root(id), node.StatusRequest{}).(node.NodeStatus)
}

func (c *cluster) clusterMap(id actors.NodeID) node.ClusterMap {
	c.t.Helper()
	return c.ask(root(id), node.MapRequest{}).(node.ClusterMap)
}

// put writes to a partition through the leader that node 1 believes in.
func (c *cluster) put(partition int, key string) peer.Response {
	c.t.Helper()
	m := c.clusterMap(1)
	c.serial++
	to := actors.Ref{Node: actors.NodeID(m.Leaders[partition]), Name: peer.Name(node.Group(partition))}
	request := peer.Request{ID: 1, Seen: m.Stamp, Body: put(uint64(m.Stamp), c.serial, key)}
	return c.ask(to, request).(peer.Response)
}

// put encodes a command that writes.
func put(born, serial uint64, key string) []byte {
	return kv.Command{
		Session: kv.Session{ID: 1, Born: born, Serial: serial, Acked: serial - 1},
		Ops:     []kv.Op{{Kind: kv.Put, Key: []byte(key), Value: []byte("v")}},
	}.AppendTo(nil)
}

func root(id actors.NodeID) actors.Ref { return actors.Ref{Node: id, Name: node.Name} }

func same(*node.Config) {}

func TestANodeHoldsTheReplicasThatTheMapGivesIt(t *testing.T) {
	c := newCluster(t, 3, []ring.NodeID{1, 2}, []ring.NodeID{2, 3}, []ring.NodeID{3, 1})
	for id := range actors.NodeID(3) {
		c.boot(id+1, same)
	}
	c.world.Run(5 * time.Second)
	want := [][]journal.GroupID{{1, 3}, {1, 2}, {2, 3}}
	for i, groups := range want {
		s := c.status(actors.NodeID(i + 1))
		var got []journal.GroupID
		for _, r := range s.Replicas {
			got = append(got, r.Group)
		}
		if s.ID != actors.NodeID(i+1) || !s.Recovered || !reflect.DeepEqual(got, groups) {
			t.Errorf("node %d: %+v", i+1, s)
		}
	}
}

func TestThePreferredLeaderLeadsAndTheMapSaysSo(t *testing.T) {
	c := newCluster(t, 3, []ring.NodeID{1, 2, 3}, []ring.NodeID{2, 3, 1}, []ring.NodeID{3, 2})
	for id := range actors.NodeID(3) {
		c.boot(id+1, same)
	}
	c.world.Run(time.Second)
	m := c.clusterMap(1)
	if !reflect.DeepEqual(m.Leaders, []ring.NodeID{1, 2, 0}) { // of the last it holds no replica
		t.Errorf("node 1 believes in the leaders %v", m.Leaders)
	}
	if !reflect.DeepEqual(m.Map, c.places) || m.Stamp == 0 {
		t.Errorf("the map is %+v", m)
	}
	if m := c.clusterMap(3); !reflect.DeepEqual(m.Leaders, []ring.NodeID{1, 2, 3}) {
		t.Errorf("node 3 believes in the leaders %v", m.Leaders)
	}
}

// An actor of the same node is handed the answer itself, not a copy.
func TestAMapThatWasAnsweredDoesNotChange(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1})
	neighbour := &inbox{}
	c.world.AddNode(1, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(node.Name, node.New(node.Default(c.places)))
		spawn("neighbour", neighbour)
	})
	c.world.Send(actors.Ref{Node: 1, Name: "neighbour"}, ask{root(1), node.MapRequest{}})
	c.world.Run(5 * time.Second)
	if m := neighbour.got[0].(node.ClusterMap); m.Leaders[0] != 0 {
		t.Errorf("the leaders %v of an old map have changed", m.Leaders)
	}
	if m := c.clusterMap(1); m.Leaders[0] != 1 {
		t.Errorf("nobody leads: %v", m.Leaders)
	}
}

func TestWhatWasWrittenIsThereAfterEveryNodeCrashed(t *testing.T) {
	c := newCluster(t, 3, []ring.NodeID{1, 2, 3}, []ring.NodeID{2, 3, 1})
	for id := range actors.NodeID(3) {
		c.boot(id+1, same)
	}
	c.world.Run(time.Second)
	for i := range 10 {
		if r := c.put(i%2, fmt.Sprint("key", i)); r.Outcome != peer.Done {
			t.Fatalf("put %d: %v", i, r)
		}
	}
	for id := range actors.NodeID(3) {
		c.world.Crash(id + 1)
		c.world.Restart(id + 1)
	}
	c.world.Run(10 * time.Second)
	first := c.status(1)
	for _, r := range first.Replicas {
		if r.Summary.Items != 5 {
			t.Errorf("group %d holds %d keys", r.Group, r.Summary.Items)
		}
	}
	for id := range actors.NodeID(3) {
		for i, r := range c.status(id + 1).Replicas {
			if r.Summary != first.Replicas[i].Summary {
				t.Errorf("node %d holds in group %d %+v, node 1 %+v", id+1, r.Group, r.Summary, first.Replicas[i].Summary)
			}
		}
	}
}

func TestANodeAnswersBeforeItHasRecovered(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1})
	c.boot(1, same)
	c.disks[1].Stick()
	if m := c.clusterMap(1); !reflect.DeepEqual(m.Map, c.places) || m.Leaders[0] != 0 {
		t.Errorf("the map is %+v", m)
	}
	if s := c.status(1); s.Recovered || s.ID != 1 || len(s.Replicas) != 0 || !s.Waiting || s.Leaving {
		t.Errorf("the status is %+v", s)
	}
}

func TestANodeWhoseJournalIsDamagedSaysSoAndIsRepairedByTheOthers(t *testing.T) {
	c := newCluster(t, 3, []ring.NodeID{1, 2, 3})
	for id := range actors.NodeID(3) {
		c.boot(id+1, same)
	}
	c.world.Run(time.Second)
	for i := range 10 {
		if r := c.put(0, fmt.Sprint("key", i)); r.Outcome != peer.Done {
			t.Fatalf("put %d: %v", i, r)
		}
	}
	c.world.Crash(2)
	if !c.disks[2].FlipBit("journal-1", 3, 100) {
		t.Fatal("there is nothing to damage")
	}
	c.world.Restart(2)
	healed := false
	c.world.RunUntil(func() bool {
		s := c.status(2)
		if s.Recovered && !s.Damaged {
			t.Fatalf("nobody noticed: %+v", s)
		}
		healed = s.Recovered && len(s.Replicas) == 1 && !s.Replicas[0].Raft.Damaged
		return healed
	}, 10*time.Second)
	if !healed {
		t.Errorf("not repaired: %+v", c.status(2))
	}
	c.world.Run(time.Second)
	if mine, other := c.status(2).Replicas[0].Summary, c.status(1).Replicas[0].Summary; mine != other {
		t.Errorf("repaired to %+v, and node 1 holds %+v", mine, other)
	}

	c.world.Crash(2)
	c.world.Restart(2)
	c.world.RunUntil(func() bool { return c.status(2).Recovered }, 10*time.Second)
	if s := c.status(2); !s.Recovered || s.Damaged {
		t.Errorf("after another start, of what has been repaired: %+v", s)
	}
}

func TestAJournalOfMorePartitionsHaltsTheNode(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1}, []ring.NodeID{1})
	places := c.places
	c.boot(1, func(config *node.Config) { config.Map = places })
	c.world.Run(time.Second)
	places.Owners = places.Owners[:1]
	var halted string
	c.world.Observe(sim.Of(sim.Halted), func(e *sim.Event) { halted = e.Err.Error() })
	c.world.Crash(1)
	c.world.Restart(1)
	c.world.Run(time.Second)
	if !strings.Contains(halted, "holds partition 1, and its map has 1 of them") {
		t.Errorf("halted with %q", halted)
	}
}

func TestAskersOfARunningSurveyShareTheNext(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1}, []ring.NodeID{1})
	c.boot(1, same)
	c.world.Run(time.Second)
	asked := 0
	c.world.Observe(sim.Of(sim.Sent), func(e *sim.Event) {
		if _, is := e.Message.(peer.StatusRequest); is {
			asked++
		}
	})
	for range 10 {
		c.world.Send(me, ask{root(1), node.StatusRequest{}})
	}
	c.world.Run(time.Second)
	if len(c.inbox.got) != 10 || asked > 3*2 {
		t.Errorf("%d answers; the peers were asked %d times", len(c.inbox.got), asked)
	}
	for _, m := range c.inbox.got {
		if s := m.(node.NodeStatus); len(s.Replicas) != 2 {
			t.Errorf("the status is %+v", s)
		}
	}
}

// silence boots node 1 and stops one of its peers, which then never answers.
func (c *cluster) silence(g journal.GroupID) {
	c.world.AddNode(1, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(node.Name, node.New(node.Default(c.places)))
		spawn("accomplice", accomplice{})
	})
	c.world.Run(time.Second)
	c.world.Send(actors.Ref{Node: 1, Name: "accomplice"}, actors.Ref{Node: 1, Name: peer.Name(g)})
	c.world.Run(time.Second)
}

type accomplice struct{}

func (accomplice) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	if victim, is := m.(actors.Ref); is {
		ctx.Stop(victim)
	}
}

func TestASurveyDoesNotWaitForEver(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1}, []ring.NodeID{1})
	c.silence(1)
	if s := c.status(1); len(s.Replicas) != 1 || s.Replicas[0].Group != 2 {
		t.Errorf("the status is %+v", s)
	}
}

func TestAStatusFromAnotherProcessIsNotCounted(t *testing.T) {
	c := newCluster(t, 1, []ring.NodeID{1})
	c.silence(1)
	c.inbox.got = nil
	c.world.Send(me, ask{root(1), node.StatusRequest{}})
	for range 10 {
		c.world.Send(me, ask{root(1), peer.Status{Group: 1, Raft: raft.Status{ID: 9}}})
	}
	c.world.Run(5 * time.Second)
	if len(c.inbox.got) != 1 {
		t.Fatalf("%d answers", len(c.inbox.got))
	}
	if s := c.inbox.got[0].(node.NodeStatus); len(s.Replicas) != 0 {
		t.Errorf("the status is %+v", s)
	}
}

func TestGroupsAndPartitionsNameEachOther(t *testing.T) {
	for _, partition := range []int{0, 1, 16383} {
		if g := node.Group(partition); g == 0 || node.Partition(g) != partition {
			t.Errorf("partition %d has group %d, which is partition %d", partition, g, node.Partition(g))
		}
	}
}

func TestAMachineLeavesOutWhatIsNotACommand(t *testing.T) {
	m := node.NewMachine(time.Duration(kv.SessionTTL))
	before := m.Summary()
	command := put(0, 1, "k")
	m.Apply(raft.Entry{Index: 1, Term: 1, Stamp: 1, Kind: raft.Barrier, Data: command})
	if m.Summary() != before {
		t.Error("a barrier changed the state")
	}
	m.Apply(raft.Entry{Index: 2, Term: 1, Stamp: 2, Kind: raft.Command, Data: command})
	if after := m.Summary(); after.Items != 1 || after.Hash == before.Hash {
		t.Errorf("a command gave %+v", after)
	}
	query := kv.Command{Ops: []kv.Op{{Kind: kv.Get, Key: []byte("k")}}}.AppendTo(nil)
	reply, err := kv.DecodeReply(m.Read(query, 2))
	if err != nil || len(reply.Results) != 1 || string(reply.Results[0].Value) != "v" {
		t.Errorf("read %+v, error %v", reply, err)
	}
}
