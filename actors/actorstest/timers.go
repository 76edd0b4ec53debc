package actorstest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

var timerChecks = []Check{
	{"timers fire once and not before their time", timersKeepTime},
	{"a cancelled timer does not arrive", cancelKeepsAway},
	{"a timer that waits in the mailbox can be cancelled", cancelInMailbox},
	{"timers die with their actor", timersDieWithActor},
	{"the clock does not go back", clockGoesForward},
}

// timersKeepTime numbers each timer by the milliseconds it has to wait.
func timersKeepTime(w World) error {
	waits := []uint64{0, 30, 1, 10, 10, 3}
	var p probe
	p.script = func(ctx actors.Context, from actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			for _, wait := range waits {
				ctx.After(time.Duration(wait)*time.Millisecond, Note{Number: wait})
			}
			ctx.After(60*time.Millisecond, Note{Number: 1000})
		case Note:
			if from != ctx.Self() {
				p.fail("a timer came from %v, want %v", from, ctx.Self())
			}
			waited := ctx.Now() - p.seen()[0].now
			if due := time.Duration(m.Number) * time.Millisecond; m.Number < 1000 && waited < due {
				p.fail("a timer of %v fired after %v", due, waited)
			}
		}
	}
	w.Spawn(1, "p", &p)
	err := settle(w, "the last timer", func() bool { return p.has(1000) && p.count() > len(waits) })
	fired := p.numbers(actors.Ref{Node: 1, Name: "p"})
	slices.Sort(fired)
	if want := []uint64{0, 1, 3, 10, 10, 30, 1000}; !slices.Equal(fired, want) {
		err = errors.Join(err, fmt.Errorf("timers fired: %v, want %v", fired, want))
	}
	return errors.Join(err, p.err())
}

// cancelKeepsAway also cancels twice, and cancels what has been received already.
func cancelKeepsAway(w World) error {
	var spent, cancelled func()
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			spent = ctx.After(time.Millisecond, Note{Number: 1})
			cancelled = ctx.After(20*time.Millisecond, Note{Number: 2})
			ctx.After(40*time.Millisecond, Note{Number: 3})
		case Note:
			if m.Number == 1 {
				cancelled()
				cancelled()
				spent()
			}
		}
	}}
	w.Spawn(1, "p", &p)
	err := settle(w, "the timers left", func() bool { return p.has(1) && p.has(3) })
	if p.has(2) {
		err = errors.Join(err, errors.New("a cancelled timer arrived"))
	}
	return errors.Join(err, p.err())
}

// cancelInMailbox lets several timers fall due together while the actor is held
// up, where the world's time passes during a call. The first to be received
// cancels the others, which by then are in the mailbox.
func cancelInMailbox(w World) error {
	const rivals = 8
	cancels := make([]func(), rivals)
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			for i := range cancels {
				cancels[i] = ctx.After(2*time.Millisecond, Note{Number: 1})
			}
			ctx.After(30*time.Millisecond, Note{Number: 2})
			hold(ctx, 10*time.Millisecond)
		case Note:
			if m.Number == 1 {
				for _, cancel := range cancels {
					cancel()
				}
			}
		}
	}}
	w.Spawn(1, "p", &p)
	err := settle(w, "the last timer", func() bool { return p.has(2) })
	if got := p.count(); got != 2 {
		err = errors.Join(err, fmt.Errorf("%d timers arrived, want the first and the last: %v", got, p.seen()))
	}
	return errors.Join(err, p.err())
}

// hold keeps the actor busy for d, or not at all where the clock stands still during
// a call.
func hold(ctx actors.Context, d time.Duration) {
	start := ctx.Now()
	for range 10_000 {
		if ctx.Now() > start {
			break
		}
	}
	for now := ctx.Now(); now > start && now < start+d; {
		now = ctx.Now()
	}
}

func timersDieWithActor(w World) error {
	var parent, successor probe
	mortal := probe{script: func(ctx actors.Context, from actors.Ref, m actors.Message) {
		ctx.After(5*time.Millisecond, Note{Number: 1})
		ctx.Send(from, Note{Number: 2})
	}}
	parent.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			ctx.Spawn("mortal", &mortal)
		case Note:
			if m.Number == 2 {
				ctx.Stop(actors.Ref{Node: 1, Name: "mortal"})
				ctx.Spawn("mortal", &successor)
				ctx.After(30*time.Millisecond, Note{Number: 3})
			}
		}
	}
	w.Spawn(1, "parent", &parent)
	err := settle(w, "a later timer of another actor", func() bool { return parent.has(3) })
	if successor.count() > 0 {
		err = errors.Join(err, errors.New("a timer outlived its actor"))
	}
	return errors.Join(err, parent.err(), mortal.err(), successor.err())
}

// clockGoesForward rests on what every probe checks at each call.
func clockGoesForward(w World) error {
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		note, _ := m.(Note)
		next := Note{Number: note.Number + 1}
		switch {
		case next.Number > 200:
		case ctx.Rand()%10 == 0:
			ctx.After(time.Duration(ctx.Rand()%1000)*time.Microsecond, next)
		default:
			ctx.Send(ctx.Self(), next)
		}
	}}
	w.Spawn(1, "p", &p)
	err := settle(w, "200 readings of the clock", func() bool { return p.has(200) })
	return errors.Join(err, p.err())
}
