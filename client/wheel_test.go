package client

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A bell notes when it rang.
type bell struct {
	alarm
	due  time.Duration
	rang bool
}

func (b *bell) expire(actors.Context) { b.rang = true }

func TestAWheelIsNeverEarlyAndAtMostANotchLate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var w wheel
	var bells []*bell
	now := time.Duration(0)
	for range 5000 {
		for range rng.IntN(4) {
			b := &bell{due: now + time.Duration(rng.Int64N(int64(3*notches*notch)))}
			w.set(&b.alarm, b, b.due)
			bells = append(bells, b)
		}
		if next, some := w.next(); some && rng.IntN(2) == 0 {
			now = max(now, next)
		} else {
			now += time.Duration(rng.Int64N(int64(4 * notch)))
		}
		w.advance(nil, now)
		kept := bells[:0]
		for _, b := range bells {
			if b.rang != (int64(now/notch) > int64(b.due/notch)) {
				t.Fatalf("due at %v, now %v: rang is %v", b.due, now, b.rang)
			}
			if !b.rang {
				kept = append(kept, b)
			}
		}
		bells = kept
	}
}

func TestTheNextAlarmOfAWheelIsNeverTooLate(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		w := wheel{at: rng.Int64N(5000)}
		start := time.Duration(w.at) * notch
		b := &bell{due: start + time.Duration(rng.Int64N(int64(notches*notch)))}
		w.set(&b.alarm, b, b.due)
		next, some := w.next()
		if !some || next < b.due || next > b.due+notch {
			t.Fatalf("due at %v, next is %v, %v", b.due, next, some)
		}
	}
}

func TestAnAlarmThatLeftDoesNotRing(t *testing.T) {
	var w wheel
	stays, leaves := &bell{}, &bell{}
	w.set(&stays.alarm, stays, notch)
	w.set(&leaves.alarm, leaves, notch)
	leaves.leave()
	w.advance(nil, 10*notch)
	if leaves.rang || !stays.rang {
		t.Errorf("stays: %v, leaves: %v", stays.rang, leaves.rang)
	}
	if _, some := w.next(); some {
		t.Error("an empty wheel has a next alarm")
	}
}

func TestASetAlarmMoves(t *testing.T) {
	var w wheel
	b := &bell{}
	w.set(&b.alarm, b, notch)
	w.set(&b.alarm, b, 100*notch)
	if w.advance(nil, 50*notch); b.rang {
		t.Error("it rang at its old time")
	}
	if w.advance(nil, 101*notch); !b.rang {
		t.Error("it did not ring at its new time")
	}
}
