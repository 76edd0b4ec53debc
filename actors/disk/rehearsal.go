package disk

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/understudy-kv/understudy/actors"
)

// A Rehearsal is a data directory for a simulated node: the code of a [Store] on real
// files, carried out at once by whoever asks, and the memory of what was synced, so that
// a crash can take the rest away. When it crashes, what it left is recovered at once.
//
// Nothing that it answers depends on anything but what it was asked and on the dice. The
// texts of errors may, as they are those of the operating system. It is used by one
// goroutine at a time.
type Rehearsal struct {
	parent       string // holds a directory for each life
	life         int
	id           Identity
	segmentBytes int

	trouble *trouble
	store   *Store
	logs    map[string]*log
	found   map[string]actors.LogOpened // by recovery, of logs that nobody has opened since

	image   *tree // what is believed of the directory, up to the changes that may not have happened
	changes []change
	settled int // how many changes are in the image
}

// NewRehearsal makes an empty data directory below parent, which it creates, with segments
// of so many bytes.
func NewRehearsal(parent string, id Identity, segmentBytes int) (*Rehearsal, error) {
	r := &Rehearsal{parent: parent, id: id, segmentBytes: segmentBytes, image: newTree()}
	return r, r.begin()
}

// Close removes everything.
func (r *Rehearsal) Close() error {
	r.end()
	return os.RemoveAll(r.parent)
}

// Wipe empties the disk, which a replaced one is.
func (r *Rehearsal) Wipe() error {
	r.end()
	r.image, r.changes = newTree(), nil
	return r.begin()
}

// begin opens what the image says in a directory of its own.
func (r *Rehearsal) begin() error {
	r.life++
	dir := filepath.Join(r.parent, strconv.Itoa(r.life))
	if err := r.image.store(dir); err != nil {
		return err
	}
	r.trouble = &trouble{recorder: recorder{root: dir, seen: r.see}, lost: map[string]bool{}}
	r.logs, r.found = map[string]*log{}, map[string]actors.LogOpened{}
	store, err := openWith(r.trouble, dir, r.id, newInlineWorker)
	if err != nil {
		return r.plain(err)
	}
	store.segmentBytes, store.openWAL = r.segmentBytes, r.trouble.openWAL
	r.store = store
	for _, name := range store.registry.names() {
		r.found[name] = r.openLog(name)
	}
	return nil
}

func (r *Rehearsal) see(c change) { r.changes = append(r.changes, c) }

// end gives the files of this life back, unheard, and removes them.
func (r *Rehearsal) end() {
	for _, w := range r.trouble.open {
		w.Close() // what fails is no concern of the next life
	}
	if r.store != nil {
		for _, d := range r.store.cabinet.drafts {
			if d.file != nil {
				d.file.Close()
			}
		}
		r.store.cabinet.handles.keep(0)
		r.store.lock.Close()
		r.store = nil
	}
	os.RemoveAll(r.trouble.root)
}

// Moment returns a number for what has been done so far, for [Rehearsal.Promise].
func (r *Rehearsal) Moment() int { return r.settled + len(r.changes) }

// Promise says that somebody was told of what had been done at a moment, so that it has
// happened, syncs included. Of what was done later a crash may leave a beginning.
func (r *Rehearsal) Promise(moment int) {
	if n := moment - r.settled; n > 0 {
		r.settle(n)
	}
}

// settle makes the first n changes part of the image.
func (r *Rehearsal) settle(n int) {
	for _, c := range r.changes[:n] {
		r.image.apply(c)
	}
	r.changes = slices.Delete(r.changes, 0, n)
	r.settled += n
}

// Crash ends the node: of what was done and not promised it leaves a beginning. Then
// either the process alone has died, and everything is still visible, or the power is
// gone, and what was not synced may be. Recovery may be interrupted in the same way. Crash
// returns what recovery found: every log, as its next owner will be told, and the names of
// the sealed files, both sorted.
func (r *Rehearsal) Crash(dice Dice) (logs []actors.LogOpened, files []string, err error) {
	for {
		r.settle(pick(dice, len(r.changes)))
		r.changes = nil
		if dice.IntN(4) > 0 {
			r.image = r.image.crash(chance{dice})
		}
		r.end()
		if err := r.begin(); err != nil {
			return nil, nil, err
		}
		if dice.IntN(4) > 0 {
			break
		}
	}
	r.settle(len(r.changes))
	for _, name := range slices.Sorted(maps.Keys(r.found)) {
		logs = append(logs, r.found[name])
	}
	files, err = r.store.cabinet.list()
	return logs, files, r.plain(err)
}

// pick draws how many of n changes happened. All and none are made common.
func pick(dice Dice, n int) int {
	switch dice.IntN(4) {
	case 0:
		return 0
	case 1:
		return n
	}
	return dice.IntN(n + 1)
}

// OpenLog opens a log as [actors.Logs] says. The first after a crash is told what recovery
// found then.
func (r *Rehearsal) OpenLog(name string) actors.LogOpened {
	if answer, ok := r.found[name]; ok {
		delete(r.found, name)
		return answer
	}
	if err := actors.CheckName(name); err != nil {
		return actors.LogOpened{Log: name, Err: err}
	}
	return r.openLog(name)
}

func (r *Rehearsal) openLog(name string) (answer actors.LogOpened) {
	r.ask(name, request{kind: toOpen, post: func(m actors.Message) { answer = m.(actors.LogOpened) }})
	answer.Err = r.plain(answer.Err)
	return answer
}

// ask lets a log carry out a request.
func (r *Rehearsal) ask(name string, q request) {
	l := r.logs[name]
	if l == nil {
		l = newInlineLog(r.store, name)
		r.logs[name] = l
	}
	if l.carryOut([]request{q}); l.gone {
		delete(r.logs, name)
	}
}

// AppendLog appends a record to a log that is open.
func (r *Rehearsal) AppendLog(name string, record []byte) {
	r.ask(name, request{kind: toAppend, record: record})
}

// SyncLog makes durable what was appended to a log that is open.
func (r *Rehearsal) SyncLog(name string) (err error) {
	r.ask(name, request{kind: toSync, post: func(m actors.Message) { err = m.(actors.LogSynced).Err }})
	return r.plain(err)
}

// RestLog tells a log that nothing is asked of it.
func (r *Rehearsal) RestLog(name string) {
	if l := r.logs[name]; l != nil {
		l.seal()
	}
}

// RemoveLog removes a log.
func (r *Rehearsal) RemoveLog(name string) (err error) {
	delete(r.found, name)
	if err := actors.CheckName(name); err != nil {
		return err
	}
	r.ask(name, request{kind: toRemove, post: func(m actors.Message) { err = m.(actors.LogRemoved).Err }})
	return r.plain(err)
}

// WriteFile adds a piece to a file and returns how many it has.
func (r *Rehearsal) WriteFile(name string, piece []byte) (pieces int, err error) {
	pieces, err = r.store.cabinet.write(name, piece)
	return pieces, r.plain(err)
}

// SealFile seals a file and returns how many pieces it has.
func (r *Rehearsal) SealFile(name string) (pieces int, err error) {
	pieces, err = r.store.cabinet.seal(name)
	return pieces, r.plain(err)
}

// ReadFile reads a piece of a sealed file.
func (r *Rehearsal) ReadFile(name string, piece int) actors.FileRead {
	answer := r.store.cabinet.read(name, piece)
	answer.Err = r.plain(answer.Err)
	return answer
}

// RemoveFile removes a file.
func (r *Rehearsal) RemoveFile(name string) error { return r.plain(r.store.cabinet.remove(name)) }

// FailSync makes the next sync of a segment fail.
func (r *Rehearsal) FailSync() { r.forgive(); r.trouble.sync = true }

// FailAppend makes the next write to a segment fail after keep bytes, for want of room if
// full.
func (r *Rehearsal) FailAppend(keep int, full bool) {
	r.forgive()
	r.trouble.shorten, r.trouble.keep, r.trouble.cause = true, keep, cause(full)
}

// FailChange makes the nth change from now on that a file needs fail, for want of room if
// full.
func (r *Rehearsal) FailChange(n int, full bool) {
	r.forgive()
	r.trouble.fuse, r.trouble.cause = n, cause(full)
}

// Mend forgets failures that have not happened.
func (r *Rehearsal) Mend() { r.forgive() }

func (r *Rehearsal) forgive() { r.trouble.sync, r.trouble.shorten, r.trouble.fuse = false, false, 0 }

// Failures returns how many failures that were ordered have happened in this life.
func (r *Rehearsal) Failures() int { return r.trouble.failures }

func cause(full bool) syscall.Errno {
	if full {
		return syscall.ENOSPC
	}
	return syscall.EIO
}

// A plainError is an error without the place of the directory in its text: that is no part
// of the run.
type plainError struct {
	error
	root string
}

func (e plainError) Error() string { return strings.ReplaceAll(e.error.Error(), e.root, "DIR") }
func (e plainError) Unwrap() error { return e.error }

func (r *Rehearsal) plain(err error) error {
	if err == nil {
		return nil
	}
	return plainError{err, r.trouble.root}
}
