package snapshot

import "github.com/understudy-kv/understudy/actors"

// A file is what the disk holds, or is to hold, under the name of one snapshot.
// One call that changes it is under way at a time, and none while it is read: so
// whatever the disk answers is about the file as it is known here.
type file struct {
	key
	sealed  bool   // complete, durable, and never changing
	stale   bool   // what the disk holds must be removed before anything else
	busy    bool   // a call that changes it is under way
	reads   int    // under way
	damaged bool   // sealed, but not all of it can be read
	doomed  bool   // sealed, to be removed when nobody is sent it
	pieces  int    // on the disk; 0 if that is not known
	header  header // of a sealed file; zero until it was read
	draft   *draft // what is being written, or will be when the stale is removed
}

// A draft is what is to be written into a file.
type draft struct {
	author author
	pieces [][]byte // not written yet, in order
	last   bool     // seal the file after them
}

// An author is told what becomes of its draft.
type author interface {
	// wrote: the first of the pieces has been written, and is not in the draft any more.
	wrote(ctx actors.Context)
	// sealed: the file is complete.
	sealed(ctx actors.Context)
	// failed: nothing will be left of the file, and there is no draft any more.
	failed(ctx actors.Context, err error)
}

// usable reports whether f can be read, as far as is known.
func (f *file) usable() bool { return f != nil && f.sealed && !f.stale }

// good reports whether f is usable and not known to be damaged.
func (f *file) good() bool { return f.usable() && !f.damaged }

// newDraft gives the name of a snapshot to a new draft of the author, whatever there
// was under it. The author of an earlier draft is not told.
func (k *Keeper) newDraft(key key, a author) *file {
	f := k.files[key]
	if f == nil {
		f = &file{key: key}
		k.files[key] = f
	}
	f.stale = f.stale || f.busy || f.pieces > 0 || f.sealed
	f.draft = &draft{author: a}
	return f
}

// discard leaves nothing of what is being written. The author is not told.
func (k *Keeper) discard(ctx actors.Context, f *file) {
	if f.busy {
		ctx.Mark(markDiscarded)
	}
	f.draft = nil
	f.stale = f.stale || f.busy || f.pieces > 0
	k.advance(ctx, f)
}

// advance makes the next call that changes f, if it is time for one.
func (k *Keeper) advance(ctx actors.Context, f *file) {
	switch d := f.draft; {
	case f.busy || f.stale && f.reads > 0:
	case f.stale:
		f.busy = true
		ctx.Disk().RemoveFile(f.name())
	case d != nil && len(d.pieces) > 0:
		f.busy = true
		ctx.Disk().WriteFile(f.name(), d.pieces[0])
	case d != nil && d.last:
		f.busy = true
		ctx.Disk().SealFile(f.name())
	case d == nil && !f.sealed:
		delete(k.files, f.key)
	}
}

// changed returns the file of that name after a call that changed it has ended.
func (k *Keeper) changed(name string) *file {
	key, ok := parseName(name)
	f := k.files[key]
	assert(ok && f != nil && f.busy, "the disk answers what it was not asked about file %s", name)
	f.busy = false
	return f
}

func (k *Keeper) written(ctx actors.Context, m actors.FileWritten) {
	f := k.changed(m.File)
	switch {
	case f.stale: // discarded meanwhile
	case m.Err != nil:
		k.fail(ctx, f, m.Err)
	default:
		f.pieces++
		assert(m.Pieces == f.pieces, "file %s has %d pieces after %d were written", m.File, m.Pieces, f.pieces)
		f.draft.pieces = f.draft.pieces[1:]
		f.draft.author.wrote(ctx)
	}
	k.advance(ctx, f)
}

func (k *Keeper) sealed(ctx actors.Context, m actors.FileSealed) {
	f := k.changed(m.File)
	switch {
	case f.stale: // discarded meanwhile
	case m.Err != nil:
		k.fail(ctx, f, m.Err)
	default:
		assert(m.Pieces == f.pieces, "file %s has %d pieces after %d were written", m.File, m.Pieces, f.pieces)
		author := f.draft.author
		f.sealed, f.draft = true, nil
		author.sealed(ctx)
	}
	k.advance(ctx, f)
}

// fail gives up what is being written. The disk takes nothing more under that name
// until it was removed.
func (k *Keeper) fail(ctx actors.Context, f *file, err error) {
	author := f.draft.author
	f.draft, f.stale = nil, true
	author.failed(ctx, err)
}

func (k *Keeper) removed(ctx actors.Context, m actors.FileRemoved) {
	f := k.changed(m.File)
	if m.Err != nil { // to write it anew will fail, and so remove it again
		ctx.Log().Warn("could not remove a snapshot", "file", m.File, "err", m.Err)
	}
	*f = file{key: f.key, draft: f.draft}
	k.advance(ctx, f)
}
