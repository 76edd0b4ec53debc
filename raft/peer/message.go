package peer

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A Request asks the replica that leads a group to do something. It is answered
// with one [Response], or with none if either is lost.
type Request struct {
	// ID is of the client's choice and comes back in the Response. The peer does
	// not compare it with others.
	ID uint64
	// Read says that Body is a query, which changes nothing, and not a command.
	Read bool
	// Seen is the highest stamp the client has seen. A command is stamped above it.
	Seen raft.Stamp
	// Body is for the [StateMachine].
	Body []byte
}

// String prints what identifies a request, not its body.
func (q Request) String() string {
	kind := "command"
	if q.Read {
		kind = "query"
	}
	return fmt.Sprintf("Request %d %s %d bytes seen=%d", q.ID, kind, len(q.Body), q.Seen)
}

// A Response says what came of a [Request].
type Response struct {
	ID      uint64
	Outcome Outcome
	// Leader is whom the peer believes to lead its group, or raft.None. It is a
	// hint.
	Leader raft.ID
	// Body is what the [StateMachine] answered, if Outcome is Done; if Outcome is
	// Refused, or Overloaded, it is the reason, for people.
	Body []byte
	// Stamp is the stamp of the command's entry, or for a query the stamp of the
	// newest entry in the state it was answered from. Other outcomes carry the
	// newest stamp that the peer has applied.
	Stamp raft.Stamp
	// Position is the index of the entry that Stamp belongs to.
	Position raft.Index
}

// String prints what identifies a response, not its body.
func (p Response) String() string {
	return fmt.Sprintf("Response %d %v leader=%d at=%d %d bytes",
		p.ID, p.Outcome, p.Leader, p.Position, len(p.Body))
}

// An Outcome says what a client may believe about its request. A client takes an
// outcome it does not know for Unknown.
type Outcome uint8

const (
	// Done: the state machine answered.
	Done Outcome = iota + 1
	// NotLeader: this copy of the request had no effect and never will. Ask the
	// leader. Whoever sent the request more than once, or over a network that may
	// have, knows nothing of the other copies.
	NotLeader
	// Unknown: the command was proposed here and the peer will not learn its fate.
	// It may have been applied, may be later, or never.
	Unknown
	// Overloaded: as NotLeader, but ask again here, later.
	Overloaded
	// Refused: no replica will ever take this request as it is.
	Refused
)

// String names the outcome.
func (o Outcome) String() string {
	switch o {
	case Done:
		return "Done"
	case NotLeader:
		return "NotLeader"
	case Unknown:
		return "Unknown"
	case Overloaded:
		return "Overloaded"
	case Refused:
		return "Refused"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// Led tells the owner of a peer whom the peer now believes to lead its group, in
// which term, and who votes in it. Leader is raft.None while there is an election;
// Voters is empty while the peer knows nothing of its group.
type Led struct {
	Group  journal.GroupID
	Leader raft.ID
	Term   raft.Term
	Voters []raft.ID
}

// A Contact tells the peers of a node how another node is. It comes from their own
// node, whenever that has news: the other node fell silent, is heard again, or runs
// a new process. A node of which nothing was said is taken to be heard.
type Contact struct {
	Node actors.NodeID
	// Silent says that nothing has been heard of Node for an election timeout.
	Silent bool
}

// A StatusRequest asks a peer for its [Status].
type StatusRequest struct{}

// A Status is what one replica believes and holds, for people and for tests. It
// proves nothing about other replicas.
type Status struct {
	Group   journal.GroupID
	Raft    raft.Status
	Summary Summary
	// Stopped says why the replica takes no part in its group, if so.
	Stopped string
}
