package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

func TestACrashLosesTheMailbox(t *testing.T) {
	l := newLab(1).add(1)
	var before, after act
	l.Spawn(1, "a", &before)
	for i := range uint64(100) {
		l.Send(ref(1, "a"), note{Number: i})
	}
	l.Run(50 * time.Microsecond)
	l.Crash(1)
	got := len(before.received)
	l.Restart(1)
	l.Spawn(1, "a", &after)
	l.Run(time.Second)
	if got == 0 || got > 50 || len(before.received) != got || len(after.numbers()) > 0 {
		t.Errorf("received %d, then %d of the old mail and %d in the next life",
			got, len(before.received)-got, len(after.numbers()))
	}
	if !l.Quiet() {
		t.Error("something is left to happen")
	}
}

func TestTheMailThatWaitsIsCounted(t *testing.T) {
	l := newLab(1).add(1)
	var a act
	l.Spawn(1, "a", &a)
	l.Run(time.Second)
	l.Pause(1)
	for i := range uint64(3) {
		l.Send(ref(1, "a"), note{Number: i})
	}
	waiting := l.Waiting(1)
	l.Resume(1)
	l.Run(time.Second)
	if waiting != 3 || l.Waiting(1) != 0 {
		t.Errorf("%d messages waited, and %d in the end", waiting, l.Waiting(1))
	}
}

func TestACrashLosesWhatHasNotLeft(t *testing.T) {
	for _, test := range []struct {
		crash time.Duration
		want  int
	}{{100 * time.Microsecond, 0}, {2 * time.Millisecond, 1}} {
		l := steady(1, time.Millisecond)
		why := losses(l.World)
		var sink act
		l.Spawn(2, "sink", &sink)
		l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
		l.Run(10 * time.Millisecond)
		l.Send(ref(1, "a"), note{Number: 1})
		l.Run(test.crash)
		l.Crash(1)
		l.Run(time.Second)
		if len(sink.numbers()) != test.want || test.want == 0 && !slices.Equal(*why, []string{"crash of the sender"}) {
			t.Errorf("crash after %v: %d arrived, lost by %v", test.crash, len(sink.numbers()), *why)
		}
	}
}

func TestPacketsToADeadNodeAreLost(t *testing.T) {
	l := steady(1, time.Millisecond)
	why := losses(l.World)
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	l.Send(ref(1, "a"), note{Number: 1})
	l.Run(time.Second)
	l.Crash(2)
	l.Send(ref(1, "a"), note{Number: 2})
	l.Run(time.Second)
	if want := []string{"no such actor", "receiver is down"}; !slices.Equal(*why, want) {
		t.Errorf("lost by %q, want %q", *why, want)
	}
	if s := l.Stats(); s.Lost != 2 || s.Sent != 2 || s.Delivered != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestAPacketOutlivesTheRestartOfBothEnds(t *testing.T) {
	l := newLab(1).add(1, 2)
	l.network.Add("slow", network.Slow{A: 1, B: 2, Wait: 10 * time.Second})
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	l.Send(ref(1, "a"), note{Number: 1})
	l.Run(time.Second)
	l.Crash(1)
	l.Crash(2)
	l.Restart(2)
	var sink act
	l.Spawn(2, "sink", &sink)
	l.Run(20 * time.Second)
	if !slices.Equal(sink.numbers(), []uint64{1}) {
		t.Errorf("the next life received %v", sink.received)
	}
}

func TestACrashStrikesBetweenAnyTwoEffects(t *testing.T) {
	for effects := 1; effects <= 6; effects++ {
		l := newLab(1).add(1, 2)
		var done []string
		l.Observe(sim.Of(sim.Sent, sim.Appended, sim.SyncAsked, sim.Spawned, sim.Crashed), func(e *sim.Event) {
			if e.Node == 1 && e.From != (actors.Ref{}) || e.To.Name == "child" || e.Kind == sim.Crashed {
				done = append(done, e.Kind.String())
			}
		})
		var sink act
		l.Spawn(2, "sink", &sink)
		l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) {
			ctx.Send(ref(2, "sink"), n)
			ctx.Disk().AppendLog("log", []byte("record"))
			ctx.Spawn("child", &act{})
			ctx.Disk().SyncLog("log", 1)
			ctx.Send(ref(2, "sink"), n)
			ctx.After(0, n)
		}))
		l.Run(time.Second)
		l.CrashAfter(1, effects)
		l.Send(ref(1, "a"), note{Number: 1})
		l.Run(time.Second)
		all := []string{"send", "append", "spawn", "sync", "send"}
		want := append(slices.Clone(all[:min(effects, len(all))]), "crash")
		if !slices.Equal(done, want) || l.Up(1) {
			t.Errorf("after %d effects: %v, want %v", effects, done, want)
		}
		if sent := strings.Count(strings.Join(want, " "), "send"); len(sink.numbers()) != sent {
			t.Errorf("after %d effects: %d messages arrived, %d were sent", effects, len(sink.numbers()), sent)
		}
	}
}

func TestAnObserverCanAimACrash(t *testing.T) {
	l := town(3, 3)
	aimed := 0
	l.Observe(sim.Of(sim.SyncAsked), func(e *sim.Event) {
		if aimed == 0 {
			aimed++
			l.Crash(e.Node)
		}
	})
	l.Run(time.Second)
	if s := l.Stats(); aimed != 1 || s.Crashes != 1 || s.Panics != 0 {
		t.Errorf("aimed %d times; %+v", aimed, s)
	}
}

func TestAPausedNodeGetsItsMailLater(t *testing.T) {
	l := newLab(1).add(1, 2)
	var sink act
	l.Spawn(2, "sink", &sink)
	l.Spawn(1, "a", onNote(func(ctx actors.Context, n note) { ctx.Send(ref(2, "sink"), n) }))
	l.Run(time.Second)
	l.Pause(2)
	before := l.Clock(2).Now()
	l.Send(ref(1, "a"), note{Number: 1})
	l.Run(time.Second)
	if len(sink.numbers()) != 0 || !l.Paused(2) || !l.Up(2) {
		t.Error("a paused node acted")
	}
	if l.Clock(2).Now()-before != time.Second {
		t.Error("the clock of a paused node stood still")
	}
	l.Resume(2)
	l.Run(time.Second)
	if !slices.Equal(sink.numbers(), []uint64{1}) || l.Stats().Pauses != 1 {
		t.Errorf("a resumed node received %v", sink.received)
	}
}

func TestHaltEndsTheNodeAtTheNextEffect(t *testing.T) {
	l := newLab(1).add(1)
	failure := errors.New("the disk is gone")
	var seen []string
	l.Observe(sim.Of(sim.Halted, sim.Crashed, sim.Spawned), func(e *sim.Event) {
		seen = append(seen, fmt.Sprint(e.Kind, " ", e.Err))
	})
	l.Spawn(1, "a", onNote(func(ctx actors.Context, _ note) {
		ctx.Halt(failure)
		ctx.Spawn("too late", &act{})
		panic("what a dead node does accuses nobody")
	}))
	l.Send(ref(1, "a"), note{})
	l.Run(time.Second)
	want := []string{"spawn <nil>", "halt the disk is gone", "crash <nil>"}
	if !slices.Equal(seen, want) || l.Up(1) {
		t.Errorf("saw %q, want %q", seen, want)
	}
	if s := l.Stats(); s.Halts != 1 || s.Panics != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestAPanicEndsItsNodeAndIsSeen(t *testing.T) {
	for name, boom := range map[string]func(l *lab){
		"in Receive": func(l *lab) {
			l.Spawn(1, "a", onNote(func(actors.Context, note) { panic("boom") }))
		},
		"in Flush": func(l *lab) { l.Spawn(1, "a", flushing(func(actors.Context) { panic("boom") })) },
		"by taking a name that is taken": func(l *lab) {
			l.Spawn(1, "a", onNote(func(ctx actors.Context, _ note) { ctx.Spawn("a", &act{}) }))
		},
		"by sending what has no encoding": func(l *lab) {
			l.Spawn(1, "a", onNote(func(ctx actors.Context, _ note) { ctx.Send(ref(2, "x"), "text") }))
		},
		"by changing a record it appended": func(l *lab) {
			record := []byte("record")
			l.Spawn(1, "a", &act{do: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
				switch m.(type) {
				case note:
					ctx.Disk().OpenLog("log")
				case actors.LogOpened:
					ctx.Disk().AppendLog("log", record)
					ctx.Disk().SyncLog("log", 1)
					record[0] = 'R'
				}
			}})
		},
		"by keeping its context": func(l *lab) {
			var kept actors.Context
			l.Spawn(1, "b", onNote(func(ctx actors.Context, _ note) { kept = ctx }))
			l.Send(ref(1, "b"), note{})
			l.Run(time.Second)
			l.Spawn(1, "a", onNote(func(actors.Context, note) { kept.Send(ref(1, "a"), note{}) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(1).add(1, 2)
			var accused []string
			l.Observe(sim.Of(sim.Panicked), func(e *sim.Event) {
				accused = append(accused, e.String())
			})
			boom(l)
			l.Send(ref(1, "a"), note{})
			l.Run(time.Second)
			if len(accused) != 1 || l.Up(1) || !l.Up(2) || l.Stats().Panics != 1 {
				t.Errorf("accused: %q; up: %v %v", accused, l.Up(1), l.Up(2))
			}
		})
	}
}

func TestAPanicAtBootIsSeen(t *testing.T) {
	l := newLab(1)
	l.AddNode(1, func(func(string, actors.Actor) actors.Ref) { panic("boom") })
	if l.Up(1) || l.Stats().Panics != 1 {
		t.Error("a node that panicked at boot is up")
	}
}

func TestACrashReachesTheDisk(t *testing.T) {
	l := newLab(1).add(1)
	l.Crash(1)
	l.Crash(1) // a node that is down stays as it is
	if got := l.disks[1].Counts().Crashes; got != 1 {
		t.Errorf("the disk crashed %d times", got)
	}
}
