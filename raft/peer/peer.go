// Package peer is the actor that drives one replica of one Raft group: it carries
// out, in order, what the replica wants done.
package peer

import (
	"fmt"

	"github.com/understudy-kv/understudy/raft/journal"
)

// Name is what the peer of a group is called, on every node.
func Name(g journal.GroupID) string { return fmt.Sprintf("peer/%d", uint64(g)) }
