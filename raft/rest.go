package raft

import "slices"

// A group without work rests: its leader sends nothing, its followers wait for
// nothing. That the nodes of its members live is then watched by somebody who
// watches it for all groups at once, and who tells of changes by [Contact].
//
// Rest is as safe as silence, for nothing in it proves anything. The word of the
// watcher is believed only where being wrong costs time: a leader has no lease
// while it rests, and a replica that is roused has the same duties as one that has
// just heard nothing for a while.

// A Contact tells a replica how the process of another member is, whenever that
// changes. Somebody of whom nothing was told is taken to be heard.
type Contact struct {
	ID ID
	// Silent says that nothing has been heard of it for an election timeout. If not,
	// it is heard again, or is a new process.
	Silent bool
}

// A rest is a leader's way to it.
type rest struct {
	idle  int    // heartbeats since there was work
	round uint64 // of the first offer to rest; zero: none was made
	taken bool   // everybody rests, this leader too
}

// meet takes what is told of other members. Who rests relies on them: a follower on
// its leader, and a leader on everybody.
func (r *Replica) meet(contacts []Contact) {
	for _, c := range contacts {
		r.silent = without(r.silent, []ID{c.ID})
		if c.Silent {
			r.silent = union(r.silent, []ID{c.ID})
		}
		switch role := r.role.(type) {
		case *leader:
			if p := role.progress(c.ID); p != nil {
				r.rouse(role)
				p.assurance = assurance{}
			}
		case *follower:
			if role.resting && role.leader == c.ID {
				r.note(restEndedByContact)
				r.waitAgain(role)
			}
		}
	}
}

// resting reports whether this replica waits for nothing because its group rests.
func (r *Replica) resting() bool {
	switch role := r.role.(type) {
	case *leader:
		return role.rest.taken
	case *follower:
		return role.resting
	}
	return false
}

// busy reports whether in holds work for a leader.
func (in Input) busy() bool {
	return len(in.Proposals) > 0 || in.Barrier || len(in.Reads) > 0 || in.Change != nil || in.Transfer != None
}

// rouse ends the rest of a leader, or its way there. Nobody could be heard of
// meanwhile, so they are given as much time as those of a new leader.
func (r *Replica) rouse(l *leader) {
	if l.rest.taken {
		for i := range l.followers {
			p := &l.followers[i]
			p.heard = r.now
			if !r.isSilent(p.id) {
				p.assurance = assurance{until: r.now + r.config.Election}
			}
		}
	}
	l.rest = rest{}
}

// waitAgain ends the rest of a follower: it waits for a leader from now on.
func (r *Replica) waitAgain(f *follower) {
	f.resting = false
	f.wait = r.patience()
	f.until = r.now + f.wait
}

// disturb ends the rest of a replica that m reaches, unless m belongs to the rest
// itself, or is a heartbeat from before it or the late answer to one.
func (r *Replica) disturb(m Message) {
	switch role := r.role.(type) {
	case *leader:
		late := m.Kind == AcceptHeartbeat && m.Round > 0
		if role.rest.round > 0 && m.Kind != AcceptRest && !late {
			r.rouse(role)
		}
	case *follower:
		if role.resting && m.Kind != Rest && !r.stale(role.leader, m) {
			r.waitAgain(role)
			r.vouch(role, m.From)
		}
	}
}

// vouch stands up for the leader of a rest that somebody else has ended, who perhaps
// does not hear it any more. A follower to whom nothing was said against it is as
// loyal as if it had just heard it, and lets it know that the rest is over.
func (r *Replica) vouch(f *follower, from ID) {
	if from != f.leader {
		r.note(restEndedByStranger)
		r.bound = r.now + r.config.Election
		r.say(Message{Kind: AcceptHeartbeat, To: f.leader})
	}
}

// lull counts a heartbeat without work and reports whether it is time to rest.
func (r *Replica) lull(l *leader) bool {
	if r.config.Rest == 0 || !r.idle(l) {
		l.rest = rest{}
		return false
	}
	l.rest.idle++
	return l.rest.idle > r.config.Rest
}

// idle reports whether nothing is under way and nothing is missing anywhere, except
// at members who are silent: they are seen to when they return.
func (r *Replica) idle(l *leader) bool {
	last := r.log.last()
	return r.delivered == last && l.reads.idle() &&
		r.configuration().Settled() && l.transfer.to == None &&
		!slices.ContainsFunc(l.followers, func(p progress) bool {
			return p.farewell.by != 0 || p.match < last && !r.isSilent(p.id)
		})
}

// idle reports whether no read waits.
func (s *reads) idle() bool { return len(s.gathered)+len(s.riding)+len(s.confirmed) == 0 }

func (r *Replica) isSilent(id ID) bool { return slices.Contains(r.silent, id) }

// offerRest tells everybody to rest, instead of a heartbeat. The offer is repeated,
// under numbers of rounds that grow, until it is accepted or there is work again.
func (r *Replica) offerRest(l *leader) {
	l.beat = r.now + r.config.Heartbeat
	l.reads.number++
	if l.rest.round == 0 {
		l.rest.round = l.reads.number
	}
	last := r.log.last()
	for i := range l.followers {
		r.say(Message{
			Kind:    Rest,
			To:      l.followers[i].id,
			Index:   last,
			LogTerm: r.log.term(last),
			Round:   l.reads.number,
		})
	}
	r.retireToRest(l)
}

// receiveRest lets a follower rest that holds what its leader holds, and so may know
// that it is committed. Any other stays awake and says so. An offer that comes after
// the news that the leader is silent is late; one that is stale may be over.
func (r *Replica) receiveRest(m Message) {
	current := r.fresh(m)
	f := r.hear(m)
	if f == nil || !current {
		return
	}
	equal := r.log.matches(m.Index, m.LogTerm)
	if equal {
		r.prove(f, m.Index, m.Index)
	}
	f.resting = equal && r.log.last() == m.Index && !r.damaged() && !r.isSilent(m.From)
	if f.resting {
		r.say(Message{Kind: AcceptRest, To: m.From, Round: m.Round})
	} else {
		r.note(restRefused)
		r.say(Message{Kind: AcceptHeartbeat, To: m.From, Abstains: !r.whole()})
	}
}

func (r *Replica) receiveAcceptRest(m Message) {
	l, p := r.answered(m)
	if l == nil || l.rest.round == 0 || m.Round < l.rest.round || m.Round <= p.rests {
		return // or the answer to an offer that is over, or one that is repeated
	}
	if m.Round > l.reads.number {
		r.refused++
		return
	}
	p.rests, p.heard = m.Round, r.now
	r.retireToRest(l)
}

// retireToRest lets the leader rest when everybody who is not silent does. They must
// be a majority: a leader without one has to find that out.
func (r *Replica) retireToRest(l *leader) {
	rests := func(id ID) bool {
		return id == r.config.ID || l.voter(id).rests >= l.rest.round
	}
	awake := func(p progress) bool { return p.rests < l.rest.round && !r.isSilent(p.id) }
	if agrees(r.configuration(), rests) && !slices.ContainsFunc(l.followers, awake) {
		r.note(restBegun)
		l.rest.taken = true
		l.reads.lease = 0
	}
}
