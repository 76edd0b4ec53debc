package snapshot

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// maxPieces limits the pieces of one file, its header among them.
const maxPieces = 1 << 24

// An AskPiece asks the keeper of another node for one piece of a file, and is
// answered [Piece].
type AskPiece struct {
	Group journal.GroupID
	Index raft.Index
	Term  raft.Term
	// Number is that of the piece in the file: 0 is the header.
	Number int
	// Copy is the copy that the asker has the beginning of; zero stands for any.
	Copy uint64
	// Done says that the asker asks for nothing more. It has no answer.
	Done bool
}

// String prints what is asked for.
func (m AskPiece) String() string {
	return fmt.Sprintf("AskPiece %v piece %d copy=%x done=%t", m.key(), m.Number, m.Copy, m.Done)
}

// A Piece answers [AskPiece].
type Piece struct {
	Group  journal.GroupID
	Index  raft.Index
	Term   raft.Term
	Number int
	// Copy tells files apart that hold the same snapshot, written twice: their pieces
	// may be cut differently. If no piece is given it is that of the question.
	Copy   uint64
	Answer Answer
	// Pieces is how many the file has, and Data this one; both only if it is given.
	Pieces int
	Data   []byte
}

// String prints what identifies a piece, not its data.
func (m Piece) String() string {
	return fmt.Sprintf("Piece %v %v %d/%d copy=%x %d bytes",
		m.key(), m.Answer, m.Number, m.Pieces, m.Copy, len(m.Data))
}

// An Answer is what became of an [AskPiece].
type Answer uint8

const (
	// Given: here it is.
	Given Answer = iota
	// Gone: the piece is not to be had from this node.
	Gone
	// Wait: too many snapshots are being sent already. The asker is in the queue as
	// long as it goes on asking.
	Wait
)

// String names the answer.
func (a Answer) String() string {
	switch a {
	case Given:
		return "given"
	case Gone:
		return "gone"
	case Wait:
		return "wait"
	}
	return fmt.Sprintf("Answer(%d)", uint8(a))
}

// String prints k as group/index@term.
func (k key) String() string { return fmt.Sprintf("%d/%d@%d", k.group, k.index, k.term) }

func (m AskPiece) key() key { return key{m.Group, m.Index, m.Term} }
func (m Piece) key() key    { return key{m.Group, m.Index, m.Term} }

// sensible reports whether m can be a piece of a file.
func (m Piece) sensible() bool {
	return len(m.Data) >= 1 && len(m.Data) <= actors.MaxPieceBytes &&
		m.Number >= 0 && m.Number < m.Pieces && m.Pieces <= maxPieces && m.Copy != 0
}
