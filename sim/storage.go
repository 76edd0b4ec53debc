package sim

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A storage is the disk of a node as one actor sees it; it traces what passes.
type storage struct {
	actor *actor
	disk  actors.Disk
}

var _ actors.Disk = (*storage)(nil)

func (a *actor) openDisk() actors.Disk {
	if a.node.disk == nil {
		panic(fmt.Sprintf("%v uses its disk in a world without disks", a.context.self))
	}
	return &storage{actor: a, disk: a.node.disk.For(a.context.self, a.complete)}
}

// OpenLog implements [actors.Disk].
func (s *storage) OpenLog(log string) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: OpenAsked, Log: log}, 0)
		s.disk.OpenLog(log)
	}
}

// AppendLog implements [actors.Disk].
func (s *storage) AppendLog(log string, record []byte) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: Appended, Log: log, Record: record}, mixBytes(0, record))
		s.disk.AppendLog(log, record)
	}
}

// SyncLog implements [actors.Disk].
func (s *storage) SyncLog(log string, mark uint64) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: SyncAsked, Log: log, Mark: mark}, mark)
		s.disk.SyncLog(log, mark)
	}
}

// mark records what the actor asks of its disk.
func (s *storage) mark(e Event, x uint64) {
	a := s.actor
	w := a.node.world
	w.mark(e.Kind, a.node.id, a.hash, mixString(x, e.Log))
	if w.trace.watched.has(e.Kind) {
		e.Node, e.From = a.node.id, a.context.self
		w.tell(e)
	}
}

// complete puts the answer of the disk into the mailbox of the actor that asked.
func (a *actor) complete(m actors.Message) {
	if a.stopped {
		return
	}
	e := Event{Node: a.node.id, To: a.context.self, Message: m}
	var x uint64
	switch m := m.(type) {
	case actors.LogOpened:
		e.Kind, e.Log, e.Err = OpenDone, m.Log, m.Err
		x = mix(uint64(len(m.Records)), uint64(m.Repaired))
	case actors.LogSynced:
		e.Kind, e.Log, e.Err, e.Mark = SyncDone, m.Log, m.Err, m.Mark
		x = m.Mark
	default:
		panic(fmt.Sprintf("sim: a disk answers %T", m))
	}
	if e.Err != nil {
		x = mixString(x, e.Err.Error())
	}
	w := a.node.world
	w.mark(e.Kind, a.node.id, a.hash, mixString(x, e.Log))
	if w.trace.watched.has(e.Kind) {
		w.tell(e)
	}
	a.post(envelope{message: m})
}
