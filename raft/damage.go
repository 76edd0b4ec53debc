package raft

import (
	"math"
	"slices"
	"time"
)

// A damage is how a replica whose disk has lost something becomes whole again. It may
// have forgotten a vote, the term it was in, and entries that it acknowledged and
// that others count as held here. It is whole when what it forgot cannot matter:
//
//  1. The fence. It says nothing until every other member has told in what term it
//     durably is. Whatever this replica promised, it promised to somebody who had
//     entered the term of the promise before, and so it enters the highest of the
//     terms told, with its vote spent. From then on it follows and acknowledges like
//     anybody: it has forgotten no term that counts. But it does not vote.
//  2. Catching up. An entry that was committed with the help of an acknowledgement
//     that is forgotten is held by others, and whoever is elected without this
//     replica holds it, too: so does a leader of the term of the fence or a later
//     one. When one has told the end of its log, and this log is durable and the
//     leader's up to there, nothing is missing, and the replica votes again.
//
// Others may be damaged as well, as long as all who are could not have decided
// anything between them: what is forgotten everywhere is lost. And somebody has to
// lead, or be elected without them: a group of one is never whole again, and one of
// two only if the other leads already. A member that does not answer has to come back,
// or the others have to remove it. What no question covers is a vote for somebody whose joining
// was forgotten here and is unknown to all who are asked.
type damage struct {
	// round marks the answers to the questions of this life. Zero: nothing is missing.
	round  uint64
	told   map[ID]testimony
	fenced bool
	// strangers are those who spoke to it before the fence, and of whom it did not know
	// that they may be members.
	strangers []ID
	// members is the newest configuration that is known to be committed to those who
	// told: it was in force at the index commit.
	members Configuration
	commit  Index
	asks    time.Duration // when to ask again
	reached Index         // the end of the log when last asked
	// goal is the end of the log of the leader of the term in goalTerm.
	goal     Index
	goalTerm Term
}

// A testimony is what a member told about itself.
type testimony struct {
	term    Term
	damaged bool
}

// damaged reports whether something that was promised may be forgotten.
func (r *Replica) damaged() bool { return r.damage.round != 0 }

// unfenced reports whether even the term of a promise may be forgotten.
func (r *Replica) unfenced() bool { return r.damaged() && !r.damage.fenced }

// recallDamage begins to ask the others at once.
func (r *Replica) recallDamage(s State) {
	if s.Damaged {
		round := 1 + uint64(r.rand(math.MaxInt))
		r.damage = damage{round: round, told: map[ID]testimony{}, asks: r.now}
	}
}

// recalledVote is the vote in s, or if that is older than the log, which only damage
// can bring about, the least that must have been there.
func recalledVote(s State) Vote {
	newest := s.Snapshot.Term
	if n := len(s.Entries); n > 0 {
		newest = s.Entries[n-1].Term
	}
	if s.Damaged && s.Vote.Term < newest {
		return Vote{Term: newest}
	}
	return s.Vote
}

// counting is the configurations in which promises of this replica may count: the last
// that anybody who told knows to be committed, and those after it in this log.
func (r *Replica) counting() []Configuration {
	d := &r.damage
	if d.commit <= r.commit {
		return r.members.from(r.commit)
	}
	later := history{steps: slices.Clone(r.members.steps)}
	later.rebase(d.commit, d.members)
	return later.from(d.commit)
}

// witnesses is everybody else to whom something may have been promised.
func (r *Replica) witnesses() []ID {
	var all []ID
	for _, c := range r.counting() {
		all = union(all, c.Members())
	}
	return without(all, []ID{r.config.ID})
}

// inquire asks those who have not answered or were damaged, and the leader unless it
// has told its end and is sending what is missing. Until the fence is made it asks all
// again: somebody who has just started may have told less than it knows by now. And so
// it does while nobody leads: others may rest, and wait for one who led and is damaged.
func (r *Replica) inquire() {
	if !r.damaged() || r.now < r.damage.asks {
		return
	}
	d := &r.damage
	leader := r.role.leads(r.config.ID)
	moves := d.goalTerm == r.vote.Term && r.log.last() > d.reached
	for _, id := range union(r.witnesses(), d.strangers) {
		if t, answered := d.told[id]; !d.fenced || !answered || t.damaged || leader == None || id == leader && !moves {
			r.say(Message{Kind: AskTerm, To: id, Round: d.round})
		}
	}
	d.asks, d.reached = r.now+r.config.Election, r.log.last()
}

// overhear is all that a damaged replica makes of messages before the fence: it also
// asks strangers who speak to it, who may know of a group that it has forgotten.
func (r *Replica) overhear(m Message) {
	d := &r.damage
	known := slices.Contains(d.strangers, m.From) || slices.Contains(r.witnesses(), m.From)
	if !known && len(d.strangers) < maxMembers {
		d.strangers = append(d.strangers, m.From)
		r.say(Message{Kind: AskTerm, To: m.From, Round: d.round})
	}
}

// receiveAskTerm tells in which term this replica durably is, who decides as far as it
// knows and, if it leads, where its log ends. A leader forgets what the damaged
// follower acknowledged.
func (r *Replica) receiveAskTerm(m Message) {
	answer := Message{Kind: TellTerm, To: m.From, Round: m.Round, Commit: r.commit, LogTerm: r.log.term(r.commit)}
	if c := r.members.at(r.commit); len(c.Voters) > 0 {
		answer.Data = c.AppendTo(nil)
	}
	if r.damaged() {
		answer.Kind = TellDamage
	}
	if l, leading := r.role.(*leader); leading {
		answer.Index = r.log.last()
		r.questioned(l.progress(m.From))
	}
	r.say(answer)
}

// questioned sees to a follower that asks. To one that was removed the answer says all
// there is to say.
func (r *Replica) questioned(p *progress) {
	switch {
	case p == nil:
	case p.farewell.until != 0:
		p.farewell.until = r.now
	default:
		r.distrust(p)
	}
}

// distrust finds out afresh what a follower holds. As long as that is not found, there
// is nothing to forget, and a search that is under way goes on: it may take longer than
// the follower waits before it asks again.
func (r *Replica) distrust(p *progress) {
	p.assurance = assurance{}
	if p.match == 0 {
		return
	}
	r.note(followerDistrusted)
	p.match = 0
	p.probe(r.log.last() + 1)
	p.probed = true
	r.sendEntries(p, nil)
}

// receiveTold takes an answer. Only the first leader of a term counts that tells its
// end: later ends of its log would run away from a log that follows.
func (r *Replica) receiveTold(m Message) {
	r.told(m)
	d := &r.damage
	if !r.damaged() || m.Round != d.round {
		return // to a question of an earlier life
	}
	if c, err := DecodeConfiguration(m.Data); err == nil && m.Commit > d.commit {
		d.members, d.commit = c, m.Commit
	}
	d.told[m.From] = testimony{term: max(m.Term, d.told[m.From].term), damaged: m.Kind == TellDamage}
	if m.Index > 0 && m.Term > d.goalTerm {
		d.goal, d.goalTerm = m.Index, m.Term
	}
	if !d.fenced && r.witnessed() {
		d.fenced, d.strangers = true, nil
		r.note(damagedFenced)
		r.fence()
	}
}

// witnessed reports whether all who have to have answered, and whatever was decided
// is remembered by some of them.
func (r *Replica) witnessed() bool {
	for _, id := range r.witnesses() {
		if _, answered := r.damage.told[id]; !answered {
			return false
		}
	}
	forgetful := func(id ID) bool { return id == r.config.ID || r.damage.told[id].damaged }
	return !slices.ContainsFunc(r.counting(), func(c Configuration) bool {
		return len(c.Voters) == 0 || agrees(c, forgetful)
	})
}

// fence enters the highest term that was told, and never votes in it or before.
func (r *Replica) fence() {
	spent := Vote{Term: max(r.vote.Term, 1), For: r.config.ID}
	for _, id := range r.witnesses() {
		spent.Term = max(spent.Term, r.damage.told[id].term)
	}
	if spent.Term > r.vote.Term {
		r.set(spent)
		r.follow(None)
	} else if r.vote.For == None {
		r.set(spent)
	}
}

// mend ends the damage when nothing is missing any more. Members that were not known
// when the fence was made have answered by now, and none of them is ahead.
func (r *Replica) mend() {
	f, following := r.role.(*follower)
	if !following || !r.damage.fenced || r.damage.goalTerm != r.vote.Term ||
		min(max(f.proven, r.commit), r.durable.durable) < r.damage.goal || !r.witnessed() {
		return
	}
	r.fence()
	if r.damage.goalTerm != r.vote.Term {
		return
	}
	r.note(damagedWhole)
	r.damage = damage{}
	r.durable.overvote(false) // in a Save that says so
	f.until = r.now + f.wait
}
