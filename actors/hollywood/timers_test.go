package hollywood_test

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
)

// The tests of this file run in a bubble where time is exact and passes only when
// everybody waits for it.

func TestTimersFireOnTimeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		var got []int
		var at []time.Duration
		var begin time.Duration
		e.Spawn("a", script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
			if _, ok := m.(actors.Started); ok {
				begin = ctx.Now()
				for _, ms := range []int{30, 10, 0, 20, 5, -1} {
					ctx.After(time.Duration(ms)*time.Millisecond, ms)
				}
				return
			}
			if from != ctx.Self() {
				t.Errorf("a timer came from %v", from)
			}
			got, at = append(got, m.(int)), append(at, (ctx.Now()-begin)/time.Millisecond)
		}))
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []int{0, -1, 5, 10, 20, 30}; !slices.Equal(got, want) {
			t.Errorf("fired in order %v, want %v", got, want)
		}
		if want := []time.Duration{0, 0, 5, 10, 20, 30}; !slices.Equal(at, want) {
			t.Errorf("fired after %v ms, want %v", at, want)
		}
	})
}

func TestATimerThatFiredCanStillBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		var got []actors.Message
		var cancel func()
		e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			switch m {
			case actors.Started{}:
				cancel = ctx.After(10*time.Millisecond, "cancelled")
				ctx.After(10*time.Millisecond, "kept")
			case "hold":
				time.Sleep(20 * time.Millisecond) // both fire meanwhile
				cancel()
			default:
				got = append(got, m)
			}
		}))
		time.Sleep(5 * time.Millisecond)
		e.Send(ref("a"), "hold")
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(got, []actors.Message{"kept"}) {
			t.Errorf("received %v", got)
		}
	})
}

func TestATimerMayCancelOneDueWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		var got []actors.Message
		e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			switch m := m.(type) {
			case actors.Started:
				var second func()
				ctx.After(time.Millisecond, func() { second() })
				second = ctx.After(time.Millisecond, "second")
			case func():
				m()
				m()
			default:
				got = append(got, m)
			}
		}))
		time.Sleep(time.Second)
		synctest.Wait()
		if len(got) > 0 {
			t.Errorf("received %v", got)
		}
	})
}

func TestAnEarlierTimerOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		got := make(chan actors.Message, 10)
		e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			switch m {
			case actors.Started{}:
				ctx.After(time.Hour, "late")
			case "sooner":
				ctx.After(math.MaxInt64, "never") // though added to now it is in the past
				ctx.After(time.Minute, "early")
			default:
				got <- m
			}
		}))
		time.Sleep(time.Second)
		e.Send(ref("a"), "sooner")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if m := <-got; m != "early" || len(got) > 0 {
			t.Errorf("after two minutes: %v and %d more timers", m, len(got))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if m := <-got; m != "late" || len(got) > 0 {
			t.Errorf("after an hour: %v and %d more timers", m, len(got))
		}
	})
}

// An actor that puts its one timer off again and again is woken a few times for
// nothing, but told once.
func TestATimerPutOffFiresOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		var fired, flushes int
		cancel := func() {}
		e.Spawn("a", scriptWithFlush{
			script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
				if m == "deadline" {
					fired++
					return
				}
				cancel()
				cancel = ctx.After(100*time.Millisecond, "deadline")
			},
			flush: func(actors.Context) { flushes++ },
		})
		for range 50 {
			time.Sleep(30 * time.Millisecond)
			e.Send(ref("a"), "heartbeat")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if fired != 1 || flushes != 52 {
			t.Errorf("fired %d times with %d flushes, want 1 and 52", fired, flushes)
		}
	})
}

func TestTimersOfAStoppedActorAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, hollywood.Config{})
		var got []actors.Message
		heir := script(func(_ actors.Context, _ actors.Ref, m actors.Message) { got = append(got, m) })
		e.Spawn("parent", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			switch m {
			case actors.Started{}:
				ctx.Spawn("child", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
					ctx.After(10*time.Millisecond, "inheritance")
				}))
			case "replace":
				ctx.Stop(ref("child"))
				ctx.Spawn("child", heir)
			}
		}))
		time.Sleep(5 * time.Millisecond)
		e.Send(ref("parent"), "replace")
		time.Sleep(time.Second)
		synctest.Wait()
		if !slices.Equal(got, []actors.Message{actors.Started{}}) {
			t.Errorf("the heir received %v", got)
		}
	})
}
