package disk

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A view is a [Store] as one actor sees it: an [actors.Disk] whose answers go to that
// actor. Like the actor it is used by one goroutine at a time.
type view struct {
	store  *Store
	owner  actors.Ref
	post   func(actors.Message)
	opened map[string]*log
}

// ListLogs answers from the list in the identity file.
func (v *view) ListLogs() { v.post(actors.LogsListed{Logs: v.store.registry.names()}) }

// OpenLog asks for the log of that name.
func (v *view) OpenLog(name string) {
	l, err := v.store.ask(name, request{kind: toOpen, post: v.post})
	if err != nil {
		v.post(actors.LogOpened{Log: name, Err: err})
		return
	}
	v.opened[name] = l
}

// RemoveLog asks for the end of the log of that name.
func (v *view) RemoveLog(name string) {
	delete(v.opened, name)
	if _, err := v.store.ask(name, request{kind: toRemove, post: v.post}); err != nil {
		v.post(actors.LogRemoved{Log: name, Err: err})
	}
}

// AppendLog hands record over. If that fails, the next sync says so.
func (v *view) AppendLog(name string, record []byte) {
	v.log(name).ask(request{kind: toAppend, record: record})
}

// SyncLog asks for durability of what was appended.
func (v *view) SyncLog(name string, mark uint64) {
	if !v.log(name).ask(request{kind: toSync, mark: mark, post: v.post}) {
		v.post(actors.LogSynced{Log: name, Mark: mark, Err: errClosed})
	}
}

func (v *view) log(name string) *log {
	l := v.opened[name]
	if l == nil {
		panic(fmt.Sprintf("disk: %v uses the log %q, which it has not opened", v.owner, name))
	}
	return l
}

// ListFiles asks for the names of the sealed files.
func (v *view) ListFiles() {
	c := v.store.cabinet
	list := func() {
		names, err := c.list()
		v.post(actors.FilesListed{Files: names, Err: err})
	}
	if !c.reads.do(list) {
		v.post(actors.FilesListed{Err: errClosed})
	}
}

// WriteFile hands piece over.
func (v *view) WriteFile(name string, piece []byte) {
	if len(piece) == 0 || len(piece) > actors.MaxPieceBytes {
		panic(fmt.Sprintf("disk: %v writes a piece of %d bytes to the file %q", v.owner, len(piece), name))
	}
	c := v.store.cabinet
	write := func() {
		pieces, err := c.write(name, piece)
		v.post(actors.FileWritten{File: name, Pieces: pieces, Err: err})
	}
	if !c.changes.do(write) {
		v.post(actors.FileWritten{File: name, Err: errClosed})
	}
}

// SealFile asks for the end and the durability of a file.
func (v *view) SealFile(name string) {
	c := v.store.cabinet
	seal := func() {
		pieces, err := c.seal(name)
		v.post(actors.FileSealed{File: name, Pieces: pieces, Err: err})
	}
	if !c.changes.do(seal) {
		v.post(actors.FileSealed{File: name, Err: errClosed})
	}
}

// ReadFile asks for a piece of a sealed file.
func (v *view) ReadFile(name string, piece int) {
	c := v.store.cabinet
	if !c.reads.do(func() { v.post(c.read(name, piece)) }) {
		v.post(actors.FileRead{File: name, Piece: piece, Err: errClosed})
	}
}

// RemoveFile asks for the end of a file.
func (v *view) RemoveFile(name string) {
	c := v.store.cabinet
	if !c.changes.do(func() { v.post(actors.FileRemoved{File: name, Err: c.remove(name)}) }) {
		v.post(actors.FileRemoved{File: name, Err: errClosed})
	}
}
