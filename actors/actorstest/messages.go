package actorstest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

var messageChecks = []Check{
	{"the outside posts as nobody", postIsFromNobody},
	{"local messages arrive once each in the order sent", localOrder},
	{"local messages keep their order under load", localOrderUnderLoad},
	{"a message to oneself arrives after the call that sent it", selfSend},
	{"messages to nobody vanish", nobodyVanishes},
	{"messages travel between nodes through the codec", remoteSend},
}

func postIsFromNobody(w World) error {
	var p probe
	w.Spawn(1, "p", &p)
	for _, number := range upTo(20) {
		w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: number})
	}
	err := settle(w, "20 posts", func() bool { return p.count() >= 20 })
	return errors.Join(err, p.err(), sameNumbers("posts as nobody", p.numbers(actors.Ref{}), 20))
}

// localOrder sends from Receive and from Flush in turn.
func localOrder(w World) error {
	const total = 500
	var sink probe
	sinkRef, source := actors.Ref{Node: 1, Name: "sink"}, actors.Ref{Node: 1, Name: "source"}
	sent := uint64(0)
	burst := func(ctx actors.Context) {
		for range 25 {
			if sent < total {
				sent++
				ctx.Send(sinkRef, Note{Number: sent})
			}
		}
	}
	sender := flusher{onFlush: func(ctx actors.Context) {
		burst(ctx)
		if sent < total {
			ctx.Send(ctx.Self(), Note{})
		}
	}}
	sender.script = func(ctx actors.Context, _ actors.Ref, _ actors.Message) { burst(ctx) }
	w.Spawn(1, "sink", &sink)
	w.Spawn(1, "source", &sender)
	err := settle(w, "the last note", func() bool { return sink.count() >= total })
	return errors.Join(err, sink.err(), sender.err(),
		sameNumbers("notes from one actor to another", sink.numbers(source), total))
}

// localOrderUnderLoad lets several actors send to one that sends on to another, so
// that runtimes with threads have something to confuse.
func localOrderUnderLoad(w World) error {
	const senders, each = 5, 400
	var sink probe
	sinkRef, relayRef := actors.Ref{Node: 1, Name: "sink"}, actors.Ref{Node: 1, Name: "relay"}
	relayed := uint64(0)
	relay := flusher{}
	relay.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, ok := m.(Note); ok {
			relayed++
			ctx.Send(sinkRef, Note{Number: relayed})
		}
	}
	w.Spawn(1, "sink", &sink)
	w.Spawn(1, "relay", &relay)
	for i := range senders {
		w.Spawn(1, fmt.Sprint("sender", i), &probe{script: countTo(each, relayRef)})
	}
	err := settle(w, "all notes", func() bool { return sink.count() >= senders*each })
	for i := range senders {
		from := actors.Ref{Node: 1, Name: fmt.Sprint("sender", i)}
		err = errors.Join(err, sameNumbers(from.String(), relay.numbers(from), each))
	}
	return errors.Join(err, relay.err(), sink.err(),
		sameNumbers("relayed notes", sink.numbers(relayRef), senders*each))
}

// countTo returns a script that sends the numbers 1 to last, some in each turn.
func countTo(last uint64, to actors.Ref) func(actors.Context, actors.Ref, actors.Message) {
	sent := uint64(0)
	return func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		for range 1 + ctx.Rand()%7 {
			if sent < last {
				sent++
				ctx.Send(to, Note{Number: sent})
			}
		}
		if sent < last {
			ctx.Send(ctx.Self(), Note{})
		}
	}
}

func selfSend(w World) error {
	var p probe
	self := actors.Ref{Node: 1, Name: "p"}
	p.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, ok := m.(actors.Started); !ok {
			return
		}
		before := len(p.seen())
		for _, number := range upTo(30) {
			ctx.Send(self, Note{Number: number})
		}
		if after := len(p.seen()); after != before {
			p.fail("Send to oneself did not wait for the call to end")
		}
	}
	w.Spawn(1, "p", &p)
	err := settle(w, "30 notes to oneself", func() bool { return p.count() >= 30 })
	return errors.Join(err, p.err(), sameNumbers("notes to oneself", p.numbers(self), 30))
}

func nobodyVanishes(w World) error {
	ghosts := []actors.Ref{
		{}, {Node: 1}, {Name: "p"},
		{Node: 1, Name: "ghost"}, {Node: 2, Name: "ghost"},
		{Node: 99, Name: "p"}, {Node: 99 | actors.ClientBit, Name: "p"},
	}
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, ok := m.(actors.Started); !ok {
			return
		}
		for _, ghost := range ghosts {
			ctx.Send(ghost, Note{Number: 100})
		}
		ctx.Stop(actors.Ref{Node: 1, Name: "ghost"})
		ctx.Send(ctx.Self(), Note{Number: 1})
	}}
	w.Spawn(1, "p", &p)
	err := settle(w, "a note sent after those to nobody", func() bool { return p.has(1) })
	w.Post(actors.Ref{Node: 1, Name: "ghost"}, Note{Number: 100})
	w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: 2})
	err = errors.Join(err, settle(w, "a note posted after one to nobody", func() bool { return p.has(2) }))
	if p.has(100) {
		err = errors.Join(err, errors.New("a message to nobody arrived somewhere"))
	}
	return errors.Join(err, p.err())
}

// remoteSend repeats its question until it is answered, for the network may lose
// messages.
func remoteSend(w World) error {
	asker, answerer := actors.Ref{Node: 1, Name: "asker"}, actors.Ref{Node: 2, Name: "answerer"}
	body := bytes.Repeat([]byte("understudy"), 100)
	question := Note{Number: 7, Body: body, private: true}
	var ask, answer probe
	ask.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if note, ok := m.(Note); ok && note.Number == 8 {
			return
		}
		ctx.Send(answerer, question)
		ctx.After(10*time.Millisecond, Note{})
	}
	answer.script = func(ctx actors.Context, from actors.Ref, m actors.Message) {
		note, ok := m.(Note)
		if !ok {
			return
		}
		if from != asker || note.Number != 7 || !bytes.Equal(note.Body, body) || note.private {
			answer.fail("got %v with a body of %d bytes from %v (not encoded: %v), want note 7 with %d bytes from %v",
				note, len(note.Body), from, note.private, len(body), asker)
		}
		ctx.Send(from, Note{Number: 8})
	}
	w.Spawn(2, "answerer", &answer)
	w.Spawn(1, "asker", &ask)
	err := settle(w, "an answer from another node", func() bool { return ask.has(8) })
	if len(ask.numbers(answerer)) == 0 {
		ask.fail("the answer did not come from %v", answerer)
	}
	return errors.Join(err, ask.err(), answer.err())
}
