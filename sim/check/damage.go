package check

import (
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

// Rewritten is told when the journal of n goes on in another place, where it holds
// s of the group. Nothing may be missing there, unless it says so. It is no sign of
// health: the journal may be copied before a replica has looked at its snapshot.
func (c *Consensus) Rewritten(id Group, n Node, s raft.State) {
	g := c.groups[id]
	old := g.image(n)
	g.images[n] = &image{applied: old.applied, begun: old.begun, claimed: old.claimed, led: old.led, answers: old.answers}
	c.Synced(id, n, raft.Save{Vote: s.Vote, Snapshot: s.Snapshot, Entries: s.Entries, Damaged: s.Damaged, Floor: s.Floor})
	m := g.images[n]
	m.hurt, m.rotten = old.hurt, max(old.rotten, m.rotten)
	if s.Damaged {
		if m.lost = old.lost; !old.damaged {
			m.lost = old
		}
		return
	}
	was, _ := g.prefix(old, old.last())
	if is, ok := g.prefix(m, old.last()); s.Vote != old.vote || !ok || is != was || m.last() != old.last() {
		c.violate(Recovery, g, "node %d rewrote its journal: term %d, log up to %d; before: term %d, log up to %d",
			n, s.Vote.Term, m.last(), old.vote.Term, old.last())
	}
}

// Answered is told when another node's term reached the replica of n, which had asked for
// it.
func (c *Consensus) Answered(id Group, n, other Node) {
	if m := c.groups[id].image(n); !slices.Contains(m.answers, other) {
		m.answers = append(m.answers, other)
	}
}

// mustHaveAsked refuses that a replica that has lost something counts itself whole before
// all others have told it in which term they are: in that of any promise that it has
// forgotten. Where members may change, who has to be asked is not known here.
func (c *Consensus) mustHaveAsked(g *group, n Node, m *image) {
	if g.changes {
		return
	}
	for _, o := range c.Configuration(g.id).Members() {
		if o != n && !slices.Contains(m.answers, o) {
			c.violate(DamagedAbstains, g, "node %d counts itself whole; its disk says that it has lost something, and node %d has not told it its term",
				n, o)
			return
		}
	}
}

// Lost is told when it became durable that the replica of n begins anew, with v alone,
// because its snapshot is lost. That is found out before anything is applied.
func (c *Consensus) Lost(id Group, n Node, v raft.Vote) {
	g := c.groups[id]
	m := g.image(n)
	if m.begun {
		c.violate(AppliedAscends, g, "node %d begins anew; it had applied %d", n, m.applied)
	}
	m.applied, m.rotten = 0, 0
	c.Rewritten(id, n, raft.State{Vote: v, Damaged: true})
}

// Hurt is told that the harness damaged the disk of n, which is down: until n saves
// something that does not say so, in a later life, it is not whole.
func (c *Consensus) Hurt(n Node) {
	for _, g := range c.groups { // any order: each group is changed by itself
		g.image(n).hurt = true
	}
}

// Rotten is told that the harness damaged the snapshot at i on the disk of n, which runs:
// until a newer one has taken its place, or the replica has begun anew, n is not whole.
func (c *Consensus) Rotten(id Group, n Node, i raft.Index) {
	if m := c.groups[id].image(n); i >= m.base { // nothing rests on an older one
		m.rotten = max(m.rotten, i)
	}
}

// Wiped is told that the disk of n is empty: n must never promise anything again. What it
// had promised before still counts where it arrived.
func (c *Consensus) Wiped(n Node) {
	c.wiped[n] = true
	c.Hurt(n)
}

// Spoke is told that n sent a message to another replica of the group.
func (c *Consensus) Spoke(id Group, n Node) {
	if c.wiped[n] {
		c.violate(DamagedAbstains, c.groups[id], "node %d takes part after its disk was wiped", n)
	}
}

// CanDecide reports whether the group decides as long as those nodes are present: their
// disks are whole, they are a quorum, and no change of members is under way that might need
// others.
func (c *Consensus) CanDecide(id Group, present func(Node) bool) bool {
	g := c.groups[id]
	now := g.configurations[len(g.configurations)-1]
	for _, m := range g.images { // any order: it is whether there is one
		if n := len(m.configurations); n > 0 && m.configurations[n-1].index > now.index {
			return false
		}
	}
	return now.configuration.Settled() && quorum(now.configuration, func(n Node) bool {
		return present(n) && !c.wiped[n] && g.image(n).whole()
	})
}

// Expendable reports whether the group can do without what the disk of n holds: n is
// no member, or all other disks are whole and decide without it, and no change of
// members is under way.
func (c *Consensus) Expendable(id Group, n Node) bool {
	g := c.groups[id]
	now := c.Configuration(id)
	for _, o := range now.Members() {
		if !g.image(o).whole() {
			return false
		}
	}
	return !now.Has(n) || now.Settled() && quorum(now, func(o Node) bool { return o != n })
}
