package node

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// Name is what the root actor of a node is called.
const Name = "node"

// Group names the Raft group that replicates a partition. Partitions count from
// zero and groups from one, because group zero is none.
func Group(partition int) journal.GroupID { return journal.GroupID(partition) + 1 }

// Partition is the inverse of [Group].
func Partition(g journal.GroupID) int { return int(g) - 1 }

// A MapRequest asks a node for its [ClusterMap].
type MapRequest struct{}

// A ClusterMap says which nodes there are and who holds what, as one node believes
// it during one epoch.
type ClusterMap struct {
	// Cluster names the cluster. Zero names none.
	Cluster uint64
	// Epoch grows with every change of the map, except to Leaders and Stamp.
	Epoch uint64
	// Partitions is the length of Owners and of Leaders.
	Partitions int
	// Members is sorted by ID.
	Members []Member
	// Owners lists the nodes that hold a replica of each partition, the preferred
	// leader first.
	Owners [][]actors.NodeID
	// Leaders is who leads each partition as far as this node has heard, zero if it
	// has not. It is a hint.
	Leaders []actors.NodeID
	// Stamp is this node's time of day. A client that has seen no stamp starts from
	// this one.
	Stamp raft.Stamp
}

// A Member is a node of the cluster.
type Member struct {
	ID actors.NodeID
	// Zone is where the node stands: nodes of one zone may fail together.
	Zone string
	// Address is where other nodes and clients reach it, as host:port.
	Address string
	// Redis is where it answers Redis clients, as host:port, or empty if it does
	// not.
	Redis string
}

// Member returns the member with the given id.
func (m ClusterMap) Member(id actors.NodeID) (Member, bool) {
	for _, member := range m.Members {
		if member.ID == id {
			return member, true
		}
	}
	return Member{}, false
}

// A StatusRequest asks a node for its [NodeStatus].
type StatusRequest struct{}

// A NodeStatus is what the replicas on one node believe and hold, for people and
// for tests.
type NodeStatus struct {
	ID actors.NodeID
	// Recovered says that the node has read its journal. Until then it holds no
	// replicas.
	Recovered bool
	// Replicas is sorted by group. A replica that did not answer in time is missing.
	Replicas []peer.Status
}
