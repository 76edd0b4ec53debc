package client

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft/peer"
)

// BenchmarkActor measures a call's whole way through the actor, 64 at a time: taken,
// routed, encoded, sent, answered, done.
func BenchmarkActor(b *testing.B) {
	for _, stream := range []uint64{0, 1} {
		b.Run(fmt.Sprintf("put/stream=%d", stream), func(b *testing.B) {
			benchmark(b, stream, kv.Op{Kind: kv.Put, Value: make([]byte, 256)})
		})
		b.Run(fmt.Sprintf("get/stream=%d", stream), func(b *testing.B) {
			benchmark(b, stream, kv.Op{Kind: kv.Get})
		})
	}
}

func benchmark(b *testing.B, stream uint64, op kv.Op) {
	s := newStage(b, ActorConfig{})
	body := kv.Reply{Verdict: kv.Applied, Results: []kv.Result{{Code: kv.OK}}}.AppendTo(nil)
	calls := make([]*Call, 64)
	for i := range calls {
		op.Key = fmt.Appendf(nil, "key-%d", i)
		calls[i] = &Call{Stream: stream, Ops: []kv.Op{op}}
	}
	var submit actors.Message = Submit{calls}
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(calls) {
		s.now += time.Millisecond
		s.deliver(self.Node, submit)
		for _, m := range s.sent {
			q, ok := m.m.(peer.Request)
			if !ok {
				continue // at times the map is asked for
			}
			s.actor.Receive(s, actors.Ref{Node: 1}, peer.Response{
				ID: q.ID, Outcome: peer.Done, Body: body, Stamp: q.Seen + 1,
			})
		}
		s.sent = s.sent[:0]
		s.actor.Flush(s)
		s.collect()
	}
}
