package client

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

func TestAnActorStartsByAskingItsContactsForTheMap(t *testing.T) {
	s := newBareStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	s.pass(3 * time.Second)
	asked := map[actors.NodeID]int{}
	for _, m := range s.sent {
		if m.m != (node.MapRequest{}) || m.to.Name != node.Name {
			t.Fatalf("sent %v to %v", m.m, m.to)
		}
		asked[m.to.Node]++
	}
	if asked[1] < 3 || asked[2] < 3 {
		t.Errorf("asked %v, which is not often enough", asked)
	}
	s.sent = nil
	s.deliver(2, theMap())
	s.apply(s.request())
	if codeOf(t, c) != 0 {
		t.Error(c.Err)
	}
}

func TestACallGoesToTheLeaderThatTheMapNames(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	q := s.request()
	if q.to != 1 || q.Read || q.Seen != 100*day {
		t.Errorf("sent %v to node %v", q, q.to)
	}
	if q.Session.Serial != 1 || q.Session.Born != uint64(100*day) || q.Session.ID == 0 {
		t.Errorf("with %v", q.Session)
	}
	s.apply(q)
	if codeOf(t, c) != 0 || len(c.Results) != 1 {
		t.Errorf("ended with %v, %v", c.Results, c.Err)
	}
}

func TestAReadHasNoSession(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(get("k"))
	if q := s.request(); !q.Read || q.Session != (kv.Session{}) {
		t.Errorf("sent %v", q)
	}
}

func TestEveryRequestCarriesTheNewestStamp(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(get("k"))
	s.verdict(s.request(), 300*day, kv.Reply{Verdict: kv.Applied, Results: []kv.Result{{}}})
	s.submit(get("k"))
	if q := s.request(); q.Seen != 300*day {
		t.Errorf("a request after stamp %d carries %d", 300*day, q.Seen)
	}
}

func TestARedirectionIsFollowedWithTheSameCommand(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	first := s.request()
	s.turnDown(first, peer.NotLeader, 3)
	second := s.request()
	if second.to != 3 || !bytes.Equal(first.Body, second.Body) {
		t.Errorf("sent %v to node %v, then %v to node %v", first, first.to, second, second.to)
	}
	s.apply(second)
	if codeOf(t, c) != 0 {
		t.Error(c.Err)
	}
	s.submit(put("k"))
	if q := s.request(); q.to != 3 {
		t.Errorf("the next call goes to node %v", q.to)
	}
}

func TestWithoutAHintAllOwnersAreAskedAndTheWriteWaits(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	first := s.request()
	s.turnDown(first, peer.NotLeader, raft.None)
	search := s.requests()
	if len(search) != 3 {
		t.Fatalf("asked %v", search)
	}
	s.lead(search, 2)
	if q := s.request(); q.to != 2 || !bytes.Equal(q.Body, first.Body) {
		t.Errorf("sent %v to node %v", q, q.to)
	}
}

func TestHintsThatLeadInCirclesEndInASearch(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	for hops := 0; ; hops++ {
		list := s.requests()
		if len(list) == 0 || list[0].Read {
			return // it asks, or pauses before it does
		}
		if hops == 10 {
			t.Fatal("hints were followed for ever")
		}
		s.turnDown(list[0], peer.NotLeader, raft.ID(3-list[0].to)) // 1 and 2 name each other
	}
}

func TestAHintToAStrangerIsNotFollowed(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.turnDown(s.request(), peer.NotLeader, 99)
	for _, q := range s.requests() {
		if q.to == 99 || !q.Read {
			t.Errorf("sent %v to node %v", q, q.to)
		}
	}
}

func TestASilentLeaderIsReplaced(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	first := s.request()
	s.pass(250 * time.Millisecond)
	s.lead(s.requests(), 3)
	second := s.request()
	if second.to != 3 || !bytes.Equal(first.Body, second.Body) {
		t.Errorf("sent %v to node %v, then %v to node %v", first, first.to, second, second.to)
	}
	s.apply(second)
	if codeOf(t, c) != 0 {
		t.Error(c.Err)
	}
}

func TestALateRefusalByAnEarlierLeaderChangesNothing(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	first := s.request()
	s.pass(250 * time.Millisecond)
	s.lead(s.requests(), 3)
	s.request()
	s.turnDown(first, peer.NotLeader, 2)
	s.quiet()
}

func TestALeaderThatIsOnlySlowGetsNothingTwiceAtOnce(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.request()
	s.pass(250 * time.Millisecond)
	s.lead(s.requests(), 1)
	s.quiet()
	for range 4 { // 1 s, then 2 s, 4 s, 8 s after the send before
		s.pass(250 * time.Millisecond)
		for _, q := range s.requests() {
			if !q.Read && q.Session.Serial == 1 && s.now < time.Hour+time.Second {
				t.Errorf("sent again after %v", s.now-time.Hour)
			}
			if q.Read && q.to == 1 {
				s.lead([]request{q}, 1)
			}
		}
	}
}

func TestALostRequestIsSentAgainToALeaderThatAnswersOthers(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("lost"))
	lost := s.request()
	for range 13 {
		s.pass(100 * time.Millisecond)
		s.submit(get("other"))
		for _, q := range s.requests() {
			if !q.Read && bytes.Equal(q.Body, lost.Body) {
				return
			}
			s.apply(q)
		}
	}
	t.Error("it was not sent again within 1.3 s")
}

func TestNewWritesAreNotSentWhileTheLeaderIsUnknown(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.turnDown(s.request(), peer.NotLeader, raft.None)
	s.requests()
	c := s.submit(put("other"))[0]
	s.pass(2 * time.Second)
	for _, q := range s.requests() {
		if !q.Read {
			t.Errorf("sent %v", q)
		}
	}
	s.pass(10 * time.Second)
	if code := codeOf(t, c); code != Unavailable || !errors.Is(c.Err, errNoLeader) {
		t.Errorf("a write that was never sent ended with %v", c.Err)
	}
}

func TestAnswersThatComeLateOrTwiceAreIgnored(t *testing.T) {
	s := newStage(t, ActorConfig{})
	done := 0
	count := func(*Call) { done++ }
	s.submit(&Call{Ops: put("a").Ops, Done: count})
	first := s.request()
	s.apply(first)
	s.apply(first)
	second := &Call{Ops: put("b").Ops, Done: count} // in the slot of the first
	s.submit(second)
	q := s.request()
	s.apply(first)
	s.turnDown(first, peer.Refused, 0)
	if done != 1 {
		t.Fatalf("%d calls are done after the first was answered four times", done)
	}
	s.pass(6 * time.Second)
	s.apply(q)
	if done != 2 || codeOf(t, second) != Unknown {
		t.Errorf("%d calls are done, the second with %v", done, second.Err)
	}
}

func TestAnswersToAnEarlierLifeAreIgnored(t *testing.T) {
	before := newStage(t, ActorConfig{})
	before.submit(put("a"))
	old := before.request()
	after := newBareStage(t, ActorConfig{})
	after.rand = 4711
	after.actor = NewActor(ActorConfig{})
	after.deliver(self.Node, actors.Started{})
	after.deliver(1, theMap())
	c := after.submit(put("a"))[0]
	after.apply(old)
	if done(c) {
		t.Error("an answer to a client that is no more ended a call of its successor")
	}
}

func TestTheFateOfACallAtItsDeadline(t *testing.T) {
	notLeader := func(s *stage, q request) { s.turnDown(q, peer.NotLeader, 1) }
	overloaded := func(s *stage, q request) { s.turnDown(q, peer.Overloaded, 0) }
	unknown := func(s *stage, q request) { s.turnDown(q, peer.Unknown, 0) }
	future := func(s *stage, q request) { s.turnDown(q, 77, 0) }
	full := func(s *stage, q request) { s.verdict(q, q.Seen, kv.Reply{Verdict: kv.WindowFull}) }
	silent := func(*stage, request) {}
	tests := []struct {
		name    string
		call    *Call
		answers []func(*stage, request) // to its sends, the last repeated
		once    bool
		want    Code
	}{
		{"write, silence", put("k"), []func(*stage, request){silent}, true, Unknown},
		{"write, unknown", put("k"), []func(*stage, request){unknown}, true, Unknown},
		{"write, an outcome of the future", put("k"), []func(*stage, request){future}, true, Unknown},
		{"write, refused each time", put("k"), []func(*stage, request){notLeader}, true, Unavailable},
		{"write, overloaded each time", put("k"), []func(*stage, request){overloaded}, true, Overloaded},
		{"write, overloaded once", put("k"), []func(*stage, request){overloaded, notLeader}, true, Overloaded},
		{"write, overloaded then silence", put("k"), []func(*stage, request){overloaded, silent}, true, Unknown},
		{"write, overloaded where messages repeat", put("k"), []func(*stage, request){overloaded}, false, Unknown},
		{"read, overloaded each time", get("k"), []func(*stage, request){overloaded}, false, Overloaded},
		{"write, window full each time", put("k"), []func(*stage, request){full}, true, Unavailable},
		{"write, unknown then refused", put("k"), []func(*stage, request){unknown, notLeader}, true, Unknown},
		{"write, refused then silence", put("k"), []func(*stage, request){notLeader, silent}, true, Unknown},
		{"write, refused where messages repeat", put("k"), []func(*stage, request){notLeader}, false, Unknown},
		{"read, silence", get("k"), []func(*stage, request){silent}, true, Unavailable},
		{"read, unknown", get("k"), []func(*stage, request){unknown}, false, Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, ActorConfig{Once: test.once})
			s.submit(test.call)
			for sends := 0; !done(test.call); s.pass(notch) {
				for list := s.requests(); len(list) > 0; list = s.requests() {
					for _, q := range list {
						if len(q.Ops) == 0 {
							s.lead([]request{q}, q.to)
							continue
						}
						test.answers[min(sends, len(test.answers)-1)](s, q)
						sends++
					}
				}
			}
			if got := codeOf(t, test.call); got != test.want {
				t.Errorf("ended with %v", test.call.Err)
			}
		})
	}
}

func TestWhatCanNeverHappenIsInvalid(t *testing.T) {
	wide := &Call{Ops: []kv.Op{{Kind: kv.Get, Key: []byte("a")}, {Kind: kv.Get, Key: []byte("b")}}}
	for name, test := range map[string]struct {
		call  *Call
		cause string
	}{
		"no operation":     {&Call{}, "at least one operation"},
		"unknown kind":     {&Call{Ops: []kv.Op{{Kind: 99}}}, "unknown operation"},
		"key too long":     {put(strings.Repeat("k", kv.MaxKeyBytes+1)), "key of"},
		"two partitions":   {wide, "share a partition"},
		"no such":          {&Call{Ops: []kv.Op{{Kind: kv.Size}}, Partition: 2}, "no such partition"},
		"before the first": {&Call{Ops: []kv.Op{{Kind: kv.Size}}, Partition: -1}, "no such partition"},
	} { // any order: each stands for itself
		t.Run(name, func(t *testing.T) {
			s := newBareStage(t, ActorConfig{})
			m := theMap()
			m.Owners, m.Leaders = [][]ring.NodeID{{1}, {1}}, []ring.NodeID{1, 1}
			s.deliver(1, m)
			s.submit(test.call)
			if codeOf(t, test.call) != Invalid || !strings.Contains(test.call.Err.Error(), test.cause) {
				t.Errorf("ended with %v", test.call.Err)
			}
			s.quiet()
		})
	}
}

func TestWhatAPeerRefusesIsInvalid(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	s.turnDown(s.request(), peer.Refused, 0)
	if codeOf(t, c) != Invalid || !strings.Contains(c.Err.Error(), "because") {
		t.Errorf("ended with %v", c.Err)
	}
}

func TestAnAnswerThatFitsNotTheCallIsNoSuccess(t *testing.T) {
	for _, body := range [][]byte{
		{0xff},
		kv.Reply{Verdict: kv.Applied}.AppendTo(nil),
		kv.Reply{Verdict: kv.StaleSerial}.AppendTo(nil),
		kv.Reply{Verdict: kv.Forgotten}.AppendTo(nil),
		nil,
	} {
		s := newStage(t, ActorConfig{Once: true})
		c := s.submit(put("k"))[0]
		q := s.request()
		s.deliver(1, peer.Response{ID: q.ID, Outcome: peer.Done, Body: body})
		if codeOf(t, c) != Unknown {
			t.Errorf("%x ended it with %v", body, c.Err)
		}
	}
}

func TestACancelledCallEndsAtOnce(t *testing.T) {
	s := newStage(t, ActorConfig{})
	cause := errors.New("had enough")
	sentWrite := s.submit(put("k"))[0]
	q := s.request()
	s.turnDown(q, peer.NotLeader, raft.None)
	unsentWrite := s.submit(put("k"))[0]
	for _, c := range []*Call{sentWrite, unsentWrite} {
		s.deliver(self.Node, Cancel{c, cause})
		s.deliver(self.Node, Cancel{c, cause}) // once more changes nothing
		if !errors.Is(c.Err, cause) {
			t.Errorf("ended with %v", c.Err)
		}
	}
	if codeOf(t, sentWrite) != Unknown || codeOf(t, unsentWrite) != Unavailable {
		t.Errorf("ended with %v and %v", sentWrite.Err, unsentWrite.Err)
	}
}

func TestAnOverloadedLeaderIsSparedAndThenFedSlowly(t *testing.T) {
	s := newStage(t, ActorConfig{Backoff: 100 * time.Millisecond})
	for range 8 {
		s.submit(put("k"))
	}
	for _, q := range s.requests() {
		s.turnDown(q, peer.Overloaded, 0)
	}
	s.pass(40 * time.Millisecond)
	s.quiet()
	s.pass(80 * time.Millisecond)
	few := s.requests()
	if len(few) == 0 || len(few) > 4 {
		t.Fatalf("%d requests follow", len(few))
	}
	s.apply(few[0])
	if more := s.requests(); len(more) != 2 {
		t.Errorf("an answer was followed by %d requests", len(more))
	}
}

func TestBeyondTheLimitCallsFailAtOnce(t *testing.T) {
	s := newBareStage(t, ActorConfig{Limit: 3})
	homeless := s.submit(put("a"), put("b"), put("c"), put("d"))
	if codeOf(t, homeless[3]) != Overloaded || done(homeless[2]) {
		t.Error("four of three calls wait for a map")
	}
	s.deliver(1, theMap())
	late := s.submit(put("e"))[0]
	if codeOf(t, late) != Overloaded {
		t.Errorf("the fourth of three calls ended with %v", late.Err)
	}
	s.apply(s.requests()[0])
	if c := s.submit(put("e"))[0]; done(c) {
		t.Errorf("after one had ended: %v", c.Err)
	}
}

func TestAnIdleActorHasNoTimer(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.apply(s.request())
	s.pass(time.Minute)
	if s.nextTimer(1<<62) != nil || len(s.actor.slots.all) != len(s.actor.slots.free) {
		t.Error("something is left behind")
	}
}

func TestASearchEndsWhenNobodyIsInterested(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("k"))
	s.pass(time.Minute) // nobody answers
	s.requests()
	s.pass(time.Minute)
	s.quiet()
	if s.nextTimer(1<<62) != nil || len(s.actor.slots.all) != len(s.actor.slots.free) {
		t.Error("something is left behind")
	}
}

func TestShutEndsEverything(t *testing.T) {
	s := newStage(t, ActorConfig{})
	calls := s.submit(put("k"), get("k"),
		&Call{Stream: 1, Ops: put("s").Ops}, &Call{Stream: 1, Ops: put("s").Ops})
	q := &Inquiry{Node: 1, Done: func(*Inquiry) {}}
	s.deliver(self.Node, q)
	told := false
	s.deliver(self.Node, Shut{Done: func() { told = true }})
	for _, c := range calls {
		if !errors.Is(c.Err, errClosed) {
			t.Errorf("a call ended with %v", c.Err)
		}
	}
	if !errors.Is(q.Err, errClosed) || !s.stopped || !told {
		t.Errorf("inquiry %v, stopped %v, told %v", q.Err, s.stopped, told)
	}
	if late := s.submit(put("k"))[0]; !errors.Is(late.Err, errClosed) {
		t.Errorf("a late call ended with %v", late.Err)
	}
}

func TestAnInquiryIsAnsweredByItsNode(t *testing.T) {
	s := newStage(t, ActorConfig{})
	answered := &Inquiry{Node: 2, Done: func(*Inquiry) {}}
	silent := &Inquiry{Node: 3, Done: func(*Inquiry) {}}
	s.deliver(self.Node, answered)
	s.deliver(self.Node, silent)
	s.deliver(2, node.NodeStatus{ID: 2, Recovered: true})
	if !answered.Status.Recovered || answered.Err != nil {
		t.Errorf("answered with %v, %v", answered.Status, answered.Err)
	}
	s.pass(6 * time.Second)
	if !errors.Is(silent.Err, ErrUnavailable) {
		t.Errorf("no answer came as %v", silent.Err)
	}
}
