package raft

import "slices"

// A Change asks that the group consist of others: of these voters, and of these
// learners, who are sent everything and have no say. Any set may become any other.
type Change struct {
	Voters   []ID
	Learners []ID
}

// A Verdict says what became of a [Change]: it begins with the entry Index, or it was
// refused and had no effect. Status.Configuration shows how far it has come. The
// zero Verdict says that none was asked for.
type Verdict struct {
	Index   Index
	Refusal Refusal
}

// A Refusal is why a [Change] was refused.
type Refusal uint8

// The refusals. Zero is none.
const (
	// NotLeader: another replica leads.
	NotLeader Refusal = iota + 1
	// Busy: another change is under way, or the leader is handing over.
	Busy
	// TooEarly: this leader has committed nothing in its term yet.
	TooEarly
	// Invalid: there can be no such group.
	Invalid
	// NothingToDo: the group is like that already, or becoming so.
	NothingToDo
	// Unreachable: of those who would decide too few have said lately that they are
	// there and not damaged.
	Unreachable
)

// String says it in words.
func (r Refusal) String() string {
	words := [...]string{"none", "not leader", "busy", "too early", "invalid", "nothing to do",
		"unreachable"}
	return words[min(int(r), len(words)-1)]
}

// change begins the change that is asked for, if it may.
func (r *Replica) change(c *Change) {
	if c == nil {
		return
	}
	goal := Configuration{
		Voters:   slices.Sorted(slices.Values(c.Voters)),
		Learners: slices.Sorted(slices.Values(c.Learners)),
	}
	l, leading := r.role.(*leader)
	if !leading {
		r.out.Change.Refusal = NotLeader
		return
	}
	if r.out.Change.Refusal = r.judge(l, goal); r.out.Change.Refusal == 0 {
		r.noteIf(!r.configuration().Settled(), changeCalledOff)
		r.reconfigure(l, r.configuration().towards(goal))
		r.out.Change.Index = r.members.since()
	}
	r.noteRefusal()
}

// noteRefusal marks the refusals that depend on the moment.
func (r *Replica) noteRefusal() {
	switch r.out.Change.Refusal {
	case Busy:
		r.note(changeBusy)
	case TooEarly:
		r.note(changeTooEarly)
	case Unreachable:
		r.note(changeUnreachable)
	}
}

// judge says why the group may not become goal now, if there is a reason.
func (r *Replica) judge(l *leader, goal Configuration) Refusal {
	c := r.configuration()
	switch {
	case goal.Validate() != nil || c.towards(goal).Validate() != nil:
		return Invalid
	case goal.Equal(c.outcome()):
		return NothingToDo
	case r.commit < l.barrier:
		return TooEarly
	case !r.mayReconfigure(l) || !c.Settled() && !c.calledOff(goal):
		return Busy
	case !r.reachable(l, c.towards(goal)):
		return Unreachable
	}
	return 0
}

// mayReconfigure reports whether this leader may append a configuration. One that is
// not committed may be overwritten, and the one after it need not overlap with what
// takes its place. Nor does a leader know before its barrier is committed that its
// predecessors have left no other behind (Ongaro, raft-dev, 2015).
func (r *Replica) mayReconfigure(l *leader) bool {
	return r.commit >= l.barrier && r.commit >= r.members.since() && l.transfer.to == None
}

// reachable reports whether those who decide in c are there, and whole. The group shall
// not come to a stand, with no way back, because it asked for the word of the dead; nor
// because this leader is lost while those who are damaged, and so do not vote, still
// need one to become whole.
func (r *Replica) reachable(l *leader, c Configuration) bool {
	return agrees(c, func(id ID) bool {
		p := l.progress(id)
		return id == r.config.ID || p != nil && r.now < p.assurance.until
	})
}

// drive takes the next step of a change that is under way, whoever began it.
func (r *Replica) drive(l *leader) {
	c := r.configuration()
	if c.Settled() {
		return
	}
	r.pursue(l, c)
	if r.mayReconfigure(l) && r.ready(l, c) && r.reachable(l, c.next()) {
		r.noteIf(r.members.since() < l.barrier, changeResumedByNewLeader)
		r.reconfigure(l, c.next())
	}
}

// reconfigure appends a configuration, which is in force from then on.
func (r *Replica) reconfigure(l *leader, c Configuration) {
	assert(r.mayReconfigure(l), "barrier and last configuration are committed: %v; the commit index is %d",
		[2]Index{l.barrier, r.members.since()}, r.commit)
	r.noteIf(c.Joint(), jointConsensus)
	r.add(l, Membership, Proposal{Data: c.AppendTo(nil)})
	r.refollow(l)
}

// towards is the configuration with which the way from c, in which no two sets have
// to agree, to goal begins. Voters-to-be are learners first, so that the group never
// depends on somebody who has nothing yet (§4.2.1 of the dissertation).
func (c Configuration) towards(goal Configuration) Configuration {
	joining := without(goal.Voters, c.Voters)
	if len(joining) == 0 {
		return c.shift(goal)
	}
	return Configuration{Voters: c.Voters, Learners: union(goal.Learners, joining), Target: goal.Voters}
}

// next is the configuration that follows c, which is not settled.
func (c Configuration) next() Configuration {
	if c.Joint() {
		return c.outcome()
	}
	return c.shift(c.outcome())
}

// outcome is what becomes of c if nobody interferes.
func (c Configuration) outcome() Configuration {
	if len(c.Target) == 0 {
		return Configuration{Voters: c.Voters, Learners: c.Learners}
	}
	return Configuration{Voters: c.Target, Learners: without(c.Learners, c.Target)}
}

// shift is goal, or if its voters are not nearly those of c the joint configuration
// on the way there. When one voter is added or removed any two majorities meet, and
// no such detour is needed (§4.1 of the dissertation).
func (c Configuration) shift(goal Configuration) Configuration {
	if len(without(goal.Voters, c.Voters))+len(without(c.Voters, goal.Voters)) > 1 {
		goal.Outgoing = c.Voters
	}
	return goal
}

// calledOff reports whether goal calls off the change that is under way in c: the
// voters shall be what they are. It is too late to ask for the former ones once two
// sets must agree: those who left may be needed no more.
func (c Configuration) calledOff(goal Configuration) bool {
	return slices.Equal(goal.Voters, c.Voters)
}

// union is the members of a and of b, sorted.
func union(a, b []ID) []ID {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
