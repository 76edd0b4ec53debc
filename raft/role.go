package raft

import (
	"fmt"
	"time"
)

// String names the role.
func (r Role) String() string {
	switch r {
	case Follower:
		return "follower"
	case PreCandidate:
		return "pre-candidate"
	case Candidate:
		return "candidate"
	case Leader:
		return "leader"
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// A role is what a replica does in its term, and everything it needs to know only
// for that. To change the role is to replace the value.
type role interface {
	kind() Role
	// leads is who leads the term as far as this role knows.
	leads(self ID) ID
	// deadline is when the role must act although nothing happened.
	deadline(r *Replica) time.Duration
}

// A follower takes what its leader sends.
type follower struct {
	leader ID
	// proven is the last entry up to which the log is known to be this leader's.
	proven Index
	wait   time.Duration // without a word from the leader
	until  time.Duration // then it stands
	// resting says that it waits for nothing, because its leader rests.
	resting bool
}

// A preCandidate asks whether it would be elected, without disturbing anyone.
type preCandidate struct {
	votes map[ID]bool
	until time.Duration
}

// A candidate has entered a term and voted for itself in it.
type candidate struct {
	votes map[ID]bool
	until time.Duration
}

// A leader serves its term.
type leader struct {
	// barrier is the entry that opened the term.
	barrier   Index
	followers []progress
	// undelivered is the weight of the entries that are not committed, or that the
	// disk has not finished although others have: for all of them memory is needed.
	undelivered int
	beat        time.Duration // when the next heartbeat is due
	reads       reads
	transfer    transfer
	rest        rest
	// forfeited says that somebody else was asked to lead in this reign.
	forfeited bool
}

func (*follower) kind() Role     { return Follower }
func (*preCandidate) kind() Role { return PreCandidate }
func (*candidate) kind() Role    { return Candidate }
func (*leader) kind() Role       { return Leader }

func (f *follower) leads(ID) ID   { return f.leader }
func (*preCandidate) leads(ID) ID { return None }
func (*candidate) leads(ID) ID    { return None }
func (*leader) leads(self ID) ID  { return self }

func (p *preCandidate) deadline(*Replica) time.Duration { return p.until }
func (c *candidate) deadline(*Replica) time.Duration    { return c.until }

func (f *follower) deadline(*Replica) time.Duration {
	if f.resting {
		return Never
	}
	return f.until
}

func (l *leader) deadline(r *Replica) time.Duration {
	if l.rest.taken {
		return Never
	}
	return min(l.beat, l.heard(r)+r.config.Election)
}

// become replaces the role. A leader that is one no longer answers no reads.
func (r *Replica) become(next role) {
	if l, led := r.role.(*leader); led {
		r.noteIf(!l.reads.idle(), readsAbandoned)
		r.out.Refused = l.reads.abandon(r.out.Refused)
	}
	r.role = next
}

// follow waits for a leader, known or not, of the current term.
func (r *Replica) follow(leader ID) *follower {
	wait := r.patience()
	f := &follower{leader: leader, wait: wait, until: r.now + wait}
	r.become(f)
	return f
}

// patience is how long to wait for somebody else, staggered between replicas so
// that they rarely stand at once (§5.2).
func (r *Replica) patience() time.Duration {
	return r.config.Election + time.Duration(r.rand(int(r.config.Election)))
}
