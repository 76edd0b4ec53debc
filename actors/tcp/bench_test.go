package tcp

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// pair returns two transports that know each other; deliver gets what the second
// receives, and may answer through it.
func pair(b *testing.B, deliver func(second *Transport, m actors.Message), first func(m actors.Message)) *Transport {
	b.Helper()
	var second atomic.Pointer[Transport]
	open := func(id actors.NodeID, d func(actors.Message)) *Transport {
		t, err := New(Config{
			Node: id, Cluster: 7, Incarnation: 1, Listen: "127.0.0.1:0", Codec: text{}, Log: slogTo(&logbook{}),
			Deliver: func(_, _ actors.Ref, m actors.Message) { d(m) },
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { t.Close() })
		return t
	}
	one := open(1, first)
	two := open(2, func(m actors.Message) { deliver(second.Load(), m) })
	second.Store(two)
	one.Learn(2, two.Addr().String())
	two.Learn(1, one.Addr().String())
	return one
}

var (
	benchFrom = actors.Ref{Node: 1, Name: "peer/3"}
	benchTo   = actors.Ref{Node: 2, Name: "peer/3"}
)

// BenchmarkRoundTrip is one message there and one back, each in a write of its own.
func BenchmarkRoundTrip(b *testing.B) {
	back := make(chan bool, 1)
	a := pair(b,
		func(t *Transport, m actors.Message) { t.Send(benchTo, benchFrom, m) },
		func(actors.Message) { back <- true })
	m := actors.Message(strings.Repeat("x", 256))
	b.ReportAllocs()
	for b.Loop() {
		a.Send(benchFrom, benchTo, m)
		<-back
	}
}

// BenchmarkThroughput sends 256-byte messages one way as fast as they are taken.
func BenchmarkThroughput(b *testing.B) {
	const window = 1000
	var received atomic.Int64
	a := pair(b, func(*Transport, actors.Message) { received.Add(1) }, func(actors.Message) {})
	m := actors.Message(strings.Repeat("x", 256))
	b.ReportAllocs()
	b.SetBytes(256)
	sent := int64(0)
	for b.Loop() {
		for sent-received.Load() >= window {
			time.Sleep(10 * time.Microsecond)
		}
		a.Send(benchFrom, benchTo, m)
		sent++
	}
	for received.Load() < sent {
		time.Sleep(10 * time.Microsecond)
	}
	s := a.Stats()
	b.ReportMetric(float64(s.Sent)/float64(s.Writes), "messages/write")
}

// BenchmarkSend is what sending costs an actor: encoding and queueing. Nobody takes
// it, so that the queue is full and drops.
func BenchmarkSend(b *testing.B) {
	a := pair(b, func(*Transport, actors.Message) {}, func(actors.Message) {})
	a.peers[2].lanes[small].once.Do(func() {}) // the lane never runs
	m := actors.Message(strings.Repeat("x", 256))
	b.ReportAllocs()
	for b.Loop() {
		a.Send(benchFrom, benchTo, m)
	}
}
