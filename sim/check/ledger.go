package check

import (
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

// A decided entry is one that some node applied.
type decided struct {
	term   raft.Term
	stamp  raft.Stamp
	prefix uint64 // hash of the log up to and including the entry
	state  uint64 // hash of the state after the entry, from the first node that applied it
	// reign is the newest term that had a leader by then: the entry was decided in it
	// or before.
	reign raft.Term
	// weight is what the entries up to this one count towards limits on bytes.
	weight int
}

// decide enters in the ledger the first application of an index.
func (c *Consensus) decide(g *group, n Node, e raft.Entry, state uint64) {
	before := decided{}
	if len(g.ledger) > 0 {
		before = g.ledger[len(g.ledger)-1]
	}
	if e.Stamp <= before.stamp {
		c.violate(StampsAscend, g, "index %d carries stamp %d after %d", e.Index, e.Stamp, before.stamp)
	}
	d := decided{
		term: e.Term, stamp: e.Stamp, prefix: extend(before.prefix, e), state: state, reign: g.newest,
		weight: before.weight + len(e.Data) + raft.EntryOverhead,
	}
	g.ledger = append(g.ledger, d)
	if e.Kind == raft.Membership {
		c.decideMembers(g, n, e)
	}
	c.mustBeHeld(g, n, e, d.prefix)
	c.judgeClaims(g)
}

// decideMembers enters a configuration that was decided.
func (c *Consensus) decideMembers(g *group, n Node, e raft.Entry) {
	next, err := raft.DecodeConfiguration(e.Data)
	if err != nil {
		c.violate(ConfigurationsOverlap, g, "node %d applied at index %d what is no configuration: %v", n, e.Index, err)
		return
	}
	if before := g.configurationAt(e.Index); !overlap(before, next) {
		c.violate(ConfigurationsOverlap, g, "index %d changes %v to %v: there are quorums that do not meet",
			e.Index, before, next)
	}
	g.configurations = append(g.configurations, placed{e.Index, next})
}

// configurationAt is the last one that was decided up to index i.
func (g *group) configurationAt(i raft.Index) raft.Configuration {
	for n := len(g.configurations) - 1; n > 0; n-- {
		if g.configurations[n].index <= i {
			return g.configurations[n].configuration
		}
	}
	return g.configurations[0].configuration
}

// mustBeHeld refuses that an entry is applied which no quorum of disks holds. Which
// configuration its leader went by the oracle does not ask: the one in force at
// the entry, or a later one that some disk holds or, while members change, that
// nobody but the leader knows yet.
func (c *Consensus) mustBeHeld(g *group, n Node, e raft.Entry, prefix uint64) {
	holds := func(n Node) bool { return g.counts(g.images[n], e.Index, prefix) }
	now := g.configurationAt(e.Index)
	if quorum(now, holds) || g.heldUnderLater(e.Index, holds) || g.changes && heldUnderNext(now, holds) {
		return
	}
	var holders []Node
	for _, n := range now.Members() {
		if holds(n) {
			holders = append(holders, n)
		}
	}
	c.violate(DurableCommit, g, "node %d applied index %d, term %d, when of %v only %d held it on disk",
		n, e.Index, e.Term, now, holders)
}

// counts reports whether a disk counts for the entry at i: it holds it, or it held it and
// that was acknowledged before the disk was damaged, which the leader may hear later.
func (g *group) counts(m *image, i raft.Index, prefix uint64) bool {
	if m == nil {
		return false
	}
	if held, ok := g.prefix(m, i); ok && held == prefix {
		return true
	}
	return m.lost != nil && m.lost.told >= i && g.counts(m.lost, i, prefix)
}

func (g *group) heldUnderLater(i raft.Index, holds func(Node) bool) bool {
	for _, m := range g.images { // any order: one is enough
		for n := len(m.configurations) - 1; n >= 0 && m.configurations[n].index > i; n-- {
			if quorum(m.configurations[n].configuration, holds) {
				return true
			}
		}
	}
	return false
}

// heldUnderNext reports whether those who hold an entry decide in a configuration
// that may follow c: it is in force as soon as its leader has appended it, and its
// quorums meet those of c.
func heldUnderNext(c raft.Configuration, holds func(Node) bool) bool {
	if c.Joint() {
		return majority(c.Voters, holds)
	}
	for _, n := range c.Members() {
		next := slices.DeleteFunc(slices.Clone(c.Voters), func(v Node) bool { return v == n })
		if len(next) == len(c.Voters) {
			next = append(next, n) // a learner that is promoted
		}
		if len(next) > 0 && majority(next, holds) {
			return true
		}
	}
	return false
}

// quorum reports whether those who say yes decide in c.
func quorum(c raft.Configuration, yes func(Node) bool) bool {
	return majority(c.Voters, yes) && (!c.Joint() || majority(c.Outgoing, yes))
}

func majority(voters []Node, yes func(Node) bool) bool {
	count := 0
	for _, n := range voters {
		if yes(n) {
			count++
		}
	}
	return 2*count > len(voters)
}

// overlap reports whether every quorum of a meets every quorum of b. It tries all
// sets of members: if none of them decides in a while the others decide in b, there
// are no two that miss each other.
func overlap(a, b raft.Configuration) bool {
	members := raft.Configuration{Voters: a.Members(), Learners: b.Members()}.Members()
	for set := range uint64(1) << len(members) {
		in := func(n Node) bool {
			for i, m := range members {
				if m == n {
					return set>>i&1 == 1
				}
			}
			return false
		}
		if quorum(a, in) && quorum(b, func(n Node) bool { return !in(n) }) {
			return false
		}
	}
	return true
}
