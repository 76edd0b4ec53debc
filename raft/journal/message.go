// Package journal is the log on disk that all groups of a node share. Peers hand
// it what their replicas must not forget; everything that gathers in one turn,
// or while the disk is busy, becomes one record and one sync (group commit). Now
// and then it goes on in a new log, which begins with what is still of use.
// The format is specified in docs/journal.md.
package journal

import "github.com/understudy-kv/understudy/raft"

// Name is what the journal of a node is called.
const Name = "journal"

// A GroupID names a Raft group of the cluster. Zero names none.
type GroupID uint64

// An Append asks the journal to make one [raft.Save] of one group durable. A peer
// sends its Saves in the order of their numbers and is answered [Saved]. The journal
// keeps the entries until a snapshot or other entries take their place.
type Append struct {
	Group GroupID
	Save  raft.Save
	// Lost says that the state which the group's entries follow cannot be read any
	// more: what was appended before is void. The Save is damaged, and the first.
	Lost bool
}

// Saved tells the peer of a group that its Saves up to Number are durable.
type Saved struct {
	Group  GroupID
	Number uint64
}

// Remove asks the journal to forget a group, whose replica has been removed, but for
// its tombstone. The answer is [Removed]. Should the replica come back, it begins anew,
// with Save numbers too; its first Save rests on the tombstone.
type Remove struct {
	Group     GroupID
	Tombstone raft.Tombstone
}

// Removed tells whoever asked for it that nothing but the tombstone of a group is left,
// for good.
type Removed struct {
	Group GroupID
}

// Compact asks the peer of a group for a snapshot soon, because the entries of this
// group take much of the journal's room. It is advice. It goes to whoever sent the
// last Append of the group, or to the owner of the journal if nobody has.
type Compact struct {
	Group GroupID
}

// Stuck tells the owner of the journal that the disk does not answer, or does again.
// Nobody was told anything before the first one: then it answers.
type Stuck struct{ Stuck bool }

// Recovered tells the owner of the journal, once, what the journal held when it
// was opened. From then on the journal takes Appends.
type Recovered struct {
	// States is sorted by group. A group that never saved anything is missing.
	States []GroupState
	// Damaged says that records have been lost that were durable, now or earlier in
	// the life of this journal: also groups that are missing may have made promises.
	// Groups in States that may have lost something say so themselves.
	Damaged bool
	// Found says that it is this opening that came across the damage.
	Found bool
}

// A GroupState is what one replica finds when it starts: its State, or the Tombstone of
// one that was removed.
type GroupState struct {
	Group     GroupID
	State     raft.State
	Tombstone *raft.Tombstone
}
