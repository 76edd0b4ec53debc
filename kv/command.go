package kv

// A Command is a batch of operations on one store. They run in order, each seeing
// what those before it did, and nothing runs between them. Each stands for itself:
// where one has no effect (a [Mismatch], say, or [NotANumber]) the others still have
// theirs.
type Command struct {
	Session Session
	Ops     []Op
}

// A Session makes a command run once however often it is in the log. A session is
// its ID and Born together, and belongs to one client and one store.
//
// A client numbers its commands 1, 2, 3, … and repeats a command under the same
// Serial until it is answered. Commands may overtake one another. A command that
// writes must have a session; one that only reads needs none.
type Session struct {
	// ID is drawn at random by the client. Zero means no session.
	ID uint64
	// Born is the newest stamp its client had seen when it began the session. A store
	// that does not know a session accepts it as new until Born+[SessionTTL], before
	// which it cannot have forgotten it, and refuses it afterwards.
	Born uint64
	// Serial is the number of this command, from 1 on.
	Serial uint64
	// Acked is below Serial: everything up to it is answered and never asked again,
	// so that the store may forget the replies.
	Acked uint64
}

// IsWrite reports whether c may change a store.
func (c Command) IsWrite() bool {
	for _, op := range c.Ops {
		if op.IsWrite() {
			return true
		}
	}
	return false
}
