package check

import "github.com/understudy-kv/understudy/raft"

// Described is told when n says that its log holds an entry of a term at index i: the end of
// it, when it asks for votes, or where another log may part from it. What it says goes on
// from the snapshot on its disk, of which nobody may be told anything else; but only when
// n has acknowledged that snapshot, because what it had to say before waited with that.
func (c *Consensus) Described(id Group, n Node, i raft.Index, term raft.Term) {
	g := c.groups[id]
	m := g.image(n)
	if !m.shown || i < m.base {
		return
	}
	if base := g.term(m, m.base); term < base || i == m.base && term != base {
		c.violate(LogMatching, g, "node %d says that its log holds term %d at index %d; its disk says that it follows a snapshot at %d, of term %d",
			n, term, i, m.base, base)
	}
}
