package peer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// A treadmill is a stage for a leader that forgets what it did: what costs time and
// memory is the peer, and the replica in it.
type treadmill struct {
	stage
	saved uint64
}

// Send keeps the number of the newest save alone.
func (t *treadmill) Send(_ actors.Ref, m actors.Message) {
	if a, is := m.(journal.Append); is {
		t.saved = a.Save.Number
	}
}

func (t *treadmill) After(time.Duration, actors.Message) func() { return func() {} }

// A mute machine applies and answers nothing.
type mute struct{ tape }

func (*mute) Apply(raft.Entry) []byte        { return nil }
func (*mute) Read([]byte, raft.Stamp) []byte { return nil }

// newTreadmill makes the leader of a group of the given voters, of which replica 2
// answers everything at once.
func newTreadmill(b *testing.B, voters ...raft.ID) *treadmill {
	machine := &mute{}
	config := peer.Config{
		Group: group,
		Raft: raft.Config{
			ID: 1, Voters: voters, Election: election, Heartbeat: heartbeat, Drift: 0.1, Leases: true,
			BatchBytes: 1 << 20, InflightMessages: 64, InflightBytes: 16 << 20, UncommittedBytes: 64 << 20,
			Trailing: 4 << 20,
		},
		Journal: journalOf, Snapshots: keeper, Owner: node, Machine: machine, Waiting: 1 << 14, SnapshotBytes: 1 << 30,
	}
	t := &treadmill{stage: stage{peer: peer.New(config), wall: time.Unix(0, 1000)}}
	t.step(actors.Started{})
	for range 50 {
		t.now += heartbeat
		t.step()
		t.acknowledge()
	}
	return t
}

// step is a turn.
func (t *treadmill) step(run ...actors.Message) {
	for _, m := range run {
		t.peer.Receive(t, alice, m)
	}
	t.peer.Flush(t)
}

// acknowledge lets the journal finish.
func (t *treadmill) acknowledge() { t.step(journal.Saved{Group: group, Number: t.saved}) }

// BenchmarkCommand measures all that a peer does about a command, in turns of so many.
func BenchmarkCommand(b *testing.B) {
	for _, many := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			t := newTreadmill(b, 1)
			run := requests(many, false)
			b.ReportAllocs()
			for range b.N / many {
				t.step(run...)
				t.acknowledge()
			}
		})
	}
}

// BenchmarkQuery measures all that a peer does about a query under a lease.
func BenchmarkQuery(b *testing.B) {
	for _, many := range []int{1, 16, 256} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			t := newTreadmill(b, 1)
			run := requests(many, true)
			b.ReportAllocs()
			for range b.N / many {
				t.step(run...)
			}
		})
	}
}

func requests(many int, read bool) (run []actors.Message) {
	for id := range uint64(many) {
		run = append(run, peer.Request{ID: id, Read: read, Body: make([]byte, 64)})
	}
	return run
}
