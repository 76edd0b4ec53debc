package raft

import (
	"slices"
	"time"
)

// loyal reports whether this replica may have to be loyal to a leader: it leads,
// or it heard from a leader less than an election timeout ago, or it may have just
// before it restarted. A leader's lease rests on a majority being loyal.
func (r *Replica) loyal() bool {
	_, leading := r.role.(*leader)
	return leading || r.now < r.bound
}

// current reports whether a log that ends with index@term holds everything that
// could be committed as far as this replica knows (§5.4.1): the later last term
// wins, then the longer log.
func (r *Replica) current(index Index, term Term) bool {
	last := r.log.last()
	return term > r.log.term(last) || term == r.log.term(last) && index >= last
}

// eligible reports whether this replica may stand: it votes, or it did in a
// configuration of which it does not know that it was replaced for good. A replica
// whose removal may yet be undone, or that holds more of the log than the others,
// may be the only one that can be elected (§4.2.2 of the dissertation). One that is
// damaged, or has come back, may have lost what it would have to hold.
func (r *Replica) eligible() bool {
	votes := func(c Configuration) bool { return c.Votes(r.config.ID) }
	return r.whole() && slices.ContainsFunc(r.members.from(r.commit), votes)
}

// whole reports whether this replica remembers all that its vote rests on.
func (r *Replica) whole() bool { return !r.damaged() && r.risen() }

// poll asks whether a majority would vote for this replica, so that one that
// cannot win disturbs nobody (§9.6 of the dissertation).
func (r *Replica) poll() {
	p := &preCandidate{votes: map[ID]bool{r.config.ID: true}, until: r.now + r.patience()}
	r.become(p)
	r.canvass(Message{Kind: RequestPreVote, Term: r.vote.Term + 1})
	r.countPreVotes(p)
}

// canvass asks every other voter the same, for a replica with this log.
func (r *Replica) canvass(m Message) {
	last, c := r.log.last(), r.configuration()
	m.Index, m.LogTerm = last, r.log.term(last)
	for _, id := range c.Members() {
		if id != r.config.ID && c.Votes(id) {
			m.To = id
			r.say(m)
		}
	}
}

// receiveRequestPreVote promises nothing and changes nothing: the asker may never
// stand.
func (r *Replica) receiveRequestPreVote(m Message) {
	worthy := m.Term > r.vote.Term && r.whole() && r.current(m.Index, m.LogTerm)
	if worthy && !r.loyal() {
		r.say(Message{Kind: GrantPreVote, To: m.From, Term: m.Term})
		return
	}
	r.noteIf(worthy, preVoteRefusedByLoyalty)
	r.say(Message{Kind: RefusePreVote, To: m.From})
}

func (r *Replica) receiveGrantPreVote(m Message) {
	p, polling := r.role.(*preCandidate)
	if !polling || m.Term != r.vote.Term+1 {
		return // from a poll that is over
	}
	p.votes[m.From] = true
	r.countPreVotes(p)
}

func (r *Replica) countPreVotes(p *preCandidate) {
	if agrees(r.configuration(), func(id ID) bool { return p.votes[id] }) {
		r.stand(false)
	}
}

// stand enters a term of its own and asks for votes in it (§5.2). Its own vote is
// as binding as one for another: bound has passed, and it counts when it is saved.
// Both that and the loyalty of others do not matter if the leader itself wants it.
func (r *Replica) stand(forced bool) {
	assert(forced || r.now >= r.bound, "bound to a leader until %v; standing at %v", r.bound, r.now)
	assert(r.eligible(), "%d votes in the last configurations; the newest is %v", r.config.ID, r.configuration())
	r.noteIf(forced, forcedVote)
	r.noteIf(!r.configuration().Votes(r.config.ID), removedReplicaStands)
	r.set(Vote{Term: r.vote.Term + 1, For: r.config.ID})
	r.become(&candidate{votes: map[ID]bool{}, until: r.now + r.patience()})
	r.canvass(Message{Kind: RequestVote, Term: r.vote.Term, Forced: forced})
}

// receiveRequestVote grants at most one vote per term (§5.2). A repeated request
// of the same candidate is granted again, because the answer may have been lost.
func (r *Replica) receiveRequestVote(m Message) {
	free := r.vote.For == None || r.vote.For == m.From
	current := r.current(m.Index, m.LogTerm)
	if !free || !r.whole() || !current {
		r.noteIf(free && !current, voteRefusedToShorterLog)
		r.say(Message{Kind: RefuseVote, To: m.From})
		return
	}
	if r.vote.For == None {
		r.set(Vote{Term: m.Term, For: m.From})
	}
	r.follow(None) // and wait afresh: somebody else is at it
	r.say(Message{Kind: GrantVote, To: m.From})
}

func (r *Replica) receiveGrantVote(m Message) {
	c, standing := r.role.(*candidate)
	if !standing {
		return // a late vote for an election that is over
	}
	c.votes[m.From] = true
	r.countVotes(c)
}

func (r *Replica) countVotes(c *candidate) {
	if r.durable.vote > r.durable.safe {
		return // nobody can have been asked yet
	}
	granted := func(id ID) bool { return id == r.config.ID || c.votes[id] }
	if agrees(r.configuration(), granted) {
		r.lead()
	}
}

// lead opens the term with a barrier and tells everyone.
func (r *Replica) lead() {
	assert(r.vote.For == r.config.ID, "elected by %d itself; the vote is %+v", r.config.ID, r.vote)
	assert(r.durable.vote <= r.durable.safe,
		"the vote to lead with is in Save %d; safe is %d", r.durable.vote, r.durable.safe)
	l := &leader{
		barrier:     r.log.last() + 1,
		followers:   r.strangers(),
		undelivered: r.log.weight(r.delivered, r.log.last()),
	}
	r.become(l)
	r.add(l, Barrier, Proposal{})
	r.beat(l)
}

// heard is when the leader was last in touch with a majority.
func (l *leader) heard(r *Replica) time.Duration {
	return reached(r.configuration(), func(id ID) time.Duration {
		if id == r.config.ID {
			return r.now
		}
		return l.voter(id).heard
	})
}

// watchFollowers gives up a term in which no majority listens any more, so that
// clients need not wait for ever (§6.2 of the dissertation), or that ought to be
// another's, and otherwise keeps the followers waiting.
func (r *Replica) watchFollowers(l *leader) {
	if r.now >= l.heard(r)+r.config.Election {
		r.note(leaderHearsNoMajority)
		r.follow(None)
		return
	}
	if !r.watchTransfer(l) {
		r.note(handOverFailedSoStepsDown)
		r.follow(None)
		return
	}
	if r.lull(l) {
		r.offerRest(l)
		return
	}
	r.beat(l)
	r.nudge(l)
}
