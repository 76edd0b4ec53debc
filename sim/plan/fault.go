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
	// CutPair stops packets between one node and another [To], both ways. Both still talk
	// to everybody else.
	CutPair FaultKind = "cut-pair"
	// Swizzle cuts servers off from all others, one after the other, and lets them back in
	// another order [Sides]: the first list is the order of the cuts, the second that of
	// the healing.
	Swizzle FaultKind = "swizzle"
	// Clog holds the packets to a node back and then lets them go all at once.
	Clog FaultKind = "clog"
	// ClogLink does the same to the packets from one node [To] another.
	ClogLink FaultKind = "clog-link"
	// Stall stops a process while it is cut off from the other servers, and lets it go on
	// before it can talk to them again: what clients asked it meanwhile is answered by a
	// node that is alone with what it believed.
	Stall FaultKind = "stall"
	// SlowNode makes every call of an actor of a node take a hundred times as long.
	SlowNode FaultKind = "slow-node"
	// CrashClient ends the process of a client. What it had asked stays open for ever; a
	// new process with new sessions takes its place.
	CrashClient FaultKind = "crash-client"
	// SlowDisk makes the syncs of a node a hundred times slower.
	SlowDisk FaultKind = "slow-disk"
	// FailSync makes the next sync of a node fail. The node must stop.
	FailSync FaultKind = "fail-sync"
	// FailAppend makes the next append to a log of a node fail. The node must stop.
	FailAppend FaultKind = "fail-append"
	// FailFile makes the next write or seal of a file of a node fail. The node must go on
	// without the file.
	FailFile FaultKind = "fail-file"
	// FailRead ends a process, and in its next life the first read of a file fails, once. The
	// replica that needs the file must not take it for lost; a third life reads it.
	FailRead FaultKind = "fail-read"
	// FillDisk lets a disk take only so many bytes more [After]. A node whose log finds no
	// room must stop.
	FillDisk FaultKind = "fill-disk"
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
	// Misdirect puts a durable record of the journal of a node where another one was [Pick]
	// and restarts the node, which must notice that both are missing.
	Misdirect FaultKind = "misdirect"
	// LoseLog takes all records out of the newest generation of the journal of a node and
	// restarts the node, which must notice.
	LoseLog FaultKind = "lose-log"
	// LoseSnapshot takes a snapshot away [Pick] and restarts the node, which must notice.
	LoseSnapshot FaultKind = "lose-snapshot"
	// Wipe gives a node an empty disk. It must never take part again; where there is a
	// server to spare its replicas are replaced.
	Wipe FaultKind = "wipe"
	// JumpClock moves the time of day of a node [By].
	JumpClock FaultKind = "jump-clock"
	// DriftClock changes how fast the clocks of a node run [Drift].
	DriftClock FaultKind = "drift-clock"
	// Transfer asks the target, the leader of a partition, to hand over [To] another, or
	// to whom it likes.
	Transfer FaultKind = "transfer"
	// ChangeMembers asks the target, the leader of a partition, for other members
	// [Voters Learners].
	ChangeMembers FaultKind = "change-members"
)

// kinds lists the kinds in the order in which they are explained.
var kinds = []FaultKind{
	Crash, Stop, Pause, Stall, SlowNode, CrashClient, Isolate, Split, CutLink, CutPair, Swizzle, Clog, ClogLink,
	SlowDisk, StickDisk, FailSync, FailAppend, FailFile, FailRead, FillDisk, Corrupt, CorruptSnapshot, RotSnapshot,
	Misdirect, LoseLog, LoseSnapshot, Wipe, JumpClock, DriftClock, Transfer, ChangeMembers,
}

// Kinds returns the kinds of fault in the order in which they are explained.
func Kinds() []FaultKind { return slices.Clone(kinds) }

// Kinds returns the kinds of fault that a scenario asks for, in the order in which they are
// explained.
func (s Scenario) Kinds() (asked []FaultKind) {
	for _, k := range kinds {
		of := func(f Fault) bool { return f.Kind == k }
		if slices.ContainsFunc(s.Faults, of) && !slices.Contains(s.Without, k.Family()) {
			asked = append(asked, k)
		}
	}
	return asked
}

// needsPeers reports whether a fault means nothing to a server without others.
func (k FaultKind) needsPeers() bool {
	switch k {
	case Isolate, Split, CutLink, CutPair, Swizzle, Clog, ClogLink, Stall, Transfer, ChangeMembers:
		return true
	}
	return k.Damages()
}

// Damages reports whether a fault takes away what a disk had promised to keep.
func (k FaultKind) Damages() bool {
	switch k {
	case Corrupt, CorruptSnapshot, RotSnapshot, Misdirect, LoseLog, LoseSnapshot, Wipe:
		return true
	}
	return false
}

// hasOther reports whether a fault concerns the link to another server.
func (k FaultKind) hasOther() bool { return k == CutLink || k == CutPair || k == ClogLink }

// OfPartition reports whether a fault concerns the leader of a partition, whatever
// its aim.
func (k FaultKind) OfPartition() bool { return k == Transfer || k == ChangeMembers }
