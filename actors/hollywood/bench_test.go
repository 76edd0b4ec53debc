package hollywood_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
)

type ball struct{}

// BenchmarkRoundTrip is one message there and one back, nobody else playing: every
// batch holds one message.
func BenchmarkRoundTrip(b *testing.B) {
	e := engine(b, hollywood.Config{})
	done := make(chan bool)
	left := b.N
	e.Spawn("wall", script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if m == (ball{}) {
			ctx.Send(from, m)
		}
	}))
	b.ReportAllocs()
	b.ResetTimer()
	e.Spawn("player", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		if left--; left < 0 {
			close(done)
			ctx.Stop(ctx.Self())
			return
		}
		ctx.Send(ref("wall"), ball{})
	}))
	<-done
}

// BenchmarkThroughput keeps a window of messages under way between two actors.
func BenchmarkThroughput(b *testing.B) {
	const window = 1024
	e := engine(b, hollywood.Config{})
	done := make(chan bool)
	sent, acked := 0, 0
	e.Spawn("sink", script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if m == (ball{}) {
			ctx.Send(from, m)
		}
	}))
	b.ReportAllocs()
	b.ResetTimer()
	e.Spawn("source", scriptWithFlush{
		script: func(_ actors.Context, _ actors.Ref, m actors.Message) {
			if m == (ball{}) {
				acked++
			}
		},
		flush: func(ctx actors.Context) {
			if acked == b.N {
				close(done)
				ctx.Stop(ctx.Self())
			}
			for ; sent < b.N && sent-acked < window; sent++ {
				ctx.Send(ref("sink"), ball{})
			}
		},
	})
	<-done
}

// BenchmarkTimerPutOff is what a heartbeat does to an election timer.
func BenchmarkTimerPutOff(b *testing.B) {
	e := engine(b, hollywood.Config{})
	done := make(chan bool)
	b.ReportAllocs()
	b.ResetTimer()
	e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		for range b.N {
			ctx.After(time.Second, ball{})()
		}
		close(done)
	}))
	<-done
}

// BenchmarkDeepTurn is a round trip with an actor that needs several KiB of stack in
// every turn, as that of a replica does.
func BenchmarkDeepTurn(b *testing.B) {
	e := engine(b, hollywood.Config{})
	done := make(chan bool)
	left := b.N
	e.Spawn("wall", script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if m == (ball{}) && descend(30) == 30 {
			ctx.Send(from, m)
		}
	}))
	b.ReportAllocs()
	b.ResetTimer()
	e.Spawn("player", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		if left--; left < 0 {
			close(done)
			ctx.Stop(ctx.Self())
			return
		}
		ctx.Send(ref("wall"), ball{})
	}))
	<-done
}

// descend uses about 300 bytes of stack for each level.
//
//go:noinline
func descend(levels int) int {
	var room [32]int
	if levels == 0 {
		return room[0]
	}
	room[levels] = 1
	return descend(levels-1) + room[levels]
}
