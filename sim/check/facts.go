package check

import "github.com/understudy-kv/understudy/raft"

// Facts are what was seen of one replica.
type Facts struct {
	Term    raft.Term  // on its disk
	Base    raft.Index // up to where a snapshot took the place of its log
	Last    raft.Index // of the log on its disk
	Applied raft.Index // in this life
	Claimed raft.Index // as committed in this life, as a leader
	Damaged bool       // by what its disk says
}

// Facts returns what was seen of the replica of n.
func (c *Consensus) Facts(id Group, n Node) Facts {
	m := c.groups[id].image(n)
	return Facts{Term: m.vote.Term, Base: m.base, Last: m.last(), Applied: m.applied, Claimed: m.claimed, Damaged: m.damaged}
}

// Newest returns the newest term of the group that is on a disk.
func (c *Consensus) Newest(id Group) (t raft.Term) {
	for _, m := range c.groups[id].images { // any order: it is a maximum
		t = max(t, m.vote.Term)
	}
	return t
}
