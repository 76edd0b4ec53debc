package raft

import "time"

// A promise is a message that must wait for a Save.
type promise struct {
	rests   uint64 // on the Save of this number
	message Message
}

// A pending Save has been handed out and is not known to be durable.
type pending struct {
	number uint64
	// last is the last entry that its durability makes durable: less than it holds
	// once a later Save has overwritten some of it.
	last  Index
	since time.Duration
}

// A durability keeps apart what a replica holds, what it has handed out to be
// saved, and what it knows to be safe. Saves become durable in order, so one
// number says it all.
type durability struct {
	issued   uint64 // number of the newest Save
	safe     uint64 // number of the newest Save known to be durable
	pending  []pending
	unsaved  Index  // the first entry that is in no Save yet
	durable  Index  // the log is durable up to here
	vote     uint64 // number of the Save that holds the vote; may be the next one
	snapshot uint64 // number of the Save that holds the snapshot; may be the next one
	promises []promise
}

// overwrite is told before entries from index from on are replaced. A sync that is
// still to come must not make their successors durable.
func (d *durability) overwrite(from Index) {
	d.unsaved = min(d.unsaved, from)
	d.durable = min(d.durable, from-1)
	for i := range d.pending {
		d.pending[i].last = min(d.pending[i].last, from-1)
	}
}

// overvote is told when the vote changes. What was promised in an earlier term is
// of no use to anybody; in this one nothing may be said until the vote is safe.
func (d *durability) overvote(newTerm bool) {
	d.vote = d.issued + 1
	if newTerm {
		clear(d.promises)
		d.promises = d.promises[:0]
	}
}

// resnap is told of a new snapshot at i. Entries up to there need not be saved.
func (d *durability) resnap(i Index) {
	d.snapshot = d.issued + 1
	d.unsaved = max(d.unsaved, i+1)
}

// resnapped reports whether the snapshot is in no Save yet.
func (d *durability) resnapped() bool { return d.snapshot > d.issued }

// dirty reports whether there is something to save: the vote, the snapshot, or
// entries of a log that ends with last.
func (d *durability) dirty(last Index) bool {
	return d.vote > d.issued || d.resnapped() || d.unsaved <= last
}

// newest is the number of the Save that holds everything up to now.
func (d *durability) newest(last Index) uint64 {
	if d.dirty(last) {
		return d.issued + 1
	}
	return d.issued
}

// issue counts a Save of everything up to last.
func (d *durability) issue(last Index, now time.Duration) uint64 {
	d.issued++
	d.pending = append(d.pending, pending{number: d.issued, last: last, since: now})
	d.unsaved = last + 1
	return d.issued
}

// waiting is how long the oldest Save has been under way, if one is.
func (d *durability) waiting(now time.Duration) time.Duration {
	if len(d.pending) == 0 {
		return 0
	}
	return now - d.pending[0].since
}

// settle is told that every Save up to number is durable.
func (d *durability) settle(number uint64) {
	assert(number <= d.issued, "the newest Save is %d; durable is %d", d.issued, number)
	done := 0
	for done < len(d.pending) && d.pending[done].number <= number {
		d.durable = max(d.durable, d.pending[done].last)
		done++
	}
	d.pending = append(d.pending[:0], d.pending[done:]...)
	d.safe = max(d.safe, number)
}

// promise keeps m until the Save it rests on is durable. An answer that says the
// same as a waiting one, and more, takes its place: however slow the disk is, the
// queue does not grow with every message of the leader.
func (d *durability) promise(rests uint64, m Message) {
	for i := range d.promises {
		p := &d.promises[i]
		if p.rests == rests && p.message.covers(m) {
			return
		}
		if p.rests == rests && m.covers(p.message) {
			p.message = m
			return
		}
	}
	d.promises = append(d.promises, promise{rests, m})
}

// covers reports whether somebody who received m learns nothing from other.
func (m Message) covers(other Message) bool {
	if m.Kind != other.Kind || m.To != other.To || m.Term != other.Term ||
		m.LogTerm != other.LogTerm || m.Hint != other.Hint {
		return false
	}
	switch m.Kind {
	case AcceptEntries:
		return m.Index >= other.Index
	case AcceptHeartbeat, AcceptRest:
		return m.Round >= other.Round
	}
	return m.Index == other.Index && m.Round == other.Round
}

// release appends to out the promises that may leave, in the order given.
func (d *durability) release(out []Message) []Message {
	kept := d.promises[:0]
	for _, p := range d.promises {
		if p.rests <= d.safe {
			out = append(out, p.message)
		} else {
			kept = append(kept, p)
		}
	}
	clear(d.promises[len(kept):])
	d.promises = kept
	return out
}
