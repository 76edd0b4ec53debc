package peer

import "github.com/understudy-kv/understudy/raft"

// A StateMachine is what the group replicates. It is deterministic: its state
// depends on nothing but the entries it applied.
type StateMachine interface {
	// Apply is handed every committed entry once, in order. Entries that are not of
	// kind raft.Command change nothing, and the result for them is dropped. The
	// machine may keep e.Data, and gives the result away.
	Apply(e raft.Entry) (result []byte)
	// Read answers a query from the present state, which is that of the stamp at.
	Read(query []byte, at raft.Stamp) (result []byte)
	// Summary describes the present state.
	Summary() Summary
	// Capture begins to write the present state down while the machine goes on. The
	// capture before has been closed.
	Capture() Capture
	// Restore begins to build a machine like this one from the pieces of a capture.
	// This one is not touched.
	Restore() Restorer
}

// A Marker is a [StateMachine] with rare branches of its own.
type Marker interface {
	// Reached returns the marks that it reached since this was asked last.
	Reached() []string
}

// A Capture is the state of a machine at one moment, as bytes in pieces. Each call
// does little work, so that nothing else waits long.
type Capture interface {
	// Next returns the next piece, of about limit bytes and to be kept by the caller,
	// and whether more follow.
	Next(limit int) (piece []byte, more bool)
	// Close ends the capture, at its end or before.
	Close()
}

// A Restorer takes the pieces of a capture.
type Restorer interface {
	// Add takes the next piece, which it may keep.
	Add(piece []byte) error
	// Machine returns the machine whose state the pieces are, after the last of them,
	// or says what is wrong with them.
	Machine() (StateMachine, error)
}

// A Summary is a state machine at a glance.
type Summary struct {
	// Items counts what it holds.
	Items uint64
	// Hash runs over everything it applied: replicas that applied the same entries
	// have the same hash.
	Hash uint64
}
