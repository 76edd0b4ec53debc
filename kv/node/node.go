// Package node is the actor at the root of a server process: it opens the journal,
// starts a peer for each partition that the cluster map gives this node, and
// answers where things are and how they are.
package node

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/ring"
)

// Every command fits into a request; the compiler checks it.
const _ uint = peer.MaxBodyBytes - kv.MaxCommandBytes

// A Config describes a node. Which member of Map it is, the node knows from its own
// address.
type Config struct {
	Map ring.Map
	// Raft holds the settings that all groups have in common: ID, Voters and Eager
	// are filled in for each.
	Raft raft.Config
	// Waiting and SnapshotBytes are those of [peer.Config].
	Waiting       int
	SnapshotBytes int
	// GenerationBytes is how far the journal may grow beyond what is of use in it; see
	// [journal.Config].
	GenerationBytes int
	// PieceBytes is how much of a snapshot, or of the past of the journal, is written
	// at a time. Zero leaves it to each.
	PieceBytes int
	// Snapshots limits how snapshots are sent and fetched.
	Snapshots snapshot.Config
	// Patience is how long a [StatusRequest] waits for peers that do not answer.
	Patience time.Duration
	// Machine returns the state machine of a group, new and empty. If nil, it is
	// [NewMachine] with [kv.SessionTTL].
	Machine func(journal.GroupID) peer.StateMachine
}

// Default returns the settings of a node in production.
func Default(m ring.Map) Config {
	return Config{
		Map: m,
		Raft: raft.Config{
			Election:         time.Second,
			Heartbeat:        100 * time.Millisecond,
			Rest:             20,
			Drift:            0.05,
			Leases:           true,
			BatchBytes:       1 << 20,
			InflightMessages: 64,
			InflightBytes:    16 << 20,
			UncommittedBytes: 64 << 20,
			Trailing:         4 << 20,
		},
		Waiting:         1 << 14,
		SnapshotBytes:   16 << 20,
		GenerationBytes: journal.DefaultGenerationBytes,
		Snapshots:       snapshot.Config{BytesPerSecond: 64 << 20},
		Patience:        time.Second,
	}
}

// A Node is the root actor. Create one with [New] and spawn it under [Name].
type Node struct {
	config    Config
	self      actors.NodeID
	admitted  bool
	recovered bool
	damaged   bool              // the journal has lost something, now or long ago, perhaps whole groups
	found     bool              // it was this process that noticed
	stuck     bool              // the disk does not answer
	asked     []journal.GroupID // to host, before the journal was read
	peers     []hosted          // sorted by group
	graves    []journal.GroupID // of which the replica here was removed
	// The map as the replicas here know better, and who leads. Neither is ever changed,
	// only replaced: answers hold them.
	owners  [][]ring.NodeID
	leaders []ring.NodeID
	survey  survey
	silent  []actors.NodeID // members that are, as far as the pulse knows
	// farewell is nil unless this node is going to be stopped.
	farewell *farewell
}

// A hosted peer is one that this node has.
type hosted struct {
	group journal.GroupID
	ref   actors.Ref
}

// local is the address of an actor of this node.
func (n *Node) local(name string) actors.Ref { return actors.Ref{Node: n.self, Name: name} }

// New returns a node that begins when it is started.
func New(c Config) *Node {
	if c.Machine == nil {
		c.Machine = func(journal.GroupID) peer.StateMachine { return NewMachine(time.Duration(kv.SessionTTL)) }
	}
	return &Node{config: c, owners: c.Map.Owners, leaders: make([]ring.NodeID, c.Map.Partitions())}
}

// Receive handles one message.
func (n *Node) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		n.wake(ctx)
	case admitted:
		n.admitted = true
		ctx.Spawn(snapshot.Name, snapshot.New(n.config.Snapshots))
		ctx.Spawn(journal.Name, journal.New(journal.Config{
			Owner: ctx.Self(), GenerationBytes: n.config.GenerationBytes, PieceBytes: n.config.PieceBytes,
		}))
	case journal.Recovered:
		n.boot(ctx, m)
	case journal.Stuck:
		n.stuck = m.Stuck
	case journal.Compact:
		ctx.Send(n.local(peer.Name(m.Group)), m)
	case Host:
		n.host(ctx, m.Group)
	case peer.Led:
		n.heard(ctx, m)
	case peer.Contact:
		n.contact(ctx, m)
	case peer.Gone:
		n.gone(ctx, from, m)
	case peer.Recalled:
		n.recalled(ctx, from, m)
	case MapRequest:
		ctx.Send(from, n.clusterMap(ctx))
	case StatusRequest:
		n.ask(ctx, from)
	case peer.Status:
		n.answered(ctx, from, m)
	case hearings:
		n.listened(ctx, m)
	case due:
		n.report(ctx)
	case Leave:
		n.leave(ctx, from)
	case handOver:
		n.handOver(ctx)
	case peer.Response:
		n.replied(ctx, from, m)
	}
}

// wake starts the pulse. Journal and peers have to wait until it knows that the disk
// is the one that others count on.
func (n *Node) wake(ctx actors.Context) {
	n.self = ctx.Self().Node
	var others []actors.NodeID
	for _, m := range n.config.Map.Members {
		if id := actors.NodeID(m.ID); id != ctx.Self().Node {
			others = append(others, id)
		}
	}
	ctx.Spawn(pulseName, newPulse(ctx.Self(), others, n.config.Raft.Heartbeat, n.config.Raft.Election))
}

// contact tells all peers how another node is: a group may come to have a replica
// there at any time.
func (n *Node) contact(ctx actors.Context, m peer.Contact) {
	n.silent = slices.DeleteFunc(n.silent, func(id actors.NodeID) bool { return id == m.Node })
	if m.Silent {
		n.silent = append(n.silent, m.Node)
	}
	n.tell(ctx, m)
}

func (n *Node) tell(ctx actors.Context, m peer.Contact) {
	for _, p := range n.peers {
		ctx.Send(p.ref, m)
	}
}

// boot starts a peer for each partition that the map gives this node, and for each
// other group that the journal knows: those it was asked to host. Where a replica was
// removed its grave stays.
func (n *Node) boot(ctx actors.Context, m journal.Recovered) {
	n.damaged, n.found = m.Damaged, m.Found
	if !n.knowsAll(ctx, m.States) {
		return
	}
	for _, s := range m.States {
		if s.Tombstone != nil {
			n.bury(ctx, s.Group, *s.Tombstone)
		}
	}
	for _, partition := range n.config.Map.PartitionsOf(ring.NodeID(ctx.Self().Node)) {
		if group := Group(partition); !n.buried(group) {
			n.spawn(ctx, group, n.stateOf(m.States, group))
		}
	}
	for _, s := range m.States {
		if s.Tombstone == nil && !n.hosts(s.Group) {
			n.spawn(ctx, s.Group, s.State)
		}
	}
	n.recovered = true
	for _, g := range n.asked {
		n.host(ctx, g)
	}
	n.asked = nil
}

// knowsAll ends the node if its journal holds a group that its map does not have.
func (n *Node) knowsAll(ctx actors.Context, states []journal.GroupState) bool {
	for _, s := range states {
		if Partition(s.Group) >= n.config.Map.Partitions() {
			ctx.Halt(fmt.Errorf("node %v: its journal holds partition %d, and its map has %d of them: "+
				"start it with the members, partitions and replication factor it had",
				ctx.Self().Node, Partition(s.Group), n.config.Map.Partitions()))
			return false
		}
	}
	return true
}

// host starts a replica that knows nothing of its group, unless there is one: once
// the journal has told which there are.
func (n *Node) host(ctx actors.Context, g journal.GroupID) {
	known := g >= 1 && Partition(g) < n.config.Map.Partitions()
	switch {
	case !known || n.hosts(g) || n.buried(g):
	case n.recovered:
		n.spawn(ctx, g, raft.State{Damaged: n.damaged})
	default:
		ctx.Mark(markHostedEarly)
		n.asked = append(n.asked, g)
	}
}

// place is where the peer of a group is in n.peers, or would be.
func (n *Node) place(g journal.GroupID) (int, bool) {
	return slices.BinarySearchFunc(n.peers, g, func(p hosted, g journal.GroupID) int { return cmp.Compare(p.group, g) })
}

func (n *Node) hosts(g journal.GroupID) bool {
	_, known := n.place(g)
	return known
}

func (n *Node) spawn(ctx actors.Context, group journal.GroupID, s raft.State) {
	if n.damaged && s.Vote.Term == 0 && len(s.Entries) == 0 && s.Snapshot.Index == 0 {
		ctx.Mark(markHostedDamaged)
	}
	ref := ctx.Spawn(peer.Name(group), peer.New(peer.Config{
		Group:         group,
		Raft:          n.raft(raft.ID(ctx.Self().Node), Partition(group)),
		State:         s,
		Journal:       n.local(journal.Name),
		Snapshots:     n.local(snapshot.Name),
		Owner:         ctx.Self(),
		Label:         slog.Int("partition", Partition(group)),
		Machine:       n.config.Machine(group),
		Waiting:       n.config.Waiting,
		SnapshotBytes: n.config.SnapshotBytes,
		PieceBytes:    n.config.PieceBytes,
	}))
	i, _ := n.place(group)
	n.peers = slices.Insert(n.peers, i, hosted{group, ref})
	for _, id := range n.silent {
		ctx.Send(ref, peer.Contact{Node: id, Silent: true})
	}
}

// raft returns the settings of the replica with the given id: the preferred leader
// of a partition is eager to lead it.
func (n *Node) raft(id raft.ID, partition int) raft.Config {
	c := n.config.Raft
	c.ID, c.Voters = id, nil
	owners := n.config.Map.Owners[partition]
	var founders []raft.ID
	for _, owner := range owners {
		founders = append(founders, raft.ID(owner))
	}
	if !slices.Contains(owners, ring.NodeID(id)) {
		c.Founders = founders // it was added to the group, and learns from the others who they are
		return c
	}
	c.Voters = founders
	c.Eager = c.Voters[0] == id
	return c
}

// stateOf finds the state of g in what is sorted by group. If the journal holds
// nothing for it, nothing was promised, unless the journal has lost something.
func (n *Node) stateOf(states []journal.GroupState, g journal.GroupID) raft.State {
	i, found := slices.BinarySearchFunc(states, g, func(s journal.GroupState, g journal.GroupID) int {
		return cmp.Compare(s.Group, g)
	})
	if !found {
		return raft.State{Damaged: n.damaged}
	}
	return states[i].State
}

// heard notes who leads a partition, and who holds it if its group has moved.
func (n *Node) heard(ctx actors.Context, m peer.Led) {
	p := Partition(m.Group)
	n.leaders = slices.Clone(n.leaders)
	n.leaders[p] = ring.NodeID(m.Leader)
	var voters []ring.NodeID
	for _, id := range m.Voters {
		voters = append(voters, ring.NodeID(id))
	}
	if old := slices.Sorted(slices.Values(n.owners[p])); len(voters) > 0 && !slices.Equal(old, voters) {
		ctx.Mark(markOwnersMoved)
		n.owners = slices.Clone(n.owners)
		n.owners[p] = voters
	}
	if n.farewell != nil {
		n.farewell.follow(ctx, m)
	}
}

// clusterMap is the map as this node believes it.
func (n *Node) clusterMap(ctx actors.Context) ClusterMap {
	m := ClusterMap{Map: n.config.Map, Leaders: n.leaders, Stamp: wall(ctx)}
	m.Owners = n.owners
	return m
}

// wall is the time of day as a stamp.
func wall(ctx actors.Context) raft.Stamp { return raft.Stamp(max(ctx.Wall().UnixNano(), 0)) }
