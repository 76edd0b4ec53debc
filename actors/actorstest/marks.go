package actorstest

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

var markChecks = []Check{
	{"marks are counted by name, on their node", marksAreCounted},
	{"a node that has ended marks nothing", noMarksAfterTheEnd},
}

func marksAreCounted(w World) error {
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if note, ok := m.(Note); ok {
			ctx.Mark("world/second")
			if note.Number == 1 {
				ctx.Mark("world/first")
			}
		}
	}}
	w.Spawn(1, "p", &p)
	for number := range uint64(3) {
		w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: number + 1})
	}
	err := settle(w, "the marks", func() bool { return w.Marked(1, "world/first")+w.Marked(1, "world/second") >= 4 })
	if err != nil {
		return errors.Join(err, p.err())
	}
	return errors.Join(p.err(), markedTimes(w, 1, "world/first", 1), markedTimes(w, 1, "world/second", 3),
		markedTimes(w, 1, "world/third", 0), markedTimes(w, 2, "world/second", 0))
}

func markedTimes(w World, node actors.NodeID, name string, want int) error {
	if got := w.Marked(node, name); got != want {
		return fmt.Errorf("mark %s of node %v was counted %d times, want %d", name, node, got, want)
	}
	return nil
}

func noMarksAfterTheEnd(w World) error {
	p := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, started := m.(actors.Started); started {
			ctx.Mark("world/first")
			ctx.Halt(errors.New("the end"))
			ctx.Mark("world/second")
		}
	}}
	w.Spawn(1, "p", &p)
	if err := settle(w, "the halt", func() bool { return w.Halted(1) != nil }); err != nil {
		return errors.Join(err, p.err())
	}
	if err := markedTimes(w, 1, "world/second", 0); err != nil {
		return fmt.Errorf("after it halted: %w", err)
	}
	return errors.Join(p.err(), markedTimes(w, 1, "world/first", 1))
}
