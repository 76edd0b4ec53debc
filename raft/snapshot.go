package raft

import (
	"fmt"

	"github.com/understudy-kv/understudy/raft/field"
)

// A Snapshot names a state of the state machine: the one after the entry Index,
// which is of that Term and Stamp. The state itself is kept elsewhere. The zero
// Snapshot is the state before the log.
type Snapshot struct {
	Index Index
	Term  Term
	Stamp Stamp
	// Configuration is the one in force at Index.
	Configuration Configuration
}

// Equal reports whether s and t name the same state.
func (s Snapshot) Equal(t Snapshot) bool {
	return s.position() == t.position() && s.Configuration.Equal(t.Configuration)
}

// String prints the snapshot as the position it stands for.
func (s Snapshot) String() string {
	return fmt.Sprintf("snapshot %d@%d %v", s.Index, s.Term, s.Configuration)
}

// AppendTo appends the encoding of s to b: a protobuf message with the fields of
// Snapshot in their order, numbered from 1, zeros left out.
func (s Snapshot) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(s.Index))
	b = field.AppendNumber(b, 2, uint64(s.Term))
	b = field.AppendNumber(b, 3, uint64(s.Stamp))
	return field.AppendElement(b, 4, s.Configuration.AppendTo(nil))
}

// DecodeSnapshot is the inverse of [Snapshot.AppendTo]. What it returns names a
// state that a log can have had: not the zero Snapshot.
func DecodeSnapshot(b []byte) (Snapshot, error) {
	var s Snapshot
	var err error
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			s.Index = Index(d.Uint())
		case 2:
			s.Term = Term(d.Uint())
		case 3:
			s.Stamp = Stamp(d.Uint())
		case 4:
			if s.Configuration, err = DecodeConfiguration(d.Bytes()); err != nil {
				return Snapshot{}, fmt.Errorf("raft snapshot: %w", err)
			}
		}
	}
	sensible := s.Index >= 1 && s.Index <= maxIndex && s.Term >= 1 && s.Term <= maxTerm && s.Stamp <= maxEntryStamp
	d.Check(sensible && len(s.Configuration.Voters) > 0)
	if err := d.Err("raft snapshot"); err != nil {
		return Snapshot{}, err
	}
	return s, nil
}
