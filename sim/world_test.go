package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/actorstest"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

type note = actorstest.Note

// An act is an actor that is a function, and counts what it received.
type act struct {
	do       func(ctx actors.Context, from actors.Ref, m actors.Message)
	received []actors.Message
}

func (a *act) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	a.received = append(a.received, m)
	if a.do != nil {
		a.do(ctx, from, m)
	}
}

// numbers returns the numbers of the notes received.
func (a *act) numbers() []uint64 {
	var ns []uint64
	for _, m := range a.received {
		if n, ok := m.(note); ok {
			ns = append(ns, n.Number)
		}
	}
	return ns
}

// onNote makes an act that calls f at each note.
func onNote(f func(ctx actors.Context, n note)) *act {
	return &act{do: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		if n, ok := m.(note); ok {
			f(ctx, n)
		}
	}}
}

func ref(node actors.NodeID, name string) actors.Ref { return actors.Ref{Node: node, Name: name} }

// steady makes the cost of every call nearly known, and the network fast.
func steady(seed sim.Seed, cost time.Duration) *lab {
	l := newLab(seed)
	l.World = sim.New(sim.Config{Seed: seed, Codec: actorstest.Codec{}, Cost: cost, Network: l.network})
	l.network = network.New(nil)
	return l.add(1, 2)
}

// losses collects why packets were lost.
func losses(w *sim.World) *[]string {
	var why []string
	w.Observe(sim.Of(sim.Lost), func(e *sim.Event) { why = append(why, e.Text) })
	return &why
}

// TestACrashStrikesBetweenAnyTwoEffects counts down through one call of an actor.
// flushing is an actor that only flushes.
type flushing func(ctx actors.Context)

func (f flushing) Receive(actors.Context, actors.Ref, actors.Message) {}
func (f flushing) Flush(ctx actors.Context)                           { f(ctx) }

// A counter counts its messages by runs.
type counter struct {
	run  int
	runs []int
}

func (c *counter) Receive(actors.Context, actors.Ref, actors.Message) { c.run++ }
func (c *counter) Flush(actors.Context)                               { c.runs = append(c.runs, c.run); c.run = 0 }

func TestRunLengthsAreDrawn(t *testing.T) {
	l := newLab(1).add(1)
	var c counter
	l.Spawn(1, "a", &c)
	for range 5000 {
		l.Send(ref(1, "a"), note{})
	}
	l.Run(time.Second)
	lengths := map[int]bool{}
	for _, n := range c.runs {
		lengths[n] = true
	}
	if slices.Max(c.runs) > sim.DefaultRunMax || !lengths[1] || len(lengths) < 30 {
		t.Errorf("the runs were %v", c.runs)
	}
}

func TestRunMaxOneFlushesEveryMessage(t *testing.T) {
	w := sim.New(sim.Config{RunMax: 1})
	w.AddNode(1, func(func(string, actors.Actor) actors.Ref) {})
	var c counter
	w.Spawn(1, "a", &c)
	for range 100 {
		w.Send(ref(1, "a"), note{})
	}
	w.Run(time.Second)
	if len(c.runs) != 101 || slices.Max(c.runs) != 1 {
		t.Errorf("the runs were %v", c.runs)
	}
}

func TestWorkTakesTime(t *testing.T) {
	l := newLab(1).add(1)
	var sink act
	l.Spawn(1, "a", &sink)
	l.Run(time.Second)
	l.SetCost(1, time.Millisecond)
	start := l.Now()
	for i := range uint64(1000) {
		l.Send(ref(1, "a"), note{Number: i})
	}
	l.RunUntil(func() bool { return len(sink.numbers()) == 1000 }, time.Minute)
	if took := l.Now() - start; took < 950*time.Millisecond || took > 1050*time.Millisecond {
		t.Errorf("1000 messages at 1 ms took %v", took)
	}
}

func TestAFullMailboxLosesPackets(t *testing.T) {
	w := sim.New(sim.Config{Codec: actorstest.Codec{}, MailMax: 10})
	why := losses(w)
	w.AddNode(1, func(func(string, actors.Actor) actors.Ref) {})
	w.AddNode(2, func(func(string, actors.Actor) actors.Ref) {})
	var sink act
	w.Spawn(2, "sink", &sink)
	w.Spawn(1, "a", onNote(func(ctx actors.Context, n note) {
		for range 25 {
			ctx.Send(ref(2, "sink"), n)
		}
	}))
	w.Run(time.Second)
	w.Pause(2)
	w.Send(ref(1, "a"), note{})
	w.Run(time.Second)
	w.Resume(2)
	w.Run(time.Second)
	if len(sink.numbers()) != 10 || len(*why) != 15 || (*why)[0] != "mailbox is full" {
		t.Errorf("%d arrived, lost by %v", len(sink.numbers()), *why)
	}
}

func TestCopiesShareNoFate(t *testing.T) {
	l := newLab(1).add(1, 2)
	l.network.Add("twice", network.Duplicate{Chance: 1, Late: time.Second})
	var sink act
	l.Spawn(2, "sink", &sink)
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	l.Send(ref(1, "a"), note{Number: 9})
	l.Run(time.Minute)
	if got := sink.numbers(); !slices.Equal(got, []uint64{9, 9}) || l.Stats().Duplicated != 1 {
		t.Errorf("received %v", got)
	}
}

// TestAChangedMessageIsFound has a receiver scribble on what aliases the packet,
// before its copy arrives.
func TestAChangedMessageIsFound(t *testing.T) {
	l := newLab(1).add(1, 2)
	l.network.Add("twice", network.Duplicate{Chance: 1, Late: time.Second})
	l.Spawn(2, "sink", onNote(func(_ actors.Context, n note) { clear(n.Body) }))
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	l.Send(ref(1, "a"), note{Number: 9, Body: []byte("body")})
	l.Run(time.Minute)
	if l.Stats().Panics != 1 || l.Up(2) {
		t.Error("nobody noticed")
	}
}

// A liar is a codec that cannot read what it wrote.
type liar struct{ actorstest.Codec }

func (liar) Decode([]byte) (actors.Message, error) { return nil, errors.New("what?") }

func TestAnUnreadableMessageAccusesTheCodec(t *testing.T) {
	w := sim.New(sim.Config{Codec: liar{}})
	w.AddNode(1, func(func(string, actors.Actor) actors.Ref) {})
	w.AddNode(2, func(func(string, actors.Actor) actors.Ref) {})
	w.Spawn(2, "sink", &act{})
	w.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	w.Send(ref(1, "a"), note{})
	w.Run(time.Second)
	if w.Stats().Panics != 1 {
		t.Error("nobody noticed")
	}
}

func TestCancelledTimersDoNotPileUp(t *testing.T) {
	l := newLab(1).add(1)
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) {
		for range 100 {
			ctx.After(time.Hour, n)()
		}
		ctx.Send(ctx.Self(), n)
	}))
	l.Send(ref(1, "a"), note{})
	l.Run(time.Second)
	if items, timers := l.Load(); items > 3000 || timers > 3000 {
		t.Errorf("%d items and %d timers wait", items, timers)
	}
}

func TestTimersOfTheDeadGiveBackTheirPlace(t *testing.T) {
	l := newLab(1).add(1)
	for life := range 50 {
		l.Spawn(1, "a", onNote(func(ctx actors.Context, _ note) {
			for range 100 {
				ctx.After(time.Duration(ctx.Rand()%uint64(time.Hour)), note{})
			}
			for range 100 {
				ctx.After(0, note{})
			}
		}))
		l.Send(ref(1, "a"), note{})
		l.Run(time.Duration(life) * 7 * time.Microsecond)
		l.Crash(1)
		l.Restart(1)
	}
	l.Run(2 * time.Hour)
	if items, timers := l.Load(); items != 0 || timers != 0 || !l.Quiet() {
		t.Errorf("%d items and %d timers wait", items, timers)
	}
}

func TestAnActorThatStopsItselfIsNotCalledAgain(t *testing.T) {
	for seed := range sim.Seed(20) {
		l := newLab(seed).add(1)
		a := onNote(func(ctx actors.Context, _ note) { ctx.Stop(ctx.Self()) })
		l.Spawn(1, "a", a)
		for range 100 {
			l.Send(ref(1, "a"), note{})
		}
		l.Run(time.Second)
		if len(a.received) != 2 {
			t.Fatalf("seed %d: received %v", seed, a.received)
		}
	}
}

// TestATimerCancelledInTheMailboxIsNothing lets its slot be used again at once.
func TestATimerCancelledInTheMailboxIsNothing(t *testing.T) {
	l := newLab(1).add(1)
	var cancel func()
	var first time.Duration
	a := &act{do: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		switch n, _ := m.(note); {
		case m == actors.Started{}:
			ctx.After(time.Millisecond, note{Number: 1})
			cancel = ctx.After(time.Millisecond, note{Number: 2})
		case n.Number == 1:
			cancel()
			first = ctx.Now()
			ctx.After(time.Millisecond, note{Number: 3})
		case n.Number == 3 && ctx.Now()-first < time.Millisecond:
			t.Error("a timer fired in place of one that was cancelled")
		}
	}}
	l.Spawn(1, "a", a)
	l.Run(time.Second)
	want := []actors.Message{actors.Started{}, note{Number: 1}, note{Number: 3}}
	if fmt.Sprint(a.received) != fmt.Sprint(want) {
		t.Errorf("received %v, want %v", a.received, want)
	}
}

func TestTheOrderOfActorsIsDrawn(t *testing.T) {
	orders := map[string]bool{}
	for seed := range sim.Seed(50) {
		l := newLab(seed).add(1)
		order := ""
		for _, name := range []string{"a", "b", "c"} {
			l.Spawn(1, name, &act{do: func(actors.Context, actors.Ref, actors.Message) { order += name }})
		}
		l.Run(time.Second)
		orders[order] = true
	}
	if len(orders) != 6 {
		t.Errorf("three actors ran in the orders %v", orders)
	}
}

func TestWhatIsShownIsToldAndHasNoPartInTheHash(t *testing.T) {
	l := steady(1, time.Microsecond)
	before := l.Hash()
	var told []string
	l.Observe(sim.Of(sim.Shown), func(e *sim.Event) { told = append(told, e.String()) })
	l.Show(2, note{Number: 7})
	if len(told) != 1 || !strings.HasSuffix(told[0], "2 show note 7") {
		t.Errorf("told was %q", told)
	}
	if l.Hash() != before {
		t.Error("the hash has changed")
	}
}
