package check

import (
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// patience is how long a replica has heard nothing.
type patience struct {
	since   time.Duration // it was last told anything but polls, or said that it stands or leads
	latest  raft.Message  // the newest heartbeat, or offer to rest
	stale   bool          // the message that came last says nothing new of its leader
	resting bool          // it has accepted to rest, and nobody disturbed it since
	sponsor Node          // who leads the rest
	rested  time.Duration // since when
	term    raft.Term     // of its reign, if it leads
	company time.Duration // when that began, or it was last told anything in it
	led     time.Duration // when it last spoke as a leader
	rests   bool          // its last word as a leader was Rest
}

// begin lets a replica wait from now on.
func (r *replica) begin(now time.Duration) {
	r.since, r.rested, r.word, r.company, r.led = now, now, now, now, now
}

// disturbed takes note that m came.
func (r *replica) disturbed(m raft.Message, now time.Duration) {
	r.company = now
	r.judgeAge(m)
	if r.resting && m.Kind != raft.Rest && !(r.stale && m.From == r.sponsor) {
		r.resting, r.word, r.since = false, now, now // it may stand up for its leader once more
	}
	if m.Kind != raft.RequestPreVote {
		r.since = now
	}
	if leads(m) {
		r.word = now
		r.shown(m)
	}
}

// judgeAge notes whether m says something new of a leader, as far as can be told: of
// entries it cannot.
func (r *replica) judgeAge(m raft.Message) {
	r.stale = m.Kind == raft.AppendEntries && m.Term == r.latest.Term
	if m.Kind == raft.Heartbeat || m.Kind == raft.Rest {
		if r.stale = m.Term < r.latest.Term || m.Term == r.latest.Term && m.Round <= r.latest.Round; !r.stale {
			r.latest = raft.Message{Term: m.Term, Round: m.Round}
		}
	}
}

// spoken takes note that a replica said m.
func (r *replica) spoken(m raft.Message, now time.Duration) {
	switch {
	case m.Kind == raft.AcceptRest:
		r.resting, r.sponsor, r.rested = true, m.To, now
	case m.Kind == raft.RequestPreVote || m.Kind == raft.RequestVote:
		r.since, r.rests, r.resting = now, false, false
	case leads(m):
		if m.Term != r.term || now-r.led > slack {
			r.term, r.company = m.Term, now // or it ends a rest, in which nobody could say anything
		}
		r.since, r.led, r.word, r.rests = now, now, now, m.Kind == raft.Rest
		r.resting = false
		r.shown(m)
	}
}

// mustStand refuses that somebody who votes waits for a leader longer than anybody waits.
// Polls of others are no word of a leader. Who rests waits for nothing as long as any
// packet of its leader's node comes.
func (p *Protocol) mustStand(r *replica) {
	waits, limit := r.since, atMost(2*p.election)
	if r.resting {
		waits, limit = max(r.since, r.rested, p.met[link{r.sponsor, r.id}]), atMost(3*p.election+slack)
	}
	if r.rests || r.alone() || !r.votes() || p.now()-waits <= limit {
		return
	}
	r.since = p.now() // say it once
	p.violate(SilenceEnds, r, "has heard of no leader since %v, and votes in its group; it does not ask to be elected", waits)
}

// votes reports whether a replica votes in all configurations that may be in force.
func (r *replica) votes() bool {
	now := r.group.configurations[len(r.group.configurations)-1].configuration
	for _, c := range append(r.configurations(), now) {
		if !c.Votes(r.id) {
			return false
		}
	}
	return true
}

// mustHaveCompany refuses that a leader leads on of which nobody has heard, or who has heard
// from nobody, for longer than it takes to elect another.
func (p *Protocol) mustHaveCompany(r *replica, m raft.Message) {
	if alone := p.now() - r.company; alone > atMost(p.election) && !p.tardy[r.id] && !r.alone() {
		r.company = p.now() // say it once
		p.violate(LonelyLeaders, r, "leads on in term %d; it has heard from nobody for %v", m.Term, alone)
	}
}

// A debt is an answer that a replica owes.
type debt struct {
	to   Node
	kind raft.MessageKind
	term raft.Term // that is over
	at   time.Duration
}

// owe takes note that m was said in a term that was over for whom it reached, who has to
// say so: whoever does not learn of it can neither follow nor be elected.
func (r *replica) owe(m raft.Message, now time.Duration) {
	over := m.Term < r.group.image(r.id).vote.Term && leads(m)
	if m.Kind == raft.RequestPreVote {
		over = m.Term <= r.group.image(r.id).vote.Term
	}
	if over && r.spoke && r.sound() && len(r.debts) < maxDebts { // a grave speaks, and owes nobody anything
		r.debts = append(r.debts, debt{m.From, m.Kind, m.Term, now})
	}
}

// maxDebts is more than anybody owes who answers.
const maxDebts = 1000

// pay takes note that the one who is told m knows of its term.
func (r *replica) pay(m raft.Message) {
	kept := r.debts[:0]
	for _, d := range r.debts {
		told := m.To == d.to && (m.Term > d.term || m.Term == d.term && d.kind == raft.RequestPreVote)
		if !told {
			kept = append(kept, d)
		}
	}
	r.debts = kept
}

// mustHavePaid refuses that somebody is not told that its term is over.
func (p *Protocol) mustHavePaid(r *replica) {
	for _, d := range r.debts {
		if p.now()-d.at > atMost(p.election) {
			p.violate(OldTermsTold, r, "was sent %v of term %d by %d at %v, and does not say that it is in a later one",
				d.kind, d.term, d.to, d.at)
			r.debts = nil
			return
		}
	}
}
