package actorstest

import (
	"errors"
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

var flushChecks = []Check{
	{"Flush follows every run of messages", flushFollowsRuns},
	{"Flush comes before the actor idles", flushBeforeIdle},
	{"an actor that is no Flusher just receives", plainActor},
}

// wellFlushed describes how events break the pattern of runs: each run is one
// message or more and ends with one Flush.
func wellFlushed(events []event) error {
	for i, e := range events {
		if e.flush && (i == 0 || events[i-1].flush) {
			return fmt.Errorf("call %d is a Flush with no message before it", i+1)
		}
	}
	if n := len(events); n > 0 && !events[n-1].flush {
		return fmt.Errorf("the last run was never flushed")
	}
	return nil
}

// flushed reports whether n notes have come and the run of the last was flushed.
func (f *flusher) flushed(n int) bool {
	events := f.seen()
	return f.count() >= n && events[len(events)-1].flush
}

func flushFollowsRuns(w World) error {
	const total = 400
	f := flusher{}
	ref := actors.Ref{Node: 1, Name: "f"}
	f.onFlush = func(ctx actors.Context) {
		if ctx.Self() != ref {
			f.fail("Self in Flush is %v, want %v", ctx.Self(), ref)
		}
	}
	w.Spawn(1, "f", &f)
	w.Spawn(1, "sender", &probe{script: countTo(total, ref)})
	err := settle(w, "all notes and a Flush", func() bool { return f.flushed(total) })
	return errors.Join(err, f.err(), wellFlushed(f.seen()))
}

// flushBeforeIdle waits for a Flush after each single message, of every kind that
// can wake an actor.
func flushBeforeIdle(w World) error {
	f := flusher{}
	f.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if note, ok := m.(Note); ok && note.Number == 2 {
			ctx.After(time.Millisecond, Note{Number: 3})
		}
	}
	f.onFlush = func(ctx actors.Context) {
		if f.has(3) && !f.has(4) {
			ctx.Send(ctx.Self(), Note{Number: 4})
		}
	}
	ref := actors.Ref{Node: 1, Name: "f"}
	w.Spawn(1, "f", &f)
	err := settle(w, "a Flush after Started", func() bool { return len(f.seen()) > 0 && f.flushed(0) })
	w.Post(ref, Note{Number: 1})
	err = errors.Join(err, settle(w, "a Flush after a post", func() bool { return f.flushed(1) }))
	w.Post(ref, Note{Number: 2})
	err = errors.Join(err, settle(w, "Flushes after a timer and a note that Flush sent", func() bool { return f.flushed(4) }))
	return errors.Join(err, f.err(), wellFlushed(f.seen()))
}

func plainActor(w World) error {
	var p probe
	w.Spawn(1, "p", &p)
	for _, number := range upTo(10) {
		w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: number})
	}
	err := settle(w, "10 notes", func() bool { return p.has(10) })
	return errors.Join(err, p.err())
}
