package check

import (
	"fmt"
	"sort"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// Consensus holds the oracles of the Raft paper (figure 3) and of durability, for
// all groups of a cluster. The harness tells it what it saw, as it happens.
type Consensus struct {
	now    func() time.Duration
	report func(Violation)
	groups map[Group]*group
}

// NewConsensus returns oracles that know nothing yet. Now is simulated time; report
// receives every violation.
func NewConsensus(now func() time.Duration, report func(Violation)) *Consensus {
	return &Consensus{now: now, report: report, groups: map[Group]*group{}}
}

// A group is what was seen of one Raft group.
type group struct {
	id       Group
	voters   []Node
	leaders  map[raft.Term]Node
	newest   raft.Term // of those in leaders
	votes    map[ballot]Node
	prefixes map[position]uint64
	ledger   []decided // ledger[i] is the entry at index i+1
	replicas map[Node]*replica
}

// A ballot is the right of a node to vote once in a term.
type ballot struct {
	node Node
	term raft.Term
}

// A position is an entry as its leader made it: no two entries share one.
type position struct {
	index raft.Index
	term  raft.Term
}

// A decided entry is one that some node applied.
type decided struct {
	term   raft.Term
	stamp  raft.Stamp
	prefix uint64 // hash of the log up to and including the entry
	state  uint64 // hash of the state after the entry, from the first node that applied it
	// reign is the newest term that had a leader by then: the entry was decided in it
	// or before.
	reign raft.Term
}

// A replica is the durable image of one member of a group, and how far its
// present incarnation has applied the log.
type replica struct {
	vote     raft.Vote
	prefixes []uint64 // prefixes[i] is the hash of the durable log up to index i+1
	terms    []raft.Term
	applied  raft.Index
}

// AddGroup introduces a group and those who vote in it.
func (c *Consensus) AddGroup(id Group, voters []Node) {
	g := &group{
		id:       id,
		voters:   voters,
		leaders:  map[raft.Term]Node{},
		votes:    map[ballot]Node{},
		prefixes: map[position]uint64{},
		replicas: map[Node]*replica{},
	}
	for _, n := range voters {
		g.replicas[n] = &replica{}
	}
	c.groups[id] = g
}

// Led is told when n spoke as the leader of term.
func (c *Consensus) Led(id Group, n Node, term raft.Term) {
	g := c.groups[id]
	leader, known := g.leaders[term]
	if known {
		if leader != n {
			c.violate(ElectionSafety, g, "node %d leads term %d, which node %d led before", n, term, leader)
		}
		return
	}
	g.leaders[term] = n
	g.newest = max(g.newest, term)
	c.mustHoldEverythingDecided(g, n, term)
}

// mustHoldEverythingDecided compares prefix hashes, so it costs the same however
// long the log is. A leader's log is durable when it first speaks: its candidacy
// waited for it. What was decided in later terms it need not hold: its votes may
// have reached it when others led already.
func (c *Consensus) mustHoldEverythingDecided(g *group, n Node, term raft.Term) {
	last := sort.Search(len(g.ledger), func(i int) bool { return g.ledger[i].reign >= term })
	if last == 0 {
		return
	}
	log := g.replicas[n].prefixes
	if len(log) < last || log[last-1] != g.ledger[last-1].prefix {
		c.violate(LeaderCompleteness, g,
			"node %d leads term %d without the entry decided at index %d in term %d; its durable log ends at %d",
			n, term, last, g.ledger[last-1].term, len(log))
	}
}

// Voted is told when a vote of n for candidate left n: a granted request, or its
// own candidacy.
func (c *Consensus) Voted(id Group, n Node, term raft.Term, candidate Node) {
	g := c.groups[id]
	b := ballot{n, term}
	if earlier, voted := g.votes[b]; voted && earlier != candidate {
		c.violate(OneVote, g, "node %d voted in term %d for %d and before for %d", n, term, candidate, earlier)
	}
	g.votes[b] = candidate
	durable := g.replicas[n].vote
	if durable.Term < term || durable.Term == term && durable.For != candidate {
		c.violate(DurablePromise, g, "node %d sent its vote for %d in term %d; its disk says %d in term %d",
			n, candidate, term, durable.For, durable.Term)
	}
}

// Acknowledged is told when n told the leader of term that it holds the log up to
// index.
func (c *Consensus) Acknowledged(id Group, n Node, term raft.Term, index raft.Index) {
	g := c.groups[id]
	r := g.replicas[n]
	if r.vote.Term < term || r.vote.Term == term && raft.Index(len(r.prefixes)) < index {
		c.violate(DurablePromise, g, "node %d acknowledged index %d in term %d; its disk holds %d in term %d",
			n, index, term, len(r.prefixes), r.vote.Term)
	}
}

// Synced is told when a save of n became durable.
func (c *Consensus) Synced(id Group, n Node, vote raft.Vote, entries []raft.Entry) {
	g := c.groups[id]
	r := g.replicas[n]
	if vote.Term < r.vote.Term {
		c.violate(TermsAscend, g, "node %d saved term %d after term %d", n, vote.Term, r.vote.Term)
	}
	r.vote = vote
	for _, e := range entries {
		c.synced(g, n, r, e)
	}
}

func (c *Consensus) synced(g *group, n Node, r *replica, e raft.Entry) {
	if e.Index == 0 || int(e.Index) > len(r.prefixes)+1 {
		c.violate(LogMatching, g, "node %d saved index %d after index %d", n, e.Index, len(r.prefixes))
		return
	}
	before, termBefore := uint64(0), raft.Term(0)
	if e.Index > 1 {
		before, termBefore = r.prefixes[e.Index-2], r.terms[e.Index-2]
	}
	if e.Term < termBefore {
		c.violate(LogMatching, g, "node %d holds term %d at index %d after term %d", n, e.Term, e.Index, termBefore)
	}
	prefix := extend(before, e)
	p := position{e.Index, e.Term}
	if known, seen := g.prefixes[p]; seen && known != prefix {
		c.violate(LogMatching, g, "node %d holds another log up to index %d, term %d, than was seen elsewhere",
			n, e.Index, e.Term)
	}
	g.prefixes[p] = prefix
	c.mustKeepDecided(g, n, r, e.Index, prefix)
	r.prefixes = append(r.prefixes[:e.Index-1], prefix)
	r.terms = append(r.terms[:e.Index-1], e.Term)
}

// mustKeepDecided refuses that a durable entry which was decided gives way to
// another.
func (c *Consensus) mustKeepDecided(g *group, n Node, r *replica, i raft.Index, prefix uint64) {
	if int(i) > len(r.prefixes) || int(i) > len(g.ledger) {
		return
	}
	if held := r.prefixes[i-1]; held == g.ledger[i-1].prefix && held != prefix {
		c.violate(DecidedStays, g, "node %d replaced the entry decided at index %d", n, i)
	}
}

// Applied is told when n handed e to its state machine, whose state has the hash
// state afterwards.
func (c *Consensus) Applied(id Group, n Node, e raft.Entry, state uint64) {
	g := c.groups[id]
	r := g.replicas[n]
	if e.Index != r.applied+1 {
		c.violate(AppliedAscends, g, "node %d applied index %d after %d", n, e.Index, r.applied)
		return
	}
	r.applied = e.Index
	if int(e.Index) == len(g.ledger)+1 {
		c.decide(g, n, e, state)
		return
	}
	first := g.ledger[e.Index-1]
	if first.term != e.Term || first.stamp != e.Stamp {
		c.violate(StateMachineSafety, g, "node %d applied at index %d an entry of term %d; decided was one of term %d",
			n, e.Index, e.Term, first.term)
		return
	}
	if first.state != state {
		c.violate(StateEquality, g, "node %d has state %016x after index %d; the first to apply it had %016x",
			n, state, e.Index, first.state)
	}
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
	d := decided{term: e.Term, stamp: e.Stamp, prefix: extend(before.prefix, e), state: state, reign: g.newest}
	g.ledger = append(g.ledger, d)
	if holders := g.holders(e.Index, d.prefix); 2*holders <= len(g.voters) {
		c.violate(DurableCommit, g, "node %d applied index %d, term %d, when %d of %d disks held it",
			n, e.Index, e.Term, holders, len(g.voters))
	}
}

// holders counts the durable logs that agree with the ledger up to index.
func (g *group) holders(index raft.Index, prefix uint64) int {
	count := 0
	for _, n := range g.voters {
		log := g.replicas[n].prefixes
		if int(index) <= len(log) && log[index-1] == prefix {
			count++
		}
	}
	return count
}

// Restarted is told when n begins a new life: it applies its logs from the start.
func (c *Consensus) Restarted(n Node) {
	for _, g := range c.groups { // any order: each group is changed by itself
		if r := g.replicas[n]; r != nil {
			r.applied = 0
		}
	}
}

// Decided returns how many entries of the group were seen decided.
func (c *Consensus) Decided(id Group) int { return len(c.groups[id].ledger) }

// Terms returns how many terms of the group were seen to have a leader.
func (c *Consensus) Terms(id Group) int { return len(c.groups[id].leaders) }

// Converged reports whether every replica of the group has applied everything
// that was decided, and if not, which one has not.
func (c *Consensus) Converged(id Group) error {
	g := c.groups[id]
	for _, n := range g.voters {
		if applied := g.replicas[n].applied; int(applied) != len(g.ledger) {
			return fmt.Errorf("node %d applied group %d up to %d of %d", n, id, applied, len(g.ledger))
		}
	}
	return nil
}

func (c *Consensus) violate(oracle string, g *group, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.report(Violation{Oracle: oracle, At: c.now(), Text: fmt.Sprintf("group %d: %s", g.id, text)})
}

// extend returns the hash of a log that goes on with e (FNV-1a by words, so that a
// run of millions of entries costs little).
func extend(before uint64, e raft.Entry) uint64 {
	h := mix(before, uint64(e.Index))
	h = mix(h, uint64(e.Term))
	h = mix(h, uint64(e.Stamp))
	h = mix(h, uint64(e.Kind))
	for _, b := range e.Data {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return h
}

// mix is the finisher of splitmix64 over a running value.
func mix(h, v uint64) uint64 {
	h ^= v + 0x9e3779b97f4a7c15 + h<<6 + h>>2
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	return h ^ h>>27
}
