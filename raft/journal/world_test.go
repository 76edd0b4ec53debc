package journal_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

var owner = actors.Ref{Node: 1, Name: "node"}

// A world is all that a journal needs: a mailbox, and a disk whose syncs end when
// the test says so.
type world struct {
	actors.Context // nil: a journal asks for nothing else
	actors.Files   // nil: nor has it files
	journal        *journal.Journal
	sent           []envelope
	halted         error

	log     string
	records [][]byte
	durable int      // how many of records a sync has covered
	marks   []uint64 // of syncs asked for and not ended
}

type envelope struct {
	to      actors.Ref
	message actors.Message
}

// start returns a world in which a journal asked for its log and got records.
func start(records ...[]byte) *world {
	w := &world{journal: journal.New(journal.Config{Owner: owner}), records: records, durable: len(records)}
	w.turn(actors.Started{})
	w.turn(actors.LogOpened{Log: w.log, Records: records})
	return w
}

// started is start for an empty log, with the answer to the owner taken off.
func started(t *testing.T) *world {
	t.Helper()
	w := start()
	if states := w.recovered(t); len(states) > 0 {
		t.Fatalf("an empty log gave the states %v", states)
	}
	return w
}

// recovered takes off the answer to the owner.
func (w *world) recovered(t *testing.T) []journal.GroupState {
	t.Helper()
	if len(w.sent) != 1 || w.sent[0].to != owner {
		t.Fatalf("the owner was to hear once, of what was recovered; sent was %v, halted %v", w.sent, w.halted)
	}
	m := w.sent[0].message.(journal.Recovered)
	w.sent = nil
	return m.States
}

// turn hands over a run of messages. Appends come from the peer of their group.
func (w *world) turn(messages ...actors.Message) {
	for _, m := range messages {
		from := actors.Ref{}
		if a, is := m.(journal.Append); is {
			from = peer(a.Group)
		}
		w.journal.Receive(w, from, m)
	}
	w.journal.Flush(w)
}

// synced ends the oldest sync.
func (w *world) synced(err error) {
	mark := w.marks[0]
	w.marks = w.marks[1:]
	if err == nil {
		w.durable = len(w.records)
	}
	w.turn(actors.LogSynced{Log: w.log, Mark: mark, Err: err})
}

// answers takes off what was sent, as text.
func (w *world) answers() []string {
	var list []string
	for _, e := range w.sent {
		saved := e.message.(journal.Saved)
		list = append(list, fmt.Sprintf("%s:%d/%d", e.to.Name, saved.Group, saved.Number))
	}
	w.sent = nil
	return list
}

func (w *world) Disk() actors.Disk                    { return w }
func (w *world) Halt(err error)                       { w.halted = err }
func (w *world) Log() *slog.Logger                    { return slog.New(slog.DiscardHandler) }
func (w *world) Now() time.Duration                   { panic("a journal has no use for the time") }
func (w *world) Send(to actors.Ref, m actors.Message) { w.sent = append(w.sent, envelope{to, m}) }

func (w *world) ListLogs()          { panic("a journal has one log") }
func (w *world) RemoveLog(string)   { panic("a journal removes nothing") }
func (w *world) OpenLog(log string) { w.log = log }

func (w *world) AppendLog(log string, record []byte) {
	if log != w.log {
		panic("appended to " + log + ", opened " + w.log)
	}
	w.records = append(w.records, record)
}

func (w *world) SyncLog(log string, mark uint64) { w.marks = append(w.marks, mark) }

func peer(g journal.GroupID) actors.Ref {
	return actors.Ref{Node: 1, Name: fmt.Sprintf("peer/%d", g)}
}

// save returns a save of entries of the given indexes, all of one term.
func save(g journal.GroupID, number uint64, term raft.Term, indexes ...raft.Index) journal.Append {
	s := raft.Save{Number: number, Vote: raft.Vote{Term: term}}
	for _, i := range indexes {
		s.Entries = append(s.Entries, entry(i, term))
	}
	return journal.Append{Group: g, Save: s}
}

func entry(i raft.Index, term raft.Term) raft.Entry {
	data := fmt.Appendf(nil, "%d@%d", i, term)
	return raft.Entry{Index: i, Term: term, Stamp: raft.Stamp(i), Kind: raft.Command, Data: data}
}

// batch encodes appends as the journal does, into one record.
func batch(t *testing.T, appends ...journal.Append) []byte {
	t.Helper()
	w := started(t)
	messages := make([]actors.Message, len(appends))
	for i, a := range appends {
		messages[i] = a
	}
	w.turn(messages...)
	return slices.Clone(w.records[1])
}
