package check

import "github.com/understudy-kv/understudy/raft"

// Trustworthy reports whether n is a member of the group of which everything is known that
// it may say of itself: the harness has done nothing to what is on its disk.
func (c *Consensus) Trustworthy(id Group, n Node) bool {
	m := c.groups[id].image(n)
	return c.Configuration(id).Has(n) && !c.wiped[n] && m.whole() && m.lost == nil
}

// Stated is told what a replica says of itself when its group is at rest and has converged.
// Nothing is concluded from it: it must be what was seen.
func (c *Consensus) Stated(id Group, s raft.Status) {
	g := c.groups[id]
	m, end := g.image(s.ID), raft.Index(len(g.ledger))
	for _, claim := range []struct {
		what         string
		stated, seen uint64
	}{
		{"term", uint64(s.Vote.Term), uint64(m.vote.Term)},
		{"end of the log", uint64(s.Last), uint64(m.last())},
		{"end of what is durable", uint64(s.Durable), uint64(m.last())},
		{"commit index", uint64(s.Commit), uint64(end)},
		{"end of what is delivered", uint64(s.Delivered), uint64(m.applied)},
		{"snapshot", uint64(s.Snapshot), uint64(m.base)},
		{"weight of the log", uint64(s.LogBytes), uint64(g.weight(s.First, s.Last))},
		{"count of messages that nobody can have sent", s.Refused, 0},
	} {
		if claim.stated != claim.seen {
			c.violate(StatusTrue, g, "node %d says at rest that its %s is %d; it is %d",
				s.ID, claim.what, claim.stated, claim.seen)
		}
	}
}

// weight is what the entries from first to last count, which were all decided.
func (g *group) weight(first, last raft.Index) int {
	if first < 1 || first > last || int(last) > len(g.ledger) {
		return 0
	}
	before := 0
	if first > 1 {
		before = g.ledger[first-2].weight
	}
	return g.ledger[last-1].weight - before
}
