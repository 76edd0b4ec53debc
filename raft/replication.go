package raft

// propose appends what the limit allows, if this replica leads.
func (r *Replica) propose(proposals []Proposal) {
	l, leading := r.role.(*leader)
	if !leading {
		return
	}
	first := r.log.last() + 1
	for _, p := range proposals {
		if !r.admits(l, p) {
			r.noteIf(l.transfer.to != None, transferRefusesProposals)
			r.noteIf(l.transfer.to == None && p.After <= MaxStamp, uncommittedLimitRefuses)
			break
		}
		r.add(l, Command, p)
	}
	if count := int(r.log.last() + 1 - first); count > 0 {
		r.out.Accepted = Accepted{First: first, Term: r.vote.Term, Count: count}
	}
}

// bar appends an entry that changes nothing, if that is asked of a leader.
func (r *Replica) bar(asked bool) {
	if l, leading := r.role.(*leader); asked && leading && r.admits(l, Proposal{}) {
		r.add(l, Barrier, Proposal{})
	}
}

// admits reports whether p may enter the log, which stands still while the leader
// hands over. When nothing waits to be delivered any size may, or it never could.
func (r *Replica) admits(l *leader, p Proposal) bool {
	weight := Entry{Data: p.Data}.weight()
	return p.After <= MaxStamp && l.transfer.to == None &&
		(l.undelivered == 0 || l.undelivered+weight <= r.config.UncommittedBytes)
}

// add appends one entry of the leader's own.
func (r *Replica) add(l *leader, kind Kind, p Proposal) {
	last := r.log.last()
	e := Entry{
		Index: last + 1,
		Term:  r.vote.Term,
		Stamp: max(r.log.stamp(last)+1, r.wall, p.After+1),
		Kind:  kind,
		Data:  p.Data,
	}
	r.append(e)
	l.undelivered += e.weight()
}

// replicate sends every follower what it may be sent.
func (r *Replica) replicate(l *leader) {
	for i := range l.followers {
		r.feed(&l.followers[i])
	}
}

func (r *Replica) feed(p *progress) {
	assert(p.next > p.match, "follower holds up to %d; next to send is %d", p.match, p.next)
	if r.behind(p) {
		if p.replicating || !p.probed {
			r.offer(p)
		}
		return
	}
	for p.next <= r.log.last() && !p.full(r.config) {
		entries, size := r.log.batch(p.next, r.config.BatchBytes)
		r.sendEntries(p, entries)
		if !p.replicating {
			p.probed = true
			return
		}
		p.fly(entries[len(entries)-1].Index, size)
	}
	r.noteIf(p.replicating && p.next <= r.log.last(), windowFull)
}

func (r *Replica) sendEntries(p *progress, entries []Entry) {
	r.say(Message{
		Kind:    AppendEntries,
		To:      p.id,
		Index:   p.next - 1,
		LogTerm: r.log.term(p.next - 1),
		Commit:  r.commit,
		Entries: entries,
	})
}

// nudge finds out what became of messages that nobody has answered for a whole
// heartbeat. An empty probe after the last of them is accepted if only answers were
// lost, and rejected if entries were. It is sent however much is in flight: when
// all of that is lost nothing else would ever move.
func (r *Replica) nudge(l *leader) {
	for i := range l.followers {
		p := &l.followers[i]
		if p.quiet && p.unanswered() {
			r.remind(p)
		}
		p.quiet = true
	}
}

func (r *Replica) remind(p *progress) {
	if r.behind(p) {
		r.offer(p)
		return
	}
	r.note(probeAfterSilence)
	r.sendEntries(p, nil)
}

// receiveAppendEntries takes the entries that this log does not hold. Entries that
// it does hold or has compacted stay, and what follows them: the message may be
// older than others that were taken before it (§5.3).
func (r *Replica) receiveAppendEntries(m Message) {
	f := r.hear(m)
	if f == nil {
		return
	}
	if !r.log.matches(m.Index, m.LogTerm) {
		r.reject(m)
		return
	}
	news := r.unknown(m.Entries)
	if len(news) > 0 && !r.overwrite(f, news) {
		r.refused++
		return
	}
	r.noteIf(len(news) == 0 && len(m.Entries) > 0, entriesKnownAlready)
	end := max(m.Index+Index(len(m.Entries)), r.log.base.Index)
	r.prove(f, end, m.Commit)
	r.acceptEntries(m.From, end)
}

// acceptEntries says that the log is the leader's up to i, as soon as all of it is
// durable.
func (r *Replica) acceptEntries(leader ID, i Index) {
	r.promise(r.durable.newest(r.log.last()), Message{Kind: AcceptEntries, To: leader, Index: i})
}

// unknown is the part of entries from the first one on that this log lacks.
func (r *Replica) unknown(entries []Entry) []Entry {
	for i, e := range entries {
		if !r.log.matches(e.Index, e.Term) {
			return entries[i:]
		}
	}
	return nil
}

// overwrite replaces the log from the first of entries on, or reports false if no
// correct leader could want that: what is committed stays, and so does what it has
// shown to be its own.
func (r *Replica) overwrite(f *follower, entries []Entry) bool {
	first := entries[0]
	if first.Index <= max(r.commit, f.proven) || !r.log.extends(first) ||
		!sensibleChanges(r.members.at(first.Index-1), entries) {
		return false
	}
	if first.Index <= r.log.last() {
		r.truncate(first.Index)
	}
	r.noteIf(first.Index > r.durable.durable && first.Index < r.durable.unsaved, overwrittenBeforeSynced)
	r.durable.overwrite(first.Index)
	for _, e := range entries {
		r.append(e)
	}
	return true
}

// prove is told that the log is the leader's up to i. Only as far as that may the
// leader's commit index be believed: what follows may be of an older term.
func (r *Replica) prove(f *follower, i, commit Index) {
	f.proven = max(f.proven, i)
	if known := min(commit, f.proven); known > r.commit {
		r.commitTo(known)
	}
}

// reject tells the leader where the logs may still agree: not before the commit
// index, up to which every leader's log is the same.
func (r *Replica) reject(m Message) {
	if m.Index <= r.commit {
		r.refused++
		return
	}
	hint := max(r.log.candidate(m.Index, m.LogTerm), r.commit)
	r.say(Message{
		Kind:    RejectEntries,
		To:      m.From,
		Index:   m.Index,
		Hint:    hint,
		LogTerm: r.log.term(hint),
	})
}

// answered is the follower that answers the leader with m, or nil. That it lives now is
// proven only by what is news: by the first answer to a round, or by entries that it has
// never acknowledged before.
func (r *Replica) answered(m Message) (*leader, *progress) {
	l, leading := r.role.(*leader)
	if !leading {
		return nil, nil // it led this term before it restarted
	}
	p := l.progress(m.From)
	if p == nil {
		return nil, nil // it was removed
	}
	return l, p
}

func (r *Replica) receiveAcceptEntries(m Message) {
	l, p := r.answered(m)
	if l == nil {
		return
	}
	if m.Index > r.log.last() {
		r.refused++
		return
	}
	p.quiet = false
	if m.Index > p.claimed {
		p.claimed, p.heard = m.Index, r.now
	}
	p.accept(m.Index)
}

// receiveRejectEntries goes back. While replicating, a rejection means that
// something was lost, and what is known to match still does. While probing, both
// sides skip the terms that the other cannot have. A follower that rejects what it
// acknowledged was removed and came back, or the rejection is older.
func (r *Replica) receiveRejectEntries(m Message) {
	l, p := r.answered(m)
	probed := l != nil && !p.replicating && m.Index == p.next-1
	if l == nil || !probed && (m.Index <= p.match || !p.replicating) {
		return // or an answer to something long settled
	}
	if p.quiet = false; m.Index <= p.match {
		p.match = 0
	}
	if p.replicating {
		r.note(gapFoundWhileReplicating)
		p.probe(p.match + 1)
		return
	}
	p.probe(r.log.candidate(min(m.Hint, m.Index-1), m.LogTerm) + 1)
	r.noteIf(p.next < m.Index, probeSkipsEntries)
}

// advance commits what a majority holds, if it is of this term: an older entry can
// still be overwritten though a majority holds it (§5.4.2, figure 8).
func (r *Replica) advance(l *leader) {
	if r.commit == r.log.last() {
		return // all there is
	}
	holds := func(id ID) Index {
		if id == r.config.ID {
			return r.durable.durable
		}
		return l.voter(id).match
	}
	n := reached(r.configuration(), holds)
	if n <= r.commit || r.log.term(n) != r.vote.Term {
		r.noteIf(n > r.commit, oldEntriesWaitForBarrier)
		return
	}
	assert(agrees(r.configuration(), func(id ID) bool { return holds(id) >= n }),
		"%v holds entry %d", r.configuration(), n)
	r.noteIf(r.commit+1 < l.barrier, oldEntriesCommittedByBarrier)
	r.commitTo(n)
}
