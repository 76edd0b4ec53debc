package snapshot_test

import (
	"errors"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim"
)

// A stranger is in the place of the keeper of a node and answers that of node 1 as the
// test likes, with pieces half a second apart.
type stranger struct {
	got    []snapshot.Piece
	answer func(snapshot.AskPiece) []snapshot.Piece
}

func (s *stranger) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case snapshot.AskPiece:
		for i, p := range s.answer(m) {
			ctx.After(time.Duration(i)*time.Second/2, order{p})
		}
	case snapshot.Piece:
		s.got = append(s.got, m)
	case order:
		ctx.Send(actors.Ref{Node: 1, Name: snapshot.Name}, m.message)
	}
}

// add puts a stranger on a new node, under the name of a keeper or another.
func (l *lab) add(node actors.NodeID, name string, s *stranger) {
	l.AddNode(node, func(spawn func(string, actors.Actor) actors.Ref) { spawn(name, s) })
}

// header is the first piece of the file of a state.
func header(l *lab, s state) []byte {
	l.capture(2, s)
	var data []byte
	d := l.disks[2].For(actors.Ref{}, func(m actors.Message) { data = m.(actors.FileRead).Data })
	d.ReadFile(s.name(), 0)
	l.Run(time.Second)
	return data
}

// copyIn is the copy that a header names: its third field, behind the version and
// a group below 128.
func copyIn(header []byte) (copy uint64) {
	for i, b := range header[5:] {
		copy |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			break
		}
	}
	return copy
}

// TestWhatMakesNoSenseIsNotBelieved lets a stranger answer the first question as a
// keeper does, and the others with one thing changed.
func TestWhatMakesNoSenseIsNotBelieved(t *testing.T) {
	s := newState(1, 7, 10, 10, 10)
	for name, test := range map[string]struct {
		number int
		change func(*snapshot.Piece)
		err    error
	}{ // any order: the cases are independent
		"another number of pieces":  {3, func(p *snapshot.Piece) { p.Pieces = 5 }, snapshot.ErrSilent},
		"fewer pieces":              {1, func(p *snapshot.Piece) { p.Pieces = 2 }, snapshot.ErrSilent},
		"no pieces":                 {0, func(p *snapshot.Piece) { p.Pieces = 0 }, snapshot.ErrSilent},
		"no data":                   {1, func(p *snapshot.Piece) { p.Data = nil }, snapshot.ErrSilent},
		"a piece behind the end":    {1, func(p *snapshot.Piece) { p.Number = 4 }, snapshot.ErrSilent},
		"a piece far behind it":     {1, func(p *snapshot.Piece) { p.Number = 1 << 24 }, snapshot.ErrSilent},
		"a piece that is here":      {1, func(p *snapshot.Piece) { p.Number = 0 }, snapshot.ErrSilent},
		"another group":             {1, func(p *snapshot.Piece) { p.Group = 2 }, snapshot.ErrSilent},
		"another index":             {1, func(p *snapshot.Piece) { p.Index = 8 }, snapshot.ErrSilent},
		"another term":              {1, func(p *snapshot.Piece) { p.Term = 4 }, snapshot.ErrSilent},
		"another copy":              {1, func(p *snapshot.Piece) { p.Copy++ }, snapshot.ErrSilent},
		"another copy gone":         {1, func(p *snapshot.Piece) { *p = gone(*p); p.Copy++ }, snapshot.ErrSilent},
		"an answer of the future":   {1, func(p *snapshot.Piece) { p.Answer = 3 }, snapshot.ErrSilent},
		"no header":                 {0, func(p *snapshot.Piece) { p.Data = []byte("no header") }, snapshot.ErrMalformed},
		"a header of another copy":  {0, func(p *snapshot.Piece) { p.Copy++ }, snapshot.ErrMalformed},
		"an empty copy":             {0, func(p *snapshot.Piece) { p.Copy = 0 }, snapshot.ErrSilent},
		"the file is gone":          {2, func(p *snapshot.Piece) { *p = gone(*p) }, snapshot.ErrGone},
		"gone after it was given":   {1, func(p *snapshot.Piece) { p.Number = 2; p.Data = s.pieces[1] }, snapshot.ErrSilent},
		"as many pieces as can be":  {0, func(p *snapshot.Piece) { p.Pieces = 1 << 24 }, snapshot.ErrSilent},
		"nothing wrong, every time": {9, nil, nil},
	} {
		l := newLab(t, 1, 2, snapshot.Config{})
		head := header(l, s)
		l.add(3, snapshot.Name, &stranger{answer: func(m snapshot.AskPiece) []snapshot.Piece {
			p := snapshot.Piece{Group: m.Group, Index: m.Index, Term: m.Term, Number: m.Number,
				Copy: copyIn(head), Pieces: 4, Data: head}
			if m.Done {
				return nil
			}
			if m.Number > 0 && m.Number < 4 {
				p.Data = s.pieces[m.Number-1]
			}
			if m.Number == test.number {
				test.change(&p)
			}
			if m.Number == 1 && p.Number == 2 {
				return []snapshot.Piece{p, gone(p)}
			}
			return []snapshot.Piece{p}
		}})
		if f := l.fetch(1, 3, s); !errors.Is(f.Err, test.err) {
			t.Errorf("%s: fetching gave %+v", name, f)
		}
		if test.err == nil {
			l.holds(1, s)
		} else if used := l.disks[1].Used(); used > 0 {
			l.Run(time.Second)
			if used = l.disks[1].Used(); used > 0 {
				t.Errorf("%s: %d bytes are left", name, used)
			}
		}
		l.quiet()
	}
}

func gone(p snapshot.Piece) snapshot.Piece {
	p.Answer, p.Pieces, p.Data = snapshot.Gone, 0, nil
	return p
}

func TestAHeaderOfAnotherSnapshotIsNotBelieved(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	head := header(l, newState(1, 8, 10))
	l.add(3, snapshot.Name, &stranger{answer: func(m snapshot.AskPiece) []snapshot.Piece {
		return []snapshot.Piece{{Group: m.Group, Index: m.Index, Term: m.Term, Number: m.Number,
			Copy: copyIn(head), Pieces: 2, Data: head}}
	}})
	if f := l.fetch(1, 3, newState(1, 7)); !errors.Is(f.Err, snapshot.ErrMalformed) {
		t.Errorf("fetching gave %+v", f)
	}
}

// TestNobodyElseIsBelieved lets everybody but the node that was asked answer.
func TestNobodyElseIsBelieved(t *testing.T) {
	for name, at := range map[string]actors.Ref{ // any order: the cases are independent
		"another node":              {Node: 4, Name: snapshot.Name},
		"another actor of the node": {Node: 3, Name: "other"},
		"a client":                  {Node: 5 | actors.ClientBit, Name: snapshot.Name},
	} {
		l := newLab(t, 1, 2, snapshot.Config{Patience: 5 * time.Second})
		s := newState(1, 7, 10)
		l.add(at.Node, at.Name, &stranger{})
		l.order(1, s.fetch(3))
		l.Run(time.Second)
		l.Send(at, order{snapshot.Piece{Group: 1, Index: 7, Term: 3, Answer: snapshot.Gone}})
		if f := await[snapshot.Fetched](l, 1); !errors.Is(f.Err, snapshot.ErrSilent) {
			t.Errorf("%s: fetching gave %+v", name, f)
		}
	}
}

func TestAnAskerIsRememberedWithinLimits(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{Uploads: 1, BytesPerSecond: 1000})
	for g := range journal.GroupID(40) {
		l.capture(1, long(g+1, 7))
	}
	s := &stranger{}
	l.add(3, snapshot.Name, s)
	from := actors.Ref{Node: 3, Name: snapshot.Name}
	for g := range journal.GroupID(40) {
		for number := range 100 {
			l.Send(from, order{snapshot.AskPiece{Group: g + 1, Index: 7, Term: 3, Number: number}})
		}
	}
	l.Run(100 * time.Millisecond)
	if n := l.keepers[1].Places(); n != snapshot.MaxPlacesEach {
		t.Errorf("%d files are remembered", n)
	}
	if n := l.keepers[1].Questions(); n > snapshot.MaxPlacesEach*snapshot.MaxAsked {
		t.Errorf("%d questions are remembered", n)
	}
	l.order(2, long(40, 7).fetch(1)) // nobody else is shut out
	l.Run(time.Second)
	if n := l.keepers[1].Places(); n != snapshot.MaxPlacesEach+1 {
		t.Errorf("%d files are remembered with that of another node", n)
	}
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Errorf("another node is answered %+v", f)
	}
	l.quiet()
	if n := l.keepers[1].Places(); n > 0 {
		t.Errorf("%d files are remembered for ever", n)
	}
}

func TestQuestionsForWhatIsNotThereAreAnsweredGone(t *testing.T) {
	const most = 1<<64 - 1
	l := newLab(t, 1, 1, snapshot.Config{})
	l.capture(1, newState(1, 7, 10))
	s := &stranger{}
	l.add(3, snapshot.Name, s)
	for _, m := range []snapshot.AskPiece{
		{},
		{Group: most, Index: most, Term: most, Number: 1 << 24, Copy: most},
		{Group: 1, Index: 7, Term: 2},
		{Group: 2, Index: 7, Term: 3},
		{Group: 1, Index: 7, Term: 3, Number: 2},
		{Group: 1, Index: 7, Term: 3, Number: 1 << 24},
		{Group: 1, Index: 7, Term: 3, Number: 1, Copy: 1},
	} {
		s.got = nil
		l.Send(actors.Ref{Node: 3, Name: snapshot.Name}, order{m})
		l.Run(time.Second)
		if len(s.got) != 1 || s.got[0].Answer != snapshot.Gone || s.got[0].Number != m.Number || s.got[0].Copy != m.Copy {
			t.Errorf("%v is answered %v", m, s.got)
		}
	}
	l.quiet()
}

func TestWhatIsAskedForRepeatedlyIsSentOnce(t *testing.T) {
	l := newLab(t, 1, 1, slow)
	l.capture(1, long(1, 7))
	s := &stranger{}
	l.add(3, snapshot.Name, s)
	for _, number := range []int{1, 2, 2, 2, 2} {
		l.Send(actors.Ref{Node: 3, Name: snapshot.Name}, order{snapshot.AskPiece{Group: 1, Index: 7, Term: 3, Number: number}})
		l.Run(time.Millisecond)
	}
	l.Run(time.Second)
	if len(s.got) != 2 {
		t.Errorf("two pieces came as %v", s.got)
	}
}

func TestWhoLeavesIsSentNothing(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	l.capture(1, newState(1, 7, 10))
	l.add(3, snapshot.Name, &stranger{})
	var left time.Duration // zero if the question came after the farewell
	l.Observe(sim.Of(sim.Delivered), func(e *sim.Event) {
		if m, ok := e.Message.(snapshot.AskPiece); ok {
			if left = 0; m.Done {
				left = l.Now()
			}
		}
	})
	early := 0
	for range 50 {
		ask := snapshot.AskPiece{Group: 1, Index: 7, Term: 3}
		l.given = nil
		l.Send(actors.Ref{Node: 3, Name: snapshot.Name}, order{ask})
		ask.Done = true
		l.Send(actors.Ref{Node: 3, Name: snapshot.Name}, order{ask})
		l.Run(time.Second)
		switch {
		case len(l.given) == 0:
			early++
		case left > 0 && l.given[0].at > left+time.Millisecond/10:
			t.Errorf("a piece was sent %v after its node had left", l.given[0].at-left)
			return
		}
	}
	if early < 5 {
		t.Errorf("%d of 50 left in time", early)
	}
}

func TestClientsGetNoSnapshots(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	l.capture(1, newState(1, 7, 10))
	for _, at := range []actors.Ref{{Node: 3 | actors.ClientBit, Name: snapshot.Name}, {Node: 3, Name: "other"}} {
		s := &stranger{}
		l.add(at.Node, at.Name, s)
		l.Send(at, order{snapshot.AskPiece{Group: 1, Index: 7, Term: 3}})
		l.Run(time.Second)
		if len(s.got) > 0 {
			t.Errorf("%v was sent %v", at, s.got)
		}
	}
}
