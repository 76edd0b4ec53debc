package snapshot

import (
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A read is a piece that the disk was asked for, and what to do with it.
type read struct {
	file  *file
	piece int
	done  func(actors.Context, actors.FileRead)
}

// read asks the disk for a piece of f.
func (k *Keeper) read(ctx actors.Context, f *file, piece int, done func(actors.Context, actors.FileRead)) {
	f.reads++
	k.reads = append(k.reads, read{f, piece, done})
	ctx.Disk().ReadFile(f.name(), piece)
}

// fileRead ends the oldest read of that piece. If there are several it does not
// matter which of them it is, because the file did not change.
func (k *Keeper) fileRead(ctx actors.Context, m actors.FileRead) {
	i := slices.IndexFunc(k.reads, func(r read) bool { return r.file.name() == m.File && r.piece == m.Piece })
	assert(i >= 0, "the disk read piece %d of file %s, which it was not asked for", m.Piece, m.File)
	r := k.reads[i]
	k.reads = slices.Delete(k.reads, i, i+1)
	r.file.reads--
	if m.Err == nil {
		r.file.pieces = m.Pieces
	}
	if errors.Is(m.Err, actors.ErrCorrupt) || errors.Is(m.Err, actors.ErrNoFile) {
		k.damaged(ctx, r.file, m.Err)
	}
	r.done(ctx, m)
	k.advance(ctx, r.file)
}

// damaged notes that a file is not what was written. It stays on the disk, where
// people may look at it, until a better one takes its place or another one is kept.
// If a group rests on it, its peer is told, so that there will be another one.
func (k *Keeper) damaged(ctx actors.Context, f *file, err error) {
	ctx.Mark(markDamaged)
	f.damaged = true
	ctx.Log().Error("a snapshot is damaged", "file", f.name(), "err", err)
	k.mourn(ctx, f)
}

// withHeader calls then once the header of f is known, or cannot be.
func (k *Keeper) withHeader(ctx actors.Context, f *file, then func(actors.Context, error)) {
	if f.header.copy != 0 {
		then(ctx, nil)
		return
	}
	k.read(ctx, f, 0, func(ctx actors.Context, m actors.FileRead) {
		then(ctx, k.readHeader(ctx, f, m))
	})
}

// readHeader takes in the header of f. One that makes no sense passed the checks of
// the disk, but is as good as damaged, unless it is that of another version: then it is
// for another program to make sense of it.
func (k *Keeper) readHeader(ctx actors.Context, f *file, m actors.FileRead) error {
	if m.Err != nil {
		return m.Err
	}
	h, err := checkHeader(f.key, m.Data)
	switch {
	case errors.Is(err, errVersion):
		return err
	case err != nil:
		k.damaged(ctx, f, err)
		return fmt.Errorf("%w: %w", actors.ErrCorrupt, err)
	}
	f.header = h
	return nil
}

// load answers with a piece of a snapshot of this node.
func (k *Keeper) load(ctx actors.Context, from actors.Ref, m Load) {
	answer := Loaded{Group: m.Group, Snapshot: m.key().position(), Piece: m.Piece}
	refuse := func(ctx actors.Context, err error) {
		answer.Err = err
		ctx.Send(from, answer)
	}
	f := k.files[m.key()]
	if !f.usable() {
		refuse(ctx, fmt.Errorf("%s: %w", m.key().name(), actors.ErrNoFile))
		return
	}
	k.withHeader(ctx, f, func(ctx actors.Context, err error) {
		if err != nil {
			refuse(ctx, err)
			return
		}
		answer.Snapshot = f.header.snapshot
		k.loadPiece(ctx, f, answer, from)
	})
}

// loadPiece reads one piece behind the header, if there are any.
func (k *Keeper) loadPiece(ctx actors.Context, f *file, answer Loaded, to actors.Ref) {
	number := answer.Piece + 1
	if number == 1 && f.pieces == 1 {
		answer.Last = true
		ctx.Send(to, answer)
		return
	}
	if number < 1 || number >= f.pieces {
		answer.Err = fmt.Errorf("snapshot %v has no piece %d: %w", f.key, answer.Piece, ErrOrder)
		ctx.Send(to, answer)
		return
	}
	k.read(ctx, f, number, func(ctx actors.Context, m actors.FileRead) {
		answer.Data, answer.Last, answer.Err = m.Data, number == m.Pieces-1, m.Err
		ctx.Send(to, answer)
	})
}

// found tells who asked for a snapshot to be fetched that it is here.
func (k *Keeper) found(ctx actors.Context, f *file, to actors.Ref) {
	f.doomed = false
	k.withHeader(ctx, f, func(ctx actors.Context, err error) {
		answer := Fetched{Group: f.group, Snapshot: f.header.snapshot, Err: err}
		if err != nil {
			answer.Snapshot = raft.Snapshot{Index: f.index, Term: f.term}
		}
		ctx.Send(to, answer)
	})
}
