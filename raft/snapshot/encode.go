package snapshot

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/field"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know; what they return may alias their input.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = field.ErrMalformed

// AppendTo appends the encoding of m to b.
func (m AskPiece) AppendTo(b []byte) []byte {
	b = appendKey(b, m.key())
	b = field.AppendNumber(b, 4, uint64(m.Number))
	b = field.AppendNumber(b, 5, m.Copy)
	return field.AppendBool(b, 6, m.Done)
}

// DecodeAskPiece is the inverse of [AskPiece.AppendTo].
func DecodeAskPiece(b []byte) (AskPiece, error) {
	var m AskPiece
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			m.Group = journal.GroupID(d.Uint())
		case 2:
			m.Index = raft.Index(d.Uint())
		case 3:
			m.Term = raft.Term(d.Uint())
		case 4:
			m.Number = d.Int(maxPieces)
		case 5:
			m.Copy = d.Uint()
		case 6:
			m.Done = d.Bool()
		}
	}
	return m, d.Err("question for a piece")
}

// AppendTo appends the encoding of m to b.
func (m Piece) AppendTo(b []byte) []byte {
	b = appendKey(b, m.key())
	b = field.AppendNumber(b, 4, uint64(m.Number))
	b = field.AppendNumber(b, 5, m.Copy)
	b = field.AppendNumber(b, 6, uint64(m.Answer))
	b = field.AppendNumber(b, 7, uint64(m.Pieces))
	return field.AppendBytes(b, 8, m.Data)
}

// DecodePiece is the inverse of [Piece.AppendTo]. Data aliases b. What it returns
// may still make no sense: the keeper judges that.
func DecodePiece(b []byte) (Piece, error) {
	var m Piece
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			m.Group = journal.GroupID(d.Uint())
		case 2:
			m.Index = raft.Index(d.Uint())
		case 3:
			m.Term = raft.Term(d.Uint())
		case 4:
			m.Number = d.Int(maxPieces)
		case 5:
			m.Copy = d.Uint()
		case 6:
			m.Answer = Answer(d.Byte())
		case 7:
			m.Pieces = d.Int(maxPieces)
		case 8:
			m.Data = data(&d)
		}
	}
	return m, d.Err("piece")
}

// appendKey appends the first three fields of both messages.
func appendKey(b []byte, k key) []byte {
	b = field.AppendNumber(b, 1, uint64(k.group))
	b = field.AppendNumber(b, 2, uint64(k.index))
	return field.AppendNumber(b, 3, uint64(k.term))
}

// data is the current field of d as the data of a piece.
func data(d *field.Reader) []byte {
	v := d.Bytes()
	d.Check(len(v) <= actors.MaxPieceBytes)
	return v
}
