package check

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// A Protocol holds the oracles of what replicas owe one another. Whoever breaks one of
// these rules tells no client a lie, yet: it costs elections and time, or keeps a
// majority that is there from its work until somebody helps.
//
// Times are those of packets that arrived, which is no later than when they were handled.
// Of a node that computes or writes slowly, or whose clocks run oddly, they prove nothing.
type Protocol struct {
	now       func() time.Duration
	report    func(Violation)
	consensus *Consensus
	// election is the time without a word from a leader after which a replica stands, at
	// the earliest.
	election time.Duration
	replicas map[seat]*replica
	order    []*replica // as they were first seen
	absent   map[Node]bool
	tardy    map[Node]bool
	reigns   map[reignID]*reign
	met      map[link]time.Duration // when the last packet of another node came
	wishes   []wish
	leases   leases
}

// A link leads from one node to another.
type link struct{ from, to Node }

// A seat is the place of a node in a group.
type seat struct {
	group Group
	node  Node
}

// A replica is what was seen of one in its present life.
type replica struct {
	group *group
	id    Node
	spoke bool // it runs: whatever it is told from now on it must take
	polling
	loyalty
	patience
	debts  []debt
	search search
	tides  []tide
}

// Bounds on what clocks may do to an election timeout, and on how long a node that is not
// tardy takes for anything.
const (
	clockBound = 0.05
	slack      = 400 * time.Millisecond
)

// NewProtocol returns oracles that know nothing yet. Now is simulated time; report
// receives every violation; c knows the disks; election is the shortest time for which
// replicas wait for a leader.
func NewProtocol(c *Consensus, election time.Duration) *Protocol {
	return &Protocol{
		now: c.now, report: c.report, consensus: c, election: election,
		replicas: map[seat]*replica{}, absent: map[Node]bool{}, tardy: map[Node]bool{},
		reigns: map[reignID]*reign{}, met: map[link]time.Duration{}, leases: newLeases(),
	}
}

// atLeast is how much time certainly passes while a clock shows d.
func atLeast(d time.Duration) time.Duration { return time.Duration(float64(d) * (1 - clockBound)) }

// atMost is how much time passes at most until a clock has shown d and somebody acts.
func atMost(d time.Duration) time.Duration { return time.Duration(float64(d)*(1+clockBound)) + slack }

// Absent is told when n ends, or stands still: nothing can be expected of it.
func (p *Protocol) Absent(n Node) { p.absent[n] = true }

// Present is told when n begins a new life, or goes on. Whatever it was told before it
// takes from now on, or not at all.
func (p *Protocol) Present(n Node, newborn bool) {
	p.absent[n] = false
	if newborn {
		p.forgive(n)
	}
	for _, r := range p.order {
		if r.id != n {
			continue
		}
		if newborn {
			*r = replica{group: r.group, id: n}
		}
		r.polls, r.debts = nil, nil
		r.begin(p.now())
	}
}

// Gone is told when the replica of n left its group, or begins anew because it has lost
// what it held: whoever comes in its place owes nobody anything.
func (p *Protocol) Gone(id Group, n Node) {
	r := p.replica(id, n)
	*r = replica{group: r.group, id: n}
	r.begin(p.now())
}

// Tardy is told when n computes or writes slowly, or its clocks run oddly, or begin to.
func (p *Protocol) Tardy(n Node) { p.tardy[n] = true }

// Met is told when any packet of another node reached n.
func (p *Protocol) Met(n, other Node) { p.met[link{other, n}] = p.now() }

func (p *Protocol) replica(id Group, n Node) *replica {
	s := seat{id, n}
	r := p.replicas[s]
	if r == nil {
		r = &replica{group: p.consensus.groups[id], id: n}
		r.begin(p.now())
		p.replicas[s] = r
		p.order = append(p.order, r)
	}
	return r
}

// Got is told when m reached the replica that it is for.
func (p *Protocol) Got(id Group, m raft.Message) {
	r, now := p.replica(id, m.To), p.now()
	r.disturbed(m, now)
	switch m.Kind {
	case raft.RequestPreVote, raft.RequestVote:
		r.asked(m, now)
	case raft.GrantPreVote:
		r.granted(m)
	case raft.Heartbeat:
		r.beat(m, now)
	case raft.RejectEntries:
		p.replica(id, m.From).search.rejected(m)
	}
	r.owe(m, now)
}

// Said is told when m left a replica.
func (p *Protocol) Said(id Group, m raft.Message) {
	r := p.replica(id, m.From)
	if !r.spoke {
		r.spoke = true
		r.begin(p.now()) // it waits since then, at the latest: its disk took its time
	}
	r.pay(m)
	r.spoken(m, p.now())
	switch m.Kind {
	case raft.RequestPreVote:
		p.mustHaveWaited(r, m)
	case raft.RequestVote:
		p.mustBePolled(r, m)
	case raft.GrantPreVote, raft.GrantVote:
		p.mustBeFree(r, m)
	case raft.RefusePreVote, raft.RefuseVote:
		p.mustHaveReason(r, m)
	case raft.AcceptHeartbeat:
		if r.promise(m) {
			p.bind(r, m.To)
		}
	case raft.RejectEntries:
		p.mustSkipTerms(r, m)
	case raft.AppendEntries:
		p.replica(id, m.To).search.asked(m)
		p.mustHaveCompany(r, m)
		p.govern(r, m)
	case raft.Heartbeat:
		p.mustHaveCompany(r, m)
		p.govern(r, m)
	case raft.TellTerm, raft.OfferSnapshot: // which tell a leaver as well as any
		if g := p.reigns[reignID{id, m.Term}]; g != nil {
			p.mustTellLeavers(r, g, m)
		}
	}
}

// Look is called again and again, at least twice in an election timeout, to see what did
// not happen.
func (p *Protocol) Look() {
	for _, r := range p.order {
		r.measure(p.now())
		switch {
		case p.absent[r.id] || p.tardy[r.id] || !r.spoke:
		case r.sound():
			p.mustStand(r)
			p.mustHavePaid(r)
		default:
			r.debts = nil
			r.begin(p.now())
		}
	}
}

// sound reports whether nothing keeps a replica from taking part: it has lost nothing,
// and its log has come as far as when it was a member before.
func (r *replica) sound() bool {
	m := r.group.image(r.id)
	return m.whole() && m.floor.Under(m.last(), r.group.term(m, m.last()))
}

// configurations are those that may be in force for a replica, by its disk.
func (r *replica) configurations() []raft.Configuration {
	m := r.group.image(r.id)
	all := []raft.Configuration{r.group.configurationAt(m.base)}
	for _, c := range m.configurations {
		all = append(all, c.configuration)
	}
	return all
}

// alone reports whether a replica decides by itself.
func (r *replica) alone() bool {
	for _, c := range r.configurations() {
		if quorum(c, func(n Node) bool { return n == r.id }) {
			return true
		}
	}
	return false
}

// leads reports whether only a leader says m.
func leads(m raft.Message) bool {
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat, raft.OfferSnapshot, raft.StandNow, raft.Rest:
		return true
	}
	return false
}

func (p *Protocol) violate(oracle string, r *replica, format string, args ...any) {
	p.report(Violation{Oracle: oracle, At: p.now(), Text: fmt.Sprintf("group %d: node %d ", r.group.id, r.id) + fmt.Sprintf(format, args...)})
}
