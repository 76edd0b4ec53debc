package check

import "github.com/understudy-kv/understudy/raft"

// A Question is a read that a client asked of a node, under a number of the client's
// choice.
type Question struct {
	Client uint64
	Number uint64
	Node   Node
}

// Asked is told when a client sent a read to a node of the group. Whatever is decided by
// then the answer must take into account.
func (c *Consensus) Asked(id Group, q Question) {
	g := c.groups[id]
	if _, before := g.reads[q]; !before { // any copy, even the first, may be what is answered next
		g.reads[q] = raft.Index(len(g.ledger))
	}
}

// Read is told when the node answered the read. What it has applied by then is what it
// answered from.
func (c *Consensus) Read(id Group, q Question) {
	g := c.groups[id]
	decided, asked := g.reads[q]
	m := g.image(q.Node)
	if !asked || m.applied >= decided {
		return
	}
	if newest := g.ledger[decided-1].term; newest > m.led {
		c.violate(LeaseDisjointness, g,
			"node %d, which leads term %d, answers a read from index %d; when it was asked, index %d had been decided in term %d",
			q.Node, m.led, m.applied, decided, newest)
		return
	}
	c.violate(FreshReads, g, "node %d answers a read from index %d; when it was asked, index %d had been decided",
		q.Node, m.applied, decided)
}
