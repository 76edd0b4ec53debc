package raft

// Mark names the state after everything that was delivered so far: for a caller
// who captures the state machine now, with all of that applied. Its index
// is zero while there is nothing to capture: nothing was delivered, or nothing that
// says who the members are to a replica that did not know.
func (r *Replica) Mark() Snapshot {
	if len(r.members.at(r.delivered).Voters) == 0 {
		return Snapshot{}
	}
	return r.mark(r.delivered)
}

// mark names the state after the entry i. The newest snapshot, or a later entry.
func (r *Replica) mark(i Index) Snapshot {
	assert(i >= r.snapshot.Index, "the newest snapshot is %v; marked is %d", r.snapshot, i)
	p := r.log.position(i)
	return Snapshot{Index: p.Index, Term: p.Term, Stamp: p.Stamp, Configuration: r.members.at(i)}
}

// capture is told that the state s is in durable storage. The entries that led to
// it have done their work, but for some of the last, which spare followers that are
// a little slow the whole state. One that has been overtaken by a newer snapshot is
// of no use.
func (r *Replica) capture(s Snapshot) {
	if s.Index <= r.snapshot.Index {
		return
	}
	assert(s.Index <= r.delivered, "delivered up to %d; captured was %v", r.delivered, s)
	assert(s.Equal(r.mark(s.Index)), "the state is %v; captured was %v", r.mark(s.Index), s)
	r.members.rebase(s.Index, s.Configuration)
	r.replaceSnapshot(s)
	r.log.compact(s.Index, r.config.Trailing)
}

// replaceSnapshot makes s the newest snapshot. It is in the next Save.
func (r *Replica) replaceSnapshot(s Snapshot) {
	assert(s.Index > r.snapshot.Index, "the newest snapshot is %v; it becomes %v", r.snapshot, s)
	r.snapshot = s
	r.durable.resnap(s.Index)
}
