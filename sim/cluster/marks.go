package cluster

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// Marks returns the marks of everything that runs in a cluster, by package.
func Marks() []actors.Mark {
	return slices.Concat(peer.Marks(), journal.Marks(), snapshot.Marks(), node.Marks(), client.Marks())
}

// marks counts the marks that were reached in this run, in the order of [Marks].
func (r *run) marks() (list []Count) {
	counts := r.world.Marks()
	for _, m := range Marks() {
		if n := counts[m.Name]; n > 0 {
			list = append(list, Count{m.Name, n})
		}
	}
	return list
}
