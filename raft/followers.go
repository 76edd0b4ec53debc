package raft

import (
	"slices"
	"time"
)

// A pursuit is how a follower catches up with a log that grows, in rounds: each
// brings it what the leader held when the round began. Once a round takes less than
// an election timeout, the follower can vote without holding up the others (§4.2.1
// of the dissertation).
type pursuit struct {
	goal  Index         // of the round under way; zero if there is none
	since time.Duration // when that round began
	swift bool          // the last round was short enough
}

// A farewell is what is left to do with a follower that was removed.
type farewell struct {
	by    Index         // the entry that removed it; zero: it is a member
	until time.Duration // then it is given up; zero: its removal is not committed
	round uint64        // whoever answers this round has heard of it; zero: it holds too little
}

// refollow lets the list of followers be what the configuration says. Whoever was
// removed is kept for a while.
func (r *Replica) refollow(l *leader) {
	c := r.configuration()
	for i := range l.followers {
		p := &l.followers[i]
		switch {
		case c.Has(p.id) && p.farewell.by != 0: // it may have left, and forgotten everything
			*p = r.stranger(p.id, r.members.since())
		case c.Has(p.id):
		case p.farewell.by == 0:
			p.farewell.by = r.members.since()
		}
	}
	for _, id := range c.Members() {
		if id != r.config.ID && l.progress(id) == nil {
			l.followers = append(l.followers, r.stranger(id, r.members.since()))
		}
	}
}

// strangers is the progress of all followers at the beginning of a term, among them
// those whose removal is not known to be committed.
func (r *Replica) strangers() []progress {
	var all []progress
	removed := farewell{by: r.members.since()}
	for _, id := range r.recentMembers() {
		if id == r.config.ID {
			continue
		}
		p := r.stranger(id, r.log.last()+1)
		if !r.configuration().Has(id) {
			p.farewell = removed
		}
		all = append(all, p)
	}
	return all
}

// recentMembers is everybody in a configuration that may be in force somewhere.
func (r *Replica) recentMembers() (all []ID) {
	for _, c := range r.members.from(r.commit) {
		all = union(all, c.Members())
	}
	return all
}

// stranger is the progress of a follower that nothing is known about, except that it
// may have been alive a moment ago. The next entry, which every follower lacks, is
// the first that it is sent.
func (r *Replica) stranger(id ID, next Index) progress {
	return progress{id: id, next: next, heard: r.now}
}

// dismiss drops followers that were removed, once they know that it is committed, so
// that they do not stand, or cannot be reached.
func (r *Replica) dismiss(l *leader) {
	l.followers = slices.DeleteFunc(l.followers, func(p progress) bool { return r.dismissed(&p) })
	for i := range l.followers {
		if p := &l.followers[i]; p.farewell.by != 0 && r.commit >= p.farewell.by {
			r.dismissNext(l, p)
		}
	}
}

// dismissed reports whether p need be told nothing more.
func (r *Replica) dismissed(p *progress) bool {
	f := &p.farewell
	told := f.until != 0 && f.round != 0 && p.round >= f.round
	late := f.until != 0 && r.now >= f.until
	r.noteIf(told, farewellTold)
	r.noteIf(late && !told, farewellGivenUp)
	return told || late
}

// dismissNext prepares to drop p. The heartbeats of the next round will tell it, if
// it holds the entry by now.
func (r *Replica) dismissNext(l *leader, p *progress) {
	if p.farewell.until == 0 {
		p.farewell.until = r.now + r.config.Election
	}
	if p.farewell.round == 0 && p.match >= p.farewell.by {
		p.farewell.round = l.reads.number + 1
	}
}

// pursue notes how voters-to-be catch up.
func (r *Replica) pursue(l *leader, c Configuration) {
	for _, id := range without(c.Target, c.Voters) {
		if p := l.progress(id); p != nil {
			p.pursuit.step(p.match, r.log.last(), r.now, r.config.Election)
		}
	}
}

// step is told how much of a log that ends with last the follower holds now.
func (u *pursuit) step(match, last Index, now, limit time.Duration) {
	if u.goal != 0 && match >= u.goal {
		*u = pursuit{swift: now-u.since < limit}
	}
	if u.goal == 0 && match < last {
		u.goal, u.since = last, now
	}
}

// ready reports whether every voter-to-be has caught up. It must hold the entry that
// made it one: until then it may take itself for removed, and leave.
func (r *Replica) ready(l *leader, c Configuration) bool {
	named := max(r.members.since(), r.snapshot.Index)
	return !slices.ContainsFunc(without(c.Target, c.Voters), func(id ID) bool {
		p := l.progress(id)
		return p == nil || p.match < named || !r.alive(p) || !p.pursuit.over(r.now, r.config.Election)
	})
}

// over reports whether the follower holds everything, or has lacked what it lacks
// for less than limit.
func (u *pursuit) over(now, limit time.Duration) bool {
	return u.goal == 0 || u.swift && now-u.since < limit
}

// alive reports whether a follower was heard from lately.
func (r *Replica) alive(p *progress) bool { return r.now-p.heard < r.config.Election }
