package sim_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

func TestADriftingClockRunsAtItsRate(t *testing.T) {
	l := newLab(1).add(1)
	for _, test := range []struct {
		ppm  int64
		want time.Duration
	}{{0, time.Hour}, {1000, time.Hour + 3600*time.Millisecond}, {-500_000, time.Hour / 2}, {1_000_000, 2 * time.Hour}} {
		l.Clock(1).SetDrift(test.ppm)
		mono, wall := l.Clock(1).Now(), l.Clock(1).Wall()
		l.Run(time.Hour)
		if got := l.Clock(1).Now() - mono; got != test.want || l.Clock(1).Wall().Sub(wall) != got {
			t.Errorf("at %d ppm an hour took %v", test.ppm, got)
		}
	}
	if l.Stats().ClockTurns != 4 {
		t.Error("the turns were not counted")
	}
}

// TestTimersFollowTheClock turns the clock while a timer waits.
func TestTimersFollowTheClock(t *testing.T) {
	for _, test := range []struct {
		ppm  int64
		want time.Duration
	}{{0, 10 * time.Second}, {1_000_000, 7 * time.Second}, {-500_000, 16 * time.Second}} {
		l := newLab(1).add(1)
		var asked, fired, mono time.Duration
		l.Spawn(1, "a", &act{do: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			switch m.(type) {
			case actors.Started:
				asked, mono = l.Now(), ctx.Now()
				ctx.After(10*time.Second, note{})
			case note:
				fired = l.Now()
				if waited := ctx.Now() - mono; waited < 10*time.Second || waited > 10*time.Second+time.Millisecond {
					t.Errorf("at %d ppm the timer took %v of its clock", test.ppm, waited)
				}
			}
		}})
		l.Run(4 * time.Second)
		l.Clock(1).SetDrift(test.ppm)
		l.Run(time.Minute)
		if waited := fired - asked; waited < test.want || waited > test.want+time.Millisecond {
			t.Errorf("at %d ppm the timer took %v of the world, want %v", test.ppm, waited, test.want)
		}
	}
}

func TestTheWallClockJumpsAlone(t *testing.T) {
	l := newLab(1).add(1, 2)
	mono, wall := l.Clock(1).Now(), l.Clock(1).Wall()
	l.Clock(1).ShiftWall(-time.Hour)
	if l.Clock(1).Now() != mono || l.Clock(1).Wall().Sub(wall) != -time.Hour {
		t.Error("the jump went wrong")
	}
	if l.Clock(2).Wall() != wall {
		t.Error("another node's clock jumped along")
	}
	l.Crash(1)
	l.Restart(1)
	if l.Clock(1).Wall().Sub(wall) != -time.Hour {
		t.Error("a restart set the wall clock right")
	}
}

func TestARestartBeginsAnywhere(t *testing.T) {
	l := newLab(1).add(1)
	l.Clock(1).SetDrift(42)
	seen := map[time.Duration]bool{l.Clock(1).Now(): true}
	for range 10 {
		l.Crash(1)
		l.Restart(1)
		seen[l.Clock(1).Now()] = true
	}
	if len(seen) != 11 || l.Clock(1).Drift() != 42 || l.Incarnation(1) != 11 {
		t.Errorf("the clock began at %v", seen)
	}
}

func TestAClockCannotRunBackwards(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it does")
		}
	}()
	newLab(1).add(1).Clock(1).SetDrift(-1_000_000)
}

func TestAVeryLongTimerDoesNotFire(t *testing.T) {
	l := newLab(1).add(1)
	l.Clock(1).SetDrift(500_000)
	var a act
	a.do = func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		ctx.After(1<<63-1, note{})
		ctx.After(-5, nil)
	}
	l.Spawn(1, "a", &a)
	l.RunUntil(func() bool { return len(a.received) > 10 }, time.Second)
	if len(a.numbers()) > 0 || len(a.received) < 10 {
		t.Errorf("received %v", a.received)
	}
}
