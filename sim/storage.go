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

// OpenLog implements [actors.Logs].
func (s *storage) OpenLog(log string) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: OpenAsked, Log: log}, 0)
		s.disk.OpenLog(log)
	}
}

// AppendLog implements [actors.Logs].
func (s *storage) AppendLog(log string, record []byte) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: Appended, Log: log, Record: record}, mixBytes(0, record))
		s.disk.AppendLog(log, record)
	}
}

// SyncLog implements [actors.Logs].
func (s *storage) SyncLog(log string, mark uint64) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: SyncAsked, Log: log, Mark: mark}, mark)
		s.disk.SyncLog(log, mark)
	}
}

// RemoveLog implements [actors.Logs].
func (s *storage) RemoveLog(log string) {
	if s.ask("remove log", log) {
		s.disk.RemoveLog(log)
	}
}

// ListLogs implements [actors.Logs].
func (s *storage) ListLogs() {
	if s.ask("list logs", "") {
		s.disk.ListLogs()
	}
}

// ListFiles implements [actors.Files].
func (s *storage) ListFiles() {
	if s.ask("list files", "") {
		s.disk.ListFiles()
	}
}

// WriteFile implements [actors.Files].
func (s *storage) WriteFile(file string, piece []byte) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: DiskAsked, Text: "write", Log: file, Record: piece}, mixBytes(0, piece))
		s.disk.WriteFile(file, piece)
	}
}

// SealFile implements [actors.Files].
func (s *storage) SealFile(file string) {
	if s.ask("seal", file) {
		s.disk.SealFile(file)
	}
}

// ReadFile implements [actors.Files].
func (s *storage) ReadFile(file string, piece int) {
	if s.actor.context.effect() {
		s.mark(Event{Kind: DiskAsked, Text: "read", Log: file, Mark: uint64(piece)}, uint64(piece))
		s.disk.ReadFile(file, piece)
	}
}

// RemoveFile implements [actors.Files].
func (s *storage) RemoveFile(file string) {
	if s.ask("remove file", file) {
		s.disk.RemoveFile(file)
	}
}

// ask traces a request that is told by one word and a name, and reports whether it
// takes place.
func (s *storage) ask(what, name string) bool {
	if !s.actor.context.effect() {
		return false
	}
	s.mark(Event{Kind: DiskAsked, Text: what, Log: name}, mixString(0, what))
	return true
}

// mark records what the actor asks of its disk.
func (s *storage) mark(asked Event, x uint64) {
	a := s.actor
	w := a.node.world
	w.mark(asked.Kind, a.node.id, a.hash, mixString(x, asked.Log))
	if w.watched(asked.Kind) {
		e := w.event(asked.Kind, a.node.id)
		e.From, e.Log, e.Record, e.Mark, e.Text = a.context.self, asked.Log, asked.Record, asked.Mark, asked.Text
		w.tell(e)
	}
}

// complete puts the answer of the disk into the mailbox of the actor that asked.
func (a *actor) complete(m actors.Message) {
	if a.stopped {
		return
	}
	answered, x := answer(m)
	if answered.Err != nil {
		x = mixString(x, answered.Err.Error())
	}
	w := a.node.world
	w.mark(answered.Kind, a.node.id, a.hash, mixString(x, answered.Log))
	if w.watched(answered.Kind) {
		e := w.event(answered.Kind, a.node.id)
		e.To, e.Message, e.Log, e.Err, e.Mark = a.context.self, m, answered.Log, answered.Err, answered.Mark
		w.tell(e)
	}
	a.post(envelope{sender: nobody, message: m})
}

// answer returns what the answer of a disk is in the trace, and a hash of what it
// says beside its name and error.
func answer(m actors.Message) (e Event, x uint64) {
	switch m := m.(type) {
	case actors.LogOpened:
		e = Event{Kind: OpenDone, Log: m.Log, Err: m.Err}
		x = mix(uint64(len(m.Records)), uint64(m.Repaired))
		for _, hole := range m.Holes {
			x = mix(x, uint64(hole))
		}
	case actors.LogSynced:
		e, x = Event{Kind: SyncDone, Log: m.Log, Err: m.Err, Mark: m.Mark}, m.Mark
	case actors.LogRemoved:
		e = Event{Kind: DiskDone, Log: m.Log, Err: m.Err}
	case actors.LogsListed:
		e, x = Event{Kind: DiskDone, Err: m.Err}, mixStrings(m.Logs)
	case actors.FilesListed:
		e, x = Event{Kind: DiskDone, Err: m.Err}, mixStrings(m.Files)
	case actors.FileWritten:
		e, x = Event{Kind: DiskDone, Log: m.File, Err: m.Err}, uint64(m.Pieces)
	case actors.FileSealed:
		e, x = Event{Kind: DiskDone, Log: m.File, Err: m.Err}, uint64(m.Pieces)
	case actors.FileRead:
		e = Event{Kind: DiskDone, Log: m.File, Err: m.Err}
		x = mixBytes(mix(uint64(m.Piece), uint64(m.Pieces)), m.Data)
	case actors.FileRemoved:
		e = Event{Kind: DiskDone, Log: m.File, Err: m.Err}
	default:
		panic(fmt.Sprintf("sim: a disk answers %T", m))
	}
	return e, x
}

func mixStrings(list []string) uint64 {
	h := uint64(len(list))
	for _, s := range list {
		h = mixString(h, s)
	}
	return h
}
