package picture

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
)

// The two ends of the packets of these tests.
var (
	here  = actors.Ref{Node: 1, Name: "peer/1"}
	there = actors.Ref{Node: 2, Name: "peer/1"}
)

func beat(round uint64) raft.Message {
	return raft.Message{Kind: raft.Heartbeat, From: 1, To: 2, Term: 1, Round: round}
}

// travel lets packet number n leave at a time, in so many copies.
func travel(r *Recorder, n uint64, at time.Duration, copies int) {
	r.Observe(&sim.Event{At: at, Kind: sim.Sent, Node: 1, From: here, To: there, Message: beat(n), Packet: n, Copies: copies})
}

// arrive lets a copy of packet number n arrive, and be handled at once.
func arrive(r *Recorder, n uint64, at time.Duration) {
	r.Observe(&sim.Event{At: at, Kind: sim.Delivered, Node: 2, From: here, To: there, Message: beat(n), Packet: n})
	r.Observe(&sim.Event{At: at, Kind: sim.Received, Node: 2, From: here, To: there, Message: beat(n), Packet: n})
}

func TestEachCopyHasItsFate(t *testing.T) {
	r := NewRecorder()
	ms := time.Millisecond
	travel(r, 1, 0, 1)
	arrive(r, 1, 1*ms)
	travel(r, 2, 2*ms, 2)
	arrive(r, 2, 3*ms)
	arrive(r, 2, 4*ms) // the second copy
	travel(r, 3, 5*ms, 0)
	r.Observe(&sim.Event{At: 5 * ms, Kind: sim.Lost, Node: 1, From: here, To: there, Packet: 3, Text: "loss"})
	travel(r, 4, 6*ms, 1)
	arrive(r, 4, 30*ms) // far later than the others
	travel(r, 5, 31*ms, 1)

	list, limit := r.flights.all(&r.rows, r.end)
	want := []copied{
		{sent: 1, fate: arrived, at: 1 * ms, row: 2},
		{sent: 3, fate: arrived, at: 3 * ms, row: 4},
		{sent: 3, fate: arrived, at: 4 * ms, row: 5, another: true},
		{sent: 6, fate: lost, at: 5 * ms, blame: 1},
		{sent: 7, fate: arrived, at: 30 * ms, row: 8, late: true},
		{sent: 9, fate: underWay, at: 31 * ms},
	}
	if len(list) != len(want) {
		t.Fatalf("%d copies, want %d: %+v", len(list), len(want), list)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("copy %d is %+v, want %+v", i, list[i], want[i])
		}
	}
	if limit != 2*8*ms { // the journeys that arrived took 1, 1, 2 and 24 ms
		t.Errorf("late is above %v", limit)
	}
	if got := r.flights.blames.list[1]; got != "loss" {
		t.Errorf("the loss is blamed on %q", got)
	}
}

func TestAMessageIsCausedByItsSendingAndTheSendingByTheTurnBefore(t *testing.T) {
	r := NewRecorder()
	travel(r, 1, 0, 1)
	arrive(r, 1, time.Millisecond)
	answer := raft.Message{Kind: raft.AcceptHeartbeat, From: 2, To: 1, Term: 1}
	r.Observe(&sim.Event{At: time.Millisecond, Kind: sim.Sent, Node: 2, From: there, To: here, Message: answer, Packet: 2, Copies: 1})
	if got := r.rows.list[2].cause; got != 1 {
		t.Errorf("receiving is caused by row %d, want 1", got)
	}
	if got := r.rows.list[3].cause; got != 2 {
		t.Errorf("the answer is caused by row %d, want 2", got)
	}
}

func TestACancelledTimerIsNotTakenForWhatFollows(t *testing.T) {
	r := NewRecorder()
	friend := actors.Ref{Node: 2, Name: "journal"}
	travel(r, 1, 0, 1)
	arrive(r, 1, 1)
	r.Observe(&sim.Event{At: 2, Kind: sim.Fired, Node: 2, From: there, To: there, Message: "tick"}) // never received
	r.Observe(&sim.Event{At: 3, Kind: sim.Received, Node: 2, To: friend, Message: actors.Started{}})
	r.Observe(&sim.Event{At: 4, Kind: sim.Sent, Node: 2, From: friend, To: there, Message: "saved", Copies: 1})
	r.Observe(&sim.Event{At: 5, Kind: sim.Received, Node: 2, From: friend, To: there, Message: "saved"})
	last := r.rows.list[len(r.rows.list)-1]
	if last.kind != local || last.cause != 3 {
		t.Errorf("the message of the other actor is kind %d, caused by row %d; want kind %d, row 3", last.kind, last.cause, local)
	}
}

func TestACrashForgetsWhatWaited(t *testing.T) {
	r := NewRecorder()
	travel(r, 1, 0, 1)
	arrive(r, 1, 1)
	r.Observe(&sim.Event{At: 2, Kind: sim.Fired, Node: 2, From: there, To: there, Message: "tick"})
	r.Observe(&sim.Event{At: 3, Kind: sim.Crashed, Node: 2})
	r.Observe(&sim.Event{At: 4, Kind: sim.Restarted, Node: 2, Mark: 2})
	if len(r.mail.boxes) != 0 || len(r.mail.turn) != 0 {
		t.Errorf("left are %v and %v", r.mail.boxes, r.mail.turn)
	}
	if b := r.bands.list; len(b) != 1 || b[0].Kind != "crash" || b[0].From != 3 || b[0].To != 4 {
		t.Errorf("bands are %+v", b)
	}
}
