package journal

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/raft"
)

// A head is what a record says beside its changes.
type head struct {
	kind       byte
	generation uint64 // of a header
	lossy      bool   // of a header
}

// A Change is what a record says of one group: an append, or, if Tombstone is not
// nil, that its replica was removed.
type Change struct {
	Append
	Tombstone *raft.Tombstone
}

// DecodeBatch returns the changes of one record, in order. A header and the record that
// completes a generation have none. Save numbers are not kept on disk and come back as
// zero; the entries alias record.
func DecodeBatch(record []byte) ([]Change, error) {
	var list []Change
	_, err := decode(record, func(c change) error {
		c.Save.Entries = slices.Clone(c.Save.Entries)
		list = append(list, Change{c.Append, c.Removed})
		return nil
	})
	return list, err
}

// decode takes a record apart, to its last byte, and shows each change as it comes
// to it. The entries of a change are valid until the next one; their data aliases
// record.
func decode(record []byte, see func(change) error) (head, error) {
	d := decoder{rest: record}
	h := head{kind: d.byte()}
	switch h.kind {
	case headerRecord:
		if version := d.uvarint(); !d.failed && version != formatVersion {
			return head{}, fmt.Errorf("%w: format version %d; this program reads version %d",
				ErrMalformed, version, formatVersion)
		}
		h.generation = d.uvarint()
		h.lossy = d.flags(lossyFlag) != 0
		d.check(h.generation != 0)
	case batchRecord:
		if err := d.changes(see); err != nil {
			return head{}, err
		}
	case completeRecord: // says no more
	default:
		return head{}, fmt.Errorf("%w: kind %d", ErrMalformed, h.kind)
	}
	if d.failed || len(d.rest) > 0 {
		return head{}, fmt.Errorf("%w: kind %d, %d bytes from its end", ErrMalformed, h.kind, len(d.rest))
	}
	return h, nil
}

// A decoder takes a record apart from the front. After the first failure it
// returns zeros.
type decoder struct {
	rest    []byte
	failed  bool
	scratch []raft.Entry // of the change at hand
}

func (d *decoder) changes(see func(change) error) error {
	d.check(len(d.rest) > 0)
	for !d.failed && len(d.rest) > 0 {
		c := d.change()
		if d.failed {
			return nil // the caller sees it
		}
		if err := see(c); err != nil {
			return fmt.Errorf("%w: group %d: %w", ErrMalformed, c.Group, err)
		}
	}
	return nil
}

func (d *decoder) change() change {
	c := change{Append: Append{Group: GroupID(d.uvarint())}}
	d.check(c.Group != 0)
	flags := d.flags(damagedFlag | removedFlag | lostFlag | floorFlag)
	switch flags &^ floorFlag {
	case removedFlag:
		d.check(flags == removedFlag)
		t := sized(d, raft.DecodeTombstone)
		c.Removed = &t
		return c
	case damagedFlag, damagedFlag | lostFlag:
		c.Save.Damaged, c.Lost = true, flags&lostFlag != 0
	default:
		d.check(flags&^floorFlag == 0)
	}
	if flags&floorFlag != 0 {
		c.Save.Floor = raft.Floor{Index: raft.Index(d.uvarint()), Term: raft.Term(d.uvarint())}
		d.check(c.Save.Floor.Index != 0 && c.Save.Floor.Term != 0)
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
	d.scratch = slices.Grow(d.scratch[:0], int(count))
	for ; count > 0 && !d.failed; count-- {
		d.scratch = append(d.scratch, sized(d, raft.DecodeEntry))
	}
	return before, d.scratch
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
