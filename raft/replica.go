// Package raft is the Raft consensus algorithm (Ongaro and Ousterhout, "In Search
// of an Understandable Consensus Algorithm"; section numbers are those of the
// paper, or of Ongaro's dissertation where said) as a pure state machine: time,
// messages and finished syncs go into [Replica.Step]; duties come out.
//
// What the paper leaves open is decided so:
//
//   - Elections are preceded by a poll (pre-vote), a leader that hears from no
//     majority steps down (check-quorum), and nobody votes while it may still have
//     a leader (stickiness). Leases rest on the last of these.
//   - A message leaves only when the [Save] it rests on is durable. The leader
//     replicates its entries before it has saved them and counts itself after.
//   - Nothing in a message can make a replica panic. What no correct member can
//     have sent is refused and counted in Status.Refused, even if it looks like a
//     second leader of a term or like a conflict with a committed entry: there is no
//     telling a broken member from bytes that happen to make sense. Only a replica
//     that has contradicted itself panics.
package raft

import (
	"slices"
	"time"
)

// A Replica is one member of a group. It is not safe for concurrent use.
type Replica struct {
	config Config
	rand   func(n int) int
	now    time.Duration
	wall   Stamp
	vote   Vote
	log    log
	// snapshot is the newest one that was captured or installed. The log may go back
	// further, for followers that are slow.
	snapshot Snapshot
	members  history
	durable  durability
	// commit is the last entry known to be committed, delivered the last one handed
	// out.
	commit    Index
	delivered Index
	// bound is until when this replica may have to be loyal to a leader: no vote for
	// another before. It survives every change of role and term.
	bound  time.Duration
	role   role
	damage damage
	word   word
	// floor is what this replica may have forgotten since it was a member before.
	floor    Floor
	belonged bool   // it has known itself to be a member, above the floor
	sponsor  ID     // whom it followed last; it may be the only one it knows
	question uint64 // marks the answers to what it asks about itself
	silent   []ID   // members of which nothing is heard, as the caller says; sorted
	refused  uint64
	out      Output
}

// New returns a replica that remembers s and starts at now. Chance comes from rand,
// which returns a number in [0, n): any of them alike, or those who wait for a leader
// may stand together again and again. It panics if c is not valid or s could not have
// been saved by a replica.
func New(c Config, s State, now time.Duration, rand func(n int) int) *Replica {
	if err := c.Validate(); err != nil {
		panic("raft: invalid Config: " + err.Error())
	}
	r := &Replica{config: c, rand: rand, now: now, vote: recalledVote(s)}
	r.floor = s.Floor
	r.recallSnapshot(s)
	for _, e := range s.Entries {
		assert(e.Term <= r.vote.Term, "recovered the vote %+v; there is entry %v", s.Vote, e)
		r.append(e)
	}
	r.durable.durable = r.log.last()
	r.durable.unsaved = r.log.last() + 1
	r.recallDamage(s)
	r.wake()
	return r
}

// recallSnapshot begins the log where s does.
func (r *Replica) recallSnapshot(s State) {
	assert(s.Snapshot.Index > 0 || s.Snapshot.Equal(Snapshot{}), "recovered %v; at index %d", s.Snapshot, 0)
	assert(s.Snapshot.Term <= r.vote.Term, "recovered the vote %+v; there is %v", s.Vote, s.Snapshot)
	assert(s.Snapshot.Index == 0 || s.Snapshot.Configuration.Validate() == nil,
		"recovered %v; its members are %v", s.Snapshot, s.Snapshot.Configuration)
	r.members.base = firstConfiguration(r.config, s)
	r.snapshot = s.Snapshot
	r.log.restart(s.Snapshot.position())
	r.commit, r.delivered = s.Snapshot.Index, s.Snapshot.Index
}

// firstConfiguration is the one before the first entry of s.
func firstConfiguration(c Config, s State) Configuration {
	if s.Snapshot.Index > 0 {
		return s.Snapshot.Configuration
	}
	return Configuration{Voters: slices.Sorted(slices.Values(c.Voters))}
}

// wake waits for a leader that it may have been loyal to before it stopped. A
// replica that remembers nothing is bound to nobody: what it said to a leader
// rested on a saved term. So it may vote at once, and stand early if it is
// preferred, without breaking a lease.
func (r *Replica) wake() {
	f := r.follow(None)
	if r.vote.Term > 0 {
		r.bound = r.now + r.config.Election
		return
	}
	r.bound = r.now
	if r.config.Eager {
		f.until = r.now + r.config.Heartbeat
	}
}

// Step tells the replica everything that happened in a turn, which may be only
// that time has passed, and returns what must be done about it.
func (r *Replica) Step(in Input) Output {
	r.begin(in)
	r.settle(in.Saved)
	r.capture(in.Captured)
	r.install(in.Installed)
	r.meet(in.Contacts)
	for _, m := range in.Messages {
		r.receive(m)
	}
	if l, leading := r.role.(*leader); leading && in.busy() {
		r.rouse(l)
	}
	r.propose(in.Proposals)
	r.bar(in.Barrier)
	r.read(in.Reads)
	r.change(in.Change)
	r.transfer(in.Transfer)
	r.watch()
	r.finish()
	return r.out
}

// Never is the [Replica.Deadline] of a replica that waits for nothing.
const Never time.Duration = 1 << 61

// Deadline is when Step must be called even if nothing happens.
func (r *Replica) Deadline() time.Duration {
	if r.damaged() {
		return min(r.damage.asks, r.role.deadline(r))
	}
	return r.role.deadline(r)
}

// Status is what the replica believes.
func (r *Replica) Status() Status {
	return Status{
		ID:        r.config.ID,
		Role:      r.role.kind(),
		Vote:      r.vote,
		Leader:    r.role.leads(r.config.ID),
		Commit:    r.commit,
		Delivered: r.delivered,
		Durable:   r.durable.durable,
		Last:      r.log.last(),
		Snapshot:  r.snapshot.Index,
		First:     r.log.first(),
		LogBytes:  r.log.bytes,
		Damaged:   r.damaged(),
		Refused:   r.refused,

		Configuration: r.configuration(),
		Configured:    r.members.since(),
		Transferring:  r.transferring(),
		Resting:       r.resting(),
	}
}

// begin takes the time and clears what the last Step returned.
func (r *Replica) begin(in Input) {
	assert(in.Now >= r.now, "time went back from %v to %v", r.now, in.Now)
	r.now, r.wall = in.Now, min(in.Wall, MaxStamp)
	clear(r.out.Messages)
	messages, reads, refused := r.out.Messages[:0], r.out.Reads[:0], r.out.Refused[:0]
	r.out = Output{Messages: messages, Reads: reads, Refused: refused}
}

// settle keeps the promises that rested on Saves which are durable now.
func (r *Replica) settle(number uint64) {
	r.durable.settle(number)
	r.out.Messages = r.durable.release(r.out.Messages)
	if c, standing := r.role.(*candidate); standing {
		r.countVotes(c) // perhaps its own
	}
}

// watch does what a deadline demands.
func (r *Replica) watch() {
	r.inquire()
	if r.now < r.role.deadline(r) {
		return
	}
	l, leading := r.role.(*leader)
	_, following := r.role.(*follower)
	switch {
	case leading:
		r.watchFollowers(l)
	case r.eligible():
		if !following { // it has polled, and nobody was elected
			r.wonder()
		}
		r.poll()
	case r.damaged() || !r.wonder():
		r.follow(None).until = Never
	default:
		r.follow(None)
	}
}

// finish collects the duties of the turn.
func (r *Replica) finish() {
	if l, leading := r.role.(*leader); leading {
		r.govern(l)
	}
	r.mend()
	r.leave()
	r.save()
	r.deliver()
	r.check()
	if l, leading := r.role.(*leader); leading {
		r.out.Reads = l.reads.serve(r.out.Reads, r.delivered)
	}
}

// govern is the part of a leader in the duties of a turn.
func (r *Replica) govern(l *leader) {
	r.advance(l)
	r.retire(l)
	r.drive(l)
	r.dismiss(l)
	r.ask(l)
	r.replicate(l)
	r.yield(l)
}

// save hands out what changed, if anything did.
func (r *Replica) save() {
	last := r.log.last()
	if !r.durable.dirty(last) {
		return
	}
	assert(r.durable.unsaved > r.snapshot.Index, "to be saved from %d on; after %v", r.durable.unsaved, r.snapshot)
	s := Save{Vote: r.vote, Damaged: r.damaged(), Entries: r.log.slice(r.durable.unsaved, last)}
	if i := r.durable.durable; !r.floor.Under(i, r.log.term(i)) {
		s.Floor = r.floor
	}
	if r.durable.resnapped() {
		s.Snapshot = r.snapshot
	}
	s.Number = r.durable.issue(last, r.now)
	r.out.Save = s
}

// deliver hands out what is committed and durable here. What is only committed
// could be lost here, and with it what the state machine had shown (a group of one
// voter has no other copy).
func (r *Replica) deliver() {
	last := min(r.commit, r.durable.durable)
	if last <= r.delivered {
		return
	}
	r.out.Committed = r.log.slice(r.delivered+1, last)
	r.delivered = last
	if l, leading := r.role.(*leader); leading {
		l.undelivered -= weigh(r.out.Committed)
		assert(l.undelivered >= 0 && (l.undelivered == 0) == (last == r.log.last()),
			"undelivered weigh %d; delivered up to %d", l.undelivered, last)
	}
}

// check is what the positions in the log have to do with one another.
func (r *Replica) check() {
	assert(r.log.base.Index <= r.snapshot.Index && r.snapshot.Index <= r.delivered,
		"the newest snapshot is %v; the log follows %v", r.snapshot, [2]Index{r.log.base.Index, r.delivered})
	assert(r.delivered <= r.commit && r.commit <= r.log.last(), "delivered up to %d; committed and held %v",
		r.delivered, [2]Index{r.commit, r.log.last()})
}

// append adds an entry to the log. A configuration is in force from then on.
func (r *Replica) append(e Entry) {
	r.log.append(e)
	if e.Kind == Membership {
		c, err := DecodeConfiguration(e.Data)
		assert(err == nil, "entry %v holds a configuration: %v", e.Index, err)
		r.members.append(e.Index, c)
	}
}

// truncate forgets the entries from index from on, and the configurations in them.
func (r *Replica) truncate(from Index) {
	r.note(entriesTruncated)
	r.noteIf(r.members.since() >= from, configurationTruncated)
	r.log.truncate(from)
	r.members.truncate(from)
}

// configuration is the one in force.
func (r *Replica) configuration() Configuration { return r.members.newest() }

// commitTo raises the commit index.
func (r *Replica) commitTo(i Index) {
	assert(i >= r.commit, "committed up to %d; the commit index goes to %d", r.commit, i)
	assert(i <= r.log.last(), "log ends with %d; the commit index goes to %d", r.log.last(), i)
	r.commit = i
}

// set changes the vote.
func (r *Replica) set(v Vote) {
	assert(v.Term > r.vote.Term || v.Term == r.vote.Term && r.vote.For == None,
		"vote changes from %+v to %+v", r.vote, v)
	r.noteIf(v.Term > r.vote.Term && len(r.durable.promises) > 0, promisesDroppedByNewTerm)
	r.durable.overvote(v.Term > r.vote.Term)
	r.vote = v
}

// say sends m once the term and vote of this replica are durable.
func (r *Replica) say(m Message) {
	r.promise(r.durable.vote, m)
}

// promise sends m once the Save it rests on is durable.
func (r *Replica) promise(rests uint64, m Message) {
	m.From = r.config.ID
	if m.Term == 0 {
		m.Term = r.vote.Term
	}
	if rests <= r.durable.safe {
		r.out.Messages = append(r.out.Messages, m)
		return
	}
	r.durable.promise(rests, m)
}
