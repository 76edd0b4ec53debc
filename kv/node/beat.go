package node

import (
	"fmt"

	"github.com/understudy-kv/understudy/raft/field"
)

// A Beat says that a node lives. The pulse of each node sends one to that of each
// other member every heartbeat, however many groups they share.
type Beat struct {
	// Birth is that of the sender's disk. It is durable there.
	Birth uint64
	// Life is a random number of the sender's process.
	Life uint64
	// Knows is the birth of the receiver's disk, as the sender durably remembers it;
	// zero: they have never met.
	Knows uint64
	// Blank says that the sender was blank itself when it met the receiver: it had
	// not been admitted to any cluster.
	Blank bool
	// Number counts the Beats of the sender's process, from one: an old Beat that is
	// repeated tells itself from news.
	Number uint64
}

// String prints the numbers as they appear in logs.
func (b Beat) String() string {
	s := fmt.Sprintf("Beat %d birth=%016x life=%016x knows=%016x", b.Number, b.Birth, b.Life, b.Knows)
	if b.Blank {
		s += " blank"
	}
	return s
}

// AppendTo appends the encoding of b to buf.
func (b Beat) AppendTo(buf []byte) []byte {
	buf = field.AppendNumber(buf, 1, b.Birth)
	buf = field.AppendNumber(buf, 2, b.Life)
	buf = field.AppendNumber(buf, 3, b.Knows)
	buf = field.AppendBool(buf, 4, b.Blank)
	return field.AppendNumber(buf, 5, b.Number)
}

// DecodeBeat is the inverse of [Beat.AppendTo]. Without a birth, a life and a
// number a Beat is malformed.
func DecodeBeat(buf []byte) (Beat, error) {
	var b Beat
	d := field.Read(buf)
	for d.Next() {
		switch d.Number {
		case 1:
			b.Birth = d.Uint()
		case 2:
			b.Life = d.Uint()
		case 3:
			b.Knows = d.Uint()
		case 4:
			b.Blank = d.Bool()
		case 5:
			b.Number = d.Uint()
		}
	}
	d.Check(b.Birth != 0 && b.Life != 0 && b.Number != 0)
	return b, d.Err("beat")
}
