package foreign

import (
	"encoding/binary"
	"errors"

	"github.com/understudy-kv/understudy/raft"
)

var errRecord = errors.New("not a record of this harness")

// appendTo appends the encoding of s to b: numbers as varints, data with its length
// before it.
func (s Saved) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.Vote.Term))
	b = binary.AppendUvarint(b, uint64(s.Vote.For))
	b = binary.AppendUvarint(b, uint64(s.Commit))
	b = binary.AppendUvarint(b, uint64(len(s.Entries)))
	for _, e := range s.Entries {
		b = binary.AppendUvarint(b, uint64(e.Index))
		b = binary.AppendUvarint(b, uint64(e.Term))
		b = binary.AppendUvarint(b, uint64(e.Kind))
		b = appendBytes(b, e.Data)
	}
	return b
}

func appendBytes(b, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

// decodeSaved is the inverse of appendTo.
func decodeSaved(b []byte) (Saved, error) {
	d := decoder{rest: b}
	s := Saved{
		Vote:   raft.Vote{Term: raft.Term(d.number()), For: raft.ID(d.number())},
		Commit: raft.Index(d.number()),
	}
	for count := d.number(); count > 0 && !d.failed; count-- {
		e := raft.Entry{Index: raft.Index(d.number()), Term: raft.Term(d.number()), Kind: raft.Kind(d.number()), Data: d.bytes()}
		e.Stamp = raft.Stamp(e.Index)
		s.Entries = append(s.Entries, e)
	}
	return s, d.end()
}

// fold adds what was saved later.
func (s *Saved) fold(later Saved) {
	s.Vote, s.Commit = later.Vote, later.Commit
	if len(later.Entries) > 0 {
		s.Entries = append(s.Entries[:later.Entries[0].Index-1], later.Entries...)
	}
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

// end says what is wrong with the input, if anything.
func (d *decoder) end() error {
	if d.failed || len(d.rest) > 0 {
		return errRecord
	}
	return nil
}
