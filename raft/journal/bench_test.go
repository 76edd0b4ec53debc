package journal_test

import (
	"fmt"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// forgetful makes the disk of w count records instead of keeping them, and end each
// sync at once: what is left is the work of the journal.
type forgetful struct {
	*world
	bytes int
}

func (w *forgetful) Disk() actors.Disk                 { return w }
func (w *forgetful) AppendLog(_ string, record []byte) { w.bytes += len(record) }
func (w *forgetful) Send(actors.Ref, actors.Message)   {}
func (w *forgetful) RemoveLog(string)                  {}
func (w *forgetful) OpenLog(log string)                { w.answer(actors.LogOpened{Log: log}) }

func (w *forgetful) SyncLog(log string, mark uint64) {
	w.answer(actors.LogSynced{Log: log, Mark: mark})
}

// turn is that of the world it hides.
func (w *forgetful) turn(messages ...actors.Message) {
	for len(messages) > 0 {
		for _, m := range messages {
			w.journal.Receive(w, sender(m), m)
		}
		w.journal.Flush(w)
		messages, w.inbox = w.inbox, w.inbox[len(w.inbox):]
	}
}

// A client of the journal appends entries of 256 bytes to groups in turn, and takes a
// snapshot of each every thousand entries.
type client struct {
	next []raft.Index
	data []byte
}

func (c *client) append(g journal.GroupID) journal.Append {
	i := c.next[g] + 1
	c.next[g] = i
	s := raft.Save{Number: uint64(i), Vote: raft.Vote{Term: 1}}
	s.Entries = []raft.Entry{{Index: i, Term: 1, Stamp: raft.Stamp(i), Kind: raft.Command, Data: c.data}}
	if i%1000 == 0 {
		s.Snapshot = mark(i-100, 1)
	}
	return journal.Append{Group: g + 1, Save: s}
}

// BenchmarkAppend shows what changing generations costs: an operation is one append
// in a batch of ten; 16 groups of up to 1100 entries take 5 MiB when all are copied.
func BenchmarkAppend(b *testing.B) {
	for _, bytes := range []int{1 << 50, 64 << 20, 8 << 20} {
		name := fmt.Sprintf("generation=%dMiB", bytes>>20)
		if bytes == 1<<50 {
			name = "generation=endless"
		}
		b.Run(name, func(b *testing.B) {
			w := &forgetful{world: create(journal.Config{GenerationBytes: bytes})}
			w.turn(actors.Started{})
			c := &client{next: make([]raft.Index, 16), data: make([]byte, 256)}
			batch := make([]actors.Message, 10)
			fill := func(n int) {
				for k := range batch {
					batch[k] = c.append(journal.GroupID((n + k) % 16))
				}
				w.turn(batch...)
			}
			for n := 0; n < 20000; n += len(batch) {
				fill(n)
			}
			w.bytes = 0
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += len(batch) {
				fill(n)
			}
			b.ReportMetric(float64(w.bytes)/float64(b.N), "written-B/op")
		})
	}
}

// BenchmarkIdleGroups shows that groups which say nothing cost an append nothing.
func BenchmarkIdleGroups(b *testing.B) {
	for _, idle := range []int{0, 1000} {
		b.Run(fmt.Sprintf("idle=%d", idle), func(b *testing.B) {
			w := &forgetful{world: create(journal.Config{GenerationBytes: 1 << 50})}
			w.turn(actors.Started{})
			for g := range journal.GroupID(idle) {
				w.turn(save(g+100, 1, 1, 1))
			}
			c := &client{next: make([]raft.Index, 1), data: make([]byte, 256)}
			b.ReportAllocs()
			for b.Loop() {
				w.turn(c.append(0))
			}
		})
	}
}

// BenchmarkRecovery opens a generation of 64 MiB with entries of 256 bytes, ten in a
// batch, of 16 groups.
func BenchmarkRecovery(b *testing.B) {
	w := create(journal.Config{GenerationBytes: 1 << 50})
	w.turn(actors.Started{})
	c := &client{next: make([]raft.Index, 16), data: make([]byte, 256)}
	total := 0
	for n := 0; total < 64<<20; n += 10 {
		var messages []actors.Message
		for k := range 10 {
			messages = append(messages, c.append(journal.GroupID((n+k)%16)))
		}
		w.turn(messages...)
		w.settle()
		total += len(w.records()[len(w.records())-1])
	}
	records := w.records()
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		w := create(journal.Config{GenerationBytes: 1 << 50})
		w.logs["journal-1"] = &platter{records: records}
		w.turn(actors.Started{})
		if len(w.sent) != 1 {
			b.Fatal(w.halted)
		}
	}
}
