// Package actors is the seam between what Understudy decides and where it runs.
//
// Above the seam everything is a deterministic state machine that reacts to one
// message at a time and never blocks. Below it stand two worlds that keep the
// same contract: a real one (actors/hollywood, actors/tcp, actors/disk) and a
// simulated one (sim, sim/network, sim/disk). Package actorstest is the contract
// as a test suite; both worlds pass it.
package actors

import (
	"fmt"
	"log/slog"
	"time"
)

// A NodeID names one process: a server, or a client that dialled in. Zero names
// nobody.
type NodeID uint64

// ClientBit is set in the ids of client processes. Nobody dials a client: it is
// answered on the connection it opened.
const ClientBit NodeID = 1 << 63

// IsClient reports whether n names a client process rather than a server.
func (n NodeID) IsClient() bool { return n&ClientBit != 0 }

// String prints a server as its number and a client as c and its number.
func (n NodeID) String() string {
	if n.IsClient() {
		return fmt.Sprintf("c%d", uint64(n&^ClientBit))
	}
	return fmt.Sprintf("%d", uint64(n))
}

// A Ref is the address of an actor: the node it lives on and its name there,
// such as "node" or "peer/3". The zero Ref is nobody; the outside of a runtime
// sends as nobody.
type Ref struct {
	Node NodeID
	Name string
}

// String prints a Ref as node/name.
func (r Ref) String() string { return r.Node.String() + "/" + r.Name }

// A Message is what actors send to one another. Once sent it belongs to nobody:
// neither side may change it or anything it points to. A message to another node
// passes through the wire codec and may be lost, delayed, repeated or overtaken;
// between two actors of one node messages arrive once each, in the order sent.
type Message any

// Started is the first message an actor receives. It comes from its spawner.
type Started struct{}

// An Actor is a deterministic state machine. Receive handles one message to its
// end; it never blocks, and touches only what ctx offers. A panic is a broken
// invariant and ends the process.
type Actor interface {
	Receive(ctx Context, from Ref, m Message)
}

// A Flusher is an [Actor] that wants to act once per run of messages. The runtime
// hands it everything that waits in its mailbox, up to a limit, and then calls
// Flush once. Work put off to Flush is batched by load itself.
type Flusher interface {
	Flush(ctx Context)
}

// A Context is everything an actor may ask of the world. It is valid only inside
// the call it was handed to.
type Context interface {
	// Self is the address of the actor itself.
	Self() Ref
	// Now is the time on the monotonic clock of this node, read afresh at each
	// call. It never goes back while the process lives, starts anywhere, and may
	// run faster or slower than the clocks of other nodes.
	Now() time.Duration
	// Wall is the time of day as this node believes it. It may jump.
	Wall() time.Time
	// Rand returns 64 random bits.
	Rand() uint64
	// Send sends m and returns at once. A message to an actor that does not exist
	// vanishes.
	Send(to Ref, m Message)
	// After sends m from this actor to itself once d has passed on its clock.
	// Cancel keeps m from arriving if it has not been received yet; it may be
	// called more than once, by this actor only.
	After(d time.Duration, m Message) (cancel func())
	// Spawn starts a under a name that must be free on this node.
	Spawn(name string, a Actor) Ref
	// Stop ends an actor of this node, perhaps this one: it receives nothing more
	// and its name is free.
	Stop(Ref)
	// Disk is the storage of this node. Completions of what is asked of it come to
	// this actor.
	Disk() Disk
	// Halt ends this node because of a failure that it must not survive, such as a
	// failed write. Unlike a panic it accuses the world, not the code.
	Halt(err error)
	// Log is for people. Nothing may depend on it.
	Log() *slog.Logger
}

// A Disk holds the logs of one node. Each call returns at once; its completion is
// a message to the actor that asked, sent by that actor's own node as nobody.
//
// Each log belongs to one actor at a time, and that actor opens it before it uses
// it. After the first failure of a log every later call on it fails as well: a
// failed write or sync is never tried again on the same log.
type Disk interface {
	// OpenLog reads the log of that name, creating it if there is none, and answers
	// [LogOpened].
	OpenLog(log string)
	// AppendLog adds one record at the end of the log. The record belongs to the
	// disk from now on. After a crash, records that no sync covered may be lost, but
	// only from the end: what is left is always a beginning of what was appended.
	AppendLog(log string, record []byte)
	// SyncLog makes every record appended so far durable and then answers
	// [LogSynced] with mark. Syncs that are asked for while one is running share the
	// next one; each is answered, in order.
	SyncLog(log string, mark uint64)
}

// LogOpened answers [Disk.OpenLog].
type LogOpened struct {
	Log string
	// Records is everything the log holds, in the order appended, each as it was
	// written: what failed its checksum is not among them.
	Records [][]byte
	// Repaired is how many bytes of damage were cut from the end of the log, where
	// no sync had covered them.
	Repaired int64
	// Err is non-nil when the log cannot be used, because it could not be read or
	// because records that had been synced are damaged ([ErrCorrupt]).
	Err error
}

// LogSynced answers [Disk.SyncLog]. With Err non-nil nothing may be assumed of
// what was appended since the last good sync, and the log takes nothing more.
type LogSynced struct {
	Log  string
	Mark uint64
	Err  error
}

// ErrCorrupt is wrapped by the error of [LogOpened] when a log lost something
// that a sync had made durable.
var ErrCorrupt = fmt.Errorf("corrupt log")
