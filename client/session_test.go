package client

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

func TestAckedIsBelowTheOldestOutstandingSerial(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &session{}
	outstanding := map[uint64]bool{}
	for range 20000 {
		if rng.IntN(2) == 0 && !s.full() {
			outstanding[s.begin(0, 0)] = true
		}
		for serial := range outstanding { // any order: all are as good
			if rng.IntN(4) == 0 || s.full() {
				s.end(serial)
				delete(outstanding, serial)
			}
			break
		}
		oldest := s.last + 1
		for serial := range outstanding { // any order: the least is wanted
			oldest = min(oldest, serial)
		}
		if s.acked != oldest-1 {
			t.Fatalf("acked is %d and the oldest outstanding %d", s.acked, oldest)
		}
		if s.idle() != (len(outstanding) == 0) {
			t.Fatalf("idle is %v with %d outstanding", s.idle(), len(outstanding))
		}
	}
}

func TestAckedAdvancesOnlyOverCallsThatAreOver(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("a"), put("b"))
	list := s.requests()
	s.apply(list[1])
	s.submit(put("c"))
	if q := s.request(); q.Session.Serial != 3 || q.Session.Acked != 0 {
		t.Errorf("while 1 is outstanding: %v", q.Session)
	}
	s.apply(list[0])
	s.submit(put("d"))
	if q := s.request(); q.Session.Serial != 4 || q.Session.Acked != 2 {
		t.Errorf("once 1 and 2 are over: %v", q.Session)
	}
}

func TestTheWindowHoldsWritesBackButNotReads(t *testing.T) {
	s := newStage(t, ActorConfig{})
	for range window + 5 {
		s.submit(put("k"))
	}
	list := s.requests()
	if len(list) != window {
		t.Fatalf("%d of %d writes were sent", len(list), window)
	}
	s.apply(list[1])
	s.quiet() // serial 1 still holds the window
	s.submit(get("k"))
	if q := s.request(); !q.Read {
		t.Errorf("sent %v", q)
	}
	s.apply(list[0])
	if more := s.requests(); len(more) != 2 || more[1].Session.Acked != 2 {
		t.Errorf("after two answers %v follow", more)
	}
}

func TestASessionIsRenewedAfterIdling(t *testing.T) {
	for name, idle := range map[string]func(*stage){
		"by our clock": func(s *stage) { s.pass(time.Duration(kv.SessionTTL/2) + time.Second) },
		"by stamps": func(s *stage) {
			s.submit(get("k"))
			s.verdict(s.request(), 101*day, kv.Reply{Verdict: kv.Applied, Results: []kv.Result{{}}})
		},
	} { // any order: each stands for itself
		t.Run(name, func(t *testing.T) {
			s := newStage(t, ActorConfig{})
			s.submit(put("k"))
			first := s.request()
			s.apply(first)
			idle(s)
			s.submit(put("k"))
			second := s.request()
			if second.Session.ID == first.Session.ID || second.Session.Serial != 1 ||
				second.Session.Acked != 0 || second.Session.Born != uint64(s.actor.seen) {
				t.Errorf("after %v comes %v", first.Session, second.Session)
			}
		})
	}
}

func TestASessionIsRenewedSoonerWhereStoresForgetSooner(t *testing.T) {
	s := newStage(t, ActorConfig{SessionTTL: 10 * time.Second})
	s.submit(put("k"))
	first := s.request()
	s.apply(first)
	s.pass(6 * time.Second)
	s.submit(put("k"))
	if second := s.request(); second.Session.ID == first.Session.ID {
		t.Errorf("after %v comes %v", first.Session, second.Session)
	}
}

func TestASessionWithSomethingOutstandingIsKept(t *testing.T) {
	s := newStage(t, ActorConfig{Timeout: time.Hour})
	s.submit(put("k"))
	first := s.request()
	s.deliver(1, peer.Response{Stamp: 101 * day}) // belongs to nothing, but tells the time
	s.submit(put("k"))
	if q := s.request(); q.Session.ID != first.Session.ID {
		t.Errorf("after %v comes %v", first.Session, q.Session)
	}
}

// A store refuses a session it does not know. Whether the command may be numbered
// anew depends on whether it can have run.
func TestAnExpiredSessionIsReplacedOnlyIfTheCommandCannotHaveRun(t *testing.T) {
	soon, late := 100*day+raft.Stamp(kv.SessionTTL), 101*day
	tests := []struct {
		name   string
		resent bool // the first send was not answered
		once   bool
		at     raft.Stamp
		want   bool // tried again
	}{
		{"a run would have kept it alive", false, false, soon, true},
		{"also if sent twice", true, false, soon, true},
		{"sent once, where no message repeats", false, true, late, true},
		{"sent once, but messages repeat", false, false, late, false},
		{"sent twice, the first may have run", true, true, late, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, ActorConfig{Once: test.once})
			c := s.submit(put("k"))[0]
			q := s.request()
			if test.resent {
				s.pass(250 * time.Millisecond)
				s.lead(s.requests(), 2)
				q = s.request()
			}
			s.verdict(q, test.at, kv.Reply{Verdict: kv.SessionExpired})
			if !test.want {
				if codeOf(t, c) != Unknown {
					t.Errorf("ended with %v", c.Err)
				}
				return
			}
			again := s.request()
			if again.Session.ID == q.Session.ID || again.Session.Serial != 1 || again.ID == q.ID ||
				again.Session.Born != uint64(test.at) {
				t.Errorf("after %v comes %v", q.Session, again.Session)
			}
			s.apply(again)
			if codeOf(t, c) != 0 {
				t.Error(c.Err)
			}
		})
	}
}

func TestAnAnswerUnderAnOldSessionDoesNotSpeakOfTheNewOne(t *testing.T) {
	s := newStage(t, ActorConfig{Once: true})
	c := s.submit(put("k"))[0]
	q := s.request()
	expired := kv.Reply{Verdict: kv.SessionExpired}
	s.verdict(q, 100*day+1, expired)
	s.request()
	s.verdict(q, 100*day+2, expired) // a copy
	s.turnDown(q, peer.NotLeader, 0)
	s.quiet()
	s.pass(6 * time.Second)
	if codeOf(t, c) != Unknown {
		t.Errorf("ended with %v", c.Err)
	}
}

func TestAllCallsOfAnExpiredSessionMeetInOneNewOne(t *testing.T) {
	s := newStage(t, ActorConfig{})
	s.submit(put("a"), put("b"), put("c"))
	for _, q := range s.requests() {
		s.verdict(q, 100*day+1, kv.Reply{Verdict: kv.SessionExpired})
	}
	list := s.requests()
	for i, q := range list {
		if q.Session.ID != list[0].Session.ID || q.Session.Serial != uint64(i+1) {
			t.Errorf("call %d has %v", i, q.Session)
		}
	}
}
