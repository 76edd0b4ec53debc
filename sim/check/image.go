package check

import (
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

// An image is what the disk of one node holds of one group: the fold of all saves
// that became durable, and how far its present incarnation has applied the log.
type image struct {
	vote raft.Vote
	// base is the index up to which a snapshot took the place of the log. It was
	// decided, so the ledger knows what was there.
	base     raft.Index
	prefixes []uint64 // prefixes[i] is the hash of the log up to index base+1+i
	terms    []raft.Term
	// configurations are those of the durable log, in order.
	configurations []placed
	floor          raft.Floor // of one that left and came back, until its log has come as far
	damaged        bool       // by what the disk itself says
	answers        []Node     // who has told this replica its term, in this life, because it asked
	hurt           bool       // the harness did it, and nothing has been saved as whole since
	rotten         raft.Index // a snapshot that the harness damaged, and no newer one has been saved since
	told           raft.Index // up to where the log was acknowledged
	shown          bool       // the base was acknowledged since it is there
	lost           *image     // what was there before it was damaged; nil once it is whole
	applied        raft.Index
	claimed        raft.Index // as committed, in this life
	led            raft.Term  // the newest term that it was seen to lead
	begun          bool       // the present incarnation has applied something, or gone on from a snapshot
}

// A placed configuration takes effect at an index.
type placed struct {
	index         raft.Index
	configuration raft.Configuration
}

// whole reports whether nothing on the disk is known to be damaged.
func (m *image) whole() bool { return !m.damaged && !m.hurt && m.rotten == 0 }

// last is the index of the last entry that is durable.
func (m *image) last() raft.Index { return m.base + raft.Index(len(m.prefixes)) }

// prefix is the hash of the log up to index i, and false if the image does not
// reach so far.
func (g *group) prefix(m *image, i raft.Index) (uint64, bool) {
	switch {
	case i > m.last():
		return 0, false
	case i > m.base:
		return m.prefixes[i-m.base-1], true
	case i == 0:
		return 0, true
	}
	return g.ledger[i-1].prefix, true
}

// term is the term of the durable entry at index i, zero before the log.
func (g *group) term(m *image, i raft.Index) raft.Term {
	switch {
	case i == 0:
		return 0
	case i > m.base:
		return m.terms[i-m.base-1]
	}
	return g.ledger[i-1].term
}

// compact lets a snapshot of index i take the place of the log up to there, or of
// the whole log if that holds something else at i.
func (g *group) compact(m *image, i raft.Index) {
	if i <= m.base {
		return
	}
	if held, ok := g.prefix(m, i); ok && held == g.ledger[i-1].prefix {
		m.prefixes = slices.Clone(m.prefixes[i-m.base:])
		m.terms = slices.Clone(m.terms[i-m.base:])
	} else {
		m.prefixes, m.terms, m.configurations = nil, nil, nil
	}
	m.base, m.shown = i, false
}

// append makes an entry with the given hash the last one, in place of what was
// there from its index on.
func (m *image) append(e raft.Entry, prefix uint64) {
	kept := e.Index - m.base - 1
	m.prefixes = append(m.prefixes[:kept], prefix)
	m.terms = append(m.terms[:kept], e.Term)
	for n := len(m.configurations); n > 0 && m.configurations[n-1].index >= e.Index; n-- {
		m.configurations = m.configurations[:n-1]
	}
	if e.Kind == raft.Membership {
		if c, err := raft.DecodeConfiguration(e.Data); err == nil { // if not, applying it tells
			m.configurations = append(m.configurations, placed{e.Index, c})
		}
	}
}
