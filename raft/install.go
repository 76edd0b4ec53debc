package raft

// An Offer says where a snapshot can be had that this replica needs: from the
// replica From, under this index and term. The zero Offer is none.
type Offer struct {
	From  ID
	Index Index
	Term  Term
}

// behind reports whether p needs entries that this log holds no longer. It can go
// on from the base, whose term is known, but not from anything before.
func (r *Replica) behind(p *progress) bool { return p.next < r.log.first() }

// offer tells a follower that is behind about the newest snapshot. It is repeated
// with the heartbeats until entries are accepted: whatever becomes of the transfer,
// the leader never waits for something that will not come.
func (r *Replica) offer(p *progress) {
	assert(p.next <= r.snapshot.Index, "next to send is %d; offered is %v", p.next, r.snapshot)
	p.probe(p.next)
	p.probed = true
	r.say(Message{Kind: OfferSnapshot, To: p.id, Index: r.snapshot.Index, LogTerm: r.snapshot.Term})
}

// receiveOfferSnapshot has the snapshot fetched, unless the log holds what it names.
func (r *Replica) receiveOfferSnapshot(m Message) {
	f := r.hear(m)
	switch {
	case f == nil:
	case m.Index <= r.commit:
		r.note(offerAnsweredByCommit)
		r.acceptEntries(m.From, r.commit) // whoever leads now holds that, too
	case r.log.matches(m.Index, m.LogTerm):
		r.note(offerAnsweredByLog)
		r.prove(f, m.Index, m.Index)
		r.acceptEntries(m.From, m.Index)
	case m.Index <= f.proven:
		r.refused++ // it has shown another entry there
	default:
		r.out.Fetch = Offer{From: m.From, Index: m.Index, Term: m.LogTerm}
	}
}

// install takes the state s, which was fetched, for the one to go on from. It is
// not wanted any more if the log has reached it meanwhile, or if this replica leads
// and so holds everything that it names.
func (r *Replica) install(s Snapshot) {
	if _, leading := r.role.(*leader); leading || s.Index <= r.commit {
		r.noteIf(s.Index > 0, installedOvertaken)
		return
	}
	if !r.plausible(s) {
		r.refused++
		return
	}
	r.rebase(s)
	r.replaceSnapshot(s)
	r.commitTo(s.Index)
	r.delivered = s.Index
	r.out.Restored = s
	if leader := r.role.leads(r.config.ID); leader != None {
		r.acceptEntries(leader, s.Index)
	}
}

// plausible reports whether a correct member could have offered s, a state beyond
// what is committed here: it was committed in a term that has been heard of, it
// continues what is committed here, and it does not contradict the leader.
func (r *Replica) plausible(s Snapshot) bool {
	committed, held := r.log.position(r.commit), r.log.position(s.Index)
	if s.Term < committed.Term || s.Term > r.vote.Term ||
		s.Stamp <= committed.Stamp || s.Stamp > maxEntryStamp ||
		s.Index > maxIndex || s.Configuration.Validate() != nil {
		return false
	}
	if held.Term == s.Term {
		return held.Stamp == s.Stamp
	}
	f, following := r.role.(*follower)
	return !following || s.Index > f.proven
}

// rebase lets the log begin after s. What follows an equal entry stays: it may have
// been acknowledged. Of a log that differs nothing stays, or old entries would pass
// for the successors of entries that they never followed.
func (r *Replica) rebase(s Snapshot) {
	if r.log.matches(s.Index, s.Term) {
		r.noteIf(r.log.last() > s.Index, installedKeepsSuffix)
		r.log.compact(s.Index, 0)
		r.members.rebase(s.Index, s.Configuration)
		return
	}
	r.noteIf(r.log.last() > r.commit, installedDropsLog)
	r.durable.overwrite(r.commit + 1)
	r.log.restart(s.position())
	r.members = history{base: s.Configuration}
}
