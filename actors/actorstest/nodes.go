package actorstest

import (
	"errors"
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

var nodeChecks = []Check{
	{"a crash loses actors and timers, of that node only", crashLosesActors},
	{"Halt ends the node", haltEndsNode},
}

func crashLosesActors(w World) error {
	var bystander, second probe
	first := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, ok := m.(actors.Started); ok {
			ctx.After(5*time.Millisecond, Note{Number: 1})
		}
	}}
	w.Spawn(2, "bystander", &bystander)
	w.Spawn(1, "p", &first)
	if err := settle(w, "Started", func() bool { return len(first.seen()) > 0 }); err != nil {
		return err
	}
	w.Crash(1)
	before := len(first.seen())
	w.Restart(1)
	w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: 2})
	second.script = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if _, ok := m.(actors.Started); ok {
			ctx.After(30*time.Millisecond, Note{Number: 3})
		}
	}
	w.Spawn(1, "p", &second)
	w.Post(actors.Ref{Node: 2, Name: "bystander"}, Note{Number: 4})
	err := settle(w, "a timer of the next life", func() bool { return second.has(3) && bystander.has(4) })
	if after := first.seen(); len(after) != before {
		err = errors.Join(err, fmt.Errorf("an actor was called after its node crashed: %v", after[before:]))
	}
	if second.has(1) {
		err = errors.Join(err, errors.New("a timer outlived its node"))
	}
	return errors.Join(err, first.err(), second.err(), bystander.err())
}

func haltEndsNode(w World) error {
	failure := errors.New("the disk is gone")
	var neighbour, second probe
	w.Spawn(1, "p", &neighbour)
	if err := settle(w, "Started", func() bool { return len(neighbour.seen()) > 0 }); err != nil {
		return err
	}
	if err := w.Halted(1); err != nil {
		return fmt.Errorf("the node halted by itself: %w", err)
	}
	w.Spawn(1, "halter", &probe{script: func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Halt(failure)
	}})
	if err := settle(w, "the node to halt", func() bool { return w.Halted(1) != nil }); err != nil {
		return err
	}
	if err := w.Halted(1); !errors.Is(err, failure) {
		return fmt.Errorf("the node halted because of %v, want %v", err, failure)
	}
	w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: 1})
	w.Restart(1)
	w.Spawn(1, "p", &second)
	w.Post(actors.Ref{Node: 1, Name: "p"}, Note{Number: 2})
	err := settle(w, "a note in the next life", func() bool { return second.has(2) })
	if neighbour.count() > 0 {
		err = errors.Join(err, errors.New("an actor received a message after its node halted"))
	}
	return errors.Join(err, neighbour.err(), second.err())
}
