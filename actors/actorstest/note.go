package actorstest

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
)

// A Note is the only message that the suite sends between nodes.
type Note struct {
	Number uint64
	Body   []byte

	// private does not travel: it tells a message that passed through the codec from
	// one that took a short cut in memory.
	private bool
}

// String prints the note's number.
func (n Note) String() string { return fmt.Sprintf("note %d", n.Number) }

const (
	fieldNumber protowire.Number = 1
	fieldBody   protowire.Number = 2
)

var errNote = errors.New("actorstest: malformed note")

// Codec encodes and decodes a [Note]. A world under test carries messages between
// its nodes through it.
type Codec struct{}

// Append appends the encoding of m, which must be a Note, to b.
func (Codec) Append(b []byte, m actors.Message) ([]byte, error) {
	note, ok := m.(Note)
	if !ok {
		return b, fmt.Errorf("actorstest: cannot encode %T", m)
	}
	b = protowire.AppendTag(b, fieldNumber, protowire.VarintType)
	b = protowire.AppendVarint(b, note.Number)
	b = protowire.AppendTag(b, fieldBody, protowire.BytesType)
	return protowire.AppendBytes(b, note.Body), nil
}

// Decode returns the Note that b encodes. Its body aliases b.
func (Codec) Decode(b []byte) (actors.Message, error) {
	var note Note
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, errNote
		}
		size := note.decodeField(number, kind, b[n:])
		if size < 0 {
			return nil, errNote
		}
		b = b[n+size:]
	}
	return note, nil
}

// decodeField takes one field from the front of b and returns its size, or a
// negative number if it is malformed.
func (n *Note) decodeField(number protowire.Number, kind protowire.Type, b []byte) (size int) {
	switch {
	case number == fieldNumber && kind == protowire.VarintType:
		n.Number, size = protowire.ConsumeVarint(b)
	case number == fieldBody && kind == protowire.BytesType:
		n.Body, size = protowire.ConsumeBytes(b)
	default:
		size = protowire.ConsumeFieldValue(number, kind, b)
	}
	return size
}
