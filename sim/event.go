package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A Kind says what an [Event] is.
type Kind uint8

// The kinds of events. In brackets: which fields of the [Event] say more than At,
// Node and Kind. Node is where it happened; for a message on its way, the sender.
const (
	// Sent: an actor, or the harness, sent a message [From To Message; to another
	// node also Packet Size Copies].
	Sent Kind = iota + 1
	// Delivered: a packet reached the mailbox of its receiver [From To Message
	// Packet Size]. Node is the receiver's.
	Delivered
	// Lost: a packet, or one of its copies, will not arrive [From To Packet Size
	// Text: which rule or circumstance].
	Lost
	// Received: an actor handles a message [From To Message]. A timer's message
	// comes from the actor itself, a disk's from nobody.
	Received
	// Flushed: an actor had Flush called [To].
	Flushed
	// Fired: a timer put its message into the mailbox [To Message].
	Fired
	// Spawned and Stopped: an actor came or went [To].
	Spawned
	Stopped
	// Appended: an actor appended to a log [From Log Record].
	Appended
	// SyncAsked and OpenAsked: an actor asked for these [From Log; Mark].
	SyncAsked
	OpenAsked
	// SyncDone and OpenDone: a disk answered [To Log Err; Mark or Message].
	SyncDone
	OpenDone
	// Crashed: a node lost everything but its disk.
	Crashed
	// Restarted: a node began to run; the first time, too [Mark: incarnation].
	Restarted
	// Paused and Resumed: a node stood still in between.
	Paused
	Resumed
	// Halted: an actor ended its node because of a failure [From Err].
	Halted
	// Panicked: an actor broke an invariant and ended its node [From Text Stack].
	Panicked
	// Drifted and WallShifted: a fault of a node's clock [Mark: ppm, or ns; signed].
	Drifted
	WallShifted
	// Noted: the harness annotates the run [Text].
	Noted
	// DiskAsked: an actor asked its disk for anything but the above [From; Text: what;
	// Log: of which log or file; Record: the piece to write; Mark: which to read].
	DiskAsked
	// DiskDone: the disk answered that [To Message Err; Log: about which log or file].
	DiskDone
	// Marked: an actor reached the branch of a mark [From; Text: its name].
	Marked
	// Shown: the harness saw something that passed no seam [Message]. It has the number
	// of the event before it, and no part in the hash.
	Shown

	kinds
)

var kindNames = [kinds]string{
	Sent: "send", Delivered: "deliver", Lost: "lose", Received: "receive", Flushed: "flush",
	Fired: "fire", Spawned: "spawn", Stopped: "stop", Appended: "append", SyncAsked: "sync",
	OpenAsked: "open", SyncDone: "synced", OpenDone: "opened", Crashed: "crash",
	Restarted: "restart", Paused: "pause", Resumed: "resume", Halted: "halt",
	Panicked: "panic", Drifted: "drift", WallShifted: "shift-wall", Noted: "note",
	DiskAsked: "ask-disk", DiskDone: "disk-answer", Marked: "mark", Shown: "show",
}

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	if k > 0 && k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// KindNames returns the words for all kinds.
func KindNames() []string { return slices.Clone(kindNames[1:]) }

// KindOf returns the kind that a word stands for, and whether there is one.
func KindOf(word string) (Kind, bool) {
	i := slices.Index(kindNames[1:], word)
	return Kind(i + 1), i >= 0
}

// An Event is something that happened in a world. It is valid only during the
// call that hands it over; so is what its pointers lead to, unless copied.
type Event struct {
	Seq     uint64        // position in the trace, from 1
	At      time.Duration // world time
	Kind    Kind
	Node    actors.NodeID
	From    actors.Ref
	To      actors.Ref
	Message actors.Message
	Packet  uint64 // number of a packet, which joins Sent to Delivered and Lost
	Size    int    // bytes of the encoded message
	Copies  int    // how many will arrive; zero means lost
	Log     string // or file
	Record  []byte
	Mark    uint64
	Err     error
	Text    string
	Stack   []byte // of a panic; differs from run to run and is not part of the hash
	Hash    uint64 // of the trace up to and including this event
}

// String prints e in one line, without its hash.
func (e *Event) String() string {
	head := fmt.Sprintf("%d %v %v %v", e.Seq, e.At, e.Node, e.Kind)
	switch e.Kind {
	case Sent, Delivered, Lost:
		return head + e.packetText()
	case Received, Fired:
		return fmt.Sprintf("%s %v→%v %v", head, e.From, e.To, text(e.Message))
	case Flushed, Spawned, Stopped:
		return fmt.Sprintf("%s %s", head, e.To.Name)
	case Appended:
		return fmt.Sprintf("%s %s %d bytes", head, e.Log, len(e.Record))
	case OpenDone:
		opened, _ := e.Message.(actors.LogOpened)
		return fmt.Sprintf("%s %s records=%d repaired=%d%s", head, e.Log, len(opened.Records),
			opened.Repaired, failure(e.Err))
	case OpenAsked:
		return head + " " + e.Log
	case SyncAsked, SyncDone:
		return fmt.Sprintf("%s %s mark=%d%s", head, e.Log, e.Mark, failure(e.Err))
	case DiskAsked:
		return strings.TrimRight(fmt.Sprintf("%s %s %s", head, e.Text, e.Log), " ")
	case DiskDone:
		return head + " " + answerText(e.Message) + failure(e.Err)
	case Halted:
		return fmt.Sprintf("%s %s%s", head, e.From.Name, failure(e.Err))
	case Panicked:
		return fmt.Sprintf("%s %s: %s", head, e.From.Name, e.Text)
	case Marked:
		return fmt.Sprintf("%s %s %s", head, e.From.Name, e.Text)
	case Drifted:
		return fmt.Sprintf("%s %d ppm", head, int64(e.Mark))
	case WallShifted:
		return fmt.Sprintf("%s %v", head, time.Duration(e.Mark))
	case Noted:
		return head + " " + e.Text
	case Shown:
		return head + " " + text(e.Message)
	}
	return head
}

func (e *Event) packetText() string {
	s := fmt.Sprintf(" %v→%v", e.From, e.To)
	if e.Packet != 0 {
		s += fmt.Sprintf(" packet=%d size=%d", e.Packet, e.Size)
	}
	if e.Kind == Sent && e.Packet != 0 && e.Copies != 1 {
		s += fmt.Sprintf(" copies=%d", e.Copies)
	}
	if e.Text != "" {
		s += " by " + e.Text
	}
	if e.Message != nil {
		s += " " + text(e.Message)
	}
	return s
}

// answerText prints the answer of a disk without the data in it.
func answerText(m actors.Message) string {
	switch m := m.(type) {
	case actors.LogsListed:
		return fmt.Sprintf("logs=%v", m.Logs)
	case actors.LogRemoved:
		return "removed log " + m.Log
	case actors.FilesListed:
		return fmt.Sprintf("files=%v", m.Files)
	case actors.FileWritten:
		return fmt.Sprintf("wrote %s pieces=%d", m.File, m.Pieces)
	case actors.FileSealed:
		return fmt.Sprintf("sealed %s pieces=%d", m.File, m.Pieces)
	case actors.FileRead:
		return fmt.Sprintf("read %s piece=%d/%d %d bytes", m.File, m.Piece, m.Pieces, len(m.Data))
	case actors.FileRemoved:
		return "removed file " + m.File
	}
	panic(fmt.Sprintf("sim: a disk answers %T", m))
}

// text prints a message by its own String if it has one, else with its type.
func text(m actors.Message) string {
	if s, ok := m.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T%+v", m, m)
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	return " error: " + err.Error()
}

// Kinds is a set of event kinds.
type Kinds uint64

// Of returns the set of the kinds given.
func Of(kinds ...Kind) Kinds {
	var s Kinds
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Every is the set of all kinds.
const Every Kinds = 1<<kinds - 1

// Has reports whether k is in s.
func (s Kinds) Has(k Kind) bool { return s>>k&1 != 0 }
