package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
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
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the cluster map, who leads what, and the state of each replica",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, c *client.Client) error {
				s := survey(ctx, c)
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
				}
				return s.print(cmd.OutOrStdout())
			})
		},
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

// A clusterStatus is what all nodes said of themselves.
type clusterStatus struct {
	Cluster    uint64            `json:"cluster"`
	Epoch      uint64            `json:"epoch"`
	Nodes      []nodeStatus      `json:"nodes"`
	Partitions []partitionStatus `json:"partitions"`
}

type nodeStatus struct {
	ID      uint64 `json:"id"`
	Address string `json:"address"`
	Redis   string `json:"redis"`
	State   string `json:"state"` // up, recovering, or why it did not answer
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
			replicas[p] = append(replicas[p], newReplicaStatus(m.Members[i].ID, r))
		}
	}
	for p := range m.Partitions() {
		first, last := m.SlotsOf(p)
		s.Partitions = append(s.Partitions, newPartitionStatus(p, first, last, replicas[p]))
	}
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
	case errors.Is(err, context.DeadlineExceeded):
		n.State = "no answer"
	case err != nil:
		n.State = err.Error()
	case !answer.Recovered:
		n.State = "recovering"
	}
	return n, answer
}

func newReplicaStatus(id uint64, s peer.Status) replicaStatus {
	return replicaStatus{
		Node: id, Role: s.Raft.Role.String(), Term: uint64(s.Raft.Vote.Term), Commit: uint64(s.Raft.Commit),
		Applied: uint64(s.Raft.Delivered), Keys: s.Summary.Items, Hash: fmt.Sprintf("%016x", s.Summary.Hash),
	}
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

func (s clusterStatus) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "NODE\tADDRESS\tREDIS\tSTATE\n")
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", n.ID, n.Address, n.Redis, n.State)
	}
	fmt.Fprintf(w, "\nPARTITION\tSLOTS\tLEADER\tTERM\tCOMMIT\tKEYS\tREPLICAS\n")
	for _, p := range s.Partitions {
		fmt.Fprintf(w, "%d\t%d-%d\t%s\n", p.Partition, p.FirstSlot, p.LastSlot, p.columns())
	}
	return w.Flush()
}

// columns is the part of a row that depends on who leads.
func (p partitionStatus) columns() string {
	var replicas []string
	leader := replicaStatus{}
	for _, r := range p.Replicas {
		replicas = append(replicas, fmt.Sprintf("%d:%s@%d", r.Node, r.Role, r.Applied))
		if r.Node == p.Leader {
			leader = r
		}
	}
	name := "none"
	if p.Leader != 0 {
		name = fmt.Sprint(p.Leader)
	}
	return fmt.Sprintf("%s\t%d\t%d\t%d\t%s", name, leader.Term, leader.Commit, leader.Keys, strings.Join(replicas, " "))
}
