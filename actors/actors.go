// Package actors is the seam between what Understudy decides and where it runs.
//
// Above the seam everything is a deterministic state machine that reacts to one
// message at a time and never blocks. Below it stand two worlds that keep the
// same contract: a real one (actors/hollywood, actors/tcp, actors/disk) and a
// simulated one (sim, sim/network, sim/disk). Package actorstest is the contract
// as a test suite; both worlds pass it.
package actors

import (
	"errors"
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
	// Mark counts that the branch of this [Mark] was reached on this node. Like a log
	// it is for people, and has no other effect. A node that has ended counts nothing.
	Mark(name string)
}

// A Disk is the storage of one node: logs for what must be remembered in order, and
// files for what is written once and read again. Each call returns at once; its
// completion is a message to the actor that asked, sent by that actor's own node as
// nobody. What an actor hands to a disk, and what a disk answers with, belongs to
// nobody: neither side may change it.
//
// The name of a log or a file is 1 to 100 of the characters a-z, 0-9 and dash. A name
// may be that of a log and of a file; these have nothing to do with each other.
type Disk interface {
	Logs
	Files
}

// Logs are sequences of records that only grow.
//
// Each log belongs to one actor at a time, and that actor opens it before it uses
// it. After the first failure of a log every later call on it fails as well: a
// failed write or sync is never tried again on the same log. A log that answered
// [ErrCorrupt] may still be opened and removed.
type Logs interface {
	// ListLogs answers [LogsListed].
	ListLogs()
	// OpenLog reads the log of that name, creating it if there is none, and answers
	// [LogOpened].
	OpenLog(log string)
	// AppendLog adds one record at the end of the log. After a crash, records that no
	// sync covered may be lost, but only from the end: what is left is always a
	// beginning of what was appended.
	AppendLog(log string, record []byte)
	// SyncLog makes every record appended so far durable and then answers
	// [LogSynced] with mark. Syncs that are asked for while one is running share the
	// next one; each is answered, in order.
	SyncLog(log string, mark uint64)
	// RemoveLog removes a log that nobody uses any more and answers [LogRemoved].
	// To remove a log that does not exist succeeds.
	RemoveLog(log string)
}

// MaxPieceBytes is the size of the largest piece of a file.
const MaxPieceBytes = 1 << 20

// Files are sequences of pieces that are written once, sealed, and read in any order.
//
// What is asked about one file by WriteFile, SealFile and RemoveFile is done and
// answered in order. Reading and listing may overtake these and each other: they are
// sure to see only what was answered before they were asked.
//
// A failure concerns one file. A file that failed to be written takes nothing more
// until it is removed; then its name is free again.
type Files interface {
	// ListFiles answers [FilesListed].
	ListFiles()
	// WriteFile adds a piece of 1 to [MaxPieceBytes] bytes to the file that is being
	// written under that name, begins one if there is none, and answers
	// [FileWritten]. A crash before the file is sealed leaves nothing of it.
	WriteFile(file string, piece []byte)
	// SealFile ends the file that is being written and answers [FileSealed]. From
	// then on it is there, whole, and survives every crash; and it never changes. A
	// crash before that leaves the whole file or nothing.
	SealFile(file string)
	// ReadFile reads one piece of a sealed file, counted from 0, and answers
	// [FileRead].
	ReadFile(file string, piece int)
	// RemoveFile removes a file, sealed or not, and answers [FileRemoved]. To remove
	// a file that does not exist succeeds.
	RemoveFile(file string)
}

// LogsListed answers [Logs.ListLogs].
type LogsListed struct {
	// Logs are the names of all logs that were opened and not removed, sorted. Those
	// that are damaged are among them, even if nothing else is left of them.
	Logs []string
	Err  error
}

// LogOpened answers [Logs.OpenLog].
type LogOpened struct {
	Log string
	// Records is everything the log holds, in the order appended, each as it was
	// written: what failed its checksum is not among them.
	Records [][]byte
	// Repaired is how many bytes of damage were cut from the end of the log, where
	// no sync had covered them.
	Repaired int64
	// Holes are the places at which records that had been synced may be missing, in
	// ascending order: k stands for any number of them before Records[k], and
	// len(Records) for the end. There are holes if and only if Err wraps
	// [ErrCorrupt].
	Holes []int
	// Err is non-nil when the log cannot be used. If records that had been synced
	// are damaged or gone it wraps [ErrCorrupt], and Records are those that can
	// still be read; such a log takes nothing more.
	Err error
}

// LogSynced answers [Logs.SyncLog]. With Err non-nil nothing may be assumed of
// what was appended since the last good sync, and the log takes nothing more.
type LogSynced struct {
	Log  string
	Mark uint64
	Err  error
}

// LogRemoved answers [Logs.RemoveLog]. With Err nil the log is gone for good: no
// crash brings it back, and to open it is to create a new one. With Err non-nil it
// may or may not be gone.
type LogRemoved struct {
	Log string
	Err error
}

// FilesListed answers [Files.ListFiles].
type FilesListed struct {
	Files []string // the names of the sealed files, sorted; damaged ones are among them
	Err   error
}

// FileWritten answers [Files.WriteFile].
type FileWritten struct {
	File   string
	Pieces int // how many the file has now
	Err    error
}

// FileSealed answers [Files.SealFile]. With Err non-nil the file may or may not be
// there, whole, until it is removed.
type FileSealed struct {
	File   string
	Pieces int // how many the file has
	Err    error
}

// FileRead answers [Files.ReadFile].
type FileRead struct {
	File   string
	Piece  int
	Pieces int // how many the file has; 0 if that cannot be known
	Data   []byte
	// Err is non-nil if there is no Data. It wraps [ErrNoFile] if there is no sealed
	// file of that name, and [ErrCorrupt] if the piece is not what was written: then
	// others of the same file may still be intact.
	Err error
}

// FileRemoved answers [Files.RemoveFile]. With Err nil the file is gone for good.
type FileRemoved struct {
	File string
	Err  error
}

// CheckName describes why name cannot be that of a log or a file; nil if it can.
func CheckName(name string) error {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("name %q of a log or file: want letters a-z, digits and dashes", name)
		}
	}
	if len(name) == 0 || len(name) > 100 {
		return fmt.Errorf("name %q of a log or file: want 1 to 100 characters", name)
	}
	return nil
}

// ErrCorrupt is wrapped by the error of [LogOpened] when a log lost something
// that a sync had made durable, and by that of [FileRead] when a piece is not what
// was written.
var ErrCorrupt = errors.New("corrupt data")

// ErrNoFile is wrapped by the error of [FileRead] when there is no such file.
var ErrNoFile = errors.New("no such file")
