package plan

import (
	"slices"
	"time"
)

// A Fault of a scenario strikes again and again while the scenario lasts.
type Fault struct {
	Kind   FaultKind     `yaml:"kind"`
	Target Aim           `yaml:"target"`
	Every  time.Duration `yaml:"every"` // the mean time between two strikes
	For    time.Duration `yaml:"for"`   // the mean time until it is lifted
}

// An Aim says whom the strikes of a fault concern.
type Aim string

// The aims.
const (
	Any    Aim = "any"    // a server drawn anew each time
	Leader Aim = "leader" // the leader of a partition drawn anew each time
	Next   Aim = "next"   // the servers in turn
	All    Aim = "all"    // every server at once
)

var aims = []Aim{Any, Leader, Next, All}

// A FaultKind is what a fault does. In brackets: the fields of a [Strike] that it
// needs besides its time and target.
type FaultKind string

// The kinds of fault.
const (
	// Crash ends a process [After]: what its disk had not synced may be lost.
	Crash FaultKind = "crash"
	// Stop tells a node that it is going to be stopped, so that it hands over, and stops
	// it [Grace] later.
	Stop FaultKind = "stop"
	// Pause stops a process for a while; its messages wait.
	Pause FaultKind = "pause"
	// Isolate cuts all links of a node to other servers, both ways [Clients].
	Isolate FaultKind = "isolate"
	// Split divides the servers into [Sides] that cannot talk.
	Split FaultKind = "split"
	// CutLink stops packets from one node [To] another, in that direction only.
	CutLink FaultKind = "cut-link"
	// Clog holds the packets to a node back and then lets them go all at once.
	Clog FaultKind = "clog"
	// SlowDisk makes the syncs of a node a hundred times slower.
	SlowDisk FaultKind = "slow-disk"
	// FailSync makes the next sync of a node fail. The node must stop.
	FailSync FaultKind = "fail-sync"
	// StickDisk lets nothing that the disk of a node was asked for end for a while.
	StickDisk FaultKind = "stick-disk"
	// Corrupt damages something durable [Pick] in the journal of a node and restarts it.
	// The node must notice, and its replicas must be repaired by the others.
	Corrupt FaultKind = "corrupt"
	// CorruptSnapshot does the same to a snapshot [Pick].
	CorruptSnapshot FaultKind = "corrupt-snapshot"
	// RotSnapshot damages a snapshot [Pick] and lets the node run on. It must notice when
	// the snapshot is needed, and make another one.
	RotSnapshot FaultKind = "rot-snapshot"
	// JumpClock moves the time of day of a node [By].
	JumpClock FaultKind = "jump-clock"
	// Transfer asks the target, the leader of a partition, to hand over [To] another, or
	// to whom it likes.
	Transfer FaultKind = "transfer"
	// ChangeMembers asks the target, the leader of a partition, for other members
	// [Voters Learners].
	ChangeMembers FaultKind = "change-members"
)

// kinds lists the kinds in the order in which they are explained.
var kinds = []FaultKind{
	Crash, Stop, Pause, Isolate, Split, CutLink, Clog, SlowDisk, FailSync, StickDisk, Corrupt, CorruptSnapshot,
	RotSnapshot, JumpClock, Transfer, ChangeMembers,
}

// Kinds returns the kinds of fault in the order in which they are explained.
func Kinds() []FaultKind { return slices.Clone(kinds) }

// needsPeers reports whether a fault means nothing to a server without others.
func (k FaultKind) needsPeers() bool {
	switch k {
	case Isolate, Split, CutLink, Clog, Transfer, ChangeMembers:
		return true
	}
	return k.Damages()
}

// Damages reports whether a fault destroys something durable.
func (k FaultKind) Damages() bool { return k == Corrupt || k == CorruptSnapshot || k == RotSnapshot }

// OfPartition reports whether a fault concerns the leader of a partition, whatever
// its aim.
func (k FaultKind) OfPartition() bool { return k == Transfer || k == ChangeMembers }
