package snapshot

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// maxWindow limits the pieces of a fetch that were asked for and are not on the disk
// yet: enough to keep a link busy, few enough to hold them in memory.
const maxWindow = 4

// A part is a piece that was asked for.
type part struct {
	asked time.Duration
	data  []byte // nil until it came
}

// extend asks for more pieces. Until the first came nobody knows if there are more.
func (f *fetch) extend(ctx actors.Context) {
	for len(f.window)+len(f.file.draft.pieces) < maxWindow {
		number := f.next + len(f.window)
		if number >= max(f.pieces, 1) {
			return
		}
		f.window = append(f.window, part{asked: ctx.Now()})
		f.ask(ctx, number)
	}
}

func (f *fetch) ask(ctx actors.Context, number int) {
	f.send(ctx, AskPiece{Number: number, Copy: f.header.copy})
}

// dismiss tells the other node that f asks for nothing more. If that is lost the node
// finds out by itself.
func (f *fetch) dismiss(ctx actors.Context) { f.send(ctx, AskPiece{Copy: f.header.copy, Done: true}) }

func (f *fetch) send(ctx actors.Context, m AskPiece) {
	m.Group, m.Index, m.Term = f.group, f.index, f.term
	ctx.Send(actors.Ref{Node: f.from, Name: Name}, m)
}

// waits reports whether an answer is to come.
func (f *fetch) waits() bool { return slices.ContainsFunc(f.window, part.missing) }

func (p part) missing() bool { return p.data == nil }

// askedFirst is when the missing piece that is waited for longest was asked for.
func (f *fetch) askedFirst() time.Duration {
	first := never
	for _, p := range f.window {
		if p.missing() {
			first = min(first, p.asked)
		}
	}
	return first
}

// retryMissing asks again for what should have come.
func (f *fetch) retryMissing(ctx actors.Context) {
	now, overdue := ctx.Now(), f.retry
	ctx.Mark(markAskedAgain)
	f.vain, f.retry = true, min(2*f.retry, f.keeper.config.Idle/2)
	for i := range f.window {
		if p := &f.window[i]; p.missing() && now >= p.asked+overdue {
			p.asked = now
			f.ask(ctx, f.next+i)
		}
	}
}

// askAgain asks for all that is missing, of a node that was not asked before.
func (f *fetch) askAgain(ctx actors.Context) {
	f.advance(ctx)
	for i := range f.window {
		if p := &f.window[i]; p.missing() {
			p.asked = ctx.Now()
			f.ask(ctx, f.next+i)
		}
	}
}

// advance notes that the other side is there.
func (f *fetch) advance(ctx actors.Context) {
	f.moved, f.retry, f.vain = ctx.Now(), f.keeper.config.Retry, false
}

// piece takes an answer, if anybody waits for it. Answers may be repeated, late, or
// to a question of an earlier fetch.
func (k *Keeper) piece(ctx actors.Context, from actors.Ref, m Piece) {
	f := k.fetchOf(m.Group)
	if f == nil || f.key != m.key() || f.from != from.Node {
		return
	}
	p := f.part(m.Number)
	switch {
	case p == nil || f.header.copy != 0 && m.Copy != f.header.copy:
	case m.Answer == Wait:
		p.asked = ctx.Now()
		f.advance(ctx)
	case m.Answer == Gone:
		ctx.Mark(markGone)
		f.giveUp(ctx, fmt.Errorf("node %v: %w", f.from, ErrGone))
	case m.Answer == Given && m.sensible():
		f.take(ctx, p, m)
	default:
		k.ignore(ctx, from, m)
	}
}

// part returns the part for a piece that is missing, or nil.
func (f *fetch) part(number int) *part {
	i := number - f.next
	if i < 0 || i >= len(f.window) || !f.window[i].missing() {
		return nil
	}
	return &f.window[i]
}

// take accepts a piece.
func (f *fetch) take(ctx actors.Context, p *part, m Piece) {
	if f.pieces == 0 {
		h, err := checkHeader(f.key, m.Data)
		if err == nil && h.copy != m.Copy {
			err = fmt.Errorf("%w: copy %x in the header of copy %x", ErrMalformed, m.Copy, h.copy)
		}
		if err != nil {
			f.giveUp(ctx, fmt.Errorf("node %v: %w", f.from, err))
			return
		}
		f.header, f.pieces = h, m.Pieces
	}
	if m.Pieces != f.pieces {
		f.keeper.ignore(ctx, actors.Ref{Node: f.from, Name: Name}, m)
		return
	}
	p.data = m.Data
	if f.vain {
		ctx.Mark(markResumed)
	}
	f.advance(ctx)
	f.drain(ctx)
	f.extend(ctx)
}

// drain hands the draft what is complete from the front on.
func (f *fetch) drain(ctx actors.Context) {
	d := f.file.draft
	for len(f.window) > 0 && !f.window[0].missing() {
		d.pieces = append(d.pieces, f.window[0].data)
		f.window = f.window[1:]
		f.next++
	}
	d.last = f.next == f.pieces
	f.keeper.advance(ctx, f.file)
}
