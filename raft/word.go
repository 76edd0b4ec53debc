package raft

// A network may repeat what a leader said long after that leader died. Who took every
// copy for a sign of life would wait for ever, and so would a leader that is cut off
// and hears old answers again. So time counts from fresh word alone: what its receiver
// has not had before, by its number or by what it brings. Stale word is still true of
// the log, and is taken for what it says.

// A word is what a replica has heard of the leader of a term: that it is there, and the
// latest round of heartbeats or offer to rest. It outlives changes of role, but not the
// process: a new one takes each old copy for fresh once.
type word struct {
	term  Term
	round uint64
}

// fresh reports whether m, of the leader of the current term, was sent after all that
// was heard of it, as far as can be told: the first word of a term; a later round; or
// entries that this log lacks. Probes and offers of snapshots prove nothing, and come
// along with heartbeats.
func (r *Replica) fresh(m Message) bool {
	if r.word.term != m.Term {
		return true
	}
	switch m.Kind {
	case Heartbeat, Rest:
		return m.Round > r.word.round
	case AppendEntries:
		return r.log.matches(m.Index, m.LogTerm) && len(r.unknown(m.Entries)) > 0
	}
	return false
}

// hear is called when m proves that its sender leads the term. It reports nil if that
// cannot be, because another one does, or if m is stale and this replica has given up
// waiting for that leader.
func (r *Replica) hear(m Message) *follower {
	known := r.role.leads(r.config.ID)
	if known != None && known != m.From {
		r.refused++
		return nil
	}
	fresh := r.fresh(m)
	r.noteIf(!fresh && (m.Kind == Heartbeat || m.Kind == Rest), staleWordOfLeader)
	f, following := r.role.(*follower)
	if !following || known == None {
		if !fresh {
			return nil
		}
		f = r.follow(m.From)
	}
	if fresh {
		r.heed(f, m)
	}
	return f
}

// heed waits afresh: the leader lived when it sent m, and is followed.
func (r *Replica) heed(f *follower, m Message) {
	if r.word.term != m.Term {
		r.word = word{term: m.Term}
	}
	if m.Kind == Heartbeat || m.Kind == Rest {
		r.word.round = m.Round
	}
	f.until = r.now + f.wait
	r.sponsor = m.From
	r.bound = r.now + r.config.Election
}

// stale reports whether m is an old heartbeat of a leader, or repeats its entries.
func (r *Replica) stale(leader ID, m Message) bool {
	return m.From == leader && m.Term == r.vote.Term && (m.Kind == Heartbeat || m.Kind == AppendEntries) && !r.fresh(m)
}
