package foreign

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

var errRecord = errors.New("not a record of this harness")

// A record is what a node writes into its log at once: what its core wants saved, or
// a state of its machine.
type record struct {
	Saved
	image image
}

// An image is a state of the machine and its name.
type image struct {
	snapshot raft.Snapshot
	state    []byte
}

// appendTo appends the encoding of r to b: numbers as varints, all else with its
// length before it.
func (r record) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(r.Vote.Term))
	b = binary.AppendUvarint(b, uint64(r.Vote.For))
	b = binary.AppendUvarint(b, uint64(r.Commit))
	b = appendSnapshot(b, r.Snapshot)
	b = binary.AppendUvarint(b, uint64(len(r.Entries)))
	for _, e := range r.Entries {
		b = appendBytes(b, e.AppendTo(nil))
	}
	b = appendSnapshot(b, r.image.snapshot)
	return appendBytes(b, r.image.state)
}

func appendSnapshot(b []byte, s raft.Snapshot) []byte {
	if s.Index == 0 {
		return appendBytes(b, nil)
	}
	return appendBytes(b, s.AppendTo(nil))
}

func appendBytes(b, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

// decodeRecord is the inverse of appendTo.
func decodeRecord(b []byte) (record, error) {
	d := decoder{rest: b}
	var r record
	r.Vote = raft.Vote{Term: raft.Term(d.number()), For: raft.ID(d.number())}
	r.Commit = raft.Index(d.number())
	r.Snapshot = d.snapshot()
	for count := d.number(); count > 0 && !d.failed; count-- {
		e, err := raft.DecodeEntry(d.bytes())
		d.failed = d.failed || err != nil
		r.Entries = append(r.Entries, e)
	}
	r.image = image{d.snapshot(), d.bytes()}
	return r, d.end()
}

// fold adds what was saved later.
func (s *Saved) fold(later Saved) {
	s.Vote, s.Commit = later.Vote, later.Commit
	if later.Snapshot.Index > 0 {
		s.rebase(later.Snapshot)
	}
	if len(later.Entries) > 0 {
		s.Entries = append(s.Entries[:later.Entries[0].Index-s.Snapshot.Index-1], later.Entries...)
	}
}

// rebase lets the log begin after a snapshot. What follows the entry it names stays.
func (s *Saved) rebase(at raft.Snapshot) {
	kept := slices.IndexFunc(s.Entries, func(e raft.Entry) bool { return e.Index == at.Index && e.Term == at.Term })
	s.Snapshot = at
	if kept < 0 {
		s.Entries = nil
		return
	}
	s.Entries = s.Entries[kept+1:]
}

// A decoder reads varints and data; its first failure sticks.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.failed, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// bytes returns data that aliases the input, nil if it is empty.
func (d *decoder) bytes() []byte {
	n := d.number()
	if n == 0 || n > uint64(len(d.rest)) {
		d.failed = d.failed || n > 0
		return nil
	}
	data := d.rest[:n:n]
	d.rest = d.rest[n:]
	return data
}

// snapshot returns the name of a state, or none.
func (d *decoder) snapshot() raft.Snapshot {
	b := d.bytes()
	if b == nil {
		return raft.Snapshot{}
	}
	s, err := raft.DecodeSnapshot(b)
	d.failed = d.failed || err != nil
	return s
}

// end says what is wrong with the input, if anything.
func (d *decoder) end() error {
	if d.failed || len(d.rest) > 0 {
		return errRecord
	}
	return nil
}
