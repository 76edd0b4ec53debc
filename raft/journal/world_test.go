package journal_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// patience is how long a journal waits for a sync before it says so.
const patience = time.Second

var owner = actors.Ref{Node: 1, Name: "node"}

// A world is all that a journal needs: a mailbox, and a disk whose syncs end when
// the test says so. Everything else the disk is asked for happens at once.
type world struct {
	actors.Context // nil: a journal asks for nothing else
	actors.Files   // nil: nor has it files
	journal        *journal.Journal
	inbox          []actors.Message // answers of the disk
	sent           []envelope
	stuck          []bool // what the owner was told
	halted         error

	logs     map[string]*platter
	fresh    string // the log that was opened last
	syncs    []sync // asked for and not ended
	now      time.Duration
	looks    []actors.Message // what comes when patience is over
	told     bytes.Buffer     // to people
	removals []string         // asked for and not ended, if they take time
	slow     bool             // removals take time
	tape     *tape            // what happens is written down there, unless nil
}

// A platter is one log.
type platter struct {
	records [][]byte
	durable int   // how many of records a sync has covered
	holes   []int // where records are missing
	err     error // of opening it
}

// A sync was asked for when the log had so many records.
type sync struct {
	log     string
	mark    uint64
	records int
}

type envelope struct {
	to      actors.Ref
	message actors.Message
}

// create returns a world in which nothing has happened yet.
func create(c journal.Config) *world {
	c.Owner = owner
	return &world{journal: journal.New(c), logs: map[string]*platter{}}
}

// start returns a world in which a journal was started on a first generation of
// these records.
func start(records ...[]byte) *world {
	w := create(journal.Config{})
	if len(records) > 0 {
		w.put("journal-1", records...)
	}
	w.turn(actors.Started{})
	return w
}

// put lays a log on the disk.
func (w *world) put(log string, records ...[]byte) *platter {
	w.logs[log] = &platter{records: slices.Clone(records), durable: len(records)}
	return w.logs[log]
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
	r, err := w.recovery()
	if err != nil {
		t.Fatal(err)
	}
	return r.States
}

func (w *world) recovery() (journal.Recovered, error) {
	if len(w.sent) > 0 && w.sent[0].to == owner {
		if r, is := w.sent[0].message.(journal.Recovered); is {
			w.sent = w.sent[1:]
			return r, nil
		}
	}
	return journal.Recovered{}, fmt.Errorf(
		"the owner was to hear first of all what was recovered; sent was %v, halted %v", w.sent, w.halted)
}

// turn hands over a run of messages, and then the answers to what they led to.
// Appends come from the peer of their group.
func (w *world) turn(messages ...actors.Message) {
	for {
		for _, m := range messages {
			w.journal.Receive(w, sender(m), m)
		}
		w.journal.Flush(w)
		if len(w.inbox) == 0 {
			return
		}
		messages, w.inbox = w.inbox, nil
	}
}

func sender(m actors.Message) actors.Ref {
	switch m := m.(type) {
	case journal.Append:
		return peer(m.Group)
	case journal.Remove:
		return peer(m.Group)
	}
	return actors.Ref{}
}

// synced ends the oldest sync.
func (w *world) synced(err error) { w.end(0, err) }

// end ends one of the syncs.
func (w *world) end(n int, err error) {
	s := w.syncs[n]
	w.syncs = slices.Delete(w.syncs, n, n+1)
	if l := w.logs[s.log]; err == nil {
		l.durable = max(l.durable, s.records)
		w.tape.write(event{kind: synced, log: s.log, count: s.records})
	}
	w.turn(actors.LogSynced{Log: s.log, Mark: s.mark, Err: err})
}

// settle ends all that is under way, and what it leads to.
func (w *world) settle() {
	for len(w.syncs)+len(w.removals) > 0 {
		if len(w.syncs) > 0 {
			w.synced(nil)
		} else {
			w.gone()
		}
	}
}

// gone ends the oldest removal.
func (w *world) gone() {
	log := w.removals[0]
	w.removals = w.removals[1:]
	w.tape.write(event{kind: removed, log: log})
	w.turn(actors.LogRemoved{Log: log})
}

// answers takes off what was sent, as text.
func (w *world) answers() []string {
	var list []string
	for _, e := range w.sent {
		switch m := e.message.(type) {
		case journal.Saved:
			list = append(list, fmt.Sprintf("%s:%d/%d", e.to.Name, m.Group, m.Number))
		default:
			list = append(list, fmt.Sprintf("%s:%T%v", e.to.Name, m, m))
		}
	}
	w.sent = nil
	return list
}

// records are those of the log that was opened last.
func (w *world) records() [][]byte { return w.logs[w.fresh].records }

// names are the logs there are.
func (w *world) names() []string { return slices.Sorted(maps.Keys(w.logs)) }

func (w *world) Disk() actors.Disk       { return w }
func (w *world) Halt(err error)          { w.halted = err }
func (w *world) Log() *slog.Logger       { return slog.New(slog.NewTextHandler(&w.told, nil)) }
func (w *world) Now() time.Duration      { return w.now }
func (w *world) answer(m actors.Message) { w.inbox = append(w.inbox, m) }

func (w *world) After(d time.Duration, m actors.Message) func() {
	if d != patience {
		panic("a journal looks at its disk and has no other use for the time")
	}
	w.looks = append(w.looks, m)
	return func() {}
}

func (w *world) Send(to actors.Ref, m actors.Message) {
	w.sent = append(w.sent, envelope{to, m})
	w.tape.told(m)
}

func (w *world) ListLogs() { w.answer(actors.LogsListed{Logs: w.names()}) }

func (w *world) OpenLog(log string) {
	if w.logs[log] == nil {
		w.put(log)
		w.tape.write(event{kind: created, log: log})
	}
	w.fresh = log
	l := w.logs[log]
	w.answer(actors.LogOpened{Log: log, Records: slices.Clone(l.records), Holes: l.holes, Err: l.err})
}

func (w *world) AppendLog(log string, record []byte) {
	l := w.logs[log]
	if l == nil || l.err != nil {
		panic("appended to " + log + ", which is not open")
	}
	l.records = append(l.records, record)
	w.tape.write(event{kind: appended, log: log, record: record})
}

func (w *world) SyncLog(log string, mark uint64) {
	w.syncs = append(w.syncs, sync{log, mark, len(w.logs[log].records)})
}

func (w *world) RemoveLog(log string) {
	for _, s := range w.syncs {
		if s.log == log {
			panic("removed " + log + ", which is being synced")
		}
	}
	delete(w.logs, log)
	w.tape.write(event{kind: removing, log: log})
	w.removals = append(w.removals, log)
	if !w.slow {
		w.removals = nil
		w.tape.write(event{kind: removed, log: log})
		w.answer(actors.LogRemoved{Log: log})
	}
}

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

// mark returns a snapshot at an entry.
func mark(i raft.Index, term raft.Term) raft.Snapshot {
	return raft.Snapshot{Index: i, Term: term, Stamp: raft.Stamp(i),
		Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}
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
	return slices.Clone(w.records()[1])
}

// Mark remembers nothing: what is tested here is what the journal does.
func (w *world) Mark(string) {}
