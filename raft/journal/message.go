// Package journal is the log on disk that all groups of a node share. Peers hand
// it what their replicas must not forget; everything that gathers in one turn,
// or while the disk is busy, becomes one record and one sync (group commit).
// The format is specified in docs/journal.md.
package journal

import "github.com/understudy-kv/understudy/raft"

// Name is what the journal of a node is called.
const Name = "journal"

// A GroupID names a Raft group of the cluster. Zero names none.
type GroupID uint64

// An Append asks the journal to make one [raft.Save] of one group durable. A peer
// sends its Saves in the order of their numbers and is answered [Saved].
type Append struct {
	Group GroupID
	Save  raft.Save
}

// Saved tells the peer of a group that its Saves up to Number are durable.
type Saved struct {
	Group  GroupID
	Number uint64
}

// Recovered tells the owner of the journal, once, what the journal held when it
// was opened. From then on the journal takes Appends; it keeps nothing of what
// it hands over here.
type Recovered struct {
	// States is sorted by group. A group that never saved anything is missing.
	States []GroupState
}

// A GroupState is what one replica finds when it starts.
type GroupState struct {
	Group GroupID
	State raft.State
}
