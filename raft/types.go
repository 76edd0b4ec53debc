package raft

import (
	"math"
	"time"
)

// An ID names a replica within its group. Zero names nobody.
type ID uint64

// None is the ID of nobody.
const None ID = 0

// Anyone, in Input.Transfer, leaves it to the leader who shall lead in its place. No
// replica has this ID.
const Anyone ID = math.MaxUint64

// A Term is one reign, or one attempt at one (§5.1).
type Term uint64

// An Index is a position in the log. The first entry has index 1.
type Index uint64

// A Stamp is a hybrid logical timestamp: nanoseconds of Unix time, pushed forward
// where needed so that it grows strictly along a log.
type Stamp uint64

// A Kind of entry says who reads it.
type Kind uint8

const (
	// Command is an entry for the state machine.
	Command Kind = iota + 1
	// Barrier is the empty entry with which a leader opens its term: until it is
	// committed the leader does not know what is (§5.4.2, §8). [Input.Barrier] asks for
	// further ones.
	Barrier
	// Membership is an entry that holds a configuration.
	Membership
)

// An Entry is one position of the log. Entries and their Data are never changed
// once they exist.
type Entry struct {
	Index Index
	Term  Term
	Stamp Stamp
	Kind  Kind
	Data  []byte
}

// A Vote is what a replica promised about elections: that it has seen Term, and
// whom it voted for in it, if anyone.
type Vote struct {
	Term Term
	For  ID
}

// A State is what a replica finds when it starts: what it ever saved, later entries
// having replaced earlier ones from the same index on.
type State struct {
	Vote Vote
	// Snapshot is the newest one saved; Entries follow it. The zero Snapshot says
	// that Entries begin with index 1.
	Snapshot Snapshot
	Entries  []Entry
	// Damaged says that something which was saved may be missing: a vote, entries or
	// a snapshot. The replica takes part in nothing that rests on its memory until
	// the others have made it whole. If the state that a snapshot names is what is
	// missing, then Snapshot is zero, there are no Entries, and Config.Voters had best
	// be the last members that are known.
	Damaged bool
	// Floor is, in a replica that came back to its group, what it may have forgotten
	// ([Tombstone.Recall]): it does not vote before its log has come as far.
	Floor Floor
}

// A Proposal is a command for the log.
type Proposal struct {
	// After is a stamp that the entry must exceed: the newest its client has seen.
	After Stamp
	Data  []byte
}

// An Input is everything that happened to a replica in one turn. Now is on a
// monotonic clock; Wall is the time of day as a stamp. Saved names the newest
// [Save] known to be durable. The fields are taken in their order.
type Input struct {
	Now   time.Duration
	Wall  Stamp
	Saved uint64
	// Captured is the [Replica.Mark] of a state that is in durable storage now. The
	// log before it is dropped, except for Config.Trailing.
	Captured Snapshot
	// Installed is a snapshot that was fetched after an [Offer]. Its state is durable,
	// and ready to be restored if Output.Restored says so.
	Installed Snapshot
	Messages  []Message
	Proposals []Proposal
	// Barrier asks a leader for one more entry that changes nothing, so that there is a
	// state to capture that is newer than the newest snapshot. It may be refused as any
	// proposal, and nothing is said about it.
	Barrier bool
	// Reads are linearizable reads that start now, each under a number of the
	// caller's choice.
	Reads []uint64
	// Change asks for other members. Nil is no question.
	Change *Change
	// Transfer asks this replica, if it leads, to let that voter lead in its place, or
	// [Anyone] unless it is handing over already. Until that one leads, or an election
	// timeout has passed, no proposals are accepted.
	Transfer ID
	// Contacts tell how other members are. They are taken before Messages.
	Contacts []Contact
}

// An Output is everything that the caller must do about an [Input], in the order
// of its fields. Its slices are valid until the next Step; entries and messages
// in them may be kept.
type Output struct {
	// Save is to be made durable, in order with earlier Saves. Once it is, its
	// Number goes into Input.Saved. Number zero means nothing to save.
	Save Save
	// Messages may leave at once: nothing they promise rests on a Save that is not
	// known to be durable.
	Messages []Message
	// Restored, unless zero, is Input.Installed, and its state is to take the place of
	// that of the state machine. If it is zero the snapshot is not wanted any more.
	Restored Snapshot
	// Committed entries are to be applied, in order, before Reads are served. They
	// are durable here and on a majority.
	Committed []Entry
	// Accepted says which of Input.Proposals are in the log now: the first
	// Accepted.Count of them, from Accepted.First on. The others had no effect.
	Accepted Accepted
	// Reads may be served now from the state after Committed.
	Reads []uint64
	// Refused reads must be tried elsewhere: this replica cannot answer them.
	Refused []uint64
	// Fetch, unless zero, is a snapshot without which this replica cannot catch up. It
	// is repeated for as long as that is so, and may name a newer one each time. A
	// transfer that moves need not be given up for a newer one: an older state brings
	// the log nearer, too.
	Fetch Offer
	// Change says what became of Input.Change.
	Change Verdict
	// Removed, unless nil, says that this replica is no member of its group any more and
	// that nobody needs what it holds. It is to take no more steps, and when this is
	// durable all else that it saved is to be forgotten.
	Removed *Tombstone
	// Marks are the rare branches that were taken. There is nothing to do about them.
	Marks Marks
}

// A Save is what must become durable together.
type Save struct {
	Number uint64
	// Vote is what the replica promises from now on.
	Vote Vote
	// Snapshot, unless zero, takes the place of all entries up to its index. If the
	// log holds another entry at that index, or none, it takes the place of the whole
	// log. The state it names is durable already.
	Snapshot Snapshot
	// Entries replace everything in the log from the index of the first of them on,
	// after Snapshot was taken into account.
	Entries []Entry
	// Damaged is what State.Damaged will be at the next start, and Floor State.Floor.
	Damaged bool
	Floor   Floor
}

// Accepted is a run of proposals that entered the log.
type Accepted struct {
	First Index
	Term  Term
	Count int
}

// A Config describes a replica and its group.
type Config struct {
	ID ID
	// Voters are the first members of the group: they may vote as long as the log and
	// the snapshot say nothing else, and are the same for all of them at every start.
	// They include ID, or there are none: then the replica was added later, to a group
	// that it does not know yet, and waits to be told.
	Voters []ID
	// Founders are the first members of a group to which this replica was added later.
	// It asks them whether it is a member when it knows nobody else.
	Founders []ID
	// Election is the shortest time without a leader after which a replica stands;
	// each wait is drawn from [Election, 2*Election).
	Election time.Duration
	// Heartbeat is how often a leader speaks when it has nothing to say.
	Heartbeat time.Duration
	// Rest is after how many heartbeats without work a group goes to rest: its replicas
	// have no deadline then, and the caller must tell them of Contacts. Zero: never.
	Rest int
	// Drift bounds how much faster one clock may run than another, as a fraction:
	// 0.1 means ten percent. Leases rest on it and on nothing else.
	Drift float64
	// Leases lets a leader answer reads without a round of messages.
	Leases bool
	// Eager makes the first wait after a start short: for the preferred leader.
	Eager bool
	// BatchBytes limits the data in one message, InflightMessages and InflightBytes
	// what is sent to one follower and not answered, UncommittedBytes what a leader
	// accepts beyond what is committed and in its own storage.
	BatchBytes       int
	InflightMessages int
	InflightBytes    int
	UncommittedBytes int
	// Trailing is how many bytes of entries the log keeps from before its newest
	// snapshot, for followers that are a little behind.
	Trailing int
}

// A Role is what a replica does in its term.
type Role uint8

// The roles.
const (
	Follower Role = iota + 1
	PreCandidate
	Candidate
	Leader
)

// A Status is what a replica believes, for people and for routing.
type Status struct {
	ID        ID
	Role      Role
	Vote      Vote
	Leader    ID
	Commit    Index
	Delivered Index // the last entry handed out in Output.Committed
	Durable   Index
	Last      Index
	Snapshot  Index // of the newest snapshot; zero if there is none
	First     Index // the first entry that the log holds, if it holds one
	// LogBytes is what the entries held weigh, those of Config.Trailing included.
	LogBytes int
	// Configuration is the one in force here, since the entry Configured: zero if the
	// log, as far as it is held, says nothing about it.
	Configuration Configuration
	Configured    Index
	// Resting says that the replica waits for nothing, as its group does.
	Resting bool
	// Transferring is the voter that this leader is handing over to.
	Transferring ID
	// Damaged says that this replica has lost something and is not whole again yet. A
	// group of one never will be.
	Damaged bool
	// Refused counts messages that no correct member can have sent here.
	Refused uint64
}
