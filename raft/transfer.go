package raft

import (
	"cmp"
	"slices"
	"time"
)

// A transfer is a leader's attempt to let another voter lead in its place (§3.10 of
// the dissertation). It is given up after an election timeout.
type transfer struct {
	to    ID // None: there is none
	until time.Duration
	asked bool // the other was told to stand, since the last heartbeat
}

// transfer lets the voter to, or anyone, lead in place of this replica, if it leads.
func (r *Replica) transfer(to ID) {
	l, leading := r.role.(*leader)
	if !leading {
		return
	}
	if to == Anyone && l.transfer.to == None && r.replaceable() {
		to = r.successor(l)
	}
	if to != l.transfer.to && r.mayLead(to) {
		r.handOver(l, to)
	}
}

// transferring is who shall lead in place of this leader, if it is handing over.
func (r *Replica) transferring() ID {
	if l, leading := r.role.(*leader); leading {
		return l.transfer.to
	}
	return None
}

// mayLead reports whether id may lead in place of this replica.
func (r *Replica) mayLead(id ID) bool {
	return id != r.config.ID && slices.Contains(r.configuration().Voters, id)
}

// handOver begins a transfer. From now on the log does not grow, so that the other
// can hold all of it.
func (r *Replica) handOver(l *leader, to ID) {
	l.transfer = transfer{to: to, until: r.now + r.config.Election}
}

// replaceable reports whether somebody else votes.
func (r *Replica) replaceable() bool { return slices.ContainsFunc(r.configuration().Voters, r.mayLead) }

// successor is who had best lead in place of this leader, which is replaceable: of those
// who were heard of lately the one that holds most of the log.
func (r *Replica) successor(l *leader) ID {
	return slices.MaxFunc(without(r.configuration().Voters, []ID{r.config.ID}), func(a, b ID) int {
		p, q := l.voter(a), l.voter(b)
		switch alive := r.alive(p); {
		case alive == r.alive(q):
			return cmp.Compare(p.match, q.match)
		case alive:
			return 1
		}
		return -1
	})
}

// retire hands over once the configuration that took this leader's vote away is
// committed. Until then it leads on without counting itself (§4.2.2 of the
// dissertation).
func (r *Replica) retire(l *leader) {
	if l.transfer.to == None && r.retired() {
		r.note(removedLeaderHandsOver)
		r.handOver(l, r.successor(l))
	}
}

// retired reports whether this replica is known to vote no more.
func (r *Replica) retired() bool {
	return r.commit >= r.members.since() && !r.configuration().Votes(r.config.ID)
}

// stalled reports whether the disk has finished nothing for an election timeout, and
// the others could go on without it.
func (r *Replica) stalled() bool {
	others := func(id ID) bool { return id != r.config.ID }
	return r.durable.waiting(r.now) >= r.config.Election && agrees(r.configuration(), others)
}

// yield tells the one that shall lead to stand, when it holds the whole log. Others
// may vote for it although they hear from this leader, so from now on this leader
// cannot know by their loyalty that there is no other: its leases are over, whatever
// becomes of the transfer.
func (r *Replica) yield(l *leader) {
	last := r.log.last()
	p := l.progress(l.transfer.to)
	if p == nil || l.transfer.asked || p.match < last {
		return
	}
	l.transfer.asked, l.forfeited = true, true
	r.say(Message{Kind: StandNow, To: p.id, Index: last, LogTerm: r.log.term(last)})
}

// watchTransfer gives up a transfer that took too long, and begins one when the disk
// stalls. It reports whether this replica leads on: it does not if the transfer that
// failed was for its own sake.
func (r *Replica) watchTransfer(l *leader) bool {
	l.transfer.asked = false // ask again: the message may have been lost
	failed := l.transfer.to != None && r.now >= l.transfer.until
	switch {
	case failed && (r.retired() || r.stalled()):
		return false
	case failed:
		r.note(transferGivenUp)
		l.transfer = transfer{}
	case l.transfer.to == None && r.stalled():
		r.note(stalledLeaderHandsOver)
		r.handOver(l, r.successor(l))
	}
	return true
}

// receiveStandNow stands at once and without a poll, as the leader asks. If the log
// does not end where the leader's did, then the message is late or early, and
// standing would only disturb.
func (r *Replica) receiveStandNow(m Message) {
	last := r.log.last()
	switch {
	case r.hear(m) == nil:
	case m.Index != last || m.LogTerm != r.log.term(last):
		r.note(askedToStandTooLate)
	case r.eligible():
		r.stand(true)
	}
}
