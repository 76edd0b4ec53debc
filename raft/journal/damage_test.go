package journal_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// damaged lays a log on the disk of which a record is missing.
func (w *world) damaged(log string, lost int, records ...[]byte) {
	l := w.put(log, records...)
	if lost < len(records) {
		l.records = slices.Delete(l.records, lost, lost+1)
	}
	l.durable, l.holes = len(l.records), []int{min(lost, len(l.records))}
	l.err = fmt.Errorf("frame %d: %w", lost, actors.ErrCorrupt)
}

// written returns the records of a journal to which each of these lists was handed
// in a turn of its own.
func written(t *testing.T, turns ...[]actors.Message) [][]byte {
	t.Helper()
	w := started(t)
	for _, messages := range turns {
		w.turn(messages...)
		w.settle()
	}
	return w.records()
}

type turn = []actors.Message

// repaired starts w and returns what it found, which must be damaged.
func (w *world) repaired(t *testing.T) []journal.GroupState {
	t.Helper()
	w.turn(actors.Started{})
	w.settle()
	r, err := w.recovery()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Damaged {
		t.Error("the journal does not say that groups may be missing")
	}
	for _, s := range r.States {
		if !s.State.Damaged && (s.Tombstone == nil || !s.Tombstone.Damaged) {
			t.Errorf("group %d does not say that it may have lost something", s.Group)
		}
	}
	return r.States
}

func TestADamagedJournalGoesOnInANewGeneration(t *testing.T) {
	records := written(t, turn{save(1, 1, 1, 1)}, turn{save(2, 1, 1, 1)}, turn{save(3, 1, 1, 1), save(1, 2, 1, 2)})
	w := create(journal.Config{})
	w.damaged("journal-1", 2, records...)
	w.turn(actors.Started{})
	for len(w.syncs) > 0 {
		if len(w.sent) > 0 || w.logs["journal-1"] == nil {
			t.Fatal("the damaged log was given up before what is left of it was durable elsewhere")
		}
		w.synced(nil)
	}
	r, err := w.recovery()
	if err != nil || !r.Damaged || !r.Found {
		t.Fatalf("recovered %+v, error %v", r, err)
	}
	want := []journal.GroupState{
		{Group: 1, State: raft.State{Vote: raft.Vote{Term: 1}, Entries: []raft.Entry{entry(1, 1), entry(2, 1)}, Damaged: true}},
		{Group: 3, State: raft.State{Vote: raft.Vote{Term: 1}, Entries: []raft.Entry{entry(1, 1)}, Damaged: true}},
	}
	if !reflect.DeepEqual(r.States, want) || !slices.Equal(w.names(), []string{"journal-2"}) {
		t.Errorf("%v; recovered %+v", w.names(), r.States)
	}

	whole := save(1, 1, 1, 3)
	w.turn(whole, save(2, 1, 1, 1)) // group 1 has been made whole, group 2 has come back
	w.settle()
	next := create(journal.Config{})
	next.put("journal-2", w.records()...)
	next.turn(actors.Started{})
	r, err = next.recovery()
	if err != nil || !r.Damaged || r.Found || len(r.States) != 3 || r.States[0].State.Damaged || !r.States[2].State.Damaged {
		t.Errorf("after another start: %+v, error %v", r, err)
	}
}

func TestThatGroupsMayBeMissingIsNotForgotten(t *testing.T) {
	w := create(small)
	w.damaged("journal-1", 1, header)
	w.repaired(t)
	w.fill(1, 1)
	w.settle()
	next := create(journal.Config{})
	next.put(w.fresh, w.records()...)
	next.turn(actors.Started{})
	if r, err := next.recovery(); err != nil || !r.Damaged || w.fresh != "journal-3" {
		t.Errorf("in %s: damaged %v, error %v", w.fresh, r.Damaged, err)
	}
}

func TestAJournalOfWhichNothingIsLeftIsDamagedAndNotNew(t *testing.T) {
	for _, name := range []string{"journal-1", "journal-9"} {
		w := create(journal.Config{})
		w.damaged(name, 0)
		if states := w.repaired(t); len(states) > 0 || w.logs[name] != nil {
			t.Errorf("recovered %+v; there are %v", states, w.names())
		}
	}
}

func TestWhatFollowsAHoleIsTakenOnlyWhereItFits(t *testing.T) {
	replaced := save(1, 2, 2, 2, 3) // in term 2, from 2 on
	records := written(t,
		turn{save(1, 1, 1, 1, 2, 3, 4), save(2, 1, 1, 1)},
		turn{replaced},
		turn{save(1, 3, 3, 4), save(2, 2, 1, 2)},
		turn{save(1, 4, 4, 2, 3)}, // fits behind 1 again
	)
	w := create(journal.Config{})
	w.damaged("journal-1", 2, records[:4]...)
	got := w.repaired(t)
	if !reflect.DeepEqual(got[0].State.Entries, save(1, 1, 1, 1, 2, 3, 4).Save.Entries) || got[0].State.Vote.Term != 3 {
		t.Errorf("an entry that follows what was lost was taken: %+v", got[0])
	}
	if len(got[1].State.Entries) != 2 {
		t.Errorf("an entry that follows what is here was not taken: %+v", got[1])
	}
	w = create(journal.Config{})
	w.damaged("journal-1", 2, records...)
	want := []raft.Entry{entry(1, 1), entry(2, 4), entry(3, 4)}
	if got := w.repaired(t); !reflect.DeepEqual(got[0].State.Entries, want) {
		t.Errorf("recovered %+v", got[0])
	}
}

func TestASnapshotIsTakenThoughWhatItCoversIsLost(t *testing.T) {
	second := save(1, 2, 2, 10, 11)
	second.Save.Snapshot = mark(9, 2)
	removal := turn{journal.Remove{Group: 2, Tombstone: tombstone(raft.State{Vote: raft.Vote{Term: 1}})}}
	records := written(t, turn{save(1, 1, 1, 1, 2), save(2, 1, 1, 1)}, turn{save(3, 1, 1)}, turn{second}, removal)
	w := create(journal.Config{})
	w.damaged("journal-1", 2, records...)
	got := w.repaired(t)
	if len(got) != 2 || got[0].State.Snapshot.Index != 9 || len(got[0].State.Entries) != 2 {
		t.Errorf("recovered %+v", got)
	}
	if left := got[1].Tombstone; left == nil || !left.Damaged {
		t.Errorf("what was removed may have come back, and is recovered as %+v", got[1])
	}
}

// midway is a journal that was copying into its second generation, with votes and
// entries that are newer than those copied.
func midway(t *testing.T) (first, second [][]byte) {
	w := begin(t, small)
	last := w.fill(1, 1)
	w.synced(nil)
	w.turn(save(1, uint64(last)+1, 9, last+1))
	w.settle1("journal-1")
	return w.logs["journal-1"].records, w.logs["journal-2"].records
}

// settle1 ends the syncs of one log.
func (w *world) settle1(log string) {
	for n := 0; n < len(w.syncs); {
		if w.syncs[n].log == log {
			w.end(n, nil)
		} else {
			n++
		}
	}
}

func TestAnUnfinishedGenerationHidesNoDamageAndTakesNothingBack(t *testing.T) {
	first, second := midway(t)
	w := create(journal.Config{})
	w.damaged("journal-1", len(first), first...)
	w.put("journal-2", second...)
	got := w.repaired(t)[0].State
	if !slices.Equal(w.names(), []string{"journal-3"}) {
		t.Errorf("there are %v", w.names())
	}
	if n := len(got.Entries); got.Vote.Term != 9 || got.Entries[n-1].Term != 9 || int(got.Entries[n-1].Index) != n {
		t.Errorf("term %d, %d entries", got.Vote.Term, len(got.Entries))
	}
}

func TestADamagedGenerationIsCompletedFromTheOneBefore(t *testing.T) {
	first, second := midway(t)
	for lost := range len(second) {
		w := create(journal.Config{})
		w.put("journal-1", first...)
		w.damaged("journal-2", lost, append(slices.Clone(second), []byte{3})...)
		got := w.repaired(t)[0].State
		if n := len(got.Entries); got.Vote.Term != 9 || got.Entries[n-1].Term != 9 {
			t.Errorf("without record %d: term %d, %d entries", lost, got.Vote.Term, n)
		}
	}
}

func TestAnUnfinishedGenerationFillsAHoleOfTheOneBefore(t *testing.T) {
	first := written(t, turn{save(1, 1, 1, 1, 2, 3)}, turn{save(1, 2, 2, 2, 3, 4)})
	copied := save(1, 1, 2, 1, 2, 3, 4)
	copied.Save.Entries[0] = entry(1, 1)
	w := create(journal.Config{})
	w.damaged("journal-1", 2, first...)
	w.put("journal-2", []byte{1, 3, 2, 0}, batch(t, copied))
	if got := w.repaired(t)[0].State; !reflect.DeepEqual(got.Entries, copied.Save.Entries) {
		t.Errorf("recovered %+v", got)
	}
}

func TestAWrongRecordInADamagedLogHaltsTheNode(t *testing.T) {
	w := create(journal.Config{})
	w.damaged("journal-1", 1, header, header, []byte{2, 0})
	w.turn(actors.Started{})
	if w.halted == nil || !strings.Contains(w.halted.Error(), "record 2 of those that can be read") || len(w.logs) > 1 {
		t.Errorf("halted with %v, there are %v", w.halted, w.names())
	}
}

// TestAnyLostRecordLeavesLogsThatExisted takes one record after the other away from
// what random replicas wrote.
func TestAnyLostRecordLeavesLogsThatExisted(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := begin(t, small)
		var histories []*history
		for g := range journal.GroupID(3) {
			histories = append(histories, &history{group: g + 1, states: []*raft.State{nil}, lasting: true})
		}
		notes := newTape()
		for range 150 {
			w.turn(histories[rng.IntN(3)].next(rng, notes))
			w.settle()
		}
		for lost := range w.records() {
			broken := create(journal.Config{})
			broken.damaged(w.fresh, lost, w.records()...)
			for _, s := range broken.repaired(t) {
				histories[s.Group-1].judge(t, s.State, !names(t, w.records()[lost], s.Group))
			}
		}
	}
}

// names reports whether a record is about a group.
func names(t *testing.T, record []byte, g journal.GroupID) bool {
	changes, err := journal.DecodeBatch(record)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(changes, func(c journal.Change) bool { return c.Group == g })
}

// judge looks for the state that was left among those the group was in; if nothing
// about it is lost, it is the last one.
func (h *history) judge(t *testing.T, s raft.State, all bool) {
	t.Helper()
	if last := *h.states[len(h.states)-1]; all {
		last.Damaged = true
		if !same(&s, &last) {
			t.Errorf("group %d, about which nothing is lost, is found as %+v; it was %+v", h.group, s, last)
		}
	}
	links := h.links()
	before := position{s.Snapshot.Index, s.Snapshot.Term}
	for _, e := range s.Entries {
		if at := (position{e.Index, e.Term}); links[at] != before {
			t.Fatalf("group %d: %v follows %v, not %v: %+v", h.group, at, before, links[at], s)
		}
		before = position{e.Index, e.Term}
	}
}

// A position is a place in a log. Because every replacement that a history draws has
// a term of its own, it stands for all of the log up to there.
type position struct {
	index raft.Index
	term  raft.Term
}

// links returns what came before each position that ever was in the log.
func (h *history) links() map[position]position {
	links := map[position]position{}
	for _, s := range h.states {
		if s == nil {
			continue
		}
		before := position{s.Snapshot.Index, s.Snapshot.Term}
		for _, e := range s.Entries {
			links[position{e.Index, e.Term}] = before
			before = position{e.Index, e.Term}
		}
	}
	return links
}

func TestARecoveredJournalKeepsNothingOfTheRecordsItRead(t *testing.T) {
	w := start(written(t, turn{save(1, 1, 1, 1, 2)})...)
	got := w.recovered(t)
	for _, r := range w.records() {
		clear(r)
	}
	if !reflect.DeepEqual(got[0].State.Entries, []raft.Entry{entry(1, 1), entry(2, 1)}) {
		t.Errorf("recovered %+v", got)
	}
}
