package client

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// streamed returns a write of a stream to some keys.
func streamed(stream uint64, keys ...string) *Call {
	c := &Call{Stream: stream}
	for _, key := range keys {
		c.Ops = append(c.Ops, kv.Op{Kind: kv.Put, Key: []byte(key)})
	}
	return c
}

// keys returns the first keys of requests.
func keys(list []request) (keys []string) {
	for _, q := range list {
		keys = append(keys, string(q.Ops[0].Key))
	}
	return keys
}

func TestCallsOfAStreamOnOneKeyGoOneAfterTheOther(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(1, "a"), &Call{Stream: 1, Ops: get("a").Ops})
	for want := range 3 {
		q := s.request()
		if q.Read != (want == 2) || want < 2 && q.Session.Serial != uint64(want+1) {
			t.Fatalf("request %d is %v", want, q)
		}
		s.apply(q)
	}
}

func TestCallsOfAStreamOnDifferentKeysFlyTogether(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(1, "b"), streamed(1, "a"), streamed(1, "c"))
	if got := keys(s.requests()); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("sent %v", got)
	}
}

func TestOtherStreamsAndNoStreamDoNotWait(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(2, "a"), streamed(0, "a"), streamed(0, "a"))
	if got := s.requests(); len(got) != 4 {
		t.Errorf("sent %v", got)
	}
}

func TestACallWithManyKeysWaitsForAllAndHoldsAll(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(1, "b"), streamed(1, "a", "b", "a", "c"), streamed(1, "c"))
	first := s.requests()
	if got := keys(first); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("sent %v", got)
	}
	s.apply(first[0])
	s.quiet()
	s.apply(first[1])
	both := s.request()
	if len(both.Ops) != 4 {
		t.Fatalf("sent %v", both)
	}
	s.apply(both)
	if got := keys(s.requests()); !slices.Equal(got, []string{"c"}) {
		t.Errorf("sent %v", got)
	}
}

func TestARetryHoldsItsFollowersBack(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(1, "a"))
	s.turnDown(s.request(), peer.NotLeader, raft.ID(2))
	again := s.request()
	if again.to != 2 || again.Session.Serial != 1 {
		t.Errorf("sent %v to %v", again, again.to)
	}
}

func TestAFollowerGoesAheadWhenTheCallBeforeItGivesUp(t *testing.T) {
	s := newStage(t, ActorConfig{})
	calls := s.submit(streamed(1, "a"), streamed(1, "a"), streamed(1, "a"))
	s.requests()
	s.deliver(self.Node, Cancel{Call: calls[1]}) // from the middle of the line
	s.quiet()
	s.deliver(self.Node, Cancel{Call: calls[0]})
	q := s.request()
	if q.Session.Serial != 2 || q.Session.Acked != 1 {
		t.Errorf("sent %v: a copy of serial 1 must come to nothing from now on", q.Session)
	}
	s.apply(q)
	if codeOf(t, calls[2]) != 0 || codeOf(t, calls[1]) != Unavailable || codeOf(t, calls[0]) != Unknown {
		t.Errorf("ended with %v, %v, %v", calls[0].Err, calls[1].Err, calls[2].Err)
	}
	if len(s.actor.order.ends) != 0 {
		t.Error("lines are left behind")
	}
}

func TestCallsOfAStreamKeepTheirOrderFromBeforeTheMap(t *testing.T) {
	s := newBareStage(t, ActorConfig{})
	s.submit(streamed(1, "a"), streamed(1, "b"), streamed(1, "a"))
	s.pass(time.Second)
	s.sent = nil
	s.deliver(1, theMap())
	if got := keys(s.requests()); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("sent %v", got)
	}
}

// Against a model: a call may go when no earlier call, still there, shares a key.
func TestLinesMatchTheirDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var o order
	var waiting []*Call // in the order joined
	for step := range 20000 {
		if rng.IntN(2) == 0 && len(waiting) < 12 {
			c := streamed(1)
			for range 1 + rng.IntN(3) {
				c.Ops = append(c.Ops, kv.Op{Key: []byte{byte(rng.IntN(4))}})
			}
			o.join(c)
			waiting = append(waiting, c)
		} else if len(waiting) > 0 {
			i := rng.IntN(len(waiting))
			gone := waiting[i]
			waiting = slices.Delete(waiting, i, i+1)
			o.leave(gone, nil)
		}
		for i, c := range waiting {
			if (c.ahead == 0) != !slices.ContainsFunc(waiting[:i], c.shares) {
				t.Fatalf("step %d: call %d of %d has %d ahead", step, i, len(waiting), c.ahead)
			}
		}
	}
}

func (c *Call) shares(other *Call) bool {
	return slices.ContainsFunc(c.Ops, func(op kv.Op) bool {
		return slices.ContainsFunc(other.Ops, func(o kv.Op) bool { return string(o.Key) == string(op.Key) })
	})
}
