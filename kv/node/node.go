// Package node is the actor at the root of a server process: it opens the journal,
// starts a peer for each partition that the cluster map gives this node, and
// answers where things are and how they are.
package node

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
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
	// Waiting limits the requests that wait in one group; see [peer.Config].
	Waiting int
	// Patience is how long a [StatusRequest] waits for peers that do not answer.
	Patience time.Duration
	// Machine returns the state machine of a group, new and empty. If nil, it is
	// [NewMachine].
	Machine func(journal.GroupID) peer.StateMachine
}

// Default returns the settings of a node in production.
func Default(m ring.Map) Config {
	return Config{
		Map: m,
		Raft: raft.Config{
			Election:         time.Second,
			Heartbeat:        100 * time.Millisecond,
			Drift:            0.05,
			Leases:           true,
			BatchBytes:       1 << 20,
			InflightMessages: 64,
			InflightBytes:    16 << 20,
			UncommittedBytes: 64 << 20,
		},
		Waiting:  1 << 14,
		Patience: time.Second,
	}
}

// A Node is the root actor. Create one with [New] and spawn it under [Name].
type Node struct {
	config    Config
	recovered bool
	peers     []actors.Ref  // sorted by group
	leaders   []ring.NodeID // never changed, only replaced: answers hold it
	survey    survey
	silent    []actors.NodeID // members that are, as far as the pulse knows
}

// New returns a node that begins when it is started.
func New(c Config) *Node {
	if c.Machine == nil {
		c.Machine = func(journal.GroupID) peer.StateMachine { return NewMachine() }
	}
	return &Node{config: c, leaders: make([]ring.NodeID, c.Map.Partitions())}
}

// Receive handles one message.
func (n *Node) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		n.wake(ctx)
	case admitted:
		ctx.Spawn(journal.Name, journal.New(journal.Config{Owner: ctx.Self()}))
	case journal.Recovered:
		if m.Damaged {
			ctx.Halt(fmt.Errorf("node %v: its journal is damaged: what it lost it may have promised", ctx.Self().Node))
			return
		}
		n.boot(ctx, from, m.States)
	case peer.Led:
		n.heard(m)
	case peer.Contact:
		n.contact(ctx, m)
	case MapRequest:
		ctx.Send(from, ClusterMap{Map: n.config.Map, Leaders: n.leaders, Stamp: wall(ctx)})
	case StatusRequest:
		n.ask(ctx, from)
	case peer.Status:
		n.answered(ctx, from, m)
	case due:
		n.report(ctx)
	}
}

// wake starts the pulse. Journal and peers have to wait until it knows that the disk
// is the one that others count on.
func (n *Node) wake(ctx actors.Context) {
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
	for _, ref := range n.peers {
		ctx.Send(ref, m)
	}
}

// boot starts the peers, each with what the journal holds for it.
func (n *Node) boot(ctx actors.Context, journal actors.Ref, states []journal.GroupState) {
	mine := n.config.Map.PartitionsOf(ring.NodeID(ctx.Self().Node))
	for _, s := range states {
		if !slices.Contains(mine, Partition(s.Group)) {
			ctx.Halt(fmt.Errorf("node %v: its journal holds group %d, which its map gives to other nodes: "+
				"start it with the members, partitions and replication factor it had", ctx.Self().Node, s.Group))
			return
		}
	}
	for _, partition := range mine {
		n.peers = append(n.peers, n.spawn(ctx, journal, partition, stateOf(states, Group(partition))))
	}
	n.recovered = true
	for _, id := range n.silent {
		n.tell(ctx, peer.Contact{Node: id, Silent: true})
	}
}

func (n *Node) spawn(ctx actors.Context, journal actors.Ref, partition int, s raft.State) actors.Ref {
	group := Group(partition)
	return ctx.Spawn(peer.Name(group), peer.New(peer.Config{
		Group:   group,
		Raft:    n.raft(raft.ID(ctx.Self().Node), partition),
		State:   s,
		Journal: journal,
		Owner:   ctx.Self(),
		Machine: n.config.Machine(group),
		Waiting: n.config.Waiting,
	}))
}

// raft returns the settings of the replica with the given id: the preferred leader
// of a partition is eager to lead it.
func (n *Node) raft(id raft.ID, partition int) raft.Config {
	c := n.config.Raft
	c.ID, c.Voters = id, nil
	for _, owner := range n.config.Map.Owners[partition] {
		c.Voters = append(c.Voters, raft.ID(owner))
	}
	c.Eager = c.Voters[0] == id
	return c
}

// stateOf finds the state of g in what is sorted by group: the zero State if the
// journal holds nothing for it.
func stateOf(states []journal.GroupState, g journal.GroupID) raft.State {
	i, found := slices.BinarySearchFunc(states, g, func(s journal.GroupState, g journal.GroupID) int {
		return cmp.Compare(s.Group, g)
	})
	if !found {
		return raft.State{}
	}
	return states[i].State
}

// heard notes who leads a partition.
func (n *Node) heard(m peer.Led) {
	n.leaders = slices.Clone(n.leaders)
	n.leaders[Partition(m.Group)] = ring.NodeID(m.Leader)
}

// wall is the time of day as a stamp.
func wall(ctx actors.Context) raft.Stamp { return raft.Stamp(max(ctx.Wall().UnixNano(), 0)) }
