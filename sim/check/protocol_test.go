package check_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// A drama tells of replicas that talk, and of time. The leader is 1, unless somebody says
// something else.
type drama struct {
	*check.Protocol
	disks *check.Consensus
	now   time.Duration
	found []check.Violation
}

func newDrama() *drama {
	d := &drama{now: time.Minute}
	d.disks = check.NewConsensus(func() time.Duration { return d.now }, func(v check.Violation) { d.found = append(d.found, v) })
	d.disks.AddGroup(1, []check.Node{1, 2, 3})
	d.Protocol = check.NewProtocol(d.disks, time.Second)
	return d
}

func (d *drama) say(m raft.Message) { d.Said(1, m) }

func (d *drama) get(m raft.Message) { d.Got(1, m) }

// ask lets a candidate ask for something after a while, and gives the answer.
func (d *drama) ask(after time.Duration, q raft.Message, answer raft.MessageKind) {
	d.now += after
	d.get(q)
	d.say(raft.Message{Kind: answer, From: q.To, To: q.From, Term: q.Term})
}

// refuse lets 2 refuse what it is asked after a while, in its own term.
func (d *drama) refuse(after time.Duration, q raft.Message, own raft.Term) {
	d.now += after
	d.get(q)
	d.say(raft.Message{Kind: raft.RefusePreVote, From: q.To, To: q.From, Term: own})
}

// wait lets time pass in which the oracles look.
func (d *drama) wait(t time.Duration) {
	for end := d.now + t; d.now < end; d.now += 100 * time.Millisecond {
		d.Look()
	}
}

// read lets 1 answer a read that came a while after 2, of fast clocks, heard from it.
func (d *drama) read(after time.Duration) {
	d.Drifts(2, 25_000)
	d.get(hear)
	d.say(heard)
	d.now += after
	d.Protocol.Asked(question)
	d.Protocol.Read(1, question)
}

// admit lets 1 make a voter of 4 a while after its term was opened.
func (d *drama) admit(after time.Duration) {
	d.save(1, vote(5, 1), opening(1))
	d.save(2, vote(5, 1), opening(1))
	for end := d.now + after; d.now < end; {
		d.say(hear)
		d.get(heard)
		d.wait(100 * time.Millisecond)
	}
	d.say(withChange(members(2, 5, voters(1, 2, 3, 4))))
}

var question = check.Question{Client: 9, Number: 1, Node: 1}

func (d *drama) save(n check.Node, v raft.Vote, entries ...raft.Entry) {
	d.disks.Synced(1, n, raft.Save{Vote: v, Entries: entries})
}

var (
	hear       = raft.Message{Kind: raft.Heartbeat, From: 1, To: 2, Term: 5, Round: 7}
	heard      = raft.Message{Kind: raft.AcceptHeartbeat, From: 2, To: 1, Term: 5, Round: 7}
	wantPoll   = raft.Message{Kind: raft.RequestPreVote, From: 3, To: 2, Term: 6}
	wantVote   = raft.Message{Kind: raft.RequestVote, From: 3, To: 2, Term: 6}
	forced     = raft.Message{Kind: raft.RequestVote, From: 3, To: 2, Term: 6, Forced: true}
	poll       = raft.Message{Kind: raft.RequestPreVote, From: 2, To: 3, Term: 7}
	rest       = raft.Message{Kind: raft.Rest, From: 1, To: 2, Term: 5, Round: 8}
	restTaken  = raft.Message{Kind: raft.AcceptRest, From: 2, To: 1, Term: 5, Round: 8}
	lead       = raft.Message{Kind: raft.Heartbeat, From: 1, To: 2, Term: 5, Round: 9}
	withChange = func(entries ...raft.Entry) raft.Message {
		return raft.Message{Kind: raft.AppendEntries, From: 1, To: 2, Term: 5, Entries: entries}
	}
)

func opening(i raft.Index) raft.Entry {
	return raft.Entry{Index: i, Term: 5, Stamp: raft.Stamp(i), Kind: raft.Barrier}
}

func voters(list ...check.Node) raft.Configuration { return raft.Configuration{Voters: list} }

// removal lets 1 remove 3, when its first entry is decided.
func (d *drama) removal() {
	d.save(1, vote(5, 1), opening(1))
	d.save(2, vote(5, 1), opening(1))
	d.say(withChange(opening(1), members(2, 5, voters(1, 2))))
}

// beats lets the leader send heartbeats to 2, and perhaps to 3 as well.
func (d *drama) beats(toAll bool) {
	for round := range uint64(8) {
		d.now += 100 * time.Millisecond
		d.get(raft.Message{Kind: raft.AcceptHeartbeat, From: 2, To: 1, Term: 5})
		d.say(raft.Message{Kind: raft.Heartbeat, From: 1, To: 2, Term: 5, Round: round})
		if toAll {
			d.say(raft.Message{Kind: raft.Heartbeat, From: 1, To: 3, Term: 5, Round: round})
		}
	}
}

// reject lets 2 say so often that it lacks an entry, each time one further back, and that
// a term may match.
func (d *drama) reject(times int, term func(i int) raft.Term) {
	for i := range times {
		index := raft.Index(50 - i)
		d.say(raft.Message{Kind: raft.AppendEntries, From: 1, To: 2, Term: 5, Index: index, LogTerm: 5})
		d.deliver(raft.Message{Kind: raft.RejectEntries, From: 2, To: 1, Term: 5, Index: index, LogTerm: term(i)})
	}
}

// deliver lets a message leave a replica and reach the other one.
func (d *drama) deliver(m raft.Message) {
	d.say(m)
	d.get(m)
}

// Each of these rules is told of a drama that breaks it, and of ones that come close.
var dramas = []struct {
	oracle string
	breaks bool
	tell   func(d *drama)
}{
	{check.LeasesKept, true, func(d *drama) { d.read(980 * time.Millisecond) }},
	{check.LeasesKept, false, func(d *drama) { d.read(970 * time.Millisecond) }},
	{check.LeasesKept, false, func(d *drama) { // its clocks may have been as slow as that
		d.Drifts(2, -25_000)
		d.read(1020 * time.Millisecond)
	}},
	{check.LeasesKept, false, func(d *drama) { // the read was there before, and waited for the state
		d.get(hear)
		d.say(heard)
		d.Protocol.Asked(question)
		d.now += time.Hour
		d.Protocol.Read(1, question)
	}},
	{check.LeasesKept, true, func(d *drama) { // loyalty to another is of no use
		d.get(hear)
		d.say(heard)
		other := check.Question{Client: 9, Number: 1, Node: 3}
		d.Protocol.Asked(other)
		d.Protocol.Read(1, other)
	}},
	{check.FollowersLoyal, true, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.ask(900*time.Millisecond, wantPoll, raft.GrantPreVote)
	}},
	{check.FollowersLoyal, true, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.ask(900*time.Millisecond, wantVote, raft.GrantVote)
	}},
	{check.FollowersLoyal, false, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.ask(900*time.Millisecond, forced, raft.GrantVote)
	}},
	{check.FollowersLoyal, false, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.ask(time.Second, wantPoll, raft.GrantPreVote)
	}},
	{check.FollowersLoyal, false, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.now += time.Second
		d.get(raft.Message{Kind: raft.Heartbeat, From: 3, To: 2, Term: 4, Round: 90})
		d.get(hear) // again: it says nothing new
		d.say(heard)
		d.ask(100*time.Millisecond, wantPoll, raft.GrantPreVote)
	}},
	{check.CandidatesPolled, true, func(d *drama) {
		d.say(raft.Message{Kind: raft.RequestVote, From: 2, To: 3, Term: 6})
	}},
	{check.CandidatesPolled, false, func(d *drama) {
		d.get(raft.Message{Kind: raft.GrantPreVote, From: 3, To: 2, Term: 6})
		d.say(raft.Message{Kind: raft.RequestVote, From: 2, To: 3, Term: 6})
		d.say(raft.Message{Kind: raft.RequestVote, From: 1, To: 3, Term: 7, Forced: true})
	}},
	{check.RefusalsReasoned, true, func(d *drama) {
		d.save(2, vote(6, 0))
		d.ask(time.Second, wantVote, raft.RefuseVote)
	}},
	{check.RefusalsReasoned, false, func(d *drama) {
		d.save(2, vote(6, 1))
		d.ask(time.Second, wantVote, raft.RefuseVote)
	}},
	{check.RefusalsReasoned, false, func(d *drama) {
		d.save(2, vote(6, 0), opening(1))
		d.ask(time.Second, wantVote, raft.RefuseVote)
	}},
	{check.RefusalsReasoned, true, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.refuse(2*time.Second, wantPoll, 5)
	}},
	{check.RefusalsReasoned, false, func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.refuse(900*time.Millisecond, wantPoll, 5)
		d.refuse(2*time.Second, wantPoll, 6)
	}},
	{check.VotersWait, true, func(d *drama) {
		d.ask(0, wantVote, raft.GrantVote)
		d.now += 900 * time.Millisecond
		d.say(poll)
	}},
	{check.VotersWait, false, func(d *drama) {
		d.ask(0, wantVote, raft.GrantVote)
		d.now += time.Second
		d.say(poll)
	}},
	{check.SilenceEnds, true, func(d *drama) {
		d.say(heard)
		d.wait(2 * time.Second)
		d.get(wantPoll)
		d.wait(time.Second)
	}},
	{check.SilenceEnds, false, func(d *drama) {
		d.say(heard)
		d.wait(2 * time.Second)
		d.say(poll)
		d.wait(time.Second)
	}},
	{check.SilenceEnds, true, func(d *drama) {
		d.get(rest)
		d.say(restTaken)
		d.wait(5 * time.Second)
	}},
	{check.SilenceEnds, false, func(d *drama) {
		d.get(rest)
		d.say(restTaken)
		for range 10 {
			d.wait(3 * time.Second)
			d.Met(2, 1)
			d.get(hear) // late: it ends no rest
		}
	}},
	{check.LonelyLeaders, true, func(d *drama) {
		for range 20 {
			d.say(lead)
			d.now += 100 * time.Millisecond
		}
	}},
	{check.LonelyLeaders, false, func(d *drama) {
		for range 20 {
			d.say(lead)
			d.now += 100 * time.Millisecond
			d.get(raft.Message{Kind: raft.AcceptHeartbeat, From: 3, To: 1, Term: 5})
		}
	}},
	{check.OldTermsTold, true, func(d *drama) {
		d.save(2, vote(6, 0))
		d.say(heard)
		d.get(hear)
		d.wait(2 * time.Second)
	}},
	{check.OldTermsTold, true, func(d *drama) {
		d.save(2, vote(6, 0))
		d.say(heard)
		d.get(wantPoll)
		d.wait(2 * time.Second)
	}},
	{check.OldTermsTold, false, func(d *drama) {
		d.save(2, vote(6, 0))
		d.say(heard)
		d.get(hear)
		d.get(wantPoll)
		d.say(raft.Message{Kind: raft.Outdated, From: 2, To: 1, Term: 6})
		d.say(raft.Message{Kind: raft.RefusePreVote, From: 2, To: 3, Term: 6})
		d.wait(2 * time.Second)
	}},
	{check.OldTermsTold, false, func(d *drama) { // who was removed may be called back
		d.disks.Left(1, 2, raft.Tombstone{Vote: vote(6, 0), Floor: raft.Floor{Index: 1, Term: 5}, Configuration: voters(1, 3)})
		d.Gone(1, 2)
		d.say(raft.Message{Kind: raft.AskTerm, From: 2, To: 1, Term: 6})
		d.get(hear)
		d.save(2, vote(6, 0), opening(1))
		d.wait(2 * time.Second)
	}},
	{check.ChangesRest, true, func(d *drama) {
		d.save(1, vote(5, 1), opening(1))
		d.say(withChange(opening(1), members(2, 5, voters(1, 2))))
	}},
	{check.ChangesRest, true, func(d *drama) {
		d.removal()
		d.say(withChange(members(3, 5, voters(1))))
	}},
	{check.ChangesRest, false, func(d *drama) {
		d.removal()
		d.save(1, vote(5, 1), members(2, 5, voters(1, 2)))
		d.save(2, vote(5, 1), members(2, 5, voters(1, 2)))
		d.say(withChange(members(3, 5, voters(1))))
	}},
	{check.JoinersKeepUp, true, func(d *drama) { d.admit(3 * time.Second) }},
	{check.JoinersKeepUp, false, func(d *drama) { d.admit(2 * time.Second) }}, // it may have caught up by then
	{check.JoinersKeepUp, false, func(d *drama) {
		d.save(4, vote(5, 1), opening(1))
		d.admit(3 * time.Second)
	}},
	{check.LeaversTold, true, func(d *drama) {
		d.removal()
		d.beats(false)
	}},
	{check.LeaversTold, false, func(d *drama) {
		d.removal()
		d.beats(true)
	}},
	{check.LeaversTold, false, func(d *drama) {
		d.removal()
		d.say(raft.Message{Kind: raft.TellTerm, From: 1, To: 3, Term: 5})
		d.beats(false)
	}},
	{check.SearchSkips, true, func(d *drama) { d.reject(6, func(int) raft.Term { return 3 }) }},
	{check.SearchSkips, false, func(d *drama) { d.reject(30, func(i int) raft.Term { return raft.Term(40 - i) }) }},
	{check.SearchSkips, false, func(d *drama) { // what was sent one after the other comes in reverse
		for i := range raft.Index(30) {
			d.say(raft.Message{Kind: raft.AppendEntries, From: 1, To: 2, Term: 5, Index: 21 + i, LogTerm: 5})
		}
		for i := range raft.Index(30) {
			d.deliver(raft.Message{Kind: raft.RejectEntries, From: 2, To: 1, Term: 5, Index: 50 - i, LogTerm: 3})
		}
	}},
	{check.WishesAnswered, true, func(d *drama) {
		d.say(lead)
		d.Wished(1, 1, 17)
		d.Replied(16)
		d.Settle()
	}},
	{check.WishesAnswered, false, func(d *drama) {
		d.say(lead)
		d.Wished(1, 1, 16)
		d.Replied(16)
		d.Wished(1, 1, 17)
		d.Present(1, true)
		d.Wished(1, 2, 18) // which never said anything
		d.Settle()
	}},
}

func TestEachOracleOfWhatReplicasOweOneAnotherCanFail(t *testing.T) {
	for i, c := range dramas {
		d := newDrama()
		c.tell(d)
		if failed := slices.ContainsFunc(d.found, func(v check.Violation) bool { return v.Oracle == c.oracle }); failed != c.breaks {
			t.Errorf("drama %d: %s failed: %v, want %v: %v", i, c.oracle, failed, c.breaks, d.found)
		}
		if !c.breaks && len(d.found) > 0 {
			t.Errorf("drama %d breaks no rule: %v", i, d.found)
		}
	}
}

// When something came to a node that computes slowly, or stood still, says nothing of when
// it was handled.
func TestTimesOfTardyNodesProveNothing(t *testing.T) {
	hasty := func(d *drama) {
		d.get(hear)
		d.say(heard)
		d.ask(900*time.Millisecond, wantPoll, raft.GrantPreVote)
		d.ask(0, wantVote, raft.GrantVote)
		d.say(poll)
		d.wait(5 * time.Second)
	}
	for name, excuse := range map[string]func(d *drama){ // any order: each stands alone
		"tardy":  func(d *drama) { d.Tardy(2) },
		"absent": func(d *drama) { d.Absent(2) },
	} {
		d := newDrama()
		excuse(d)
		if name == "absent" {
			d.say(heard)
			d.wait(5 * time.Second)
		} else {
			d.get(raft.Message{Kind: raft.GrantPreVote, From: 3, To: 2, Term: 7})
			hasty(d)
		}
		if len(d.found) > 0 {
			t.Errorf("%s: %v", name, d.found)
		}
	}
}
