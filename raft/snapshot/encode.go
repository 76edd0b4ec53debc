package snapshot

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know; what they return may alias their input.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = errors.New("malformed")

// AppendTo appends the encoding of m to b.
func (m AskPiece) AppendTo(b []byte) []byte {
	b = appendKey(b, m.key())
	b = appendNumber(b, 4, uint64(m.Number))
	b = appendNumber(b, 5, m.Copy)
	return appendNumber(b, 6, protowire.EncodeBool(m.Done))
}

// DecodeAskPiece is the inverse of [AskPiece.AppendTo].
func DecodeAskPiece(b []byte) (AskPiece, error) {
	var m AskPiece
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			m.Group = journal.GroupID(d.number())
		case 2:
			m.Index = raft.Index(d.number())
		case 3:
			m.Term = raft.Term(d.number())
		case 4:
			m.Number = d.count()
		case 5:
			m.Copy = d.number()
		case 6:
			m.Done = protowire.DecodeBool(d.number())
		}
	}
	return m, d.error("question for a piece")
}

// AppendTo appends the encoding of m to b.
func (m Piece) AppendTo(b []byte) []byte {
	b = appendKey(b, m.key())
	b = appendNumber(b, 4, uint64(m.Number))
	b = appendNumber(b, 5, m.Copy)
	b = appendNumber(b, 6, uint64(m.Answer))
	b = appendNumber(b, 7, uint64(m.Pieces))
	return appendBytes(b, 8, m.Data)
}

// DecodePiece is the inverse of [Piece.AppendTo]. Data aliases b. What it returns
// may still make no sense: the keeper judges that.
func DecodePiece(b []byte) (Piece, error) {
	var m Piece
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			m.Group = journal.GroupID(d.number())
		case 2:
			m.Index = raft.Index(d.number())
		case 3:
			m.Term = raft.Term(d.number())
		case 4:
			m.Number = d.count()
		case 5:
			m.Copy = d.number()
		case 6:
			m.Answer = Answer(d.small())
		case 7:
			m.Pieces = d.count()
		case 8:
			m.Data = d.piece()
		}
	}
	return m, d.error("piece")
}

// appendKey appends the first three fields of both messages.
func appendKey(b []byte, k key) []byte {
	b = appendNumber(b, 1, uint64(k.group))
	b = appendNumber(b, 2, uint64(k.index))
	return appendNumber(b, 3, uint64(k.term))
}

// appendNumber appends a field unless it is zero, as proto3 does.
func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// appendBytes appends a field unless it is empty, as proto3 does.
func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// A decoder walks over the fields of one message. After the first failure it is
// at its end.
type decoder struct {
	rest   []byte
	field  protowire.Number
	kind   protowire.Type
	value  []byte // of the current field, with the length prefix if it has one
	failed bool
}

// next steps to the next field and reports whether there is one.
func (d *decoder) next() bool {
	if d.failed || len(d.rest) == 0 {
		return false
	}
	field, kind, n := protowire.ConsumeTag(d.rest)
	if n < 0 {
		return d.fail()
	}
	size := protowire.ConsumeFieldValue(field, kind, d.rest[n:])
	if size < 0 {
		return d.fail()
	}
	d.field, d.kind = field, kind
	d.value, d.rest = d.rest[n:n+size], d.rest[n+size:]
	return true
}

func (d *decoder) fail() bool {
	d.failed = true
	return false
}

// number is the current field as a number.
func (d *decoder) number() uint64 {
	if d.kind != protowire.VarintType {
		d.failed = true
		return 0
	}
	v, _ := protowire.ConsumeVarint(d.value)
	return v
}

// small is the current field as a number below 256: cut to its lowest byte, an
// answer of the future could pass for one of today.
func (d *decoder) small() uint8 {
	v := d.number()
	if v > math.MaxUint8 {
		d.failed = true
	}
	return uint8(v)
}

// count is the current field as a number of pieces.
func (d *decoder) count() int {
	v := d.number()
	if v > maxPieces {
		d.failed = true
		return 0
	}
	return int(v)
}

// bytes is the current field as bytes that alias the input.
func (d *decoder) bytes() []byte {
	if d.kind != protowire.BytesType {
		d.failed = true
		return nil
	}
	v, _ := protowire.ConsumeBytes(d.value)
	return v[:len(v):len(v)]
}

// piece is the current field as the data of a piece.
func (d *decoder) piece() []byte {
	v := d.bytes()
	if len(v) > actors.MaxPieceBytes {
		d.failed = true
		return nil
	}
	return v
}

func (d *decoder) error(what string) error {
	if d.failed {
		return fmt.Errorf("snapshot: %w: %s", ErrMalformed, what)
	}
	return nil
}
