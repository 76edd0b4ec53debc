// Package snapshot is the actor that keeps the snapshots of one node on its disk,
// sends them to other nodes and fetches them from there. Peers hand it what they
// captured, and get back what they restore; they touch no file themselves.
//
// A snapshot is a file: a header, written by this package, and then the pieces of a
// state as the peer that captured it cut them. The messages between nodes and the
// header are specified in docs/wire.md.
package snapshot

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// Name is what the keeper of a node is called.
const Name = "snapshots"

// PieceBytes is a good size for a piece: long enough to travel apart from the short
// messages that must not wait, short enough that a pace stays even.
const PieceBytes = 256 << 10

// A Write hands over the next piece of a state that is being captured, and is
// answered [Written]; the next piece is sent only then. Number 0 begins the snapshot
// anew and leaves earlier Writes of it without an answer.
type Write struct {
	Group    journal.GroupID
	Snapshot raft.Snapshot
	// Number is that of the piece, from 0.
	Number int
	// Piece has at most [actors.MaxPieceBytes] bytes, better about [PieceBytes], and is
	// empty only if it is the last one.
	Piece []byte
	// Last says that the snapshot is complete with this piece.
	Last bool
}

// Written answers [Write].
type Written struct {
	Group    journal.GroupID
	Snapshot raft.Snapshot
	// Pieces is one more than the Number of the Write. If it is not what the peer has
	// sent, this is the answer to a capture that it has begun anew meanwhile.
	Pieces int
	// Done says that the snapshot is complete and survives any crash: because the last
	// piece was written, or because the node has had it before, in which case there
	// is no need for the rest.
	Done bool
	// Err says that the piece could not be written. Nothing is left of the snapshot;
	// it may be begun anew.
	Err error
}

// Abandon says that no more pieces of a snapshot will be written. Nothing is left of
// it, and it has no answer.
type Abandon struct {
	Group    journal.GroupID
	Snapshot raft.Snapshot
}

// A Fetch asks for a snapshot that another node has, and is answered [Fetched]. To
// ask again changes nothing. One snapshot of a group is fetched at a time: to ask
// for another, or for the same from elsewhere, takes the place of what was asked for
// before, unless that is getting on. It has no answer then: whoever is told again and
// again what to fetch asks again and again.
type Fetch struct {
	Group journal.GroupID
	Index raft.Index
	Term  raft.Term
	From  actors.NodeID
}

// Fetched answers [Fetch].
type Fetched struct {
	Group journal.GroupID
	// Snapshot has nothing but Index and Term if there is an Err. Otherwise it is on
	// this node, complete, and survives any crash.
	Snapshot raft.Snapshot
	// Err wraps [ErrGone], [ErrSilent], [ErrBusy], [ErrMalformed], or is that of the
	// disk. Nothing is left of what was fetched; the keeper tries again only when it is
	// asked again, the same from the same node not before a pause is over.
	Err error
}

// A Load asks for one piece of a snapshot of this node, and is answered [Loaded].
type Load struct {
	Group journal.GroupID
	Index raft.Index
	Term  raft.Term
	Piece int // as it was numbered when it was written, from 0
}

// Loaded answers [Load].
type Loaded struct {
	Group journal.GroupID
	// Snapshot has nothing but Index and Term if the header could not be read.
	Snapshot raft.Snapshot
	Piece    int
	// Data is the piece. It is empty if the snapshot was written with an empty one.
	Data []byte
	// Last says that no piece follows.
	Last bool
	// Err says why there is no Data. It wraps [actors.ErrNoFile] if this node does not
	// have the snapshot, and [actors.ErrCorrupt] if it is damaged.
	Err error
}

// Keep says that a group needs none of its snapshots that are older than this one.
// They are removed, one that is being sent to another node as soon as that is over;
// what is being written or fetched of them ends without an answer. Newer ones stay,
// unless they are known to be damaged: one that was just fetched may be about to be put
// in place.
type Keep struct {
	Group journal.GroupID
	Index raft.Index
	Term  raft.Term
}

// Damaged tells the peer that said [Keep] that the snapshot is damaged: after a crash
// this node could not restore from it, and no other node can fetch it now. It is said
// when that is found, and whenever another node asks for the snapshot afterwards. The
// damaged one stays until the peer keeps a newer one.
type Damaged struct {
	Group journal.GroupID
	Index raft.Index
	Term  raft.Term
}

// Drop says that this node has no replica of a group any more. Its snapshots are
// removed as by [Keep]; what is being written or fetched ends without an answer.
type Drop struct{ Group journal.GroupID }

// A key names a snapshot on all nodes.
type key struct {
	group journal.GroupID
	index raft.Index
	term  raft.Term
}

// older reports whether k names an earlier state than l, of the same group.
func (k key) older(l key) bool {
	return k.index < l.index || k.index == l.index && k.term < l.term
}

// position is all that the key tells about its snapshot.
func (k key) position() raft.Snapshot { return raft.Snapshot{Index: k.index, Term: k.term} }

func keyOf(g journal.GroupID, s raft.Snapshot) key { return key{g, s.Index, s.Term} }

func (m Write) key() key   { return keyOf(m.Group, m.Snapshot) }
func (m Abandon) key() key { return keyOf(m.Group, m.Snapshot) }
func (m Fetch) key() key   { return key{m.Group, m.Index, m.Term} }
func (m Load) key() key    { return key{m.Group, m.Index, m.Term} }
func (m Keep) key() key    { return key{m.Group, m.Index, m.Term} }
