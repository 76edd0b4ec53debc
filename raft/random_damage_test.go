package raft

import "slices"

// strainMemory makes damaged hosts come back while those to whom they promised
// something cannot be reached, and those who do not know of it can.
func (w *weather) strainMemory() {
	w.damage, w.crash, w.cut, w.syncing, w.tail = 1, 0.03, 0.05, 1, 0.02
	w.loss, w.pause = 0, 0
	w.upheaval = upheaval{}
}

// relapse perhaps spoils one more disk when everything else is well: nothing but the
// answers of the others can make it whole.
func (w *world) relapse() {
	id := w.anyone()
	if w.hosts[id-1].grave != nil {
		return
	}
	w.crashHost(id)
	w.restart(int(id-1), w.hosts[id-1])
}

// spoil makes the disk of a crashed host lose something, if the group can bear it:
// the others must be able to elect a leader, and to tell who the members are.
func (w *world) spoil(h *host) {
	whole := func(id ID) bool { return id != h.config.ID && !w.hosts[id-1].disk.Damaged }
	if !w.chance(w.damage) || !agrees(w.decidedBy(), whole) || !w.quiet() {
		return
	}
	w.lose(&h.disk)
	h.disk.Damaged, h.spoilt = true, w.now
	w.forgetCandidacies(h.config.ID)
}

// lose takes a suffix of the log away, or all of it and the snapshot, and perhaps
// the vote.
func (w *world) lose(disk *State) {
	n := w.random.IntN(len(disk.Entries) + 1)
	disk.Entries = slices.Clip(disk.Entries[:n])
	if w.chance(0.2) {
		disk.Entries, disk.Snapshot = nil, Snapshot{}
	}
	switch w.random.IntN(3) {
	case 0:
		disk.Vote = Vote{}
	case 1:
		disk.Vote = Vote{Term: disk.Vote.Term - min(disk.Vote.Term, Term(w.random.IntN(3)))}
	}
}

// forgetCandidacies strikes from the record what id voted for itself: whoever starts
// anew is no candidate any more, so nothing can come of it.
func (w *world) forgetCandidacies(id ID) {
	for key, choice := range w.votes { // any order: each is judged alone
		if key[0] == uint64(id) && choice == id {
			delete(w.votes, key)
		}
	}
}

// judgeTerm demands that nobody goes back behind a term in which it promised
// something, whatever it has forgotten.
func (w *world) judgeTerm(h *host, m Message) {
	switch m.Kind {
	case GrantVote, AcceptEntries, AcceptHeartbeat, RejectEntries:
		if m.Term < w.promised[h.config.ID] {
			w.fail("%v sent after a promise in term %d", m, w.promised[h.config.ID])
		}
		w.promised[h.config.ID] = m.Term
	}
	if h.disk.Damaged && (m.Kind == GrantVote || m.Kind == GrantPreVote || m.Kind == RequestVote) &&
		h.replica.damaged() {
		w.fail("%v sent by one that is damaged", m)
	}
}

// whole reports whether no member is damaged any more.
func (w *world) whole() bool {
	members := w.decidedBy().Members()
	return !slices.ContainsFunc(members, func(id ID) bool {
		h := w.hosts[id-1]
		return id != w.dead && (h.replica == nil || h.replica.damaged())
	})
}

// ails reports whether h is damaged, and for so long that any leader has to know.
func (w *world) ails(h *host) bool {
	return h.disk.Damaged && w.now-h.spoilt > testElection
}

// judgeHealth demands that a leader which has changed the members can be lost: those
// who decide now are whole, as far as anybody can know.
func (w *world) judgeHealth(leader *host, c Configuration) {
	if !agrees(c, func(id ID) bool { return !w.ails(w.hosts[id-1]) }) {
		w.fail("%d changes the members to %v; too many of them are damaged", leader.config.ID, c)
	}
	if slices.ContainsFunc(w.hosts, w.ails) {
		w.marks["change of members around one that is damaged"]++
	}
}

// quiet reports whether no change of members is under way: nowhere in memory, on no disk
// and in no message. A leader that is about to change them could not take the damage
// into account any more.
func (w *world) quiet() bool {
	c := w.decidedBy()
	other := func(known *history) bool { return known.since() > 0 && !known.newest().Equal(c) }
	return c.Settled() && !slices.ContainsFunc(w.hosts, func(h *host) bool {
		return other(w.historyOf(Configuration{}, h.disk.Entries)) || h.replica != nil && other(&h.replica.members)
	}) && !slices.ContainsFunc(w.network, func(e envelope) bool {
		return other(w.historyOf(Configuration{}, w.open(e).Entries))
	})
}
