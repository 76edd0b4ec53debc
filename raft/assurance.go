package raft

import "time"

// An assurance is what a leader knows of whether a follower would vote. One that is
// damaged, or that came back and lacks what it once held, is not whole and abstains. An
// answer may be late, and its sender damaged since. So it counts for an election timeout
// from when the question left: then, or later, the follower was whole.
type assurance struct {
	round uint64        // of the heartbeat that asks; zero: none does
	asked time.Duration // when that one left
	until time.Duration // until then the follower counts as whole
}

// ask lets the heartbeat of a round ask, unless an earlier one still does: whoever
// answers this one has answered that.
func (a *assurance) ask(round uint64, now time.Duration) {
	if a.round == 0 {
		a.round, a.asked = round, now
	}
}

// answer takes the answer m to a heartbeat. Limit is an election timeout.
func (a *assurance) answer(m Message, limit time.Duration) {
	switch {
	case m.Abstains:
		*a = assurance{}
	case a.round != 0 && m.Round >= a.round:
		a.round, a.until = 0, a.asked+limit
	}
}
