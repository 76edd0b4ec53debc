package snapshot

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A capture is a snapshot that a peer of this node hands over.
type capture struct {
	keeper   *Keeper
	file     *file
	to       actors.Ref
	snapshot raft.Snapshot
	pieces   int // handed over so far
}

// write takes a piece of a capture.
func (k *Keeper) write(ctx actors.Context, from actors.Ref, m Write) {
	assert(m.Group != 0 && m.Snapshot.Index != 0, "a snapshot of nothing: %v of group %d", m.Snapshot, m.Group)
	assert(len(m.Piece) <= actors.MaxPieceBytes, "a piece of %d bytes", len(m.Piece))
	assert(len(m.Piece) > 0 || m.Last, "an empty piece that is not the last")
	f := k.files[m.key()]
	switch {
	case m.Number > 0:
		k.goOn(ctx, from, m)
	case f.good(): // it was captured or fetched in an earlier life that forgot it
		ctx.Mark(markCapturedAlready)
		f.doomed = false
		ctx.Send(from, Written{Group: m.Group, Snapshot: m.Snapshot, Pieces: 1, Done: true})
	case fetchInto(f) != nil:
		refuse(ctx, from, m, ErrBusy)
	default:
		k.capture(ctx, from, m)
	}
}

// capture begins a file with the header and the first piece.
func (k *Keeper) capture(ctx actors.Context, from actors.Ref, m Write) {
	c := &capture{keeper: k, to: from, snapshot: m.Snapshot}
	c.file = k.newDraft(m.key(), c)
	h := header{group: m.Group, copy: ctx.Rand() | 1, snapshot: m.Snapshot}
	c.file.draft.pieces = append(c.file.draft.pieces, h.appendTo(nil))
	c.add(m)
	k.advance(ctx, c.file)
}

// goOn adds a piece that is not the first.
func (k *Keeper) goOn(ctx actors.Context, from actors.Ref, m Write) {
	c := captureOf(k.files[m.key()])
	if c == nil || c.pieces != m.Number || c.file.draft.last || m.Number >= maxPieces-1 {
		refuse(ctx, from, m, fmt.Errorf("piece %d of %v: %w", m.Number, m.key(), ErrOrder))
		return
	}
	c.add(m)
	k.advance(ctx, c.file)
}

// captureOf returns the capture that writes f, or nil.
func captureOf(f *file) *capture {
	if f == nil || f.draft == nil {
		return nil
	}
	c, _ := f.draft.author.(*capture)
	return c
}

func (c *capture) add(m Write) {
	c.pieces++
	d := c.file.draft
	d.last = m.Last
	if len(m.Piece) > 0 {
		d.pieces = append(d.pieces, m.Piece)
	}
}

// wrote implements author. The peer is answered once all it handed over is written.
func (c *capture) wrote(ctx actors.Context) {
	if d := c.file.draft; len(d.pieces) == 0 && !d.last {
		c.answer(ctx, false, nil)
	}
}

// sealed implements author.
func (c *capture) sealed(ctx actors.Context) { c.answer(ctx, true, nil) }

// failed implements author.
func (c *capture) failed(ctx actors.Context, err error) {
	ctx.Log().Warn("could not write a snapshot", "file", c.file.name(), "err", err)
	c.answer(ctx, false, err)
}

func (c *capture) answer(ctx actors.Context, done bool, err error) {
	ctx.Send(c.to, Written{Group: c.file.group, Snapshot: c.snapshot, Pieces: c.pieces, Done: done, Err: err})
}

func refuse(ctx actors.Context, to actors.Ref, m Write, err error) {
	ctx.Send(to, Written{Group: m.Group, Snapshot: m.Snapshot, Pieces: m.Number + 1, Err: err})
}

// abandon leaves nothing of a capture.
func (k *Keeper) abandon(ctx actors.Context, m Abandon) {
	if c := captureOf(k.files[m.key()]); c != nil {
		k.discard(ctx, c.file)
	}
}
