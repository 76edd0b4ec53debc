package client

import (
	"errors"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft/peer"
)

func large(key string, bytes int) *Call {
	return &Call{Ops: []kv.Op{{Kind: kv.Put, Key: []byte(key), Value: make([]byte, bytes)}}}
}

// A leader that has no room may have some soon, so the call is tried until its time is
// up, at a pace that leaves the leader alone; then its caller learns that nothing happened.
func TestRefusalsForLackOfRoomAreTriedAgainUntilTheTimeIsUp(t *testing.T) {
	s := newStage(t, ActorConfig{Once: true, Timeout: 10 * time.Second})
	c := s.submit(put("k"))[0]
	began, sends := s.now, 0
	for ; !done(c); s.pass(notch) {
		for _, q := range s.requests() {
			s.turnDown(q, peer.Overloaded, 0)
			sends++
		}
	}
	if took := s.now - began; codeOf(t, c) != Overloaded || sends < 10 || sends > 100 || took < 10*time.Second-notch {
		t.Errorf("after %d attempts and %v: %v", sends, took, c.Err)
	}
	if !errors.Is(c.Err, ErrOverloaded) {
		t.Error("the code is not told by errors.Is")
	}
}

// During a leadership transfer a leader takes nothing, and then another does.
func TestACallOutlivesALeaderWithoutRoom(t *testing.T) {
	s := newStage(t, ActorConfig{})
	c := s.submit(put("k"))[0]
	for began := s.now; s.now < began+3*time.Second; s.pass(notch) {
		for _, q := range s.requests() {
			s.turnDown(q, peer.Overloaded, 0)
		}
	}
	for ; !done(c); s.pass(notch) {
		for _, q := range s.requests() {
			s.apply(q)
		}
	}
	if c.Err != nil {
		t.Errorf("%v", c.Err)
	}
}

func TestWhatIsWithALeaderIsLimitedByBytes(t *testing.T) {
	s := newStage(t, ActorConfig{FlightBytes: 250})
	calls := s.submit(large("a", 100), large("b", 100), large("c", 100), large("d", 600), large("e", 1))
	first := s.requests()
	if len(first) != 2 {
		t.Fatalf("%d calls of 100 bytes fly", len(first))
	}
	s.apply(first[0])
	second := s.requests()
	if len(second) != 1 {
		t.Fatalf("an answer was followed by %d requests", len(second))
	}
	for flying := []request{first[1], second[0]}; len(flying) > 0; flying = append(flying[1:], s.requests()...) {
		s.apply(flying[0])
	}
	for i, c := range calls { // alone, any size may fly
		if !done(c) || c.Err != nil {
			t.Errorf("call %d: %v", i, c.Err)
		}
	}
	for _, p := range s.actor.partitions {
		if p.aloft != (load{}) || p.held != (load{}) {
			t.Errorf("after the last answer there are %+v aloft and %+v held", p.aloft, p.held)
		}
	}
}

func TestWhatWaitsIsLimitedByBytes(t *testing.T) {
	s := newBareStage(t, ActorConfig{LimitBytes: 250})
	early := s.submit(large("a", 100), large("b", 100), large("c", 100))
	if done(early[1]) || codeOf(t, early[2]) != Overloaded {
		t.Errorf("before there is a map the third ended with %v", early[2].Err)
	}
	s.deliver(1, theMap())
	if late := s.submit(large("d", 100))[0]; codeOf(t, late) != Overloaded {
		t.Errorf("the third of two ended with %v", late.Err)
	}
	if s.actor.crowd != (load{}) {
		t.Errorf("%+v are without a map", s.actor.crowd)
	}
}

// Who has only waited behind others is told so, and not that there is no leader.
func TestWhoWasNeverSentBecauseOfOthersIsTold(t *testing.T) {
	s := newStage(t, ActorConfig{Once: true, FlightBytes: 100, Silence: time.Minute, Resend: time.Minute})
	calls := s.submit(large("a", 100), large("b", 100))
	s.pass(6 * time.Second)
	if codeOf(t, calls[0]) != Unknown || codeOf(t, calls[1]) != Overloaded {
		t.Errorf("they ended with %v and %v", calls[0].Err, calls[1].Err)
	}
}
