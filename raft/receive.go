package raft

// Numbers beyond these are nobody's: they leave room to count on without overflow.
const (
	maxTerm  Term  = 1 << 62
	maxIndex Index = 1 << 62
	// MaxStamp is the latest stamp that a [Proposal] may have to exceed, and the
	// latest time of day: in the year 2262. Proposals beyond it are not accepted.
	MaxStamp Stamp = 1<<63 - 1
	// maxEntryStamp leaves as much room above MaxStamp for strictly later entries.
	maxEntryStamp Stamp = 3 << 62
)

// receive judges one message and hands it to whom it concerns.
func (r *Replica) receive(m Message) {
	if !r.sensible(m) {
		r.refused++
		return
	}
	r.disturb(m)
	switch {
	case m.Kind == AskTerm:
		r.receiveAskTerm(m)
	case m.Kind == TellTerm || m.Kind == TellDamage:
		r.receiveTold(m)
	case r.unfenced():
		r.overhear(m) // whatever else it did could break a promise
	case r.timely(m):
		r.dispatch(m)
	}
}

// timely brings the terms of this replica and of m together (§5.1) and reports
// whether m is of the term they have in common. Polls ask about a term that nobody
// is in, and somebody who is loyal to a leader does not hear of later terms from
// candidates (§4.2.3 of the dissertation), unless that leader wants to be replaced.
func (r *Replica) timely(m Message) bool {
	switch {
	case m.Kind == RequestPreVote || m.Kind == GrantPreVote:
		return true
	case m.Kind == RequestVote && !m.Forced && r.loyal():
		r.noteIf(m.Term > r.vote.Term, voteIgnoredByLoyalty)
		return false
	case m.Term < r.vote.Term:
		r.correct(m)
		return false
	case m.Term > r.vote.Term:
		r.set(Vote{Term: m.Term})
		r.follow(None)
	}
	return true
}

// correct tells the sender of a request that its term is over. A leader has to
// know: as long as it goes on, a replica with a later term can neither follow it
// nor, while others are loyal to it, be elected.
func (r *Replica) correct(m Message) {
	switch m.Kind {
	case RequestVote, AppendEntries, Heartbeat, OfferSnapshot, StandNow, Rest:
		r.note(oldTermCorrected)
		r.say(Message{Kind: Outdated, To: m.From})
	}
}

func (r *Replica) dispatch(m Message) {
	switch m.Kind {
	case RequestPreVote:
		r.receiveRequestPreVote(m)
	case GrantPreVote:
		r.receiveGrantPreVote(m)
	case RequestVote:
		r.receiveRequestVote(m)
	case GrantVote:
		r.receiveGrantVote(m)
	case AppendEntries:
		r.receiveAppendEntries(m)
	case AcceptEntries:
		r.receiveAcceptEntries(m)
	case RejectEntries:
		r.receiveRejectEntries(m)
	case Heartbeat:
		r.receiveHeartbeat(m)
	case AcceptHeartbeat:
		r.receiveAcceptHeartbeat(m)
	case OfferSnapshot:
		r.receiveOfferSnapshot(m)
	case StandNow:
		r.receiveStandNow(m)
	case Rest:
		r.receiveRest(m)
	case AcceptRest:
		r.receiveAcceptRest(m)
	}
	// The others only bring a term.
}

// sensible reports whether a correct member of the group could have sent m to this
// replica in some state. Whether From is a member cannot be told: it may have been
// added by an entry that has not come here yet. Its message is judged like any
// other, by its term and by the log.
func (r *Replica) sensible(m Message) bool {
	return m.To == r.config.ID && m.From != m.To && m.From != None && m.Kind.known() &&
		(m.Term >= 1 || m.Kind.testifies()) && m.Term <= maxTerm && m.LogTerm <= m.Term &&
		max(m.Index, m.Hint, m.Commit) <= maxIndex &&
		(m.Kind != OfferSnapshot || m.Index >= 1 && m.LogTerm >= 1) &&
		(len(m.Data) == 0 || m.Kind.testifies()) && sensibleEntries(m)
}

// sensibleEntries reports whether the entries of m continue the log after the one
// entry that m names.
func sensibleEntries(m Message) bool {
	if m.Kind != AppendEntries {
		return len(m.Entries) == 0
	}
	if (m.Index == 0) != (m.LogTerm == 0) {
		return false
	}
	before := Entry{Index: m.Index, Term: m.LogTerm}
	for _, e := range m.Entries {
		if !sensibleEntry(before, e) || e.Term > m.Term {
			return false
		}
		before = e
	}
	return true
}

// sensibleEntry reports whether e continues a log that ends with before.
func sensibleEntry(before, e Entry) bool {
	return e.Index == before.Index+1 && e.Term >= before.Term && e.Term > 0 &&
		e.Stamp > before.Stamp && e.Stamp <= maxEntryStamp &&
		e.Kind >= Command && e.Kind <= Membership
}

// sensibleChanges reports whether the configurations among entries are ones, and
// each may follow the one before it.
func sensibleChanges(before Configuration, entries []Entry) bool {
	for _, e := range entries {
		if e.Kind != Membership {
			continue
		}
		c, err := DecodeConfiguration(e.Data)
		if err != nil || !mayFollow(before, c) {
			return false
		}
		before = c
	}
	return true
}
