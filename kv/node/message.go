package node

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
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

// A ClusterMap is the map of the cluster as one node believes it, and what that
// node has heard beside it.
type ClusterMap struct {
	ring.Map
	// Leaders is who leads each partition as far as this node has heard, zero if it
	// has not. It is a hint. Leaders may change while the Epoch of the map does not.
	Leaders []ring.NodeID
	// Stamp is this node's time of day. A client that has seen no stamp starts from
	// this one.
	Stamp raft.Stamp
}

// Host asks a node to start a replica of a group that is going to be added to the
// group: it waits to be told by the others. A node that has one does nothing, nor does
// one whose replica was removed: that comes back by itself when it is added again.
type Host struct {
	Group journal.GroupID
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
	// Waiting says that the node has not been admitted: its disk is new, or not the one
	// it had, and too few of the others have said that they know no other.
	Waiting bool
	// Damaged says that the journal had lost something when this process read it.
	Damaged bool
	// Leaving says that the node is going to be stopped.
	Leaving bool
	// Stuck says that the disk does not answer: the node promises nothing meanwhile, and
	// falls behind.
	Stuck bool
	// Hearings is how the node has heard the others, in the order of the map.
	Hearings []Hearing
	// Forgetful says that the log in which the node notes the disks of the others is
	// damaged. It notes nobody any more; whom it has forgotten the Hearings say.
	Forgetful bool
}
