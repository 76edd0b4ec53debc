package check

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// A reign is what was seen of the leader of one term.
type reign struct {
	first   raft.Index // of the entries of its term
	changes []placed   // configurations that it made, in order
	// leavers were removed by the newest of these, and not told anything since.
	leavers []Node
	removed time.Duration // when
	round   uint64        // the first of its heartbeats in which they must be told; zero: none was begun
}

type reignID struct {
	group Group
	term  raft.Term
}

// govern takes what a leader sends, and judges the changes of members in it.
func (p *Protocol) govern(r *replica, m raft.Message) {
	id := reignID{r.group.id, m.Term}
	g := p.reigns[id]
	if g == nil {
		g = &reign{}
		p.reigns[id] = g
	}
	for _, e := range m.Entries {
		if e.Term != m.Term {
			continue
		}
		if g.first == 0 || e.Index < g.first {
			g.first = e.Index
		}
		if n := len(g.changes); e.Kind == raft.Membership && (n == 0 || g.changes[n-1].index < e.Index) {
			p.changed(r, g, e)
		}
	}
	p.mustTellLeavers(r, g, m)
}

// changed takes a configuration that a leader sends for the first time.
func (p *Protocol) changed(r *replica, g *reign, e raft.Entry) {
	next, err := raft.DecodeConfiguration(e.Data)
	if err != nil {
		return // applying it tells
	}
	before := r.configurationBefore(g, e.Index)
	p.mustKeepUp(r, before, next, e)
	if n := len(g.changes); n > 0 && !r.group.decides(before, position{g.changes[n-1].index, e.Term}) {
		p.violate(ChangesRest, r, "begins change %d of members when the one before it, %d, is on no quorum of disks",
			e.Index, g.changes[n-1].index)
	}
	if first := r.firstOf(g, e); !r.group.decides(before, position{first, e.Term}) {
		p.violate(ChangesRest, r, "begins change %d of members when the first entry of its term, %d, is on no quorum of disks",
			e.Index, first)
	}
	g.changes = append(g.changes, placed{e.Index, next})
	g.leavers, g.removed, g.round = nil, p.now(), 0
	for _, n := range before.Members() {
		if n != r.id && !next.Has(n) {
			g.leavers = append(g.leavers, n)
		}
	}
}

// configurationBefore is the one in force for a leader before index i.
func (r *replica) configurationBefore(g *reign, i raft.Index) raft.Configuration {
	if n := len(g.changes); n > 0 {
		return g.changes[n-1].configuration
	}
	m := r.group.image(r.id)
	for _, c := range slices.Backward(m.configurations) {
		if c.index < i {
			return c.configuration
		}
	}
	return r.group.configurationAt(m.base)
}

// firstOf is the first entry of the term of e, by what its leader sent, or if there was
// nobody to send it to by its disk.
func (r *replica) firstOf(g *reign, e raft.Entry) raft.Index {
	first, m := g.first, r.group.image(r.id)
	for i := min(first-1, m.last()); i > 0 && r.group.term(m, i) == e.Term; i-- {
		first = i
	}
	return first
}

// decides reports whether an entry is on the disks of a quorum, or was decided.
func (g *group) decides(c raft.Configuration, p position) bool {
	if int(p.index) <= len(g.ledger) && g.ledger[p.index-1].term == p.term {
		return true
	}
	return quorum(c, func(n Node) bool { return g.shows(g.images[n], p) })
}

// shows reports whether an entry is on a disk, or was acknowledged before the disk was
// damaged.
func (g *group) shows(m *image, p position) bool {
	switch {
	case m == nil:
		return false
	case p.index > m.base && p.index <= m.last() && g.term(m, p.index) == p.term:
		return true
	}
	return m.lost != nil && m.lost.told >= p.index && g.shows(m.lost, p)
}

// mustTellLeavers refuses that a leader, which goes on to send heartbeats, sends nothing to
// those whom it has removed: they would wait, and then ask everybody to be elected.
func (p *Protocol) mustTellLeavers(r *replica, g *reign, m raft.Message) {
	g.leavers = slices.DeleteFunc(g.leavers, func(n Node) bool { return n == m.To })
	switch {
	case len(g.leavers) == 0 || m.Kind != raft.Heartbeat || p.now()-g.removed < slack || p.tardy[r.id]:
	case g.round == 0:
		g.round = m.Round
	case m.Round > g.round:
		p.violate(LeaversTold, r, "removed %d at %v, and has told them nothing since", g.leavers, g.removed)
		g.leavers = nil
	}
}
