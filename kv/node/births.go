package node

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/field"
)

// birthsLog is the log in which a node keeps its [births].
const birthsLog = "births"

// A birth is the random number that a disk was given when it was first used. It
// tells the disk of a node from an empty one in its place. Zero is none.
type birth uint64

// births is what a node must not forget about disks: its own, and those of the
// members it has met.
type births struct {
	own birth
	// admitted says that enough members have noted this birth: should the disk be
	// lost, they will know the next one for another. Until then the node is blank.
	admitted bool
	met      map[actors.NodeID]acquaintance
	// lossy says that notes are lost. The log of them is never written again, and nobody
	// is noted any more: whoever seems new may be known, with another disk.
	lossy bool
}

// errNameless says that nothing is left that tells this disk from another.
var errNameless = errors.New("no note of the birth of this disk can be read")

// An acquaintance is a member that this node has met.
type acquaintance struct {
	birth birth
	// blank says that this node was blank itself when they met.
	blank bool
}

// A note is one record of the log: what became known about the disk of Node, which
// in the first note, and in the one that says Admitted, is this node itself.
type note struct {
	Node     actors.NodeID
	Birth    birth
	Blank    bool
	Admitted bool
}

// recall returns what the records of the log of a node say.
func recall(self actors.NodeID, records [][]byte) (births, error) {
	b := births{met: map[actors.NodeID]acquaintance{}}
	for i, record := range records {
		n, err := decodeNote(record)
		if err == nil {
			err = b.learn(self, n)
		}
		if err != nil {
			return births{}, fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	return b, nil
}

// salvage returns what the records say that are left of a damaged log. Its own birth a
// node has noted twice, the second time when it was admitted: one of them must be left.
func salvage(self actors.NodeID, records [][]byte) (births, error) {
	b := births{met: map[actors.NodeID]acquaintance{}, lossy: true}
	notes := make([]note, len(records))
	for i, record := range records {
		var err error
		if notes[i], err = decodeNote(record); err != nil {
			return births{}, fmt.Errorf("record %d of those that can be read: %w", i+1, err)
		}
		if notes[i].Node == self {
			b.own = notes[i].Birth
		}
	}
	if b.own == 0 {
		return births{}, errNameless
	}
	for _, n := range notes {
		if n == (note{Node: self, Birth: b.own}) {
			continue
		}
		if err := b.learn(self, n); err != nil {
			return births{}, err
		}
	}
	return b, nil
}

// learn adds a note that is durable. Nothing that is known ever changes.
func (b *births) learn(self actors.NodeID, n note) error {
	_, known := b.met[n.Node]
	switch {
	case n.Node != self && b.own != 0 && !known && !n.Admitted:
		b.met[n.Node] = acquaintance{n.Birth, n.Blank}
	case n.Node == self && b.own == 0 && !n.Admitted:
		b.own = n.Birth
	case n.Node == self && b.own == n.Birth && n.Admitted:
		b.admitted = true
	default:
		return fmt.Errorf("%w: the note %+v does not follow from those before it", ErrMalformed, n)
	}
	return nil
}

// appendTo appends the record to b.
func (n note) appendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(n.Node))
	b = field.AppendNumber(b, 2, uint64(n.Birth))
	b = field.AppendBool(b, 3, n.Blank)
	return field.AppendBool(b, 4, n.Admitted)
}

// decodeNote is the inverse of appendTo. It refuses a note of nobody or of no birth.
func decodeNote(b []byte) (note, error) {
	var n note
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			n.Node = actors.NodeID(d.Uint())
		case 2:
			n.Birth = birth(d.Uint())
		case 3:
			n.Blank = d.Bool()
		case 4:
			n.Admitted = d.Bool()
		}
	}
	d.Check(n.Node != 0 && n.Birth != 0)
	return n, d.Err("note of a birth")
}
