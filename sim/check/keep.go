package check

import "github.com/understudy-kv/understudy/raft"

// Named is told when a save of n became durable, before [Consensus.Synced] is, which names
// the snapshot at i for the beginning of the log, and whether that is on the disk, complete.
// If it is not, a crash leaves a log that follows nothing.
func (c *Consensus) Named(id Group, n Node, i raft.Index, held bool) {
	g := c.groups[id]
	if !held && g.image(n).whole() {
		c.violate(SnapshotsHeld, g, "node %d saved that its log follows the snapshot at %d, which its disk does not hold", n, i)
	}
}

// Discarded is told when n removed the snapshot at i from its disk, on which its log must
// not rest any more, as far as its disk says.
func (c *Consensus) Discarded(id Group, n Node, i raft.Index) {
	g := c.groups[id]
	if m := g.image(n); i == m.base && m.whole() {
		c.violate(SnapshotsHeld, g, "node %d removed the snapshot at %d; its disk says that its log follows it", n, i)
	}
}
