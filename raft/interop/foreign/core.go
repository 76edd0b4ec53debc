// Package foreign rehearses Raft libraries that are not ours in our simulator: a
// simulator that finds the known bugs of others, and nothing in the versions that
// fixed them, may be believed when it finds nothing in our own core.
//
// A [Library] is run as its documentation says and as its best-known user runs it:
// each Ready is saved with one record, and synced if it must be; the leader
// replicates while it syncs; what the library calls committed is applied at once,
// beside the sync; a read asks for an index under a name of its own, and asks again
// under that name until it is answered. A map of registers and counters is what the
// group replicates.
//
// A run ([Rehearse]) draws everything from one seed: the size of the group, the
// options of the library, the weather of the network, which families of faults
// strike and when. No run constructs a bug by hand, and all versions of a library
// see the same seeds. The verdict is that of [check]: histories of clients must be
// linearizable, what is applied must be durable on a majority, and so on.
package foreign

import (
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
)

// A Library is one version of a Raft library.
type Library struct {
	// Name is the module and its version, as in go.mod.
	Name string
	// Seed makes the chance that the library takes from outside come from a stream,
	// so that a seed replays. It is global to the process: runs of one process must
	// not overlap.
	Seed func(*sim.Stream)
	// New returns a replica that finds what was saved, or nothing at its first start.
	New func(Config, Saved) Core
	// Fit, if not nil, changes what a seed has drawn to what the library can do.
	Fit func(*Plan)
}

// A Config describes a replica. Its options are drawn by the seed: a library must
// keep its promises with any.
type Config struct {
	ID raft.ID
	// Voters are the first members of the group. ID may be added to them later.
	Voters    []raft.ID
	Election  int // in ticks
	Heartbeat int // in ticks
	PreVote   bool
	// CheckQuorum makes a leader step down that hears from no majority.
	CheckQuorum bool
	// MessageBytes and Inflight limit one message and how many are under way.
	MessageBytes uint64
	Inflight     int
}

// A Core is a replica of the library, with its in-memory storage. One Ready is in
// the hands of the caller at a time: Advance gives it back.
type Core interface {
	// Tick tells that one tick has passed.
	Tick()
	// Propose reports whether the proposal was taken: appended, or forwarded to
	// whoever leads. One that was not has no effect.
	Propose(data []byte) bool
	// ReadIndex asks for an index at which a read may be served, and reports whether
	// this replica can find out. It may be forgotten; to ask again under the same name
	// is allowed.
	ReadIndex(name []byte) bool
	// Step takes a message of another replica. One that makes no sense is ignored.
	Step(message []byte)
	// Ready returns what is to be done now, if there is anything.
	Ready() (Ready, bool)
	// Advance tells that the last Ready is saved and applied.
	Advance()
}

// A Keeper is a Core whose state can be captured, and restored on another replica.
type Keeper interface {
	Core
	// Mark names the state after everything that was handed out as committed.
	Mark() raft.Snapshot
	// Captured tells that the state which Mark named then is durable: the log before it
	// may go.
	Captured(raft.Snapshot)
	// Install tells that a state which Ready.Fetch asked for is here and durable.
	Install(raft.Snapshot)
	// Transfer asks a leader to let another lead.
	Transfer(to raft.ID)
	// Change asks a leader in whose log the group is from to take the next step towards a
	// group of these voters, which differ from those of from by one.
	Change(from raft.Configuration, voters []raft.ID)
}

// Saved is what a replica must find when it starts again. Its zero value is a
// replica that never ran. It is a [raft.Save] and a commit index; a library that has
// no stamps gives its entries their index.
type Saved struct {
	Vote     raft.Vote
	Commit   raft.Index
	Snapshot raft.Snapshot
	Entries  []raft.Entry
}

// Ready is what a Core wants done. Its meaning is the library's: Saved first, and if
// MustSync synced, then Messages; Committed can be applied.
type Ready struct {
	// Changed says that Saved, of which Entries are the new ones, is to be recorded.
	Changed  bool
	Saved    Saved
	MustSync bool
	Messages []Packet
	// Restored, unless zero, names a state that takes the place of the machine's.
	Restored  raft.Snapshot
	Committed []raft.Entry
	Reads     []ReadState
	// Fetch, unless zero, is a state that this replica needs.
	Fetch raft.Offer
}

// A ReadState allows the reads asked for under Name to be served once Index is
// applied.
type ReadState struct {
	Index raft.Index
	Name  []byte
}

// A Packet is a message of the library. Only its Bytes travel. What it claims is for
// the oracles; Early says that it may leave before the Ready it came with is synced,
// as what a leader says to its followers.
type Packet struct {
	To    raft.ID
	Bytes []byte
	Early bool
	Claim Claim
}

// A Claim is what a message says or promises, as far as oracles care.
type Claim struct {
	Kind  ClaimKind
	Term  raft.Term
	Index raft.Index // of Acknowledges
}

// A ClaimKind is the kind of a claim.
type ClaimKind uint8

// The kinds of claim.
const (
	Nothing ClaimKind = iota
	// Leads: the sender speaks as the leader of Term.
	Leads
	// Stands: the sender votes for itself in Term.
	Stands
	// Votes: the sender votes for the receiver in Term.
	Votes
	// Acknowledges: the sender holds the log of the leader of Term up to Index.
	Acknowledges
)
