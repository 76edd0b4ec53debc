package check

import "github.com/understudy-kv/understudy/raft"

// A claim is that a node is no member by a configuration that nobody has applied yet.
type claim struct {
	node      Node
	tombstone raft.Tombstone
}

// Left is told when it became durable that the replica of n was removed and holds
// nothing but t any more.
func (c *Consensus) Left(id Group, n Node, t raft.Tombstone) {
	g := c.groups[id]
	old := g.image(n)
	if v := old.vote; t.Vote.Term < v.Term || t.Vote.Term == v.Term && v.For != raft.None && t.Vote.For != v.For {
		c.violate(TermsAscend, g, "node %d leaves with the vote %+v; it had given %+v", n, t.Vote, v)
	}
	g.images[n] = &image{vote: t.Vote, floor: t.Floor, damaged: t.Damaged, hurt: old.hurt, led: old.led}
	g.claims = append(g.claims, claim{n, t})
	c.judgeClaims(g)
}

// judgeClaims compares what those who left were told with what was decided, as far as
// that is known.
func (c *Consensus) judgeClaims(g *group) {
	var open []claim
	for _, k := range g.claims {
		f := k.tombstone.Floor
		if int(f.Index) > len(g.ledger) {
			open = append(open, k)
			continue
		}
		decided, at := g.ledger[f.Index-1], g.configurationAt(f.Index)
		if decided.term != f.Term || !at.Equal(k.tombstone.Configuration) || at.Has(k.node) {
			c.violate(RemovalProven, g, "node %d left because of %v at index %d of term %d; decided was %v, in term %d",
				k.node, k.tombstone.Configuration, f.Index, f.Term, at, decided.term)
		}
	}
	g.claims = open
}

// Holds reports whether the disk of n holds a part of the log of the group, or names a
// snapshot that takes its place.
func (c *Consensus) Holds(id Group, n Node) bool {
	m := c.groups[id].images[n]
	return m != nil && m.last() > 0 && !c.wiped[n]
}
