package check

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// polling is what a replica was asked in elections, and answered to its own polls.
type polling struct {
	polls  []request          // and votes that were asked for
	grants map[Node]raft.Term // who would vote for it, and in which term
	newest position           // as far as its log may go: the newest entry that it was shown, or made
}

// A request is one for a vote, or for a promise of one.
type request struct {
	raft.Message
	at time.Duration
}

// asked takes note of a request. Of votes the first one of a term counts, because the
// answers are equal.
func (r *replica) asked(m raft.Message, now time.Duration) {
	r.polls = slices.DeleteFunc(r.polls, func(q request) bool {
		return q.Kind == m.Kind && q.From == m.From && q.Term < m.Term && q.at < now-slack
	})
	again := func(q request) bool { return q.Kind == m.Kind && q.From == m.From && q.Term == m.Term }
	if m.Kind == raft.RequestPreVote || !slices.ContainsFunc(r.polls, again) {
		r.polls = append(r.polls, request{m, now})
	}
}

// requests returns what m may be the answer to. A refusal does not say of which poll it is.
func (r *replica) requests(m raft.Message) (all []request) {
	kind := raft.RequestVote
	if m.Kind == raft.GrantPreVote || m.Kind == raft.RefusePreVote {
		kind = raft.RequestPreVote
	}
	for _, q := range r.polls {
		if q.Kind == kind && q.From == m.To && (q.Term == m.Term || m.Kind == raft.RefusePreVote) {
			all = append(all, q)
		}
	}
	return all
}

// answered forgets the polls that m has answered.
func (r *replica) answered(m raft.Message, now time.Duration) {
	r.polls = slices.DeleteFunc(r.polls, func(q request) bool {
		return q.Kind == raft.RequestPreVote && q.From == m.To && q.at < now-slack
	})
}

func (r *replica) granted(m raft.Message) {
	if r.grants == nil {
		r.grants = map[Node]raft.Term{}
	}
	r.grants[m.From] = max(r.grants[m.From], m.Term)
}

// mustBePolled refuses that somebody enters a term of its own without having been told by
// a majority that they would vote for it, unless its leader asked it to stand: whoever
// cannot win shall disturb nobody.
func (p *Protocol) mustBePolled(r *replica, m raft.Message) {
	if m.Forced {
		return
	}
	polled := func(n Node) bool { return n == r.id || r.grants[n] == m.Term }
	for _, c := range r.configurations() {
		if quorum(c, polled) {
			return
		}
	}
	p.violate(CandidatesPolled, r, "stands in term %d, which its leader did not ask for; no majority had told it that they would vote for it",
		m.Term)
}

// mustHaveReason refuses that a vote, or the promise of one, is withheld without reason.
// Where few are left that is all it takes to have no leader for ever.
func (p *Protocol) mustHaveReason(r *replica, m raft.Message) {
	all := r.requests(m)
	r.answered(m, p.now())
	if len(all) == 0 || p.tardy[r.id] || !r.sound() {
		return
	}
	for _, q := range all {
		if r.longerThan(q.Message) || p.mayRefuse(r, q, m) {
			return
		}
	}
	q := all[len(all)-1]
	p.violate(RefusalsReasoned, r, "answers %v to %d; it is free to vote, has lost nothing, and its log is not ahead of %d@%d",
		m.Kind, m.To, q.Index, q.LogTerm)
}

// mayRefuse reports whether m may be the answer to q, whatever the logs are: who answers
// may vote for another, be in the term already, or be loyal to a leader, or lead.
func (p *Protocol) mayRefuse(r *replica, q request, m raft.Message) bool {
	if vote := r.group.image(r.id).vote; m.Kind == raft.RefuseVote {
		return vote.Term != q.Term || vote.For != raft.None && vote.For != q.From
	}
	return m.Term >= q.Term || m.Term == r.term || r.bound(p) >= q.at
}

// longerThan reports whether the log of a replica may hold something that the log of a
// candidate lacks.
func (r *replica) longerThan(q raft.Message) bool {
	m := r.group.image(r.id)
	return ahead(r.newest, q) || ahead(position{m.last(), r.group.term(m, m.last())}, q)
}

func ahead(p position, q raft.Message) bool {
	return p.term > q.LogTerm || p.term == q.LogTerm && p.index > q.Index
}

// shown takes note of how far a log may go that took all of m.
func (r *replica) shown(m raft.Message) {
	end := position{m.Index, m.LogTerm}
	if n := len(m.Entries); n > 0 {
		end = position{m.Entries[n-1].Index, m.Entries[n-1].Term}
	}
	if ahead(end, raft.Message{Index: r.newest.index, LogTerm: r.newest.term}) {
		r.newest = end
	}
}

// loyalty is what a replica owes a leader that it has heard.
type loyalty struct {
	beats []request     // heartbeats that it has not answered
	heard time.Duration // when the newest one came that it has answered; zero: none
	word  time.Duration // when anything came that only a leader says, or since when it waits
	voted time.Duration // when the newest request came that it has granted a vote to; zero: none
}

// beat takes note of a heartbeat. One that is repeated or late is no sign of life, and
// binds nobody.
func (r *replica) beat(m raft.Message, now time.Duration) {
	if !r.stale {
		r.beats = append(r.beats, request{m, now})
	}
}

// promise takes note that a heartbeat was answered, and reports whether that is new: until
// an election timeout has passed since it came there is no vote for another. The leader's
// lease rests on it.
func (r *replica) promise(m raft.Message) (bound bool) {
	kept := r.beats[:0]
	for _, b := range r.beats {
		switch {
		case b.From != m.To || b.Term != m.Term || b.Round > m.Round:
			kept = append(kept, b)
		case b.Round == m.Round:
			r.heard, bound = max(r.heard, b.at), true
		}
	}
	r.beats = kept
	return bound
}

// bound is until when a replica may be loyal to a leader, or lead.
func (r *replica) bound(p *Protocol) time.Duration { return r.word + atMost(p.election) }

// mustBeFree refuses that somebody votes, or promises to, who answered a heartbeat just
// before it was asked, unless the leader wants it. It also notes when it voted.
func (p *Protocol) mustBeFree(r *replica, m raft.Message) {
	all := r.requests(m)
	r.answered(m, p.now())
	bound, free := r.heard+atLeast(p.election), len(all) == 0 || r.heard == 0 || p.tardy[r.id]
	for _, q := range all {
		free = free || q.Forced || q.at < r.heard || q.at >= bound
		if m.Kind == raft.GrantVote {
			r.voted = max(r.voted, q.at)
		}
	}
	if !free {
		p.violate(FollowersLoyal, r, "answers %v to %d, which asked at %v; at %v it had heard from its leader, and said so",
			m.Kind, m.To, all[0].at, r.heard)
	}
}

// mustHaveWaited refuses that somebody polls who has just voted for another.
func (p *Protocol) mustHaveWaited(r *replica, m raft.Message) {
	if end := r.voted + atLeast(p.election); !p.tardy[r.id] && r.voted > 0 && p.now() < end {
		p.violate(VotersWait, r, "wants to be elected in term %d; at %v it was asked for the vote that it gave another",
			m.Term, r.voted)
	}
}
