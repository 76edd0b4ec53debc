package snapshot

import (
	"errors"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// Limits on what other nodes make this one remember. One that is honest asks for no
// more than a window of as many snapshots as it fetches at once.
const (
	maxAsked       = 16   // pieces of one file, by one node
	maxPlacesEach  = 16   // files that one node asks for
	maxPlacesInAll = 1024 // files that all nodes ask for
)

// A sender gives other nodes what they ask for. Reading is one piece at a time, of
// all that are to be sent: pieces of different files take turns.
type sender struct {
	pace    pace
	places  []*place // in the order asked; the first of them are served, the others wait
	turn    uint64   // counts pieces
	reading bool     // a piece is being read
}

// A place is a file that another node asks for.
type place struct {
	node   actors.NodeID
	key    key
	asked  []AskPiece    // not answered yet, in the order received
	heard  time.Duration // when the node asked or was given last
	served uint64        // the turn in which a piece was read
	begun  bool          // the node has its turn
}

// running returns the places whose turn it is.
func (s *sender) running(limit int) []*place { return s.places[:min(len(s.places), limit)] }

// uses reports whether a snapshot is being sent.
func (s *sender) uses(k key) bool {
	return slices.ContainsFunc(s.places, func(p *place) bool { return p.key == k && p.begun })
}

func (s *sender) place(node actors.NodeID, k key) *place {
	for _, p := range s.places {
		if p.node == node && p.key == k {
			return p
		}
	}
	return nil
}

func (s *sender) end(p *place) {
	s.places = slices.DeleteFunc(s.places, func(q *place) bool { return p == q })
}

// admit returns a new place at the end of the queue, or nil if it is full.
func (s *sender) admit(node actors.NodeID, k key) *place {
	each := 0
	for _, p := range s.places {
		if p.node == node {
			each++
		}
	}
	if each >= maxPlacesEach || len(s.places) >= maxPlacesInAll {
		return nil
	}
	p := &place{node: node, key: k}
	s.places = append(s.places, p)
	return p
}

// ask takes a question of another node. It is answered in [Keeper.upload].
func (k *Keeper) ask(ctx actors.Context, from actors.Ref, m AskPiece) {
	s := &k.sender
	p := s.place(from.Node, m.key())
	f := k.files[m.key()]
	switch {
	case m.Done:
		s.end(p)
	case !f.good():
		s.end(p)
		answer(ctx, from.Node, m, Gone)
		k.mourn(ctx, f)
	default:
		if p == nil {
			p = s.admit(from.Node, m.key())
		}
		k.queue(ctx, from, p, m)
	}
}

// queue adds a question to those of a place, if there is one.
func (k *Keeper) queue(ctx actors.Context, from actors.Ref, p *place, m AskPiece) {
	if p != nil {
		p.note(ctx.Now(), m)
	}
	if p == nil || !slices.Contains(k.sender.running(k.config.Uploads), p) {
		ctx.Mark(markToldToWait)
		answer(ctx, from.Node, m, Wait)
	}
}

// note remembers a question, once.
func (p *place) note(now time.Duration, m AskPiece) {
	p.heard = now
	if len(p.asked) < maxAsked && !slices.Contains(p.asked, m) {
		p.asked = append(p.asked, m)
	}
}

// answer sends an answer without data.
func answer(ctx actors.Context, node actors.NodeID, m AskPiece, a Answer) {
	ctx.Send(actors.Ref{Node: node, Name: Name}, Piece{
		Group: m.Group, Index: m.Index, Term: m.Term, Number: m.Number, Copy: m.Copy, Answer: a,
	})
}

// upload sees to those who ask: it ends the places of those who do not any more, and
// reads the next piece if it may be sent.
func (k *Keeper) upload(ctx actors.Context) {
	s := &k.sender
	now := ctx.Now()
	places := len(s.places)
	s.places = slices.DeleteFunc(s.places, func(p *place) bool { return now >= p.heard+k.config.Idle })
	if len(s.places) < places {
		ctx.Mark(markIdlePlace)
	}
	k.admitted(ctx)
	if s.reading || now < s.pace.free {
		return
	}
	if p := s.next(k.config.Uploads); p != nil {
		k.give(ctx, p)
	}
}

// admitted begins the places whose turn has come. A snapshot that is to be removed
// is sent to those only who have its beginning.
func (k *Keeper) admitted(ctx actors.Context) {
	s := &k.sender
	for i := 0; i < len(s.running(k.config.Uploads)); {
		p := s.places[i]
		if f := k.files[p.key]; !p.begun && (!f.good() || f.doomed) {
			k.gone(ctx, p)
			continue
		}
		p.begun = true
		i++
	}
}

// gone ends a place and tells the node so.
func (k *Keeper) gone(ctx actors.Context, p *place) {
	k.sender.end(p)
	for _, m := range p.asked {
		answer(ctx, p.node, m, Gone)
	}
}

// next returns the place that was served longest ago of those that wait for a piece.
func (s *sender) next(limit int) *place {
	var first *place
	for _, p := range s.running(limit) {
		if len(p.asked) > 0 && (first == nil || p.served < first.served) {
			first = p
		}
	}
	return first
}

// give reads the piece that a place asked for first, and sends it.
func (k *Keeper) give(ctx actors.Context, p *place) {
	s, f, m := &k.sender, k.files[p.key], p.asked[0]
	s.turn++
	p.served = s.turn
	if !f.good() {
		k.gone(ctx, p)
		return
	}
	s.reading = true
	k.withHeader(ctx, f, func(ctx actors.Context, err error) {
		if err != nil || !f.has(m) {
			s.reading = false
			k.unread(ctx, p, err)
			return
		}
		k.read(ctx, f, m.Number, func(ctx actors.Context, r actors.FileRead) {
			s.reading = false
			k.given(ctx, p, m, r, f.header.copy)
		})
	})
}

// unread ends a place whose snapshot is not to be had, or not that copy or piece of it,
// by this program. Any other error may pass: the question is left without an answer, and
// whoever asked asks again when it has waited long enough.
func (k *Keeper) unread(ctx actors.Context, p *place, err error) {
	lost := errors.Is(err, actors.ErrNoFile) || errors.Is(err, actors.ErrCorrupt) || errors.Is(err, errVersion)
	switch {
	case err == nil || lost:
		k.gone(ctx, p)
	case len(p.asked) > 0:
		p.asked = p.asked[1:]
	}
}

// has reports whether f, of which the header is known, is the copy that is asked for,
// and has that piece.
func (f *file) has(m AskPiece) bool {
	return (m.Copy == 0 || m.Copy == f.header.copy) && m.Number < f.pieces
}

// given sends a piece that has been read, unless it is not wanted any more.
func (k *Keeper) given(ctx actors.Context, p *place, m AskPiece, r actors.FileRead, copy uint64) {
	switch {
	case !slices.Contains(k.sender.places, p):
	case r.Err != nil:
		k.unread(ctx, p, r.Err)
	default:
		p.asked = p.asked[1:]
		p.heard = ctx.Now()
		k.sender.pace.spend(ctx.Now(), len(r.Data))
		ctx.Send(actors.Ref{Node: p.node, Name: Name}, Piece{
			Group: m.Group, Index: m.Index, Term: m.Term, Number: m.Number,
			Copy: copy, Answer: Given, Pieces: r.Pieces, Data: r.Data,
		})
	}
}

// deadline is when upload has something to do.
func (s *sender) deadline(c Config, now time.Duration) time.Duration {
	first := never
	for _, p := range s.places {
		first = min(first, p.heard+c.Idle)
	}
	if !s.reading && s.next(c.Uploads) != nil {
		first = min(first, max(s.pace.free, now))
	}
	return first
}
