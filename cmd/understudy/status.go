package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

func newStatus() *cobra.Command {
	var f clientFlags
	var asJSON, replicas bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the cluster map, who leads what, and the state of each replica",
		Long: `Status asks every node and prints what they answer: first whatever needs attention,
then the nodes, then for each partition who leads it and how far each replica has
applied its log, as NODE:ROLE@INDEX. With --replicas each replica has a line of its own.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, c *client.Client) error {
				s := survey(ctx, c)
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
				}
				return s.print(cmd.OutOrStdout(), replicas)
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	cmd.Flags().BoolVar(&replicas, "replicas", false, "print a line for each replica")
	return cmd
}

// A clusterStatus is what all nodes said of themselves.
type clusterStatus struct {
	Cluster    uint64            `json:"cluster"`
	Epoch      uint64            `json:"epoch"`
	Warnings   []string          `json:"warnings"`
	Nodes      []nodeStatus      `json:"nodes"`
	Partitions []partitionStatus `json:"partitions"`
}

type nodeStatus struct {
	ID      uint64 `json:"id"`
	Address string `json:"address"`
	Redis   string `json:"redis"`
	State   string `json:"state"` // up, leaving, recovering, waiting, or why it did not answer
	// Damaged says that the journal had lost something when the node started.
	Damaged bool `json:"damaged,omitempty"`
	// Stuck says that the disk of the node does not answer.
	Stuck bool `json:"stuck,omitempty"`
	// Forgetful says that its notes of the disks of the others are damaged, Forgotten
	// whose it has lost.
	Forgetful bool     `json:"forgetful,omitempty"`
	Forgotten []uint64 `json:"forgotten,omitempty"`
}

type partitionStatus struct {
	Partition int             `json:"partition"`
	FirstSlot uint16          `json:"firstSlot"`
	LastSlot  uint16          `json:"lastSlot"`
	Leader    uint64          `json:"leader"` // zero if no replica that answered leads
	Term      uint64          `json:"term"`
	Replicas  []replicaStatus `json:"replicas"`
}

type replicaStatus struct {
	Node    uint64 `json:"node"`
	Role    string `json:"role"`
	Term    uint64 `json:"term"`
	Commit  uint64 `json:"commit"`
	Applied uint64 `json:"applied"`
	Keys    uint64 `json:"keys"`
	Hash    string `json:"hash"`
	// Snapshot is the index of the newest, zero if there is none; LogBytes is what the
	// log weighs that is kept in memory.
	Snapshot uint64 `json:"snapshot"`
	LogBytes int    `json:"logBytes"`
	// Members is who the replica takes for its group, if that is not whom the map names.
	Members string `json:"members,omitempty"`
	// Damaged says that it has lost something, and votes for nobody until the others
	// have repaired it; Stopped, why it takes no part in its group.
	Damaged bool   `json:"damaged,omitempty"`
	Stopped string `json:"stopped,omitempty"`
	// Alone says that the map names no other replica.
	Alone bool `json:"alone,omitempty"`
	// HandingOver is the node that shall lead in place of this leader.
	HandingOver uint64 `json:"handingOver,omitempty"`
}

// survey asks every node, all at once: one that is down must not use up the time of
// the others.
func survey(ctx context.Context, c *client.Client) clusterStatus {
	m := c.Map()
	s := clusterStatus{Cluster: m.Cluster, Epoch: m.Epoch, Nodes: make([]nodeStatus, len(m.Members))}
	answers := make([]node.NodeStatus, len(m.Members))
	var wait sync.WaitGroup
	for i, member := range m.Members {
		wait.Go(func() { s.Nodes[i], answers[i] = ask(ctx, c, member) })
	}
	wait.Wait()
	replicas := map[int][]replicaStatus{}
	for i, answer := range answers {
		for _, r := range answer.Replicas {
			p := node.Partition(r.Group)
			if p < 0 || p >= m.Partitions() {
				continue // of a cluster that this map is not of
			}
			replicas[p] = append(replicas[p], newReplicaStatus(m.Members[i].ID, r, m.Owners[p]))
		}
	}
	for p := range m.Partitions() {
		first, last := m.SlotsOf(p)
		s.Partitions = append(s.Partitions, newPartitionStatus(p, first, last, replicas[p]))
	}
	s.Warnings = s.warnings()
	return s
}

// statusPatience is how long one node may take to answer.
const statusPatience = time.Second

func ask(ctx context.Context, c *client.Client, member ring.Member) (nodeStatus, node.NodeStatus) {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	n := nodeStatus{ID: member.ID, Address: member.Address, Redis: member.Redis, State: "up"}
	answer, err := c.Status(ctx, actors.NodeID(member.ID))
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, client.ErrUnavailable):
		n.State = "no answer"
	case err != nil:
		n.State = err.Error()
	case answer.Waiting:
		n.State = "waiting"
	case !answer.Recovered:
		n.State = "recovering"
	case answer.Leaving:
		n.State = "leaving"
	}
	n.Damaged, n.Stuck, n.Forgetful = answer.Damaged, answer.Stuck, answer.Forgetful
	for _, h := range answer.Hearings {
		if h.Forgotten {
			n.Forgotten = append(n.Forgotten, uint64(h.Node))
		}
	}
	return n, answer
}

func newReplicaStatus(id uint64, s peer.Status, owners []ring.NodeID) replicaStatus {
	return replicaStatus{
		Node: id, Role: roleOf(s), Term: uint64(s.Raft.Vote.Term), Commit: uint64(s.Raft.Commit),
		Applied: uint64(s.Raft.Delivered), Keys: s.Summary.Items, Hash: fmt.Sprintf("%016x", s.Summary.Hash),
		Snapshot: uint64(s.Raft.Snapshot), LogBytes: s.Raft.LogBytes, Members: strangers(s.Raft.Configuration, owners),
		Alone: len(owners) == 1, Damaged: s.Raft.Damaged, Stopped: s.Stopped, HandingOver: uint64(s.Raft.Transferring),
	}
}

// roleOf is the role of a replica that takes part in its group.
func roleOf(s peer.Status) string {
	if s.Stopped != "" {
		return "stopped"
	}
	return s.Raft.Role.String()
}

// strangers describes a configuration, unless it is simply that the owners vote.
func strangers(c raft.Configuration, owners []ring.NodeID) string {
	settled := len(c.Outgoing)+len(c.Learners)+len(c.Target) == 0
	same := func(a raft.ID, b ring.NodeID) bool { return uint64(a) == b }
	if len(c.Voters) == 0 || settled && slices.EqualFunc(c.Voters, slices.Sorted(slices.Values(owners)), same) {
		return ""
	}
	return c.String()
}

// newPartitionStatus finds the leader: of those that say so, the one of the newest
// term.
func newPartitionStatus(p int, first, last uint16, replicas []replicaStatus) partitionStatus {
	s := partitionStatus{Partition: p, FirstSlot: first, LastSlot: last, Replicas: replicas}
	for _, r := range replicas {
		if r.Role == raft.Leader.String() && r.Term >= s.Term {
			s.Leader, s.Term = r.Node, r.Term
		}
	}
	return s
}
