package check

import (
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// A tide is how far the log on the disk of a leader reached at a time.
type tide struct {
	at   time.Duration
	term raft.Term
	last raft.Index
}

// tides is how many of them are kept: more than are looked back upon, however often
// somebody looks.
const tides = 64

// measure notes how far the log of a leader reaches.
func (r *replica) measure(now time.Duration) {
	if len(r.tides) == tides {
		r.tides = append(r.tides[:0], r.tides[1:]...)
	}
	r.tides = append(r.tides, tide{now, r.term, r.group.image(r.id).last()})
}

// reached is how far the log of the leader of a term reached at a time, at least.
func (r *replica) reached(term raft.Term, at time.Duration) (last raft.Index) {
	for _, t := range r.tides {
		if t.term == term && t.at <= at {
			last = t.last
		}
	}
	return last
}

// mustKeepUp refuses that a leader makes a voter of somebody who lacks what it has had for
// longer than two rounds of catching up may take, each an election timeout: its group would
// come to a stand when another voter is lost. When a configuration was made is known only
// as long as it is not on the disk of the leader.
func (p *Protocol) mustKeepUp(r *replica, before, next raft.Configuration, e raft.Entry) {
	if p.tardy[r.id] || r.group.image(r.id).last() >= e.Index {
		return
	}
	old := r.reached(e.Term, p.now()-atMost(p.election)-atMost(p.election))
	for _, n := range next.Voters {
		joins := !before.Votes(n) && n != r.id
		if has := r.group.image(n).last(); joins && has < old && p.replica(r.group.id, n).sound() {
			p.violate(JoinersKeepUp, r, "makes a voter of %d, whose log reaches to %d; its own reached to %d two election timeouts ago",
				n, has, old)
		}
	}
}
