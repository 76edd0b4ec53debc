package journal

import (
	"encoding/binary"
	"fmt"

	"github.com/understudy-kv/understudy/raft"
)

// A decoded record is what one record says.
type decoded struct {
	kind       byte
	generation uint64   // of a header
	lossy      bool     // of a header
	changes    []change // of a batch
}

// DecodeBatch returns the appends of one record, in order. A header and the record
// that completes a generation have none, and groups that are removed are left out.
// Save numbers are not kept on disk and come back as zero; the entries alias record.
func DecodeBatch(record []byte) ([]Append, error) {
	r, err := decode(record)
	var list []Append
	for _, c := range r.changes {
		if !c.Removed {
			list = append(list, c.Append)
		}
	}
	return list, err
}

// decode takes a record apart, to its last byte. Entries alias it.
func decode(record []byte) (decoded, error) {
	d := decoder{rest: record}
	r := decoded{kind: d.byte()}
	switch r.kind {
	case headerRecord:
		if version := d.uvarint(); !d.failed && version != formatVersion {
			return decoded{}, fmt.Errorf("%w: format version %d; this program reads version %d",
				ErrMalformed, version, formatVersion)
		}
		r.generation = d.uvarint()
		r.lossy = d.flags(lossyFlag) != 0
		d.check(r.generation != 0)
	case batchRecord:
		r.changes = d.changes()
	case completeRecord: // says no more
	default:
		return decoded{}, fmt.Errorf("%w: kind %d", ErrMalformed, r.kind)
	}
	if d.failed || len(d.rest) > 0 {
		return decoded{}, fmt.Errorf("%w: kind %d, %d bytes from its end", ErrMalformed, r.kind, len(d.rest))
	}
	return r, nil
}

// A decoder takes a record apart from the front. After the first failure it
// returns zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) changes() (list []change) {
	for !d.failed && len(d.rest) > 0 {
		list = append(list, d.change())
	}
	d.check(len(list) > 0)
	return list
}

func (d *decoder) change() change {
	c := change{Append: Append{Group: GroupID(d.uvarint())}}
	d.check(c.Group != 0)
	switch d.flags(damagedFlag | removedFlag) {
	case removedFlag:
		c.Removed = true
		return c
	case damagedFlag:
		c.Save.Damaged = true
	case damagedFlag | removedFlag:
		d.check(false)
	}
	c.Save.Vote = sized(d, raft.DecodeVote)
	if encoded := d.take(d.size()); len(encoded) > 0 {
		var err error
		c.Save.Snapshot, err = raft.DecodeSnapshot(encoded)
		d.check(err == nil)
	}
	c.Before, c.Save.Entries = d.entries()
	return c
}

func (d *decoder) entries() (before raft.Term, entries []raft.Entry) {
	count := d.uvarint()
	d.check(count <= uint64(len(d.rest))/maxSizeBytes) // each takes its length at least
	if d.failed || count == 0 {
		return 0, nil
	}
	before = raft.Term(d.uvarint())
	entries = make([]raft.Entry, 0, count)
	for ; count > 0 && !d.failed; count-- {
		entries = append(entries, sized(d, raft.DecodeEntry))
	}
	return before, entries
}

// sized takes off a length and as many bytes, decoded.
func sized[T any](d *decoder, decode func([]byte) (T, error)) T {
	v, err := decode(d.take(d.size()))
	d.check(err == nil)
	return v
}

func (d *decoder) size() uint64 {
	if b := d.take(maxSizeBytes); b != nil {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// flags takes off a byte of which only known bits may be set.
func (d *decoder) flags(known byte) byte {
	b := d.byte()
	d.check(b&^known == 0)
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if d.check(n > 0); d.failed {
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// take takes off the first n bytes.
func (d *decoder) take(n uint64) []byte {
	if d.check(n <= uint64(len(d.rest))); d.failed {
		return nil
	}
	head := d.rest[:n:n]
	d.rest = d.rest[n:]
	return head
}

// check fails the decoder unless ok.
func (d *decoder) check(ok bool) { d.failed = d.failed || !ok }
