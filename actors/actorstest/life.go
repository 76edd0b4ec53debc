package actorstest

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

var lifeChecks = []Check{
	{"Started is the first message and comes from the spawner", startedComesFirst},
	{"Started comes first under fire", startedComesFirstUnderFire},
	{"Stop ends an actor and frees its name", stopFreesName},
	{"an actor that stops itself receives nothing more", stopSelf},
	{"Rand draws from all 64 bits", randIsWide},
}

func startedComesFirst(w World) error {
	var child probe
	parent := probe{}
	parentRef, childRef := actors.Ref{Node: 1, Name: "parent"}, actors.Ref{Node: 1, Name: "child"}
	parent.script = func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if ctx.Self() != parentRef {
			parent.fail("Self is %v, want %v", ctx.Self(), parentRef)
		}
		if _, ok := m.(actors.Started); !ok {
			return
		}
		if from != (actors.Ref{}) {
			parent.fail("Started came from %v, want nobody", from)
		}
		if ref := ctx.Spawn("child", &child); ref != childRef {
			parent.fail("Spawn returned %v, want %v", ref, childRef)
		}
		ctx.Send(childRef, Note{Number: 1})
	}
	w.Spawn(1, "parent", &parent)
	if err := settle(w, "the child's first note", func() bool { return child.has(1) }); err != nil {
		return errors.Join(err, parent.err())
	}
	if from := child.seen()[0].from; from != parentRef {
		child.fail("Started came from %v, want its spawner %v", from, parentRef)
	}
	return errors.Join(parent.err(), child.err(),
		sameNumbers("notes sent right after Spawn", child.numbers(parentRef), 1))
}

func startedComesFirstUnderFire(w World) error {
	const shots = 300
	target := actors.Ref{Node: 1, Name: "target"}
	shooter := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		number := uint64(1)
		if note, ok := m.(Note); ok {
			number = note.Number + 1
		}
		ctx.Send(target, Note{Number: number})
		if number < shots {
			ctx.Send(ctx.Self(), Note{Number: number})
		}
	}}
	var late probe
	w.Spawn(1, "shooter", &shooter)
	if err := settle(w, "the first shots", func() bool { return shooter.has(10) }); err != nil {
		return err
	}
	w.Spawn(1, "target", &late)
	w.Post(target, Note{Number: shots + 1})
	err := settle(w, "a note sent after Spawn", func() bool { return late.has(shots + 1) })
	return errors.Join(err, late.err(), shooter.err())
}

func stopFreesName(w World) error {
	var first, second probe
	parent := probe{script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			ctx.Send(ctx.Spawn("child", &first), Note{Number: 1})
		case Note:
			child := actors.Ref{Node: 1, Name: "child"}
			ctx.Stop(child)
			ctx.Send(ctx.Spawn("child", &second), Note{Number: m.Number})
		}
	}}
	w.Spawn(1, "parent", &parent)
	if err := settle(w, "the first child", func() bool { return first.has(1) }); err != nil {
		return err
	}
	w.Post(actors.Ref{Node: 1, Name: "parent"}, Note{Number: 2})
	if err := settle(w, "the second child", func() bool { return second.has(2) }); err != nil {
		return err
	}
	before := len(first.seen())
	w.Post(actors.Ref{Node: 1, Name: "child"}, Note{Number: 3})
	err := settle(w, "a note to the reused name", func() bool { return second.has(3) })
	if after := len(first.seen()); after != before {
		err = errors.Join(err, fmt.Errorf("a stopped actor was called: %v", first.seen()[before:]))
	}
	return errors.Join(err, parent.err(), first.err(), second.err())
}

func stopSelf(w World) error {
	var after probe
	quitter := probe{}
	quitter.script = func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		for number := range uint64(3) {
			ctx.Send(ctx.Self(), Note{Number: number + 1})
		}
		ctx.Stop(ctx.Self())
	}
	w.Spawn(1, "quitter", &quitter)
	if err := settle(w, "Started", func() bool { return len(quitter.seen()) > 0 }); err != nil {
		return err
	}
	w.Spawn(1, "after", &after)
	w.Post(actors.Ref{Node: 1, Name: "quitter"}, Note{Number: 4})
	w.Post(actors.Ref{Node: 1, Name: "after"}, Note{Number: 5})
	err := settle(w, "a later note to another actor", func() bool { return after.has(5) })
	if n := quitter.count(); n > 0 {
		err = errors.Join(err, fmt.Errorf("an actor received %d messages after it stopped itself", n))
	}
	return errors.Join(err, quitter.err(), after.err())
}

// randIsWide draws often enough that a bit which is ever the same is no chance.
func randIsWide(w World) error {
	ones, zeros := uint64(0), uint64(0)
	var p probe
	p.script = func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		for range 100 {
			n := ctx.Rand()
			ones, zeros = ones|n, zeros|^n
		}
		if stuck := ^(ones & zeros); stuck != 0 {
			p.fail("bits %x of Rand never change", stuck)
		}
		ctx.Send(ctx.Self(), Note{Number: 1})
	}
	w.Spawn(1, "drawer", &p)
	err := settle(w, "the draws", func() bool { return p.has(1) })
	return errors.Join(err, p.err())
}
