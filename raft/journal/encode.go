package journal

import (
	"encoding/binary"
	"errors"

	"github.com/understudy-kv/understudy/raft"
)

// The format is specified in docs/journal.md.

// The kinds of records.
const (
	headerRecord   = 1
	batchRecord    = 2
	completeRecord = 3
)

// formatVersion is the version of the format that this package reads and writes.
const formatVersion = 3

// lossyFlag in a header says that groups may be missing from the generation.
const lossyFlag = 1

// The flags of a change.
const (
	damagedFlag = 1 << iota
	removedFlag
	lostFlag  // with damagedFlag
	floorFlag // not with removedFlag
)

// Limits of what is written.
const (
	// MaxBatchBytes is the length of the longest record. The log below takes twice
	// as much.
	MaxBatchBytes = 32 << 20
	// MaxDataBytes is how much data one entry may have.
	MaxDataBytes = MaxBatchBytes - 1<<20
)

// What the rest takes, as upper bounds.
const (
	maxSizeBytes     = 4  // the length in front of an encoding
	maxEntryOverhead = 48 // an encoded entry beside its data
	maxChangeBytes   = 96 // a change beside its snapshot, its entries and its tombstone
	maxMarkBytes     = 64 // a snapshot beside its configuration
	maxMemberBytes   = 12 // a member of a configuration
	maxSnapshotBytes = maxMarkBytes + 4*64*maxMemberBytes
)

// An append of a snapshot and one longest entry fits into a batch; the compiler
// checks it.
const _ uint = MaxBatchBytes - 1 - maxChangeBytes - maxSnapshotBytes -
	maxSizeBytes - maxEntryOverhead - MaxDataBytes

// ErrMalformed is wrapped by the error about a record whose content is not what
// this package writes.
var ErrMalformed = errors.New("malformed journal record")

// A change is what a batch says of one group.
type change struct {
	Append
	// Removed is what is left of a group whose replica was removed; the rest says nothing
	// then. Nil: it was not.
	Removed *raft.Tombstone
	// Before is the term of the entry before the first of Save.Entries: zero if it
	// is the first of all, or if there are none.
	Before raft.Term
}

// appendHeader appends the first record of a generation to b.
func appendHeader(b []byte, generation uint64, lossy bool) []byte {
	b = append(b, headerRecord)
	b = binary.AppendUvarint(b, formatVersion)
	b = binary.AppendUvarint(b, generation)
	if lossy {
		return append(b, lossyFlag)
	}
	return append(b, 0)
}

// appendComplete appends the record that says that a generation holds all of the
// past.
func appendComplete(b []byte) []byte { return append(b, completeRecord) }

// appendChange appends one change of a batch to b.
func appendChange(b []byte, c change) []byte {
	b = binary.AppendUvarint(b, uint64(c.Group))
	if c.Removed != nil {
		return appendSized(append(b, removedFlag), *c.Removed)
	}
	b = append(b, c.flags())
	if f := c.Save.Floor; f.Index > 0 {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(f.Index)), uint64(f.Term))
	}
	b = appendSized(b, c.Save.Vote)
	if c.Save.Snapshot.Index > 0 {
		b = appendSized(b, c.Save.Snapshot)
	} else {
		b = append(b, 0, 0, 0, 0)
	}
	return appendEntries(b, c.Before, c.Save.Entries)
}

// flags returns those of a change that is no removal.
func (c change) flags() (flags byte) {
	if c.Save.Damaged {
		flags |= damagedFlag
	}
	if c.Lost {
		flags |= damagedFlag | lostFlag
	}
	if c.Save.Floor.Index > 0 {
		flags |= floorFlag
	}
	return flags
}

func appendEntries(b []byte, before raft.Term, entries []raft.Entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(entries)))
	if len(entries) > 0 {
		b = binary.AppendUvarint(b, uint64(before))
	}
	for _, e := range entries {
		b = appendSized(b, e)
	}
	return b
}

// appendSized appends the length of an encoding and the encoding.
func appendSized[T interface{ AppendTo([]byte) []byte }](b []byte, v T) []byte {
	at := len(b)
	b = v.AppendTo(append(b, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-maxSizeBytes))
	return b
}

// sizeOf bounds the encoded length of c from above.
func sizeOf(c change) int {
	size := maxChangeBytes + sizeOfSnapshot(c.Save.Snapshot)
	if c.Removed != nil {
		size += maxMarkBytes + sizeOfMembers(c.Removed.Configuration)
	}
	for _, e := range c.Save.Entries {
		size += sizeOfEntry(e)
	}
	return size
}

// sizeOfSnapshot bounds the encoded length of s from above.
func sizeOfSnapshot(s raft.Snapshot) int {
	if s.Index == 0 {
		return 0
	}
	return maxMarkBytes + sizeOfMembers(s.Configuration)
}

// sizeOfMembers bounds the encoded length of c from above.
func sizeOfMembers(c raft.Configuration) int {
	return maxMemberBytes * (len(c.Voters) + len(c.Outgoing) + len(c.Learners) + len(c.Target))
}

// sizeOfEntry bounds the encoded length of e from above.
func sizeOfEntry(e raft.Entry) int { return maxSizeBytes + maxEntryOverhead + len(e.Data) }
