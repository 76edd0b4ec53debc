package check

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// Consensus holds the oracles of the Raft paper (figure 3) and of durability, for
// all groups of a cluster. The harness tells it what it saw, as it happens.
type Consensus struct {
	// Trusting says that who applies an entry may rely on the disks of others alone, as
	// the paper allows: [DurableApplied] is not demanded.
	Trusting bool

	now    func() time.Duration
	report func(Violation)
	groups map[Group]*group
	wiped  map[Node]bool
}

// NewConsensus returns oracles that know nothing yet. Now is simulated time; report
// receives every violation.
func NewConsensus(now func() time.Duration, report func(Violation)) *Consensus {
	return &Consensus{now: now, report: report, groups: map[Group]*group{}, wiped: map[Node]bool{}}
}

// A group is what was seen of one Raft group.
type group struct {
	id       Group
	leaders  map[raft.Term]Node
	newest   raft.Term // of those in leaders
	votes    map[ballot]Node
	prefixes map[position]uint64
	ledger   []decided // ledger[i] is the entry at index i+1
	// configurations are those that were decided, the first one at index 0.
	configurations []placed
	images         map[Node]*image
	changes        bool // members may
	claims         []claim
	reads          map[Question]raft.Index
	holdings       map[raft.Index]uint64 // what the first node to tell held after an index
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

// AddGroup introduces a group and those who vote in it at first.
func (c *Consensus) AddGroup(id Group, voters []Node) {
	sorted := slices.Sorted(slices.Values(voters))
	c.groups[id] = &group{
		id:             id,
		leaders:        map[raft.Term]Node{},
		votes:          map[ballot]Node{},
		prefixes:       map[position]uint64{},
		configurations: []placed{{0, raft.Configuration{Voters: sorted}}},
		images:         map[Node]*image{},
		reads:          map[Question]raft.Index{},
		holdings:       map[raft.Index]uint64{},
	}
}

// Changing is told when somebody asks for other members of a group.
func (c *Consensus) Changing(id Group) { c.groups[id].changes = true }

// image is what is known of the disk of n.
func (g *group) image(n Node) *image {
	m := g.images[n]
	if m == nil {
		m = &image{}
		g.images[n] = m
	}
	return m
}

// Led is told when n spoke as the leader of term.
func (c *Consensus) Led(id Group, n Node, term raft.Term) {
	g := c.groups[id]
	m := g.image(n)
	m.led = max(m.led, term)
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
	last := raft.Index(sort.Search(len(g.ledger), func(i int) bool { return g.ledger[i].reign >= term }))
	if last == 0 {
		return
	}
	m := g.image(n)
	if held, ok := g.prefix(m, last); !ok || held != g.ledger[last-1].prefix {
		c.violate(LeaderCompleteness, g,
			"node %d leads term %d without the entry decided at index %d in term %d; its durable log ends at %d",
			n, term, last, g.ledger[last-1].term, m.last())
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
	m := g.image(n)
	if m.vote.Term < term || m.vote.Term == term && m.vote.For != candidate {
		c.violate(DurablePromise, g, "node %d sent its vote for %d in term %d; its disk says %d in term %d",
			n, candidate, term, m.vote.For, m.vote.Term)
	}
	if !m.floor.Under(m.last(), g.term(m, m.last())) {
		c.violate(DamagedAbstains, g, "node %d voted for %d in term %d with a log up to %d; it was removed with one up to %d",
			n, candidate, term, m.last(), m.floor.Index)
	}
	if m.damaged {
		c.violate(DamagedAbstains, g, "node %d voted for %d in term %d; its disk says that it has lost something",
			n, candidate, term)
	}
}

// Acknowledged is told when n told the leader of term that it holds the log up to
// index.
func (c *Consensus) Acknowledged(id Group, n Node, term raft.Term, index raft.Index) {
	g := c.groups[id]
	m := g.image(n)
	if m.vote.Term < term || m.vote.Term == term && m.last() < index {
		c.violate(DurablePromise, g, "node %d acknowledged index %d in term %d; its disk holds %d in term %d",
			n, index, term, m.last(), m.vote.Term)
	}
	m.told = max(m.told, index)
	m.shown = m.shown || index >= m.base
}

// Synced is told when a save of n became durable.
func (c *Consensus) Synced(id Group, n Node, s raft.Save) {
	g := c.groups[id]
	m := g.image(n)
	if s.Vote.Term < m.vote.Term {
		c.violate(TermsAscend, g, "node %d saved term %d after term %d", n, s.Vote.Term, m.vote.Term)
	}
	if m.damaged && !s.Damaged {
		c.mustHaveAsked(g, n, m)
	}
	m.vote, m.damaged, m.hurt, m.floor = s.Vote, s.Damaged, m.hurt && s.Damaged, s.Floor
	if !s.Damaged {
		m.lost = nil
	}
	if s.Snapshot.Index > 0 {
		c.replaced(g, n, m, s.Snapshot)
	}
	for _, e := range s.Entries {
		c.synced(g, n, m, e)
	}
}

// replaced takes note of a snapshot, which only something decided can be.
func (c *Consensus) replaced(g *group, n Node, m *image, s raft.Snapshot) {
	if int(s.Index) > len(g.ledger) || g.ledger[s.Index-1].term != s.Term {
		c.violate(SnapshotOfDecided, g, "node %d saved %v; nothing like that was decided", n, s)
		return
	}
	if at := g.configurationAt(s.Index); !at.Equal(s.Configuration) {
		c.violate(SnapshotOfDecided, g, "node %d saved %v; decided by then was %v", n, s, at)
	}
	g.compact(m, s.Index)
	if s.Index > m.rotten {
		m.rotten = 0
	}
	m.applied = max(m.applied, s.Index) // fetched, if it was behind; perhaps nothing follows it
}

func (c *Consensus) synced(g *group, n Node, m *image, e raft.Entry) {
	if e.Index <= m.base || e.Index > m.last()+1 {
		c.violate(LogMatching, g, "node %d saved index %d; its log goes from %d to %d", n, e.Index, m.base+1, m.last())
		return
	}
	if before := g.term(m, e.Index-1); e.Term < before {
		c.violate(LogMatching, g, "node %d holds term %d at index %d after term %d", n, e.Term, e.Index, before)
	}
	before, _ := g.prefix(m, e.Index-1)
	prefix := extend(before, e)
	p := position{e.Index, e.Term}
	if known, seen := g.prefixes[p]; seen && known != prefix {
		c.violate(LogMatching, g, "node %d holds another log up to index %d, term %d, than was seen elsewhere",
			n, e.Index, e.Term)
	}
	g.prefixes[p] = prefix
	c.mustKeepDecided(g, n, m, e.Index, prefix)
	m.append(e, prefix)
}

// mustKeepDecided refuses that a durable entry which was decided gives way to
// another.
func (c *Consensus) mustKeepDecided(g *group, n Node, m *image, i raft.Index, prefix uint64) {
	if int(i) > len(g.ledger) {
		return
	}
	held, ok := g.prefix(m, i)
	if ok && held == g.ledger[i-1].prefix && held != prefix {
		c.violate(DecidedStays, g, "node %d replaced the entry decided at index %d", n, i)
	}
}

// Applied is told when n handed e to its state machine, whose state has the hash
// state afterwards.
func (c *Consensus) Applied(id Group, n Node, e raft.Entry, state uint64) {
	g := c.groups[id]
	m := g.image(n)
	if e.Index != m.applied+1 {
		c.violate(AppliedAscends, g, "node %d applied index %d after %d", n, e.Index, m.applied)
		return
	}
	c.mustHold(g, n, m, e)
	m.applied, m.begun = e.Index, true
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
	c.mustAgree(g, n, e.Index, state)
}

// mustHold refuses that n applies what its disk does not hold, or holds another entry in
// the place of.
func (c *Consensus) mustHold(g *group, n Node, m *image, e raft.Entry) {
	switch {
	case c.Trusting:
	case m.last() < e.Index:
		c.violate(DurableApplied, g, "node %d applied index %d; its disk holds the log up to %d", n, e.Index, m.last())
	case m.base < e.Index && g.term(m, e.Index) != e.Term:
		c.violate(DurableApplied, g, "node %d applied index %d of term %d; its disk holds an entry of term %d there",
			n, e.Index, e.Term, g.term(m, e.Index))
	}
}

// Restored is told when n goes on from a snapshot of index i, whose state has the
// hash state.
func (c *Consensus) Restored(id Group, n Node, i raft.Index, state uint64) {
	g := c.groups[id]
	m := g.image(n)
	if i < m.applied || int(i) > len(g.ledger) {
		c.violate(AppliedAscends, g, "node %d goes on from index %d; it had applied %d, and decided are %d",
			n, i, m.applied, len(g.ledger))
		return
	}
	m.applied, m.begun = i, true
	c.mustAgree(g, n, i, state)
}

func (c *Consensus) mustAgree(g *group, n Node, i raft.Index, state uint64) {
	if first := g.ledger[i-1].state; first != state {
		c.violate(StateEquality, g, "node %d has state %016x after index %d; the first to apply it had %016x",
			n, state, i, first)
	}
}

// Holding is told the hash of all that the state of n holds, after it applied index i. It
// need not be told of every index, nor by every node.
func (c *Consensus) Holding(id Group, n Node, i raft.Index, all uint64) {
	g := c.groups[id]
	if first, told := g.holdings[i]; !told {
		g.holdings[i] = all
	} else if first != all {
		c.violate(StateEquality, g, "node %d holds something else after index %d than the first to apply it", n, i)
	}
}

// Restarted is told when n begins a new life: with empty state machines, or from
// snapshots, of which Restored tells.
func (c *Consensus) Restarted(n Node) {
	for _, g := range c.groups { // any order: each group is changed by itself
		if m := g.images[n]; m != nil {
			m.applied, m.begun, m.claimed, m.answers = 0, false, 0, nil
		}
	}
}

// Claimed is told when n, as a leader, told others that the log is committed up to
// index i.
func (c *Consensus) Claimed(id Group, n Node, i raft.Index) {
	g := c.groups[id]
	m := g.image(n)
	if i < m.claimed {
		c.violate(CommitAscends, g, "node %d says that index %d is committed; it said so of %d before", n, i, m.claimed)
	}
	m.claimed = i
}

// Groups returns all groups, sorted.
func (c *Consensus) Groups() []Group {
	return slices.Sorted(maps.Keys(c.groups)) // any order: sorted
}

// Decided returns how many entries of the group were seen decided.
func (c *Consensus) Decided(id Group) int { return len(c.groups[id].ledger) }

// Configuration returns the last configuration of the group that was seen decided.
func (c *Consensus) Configuration(id Group) raft.Configuration {
	g := c.groups[id]
	return g.configurations[len(g.configurations)-1].configuration
}

// Terms returns how many terms of the group were seen to have a leader.
func (c *Consensus) Terms(id Group) int { return len(c.groups[id].leaders) }

// Converged reports whether every member of the group has applied everything that
// was decided, and if not, which one has not.
func (c *Consensus) Converged(id Group) error {
	g := c.groups[id]
	for _, n := range c.Configuration(id).Members() {
		if c.wiped[n] {
			continue // for ever
		}
		if applied := g.image(n).applied; int(applied) != len(g.ledger) {
			return fmt.Errorf("node %d applied %v up to %d of %d", n, id, applied, len(g.ledger))
		}
	}
	return nil
}

func (c *Consensus) violate(oracle string, g *group, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.report(Violation{Oracle: oracle, At: c.now(), Text: fmt.Sprintf("%v: %s", g.id, text)})
}

// extend returns the hash of a log that goes on with e. It takes words of eight bytes,
// so that a run of millions of entries costs little.
func extend(before uint64, e raft.Entry) uint64 {
	h := mix(before, uint64(e.Index))
	h = mix(h, uint64(e.Term))
	h = mix(h, uint64(e.Stamp))
	h = mix(h, uint64(e.Kind))
	h = mix(h, uint64(len(e.Data)))
	data := e.Data
	for ; len(data) >= 8; data = data[8:] {
		h = mix(h, binary.LittleEndian.Uint64(data))
	}
	for _, b := range data {
		h = mix(h, uint64(b))
	}
	return h
}

// mix is the finisher of splitmix64 over a running value.
func mix(h, v uint64) uint64 {
	h ^= v + 0x9e3779b97f4a7c15 + h<<6 + h>>2
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	return h ^ h>>27
}
