package raft

import "time"

// A flight is a message with entries that has not been answered.
type flight struct {
	last Index
	size int
}

// A progress is what a leader knows about one follower. At first it does not know
// where their logs part, and probes: one message at a time. When one has been
// accepted it replicates: it sends on without waiting, as far as the limits allow,
// until something is found missing.
type progress struct {
	id ID
	// match is the last entry known to be durable there and equal, next the next one
	// to send: always beyond match.
	match Index
	next  Index
	// replicating says that next runs ahead of match.
	replicating bool
	// probed says that a probe is out.
	probed  bool
	flights []flight
	size    int // of all flights
	// quiet says that nothing was answered about entries since the last heartbeat.
	quiet     bool
	claimed   Index         // the last entry that it ever acknowledged; match may go back
	heard     time.Duration // when it last told something new
	round     uint64        // the latest round of heartbeats it answered
	rests     uint64        // the latest offer to rest that it took
	assurance assurance     // that it is whole
	pursuit   pursuit       // while it is to become a voter
	farewell  farewell      // since it was removed
}

// probe starts over from what is known for certain.
func (p *progress) probe(next Index) {
	p.next = max(next, p.match+1)
	p.replicating, p.probed, p.size = false, false, 0
	p.flights = p.flights[:0]
}

// accept is told that the follower holds everything up to i, durably.
func (p *progress) accept(i Index) {
	p.match = max(p.match, i)
	p.next = max(p.next, p.match+1)
	p.land(i)
	if !p.replicating {
		p.probe(p.match + 1)
		p.replicating = true
	}
}

// land removes the flights that carried entries up to i.
func (p *progress) land(i Index) {
	n := 0
	for n < len(p.flights) && p.flights[n].last <= i {
		p.size -= p.flights[n].size
		n++
	}
	p.flights = append(p.flights[:0], p.flights[n:]...)
}

// fly is told that entries up to last were sent.
func (p *progress) fly(last Index, size int) {
	p.flights = append(p.flights, flight{last, size})
	p.size += size
	p.next = last + 1
}

// full reports whether no more entries may be sent before an answer.
func (p *progress) full(c Config) bool {
	if !p.replicating {
		return p.probed
	}
	return len(p.flights) >= c.InflightMessages || p.size >= c.InflightBytes
}

// unanswered reports whether an answer about entries is due.
func (p *progress) unanswered() bool {
	return p.probed || p.replicating && p.match+1 < p.next
}

// voter is what l knows about a voter other than itself.
func (l *leader) voter(id ID) *progress {
	p := l.progress(id)
	assert(p != nil, "%d votes; it is none of %d followers", id, len(l.followers))
	return p
}

// progress is what l knows about id, or nil if that is no follower.
func (l *leader) progress(id ID) *progress {
	for i := range l.followers {
		if l.followers[i].id == id {
			return &l.followers[i]
		}
	}
	return nil
}
