package journal_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// small is a journal that changes generations soon.
var small = journal.Config{GenerationBytes: 2000, PieceBytes: 400}

func begin(t *testing.T, c journal.Config) *world {
	t.Helper()
	w := create(c)
	w.turn(actors.Started{})
	w.recovered(t)
	return w
}

// again returns what a journal recovers from the logs of w.
func (w *world) again(t *testing.T) []journal.GroupState {
	t.Helper()
	next := create(journal.Config{})
	for name, l := range w.logs { // any order: it becomes a map
		next.put(name, l.records...)
	}
	next.turn(actors.Started{})
	return next.recovered(t)
}

// fill appends entries to a group until there is another generation.
func (w *world) fill(g journal.GroupID, from raft.Index) (last raft.Index) {
	for was := w.fresh; w.fresh == was; from++ {
		w.turn(save(g, uint64(from), 1, from))
		w.end(0, nil)
	}
	return from - 1
}

func TestAGenerationThatHasGrownIsFollowedByTheNext(t *testing.T) {
	w := begin(t, small)
	w.turn(save(7, 1, 1, 1, 2, 3)) // says nothing more
	w.settle()
	last := w.fill(1, 1)
	w.settle()
	if got := w.names(); !slices.Equal(got, []string{"journal-2"}) {
		t.Fatalf("there are %v", got)
	}
	states := w.again(t)
	if len(states) != 2 || len(states[0].State.Entries) != int(last) || len(states[1].State.Entries) != 3 {
		t.Errorf("recovered %+v", states)
	}
	w.turn(save(1, uint64(last)+1, 1, last+1))
	w.settle()
	if n := len(w.again(t)[0].State.Entries); n != int(last)+1 {
		t.Errorf("recovered %d entries after another append", n)
	}
}

func TestASnapshotMakesRoom(t *testing.T) {
	w := begin(t, small)
	longest := 0
	for n := range raft.Index(500) {
		a := save(1, uint64(n)+1, 1, n+1)
		if n > 5 {
			a.Save.Snapshot = mark(n-5, 1)
		}
		w.turn(a)
		w.settle()
		longest = max(longest, w.size(w.fresh))
	}
	if w.fresh == "journal-1" || len(w.logs) > 1 || longest > 2*small.GenerationBytes {
		t.Errorf("500 saves led to %v; the longest generation had %d bytes", w.names(), longest)
	}
	got := w.again(t)[0].State
	if got.Snapshot.Index != 494 || len(got.Entries) != 6 || got.Entries[0].Index != 495 {
		t.Errorf("recovered %+v", got)
	}
}

func TestThePastIsCopiedInPiecesWhileAppendsGoOn(t *testing.T) {
	w := begin(t, small)
	last := w.fill(1, 1)
	old := w.logs["journal-1"]
	for pieces := 0; len(w.logs) == 2; {
		last++
		w.turn(save(1, uint64(last), 1, last))
		if n := len(w.syncs); n == 0 || w.syncs[n-1].log == "journal-2" && pieces == 0 && n == 1 {
			t.Fatalf("an append waits: syncs %v", w.syncs)
		}
		before := len(w.logs["journal-2"].records)
		w.settle()
		if len(w.logs) == 1 {
			break
		}
		pieces += len(w.logs["journal-2"].records) - before
	}
	for _, r := range w.logs["journal-2"].records {
		if len(r) > 2*small.PieceBytes {
			t.Errorf("a piece of %d bytes", len(r))
		}
	}
	answers := slices.DeleteFunc(w.answers(), func(a string) bool { return strings.Contains(a, "Compact") })
	if len(answers) != int(last) {
		t.Errorf("%d saves were answered %d times", last, len(answers))
	}
	if n := len(w.again(t)[0].State.Entries); n != int(last) || len(old.records) == 0 {
		t.Errorf("recovered %d entries of %d", n, last)
	}
}

func TestAGroupMayChangeInAnyWayWhileItIsCopied(t *testing.T) {
	changes := map[string]func(last raft.Index) raft.Save{
		"entries that were copied give way": func(raft.Index) raft.Save {
			return save(1, 1000, 2, 2, 3).Save
		},
		"what was copied is compacted": func(raft.Index) raft.Save {
			return raft.Save{Number: 1000, Vote: raft.Vote{Term: 1}, Snapshot: mark(2, 1)}
		},
		"more than was copied is compacted": func(last raft.Index) raft.Save {
			return raft.Save{Number: 1000, Vote: raft.Vote{Term: 1}, Snapshot: mark(last-1, 1)}
		},
		"a snapshot contradicts the log": func(raft.Index) raft.Save {
			return raft.Save{Number: 1000, Vote: raft.Vote{Term: 2}, Snapshot: mark(2, 2)}
		},
		"a snapshot from far ahead": func(raft.Index) raft.Save {
			s := save(1, 1000, 2, 901, 902).Save
			s.Snapshot = mark(900, 2)
			return s
		},
		"a vote": func(raft.Index) raft.Save {
			return raft.Save{Number: 1000, Vote: raft.Vote{Term: 2, For: 3}}
		},
	}
	for name, change := range changes { // any order: the cases are independent
		w := begin(t, small)
		last := w.fill(1, 1)
		if len(w.logs["journal-2"].records) < 2 { // the header, and a first piece
			t.Fatal("nothing is copied yet")
		}
		before := w.again(t)[0].State
		s := change(last)
		w.turn(journal.Append{Group: 1, Save: s})
		w.settle()
		after, want := w.again(t)[0].State, saved(before, s)
		if !same(&after, &want) || !slices.Equal(w.names(), []string{"journal-2"}) {
			t.Errorf("%s: in %v, recovered %+v", name, w.names(), after)
		}
	}
}

// The pieces that are still to be copied are of a log that has not come as far yet.
func TestAFloorMayGoWhileItsGroupIsCopied(t *testing.T) {
	w := begin(t, small)
	floor := raft.Floor{Index: 1000, Term: 1}
	last := raft.Index(0)
	for was := w.fresh; w.fresh == was; {
		last++
		a := save(1, uint64(last), 1, last)
		a.Save.Floor = floor
		w.turn(a)
		w.end(0, nil)
	}
	if got := w.again(t)[0].State.Floor; got != floor {
		t.Fatalf("the floor is at %v", got)
	}
	w.turn(save(1, uint64(last)+1, 2, last+1)) // a later term is as far
	w.settle()
	got := w.again(t)[0].State
	if len(got.Entries) != int(last)+1 || got.Floor != (raft.Floor{}) || !slices.Equal(w.names(), []string{"journal-2"}) {
		t.Errorf("in %v, recovered %+v", w.names(), got)
	}
}

func TestAQuietJournalIsNotCopiedAgainAndAgain(t *testing.T) {
	w := begin(t, small)
	w.fill(1, 1)
	w.settle()
	for range 10 {
		w.turn()
		w.settle()
	}
	if w.fresh != "journal-2" || len(w.logs) != 1 {
		t.Errorf("there are %v", w.names())
	}
}

func TestALongPastIsCopiedOnlyWhenTheJournalHasDoubled(t *testing.T) {
	w := begin(t, small)
	long := save(1, 1, 1, 1, 2, 3)
	for i := range long.Save.Entries {
		long.Save.Entries[i].Data = make([]byte, 2*small.GenerationBytes)
	}
	w.turn(long)
	w.settle()
	if w.fresh != "journal-2" {
		t.Fatalf("there are %v", w.names())
	}
	past := w.size("journal-2")
	for n := uint64(2); w.size("journal-2") < 2*past-small.PieceBytes; n++ {
		w.turn(save(2, n, 1, 1)) // the same entry, again and again
		w.settle()
		if w.fresh != "journal-2" {
			t.Fatalf("%d bytes are copied again after %d saves", past, n)
		}
	}
}

// size returns how many bytes the records of a log have.
func (w *world) size(log string) (bytes int) {
	if l := w.logs[log]; l != nil {
		for _, r := range l.records {
			bytes += len(r)
		}
	}
	return bytes
}

func TestSavedWaitsForTheGenerationThatCounts(t *testing.T) {
	w := begin(t, small)
	last := w.fill(1, 1)
	for w.logs["journal-1"] != nil && !slices.ContainsFunc(w.logs["journal-2"].records, func(r []byte) bool {
		return r[0] == 3
	}) {
		w.synced(nil)
	}
	w.answers()
	w.turn(save(1, uint64(last)+1, 1, last+1)) // while the sync that makes it count is under way
	if len(w.logs) != 2 || len(w.sent) > 0 || len(w.syncs) != 1 || w.syncs[0].log != "journal-2" {
		t.Fatalf("there are %v, syncs %v, sent %v", w.names(), w.syncs, w.sent)
	}
	w.synced(nil)
	if len(w.logs) != 1 || len(w.sent) > 0 {
		t.Errorf("after the sync there are %v, sent %v", w.names(), w.sent)
	}
	w.synced(nil)
	if got := w.answers(); !slices.Equal(got, []string{fmt.Sprintf("peer/1:1/%d", last+1)}) {
		t.Errorf("answered %v", got)
	}
}

func TestOfARemovedGroupItsTombstoneIsLeft(t *testing.T) {
	w := begin(t, small)
	w.turn(save(1, 1, 4, 1, 2), save(2, 1, 1, 1))
	w.settle()
	w.answers()
	left := tombstone(raft.State{Vote: raft.Vote{Term: 4}, Snapshot: mark(2, 4)})
	w.turn(journal.Remove{Group: 1, Tombstone: left})
	if len(w.sent) > 0 {
		t.Errorf("sent %v before the sync", w.sent)
	}
	w.settle()
	if got := w.answers(); !slices.Equal(got, []string{"peer/1:journal.Removed{1}"}) {
		t.Errorf("answered %v", got)
	}
	got := w.again(t)
	if len(got) != 2 || !reflect.DeepEqual(got[0].Tombstone, &left) || len(got[0].State.Entries) > 0 || got[1].Tombstone != nil {
		t.Errorf("recovered %+v", got)
	}
	back := save(1, 1, 4, 1)
	back.Save.Floor = left.Floor
	w.turn(back) // it begins anew
	w.settle()
	got = w.again(t)
	if len(got) != 2 || got[0].Tombstone != nil || got[0].State.Floor != left.Floor || len(got[0].State.Entries) != 1 {
		t.Errorf("recovered %+v", got)
	}
}

// What a replica promised before it was removed binds it when it is back.
func TestWhoComesBackRestsOnItsTombstone(t *testing.T) {
	left := tombstone(raft.State{Vote: raft.Vote{Term: 4, For: 2}, Snapshot: mark(2, 4)})
	short := save(1, 1, 5, 1)
	other := save(1, 1, 4, 1)
	other.Save.Floor, other.Save.Vote.For = left.Floor, 3
	for name, back := range map[string]journal.Append{"an earlier term": save(1, 1, 3, 1), // any order: the cases are independent
		"another vote": other, "a short log without a floor": short} {
		w := begin(t, small)
		w.turn(save(1, 1, 4, 1, 2))
		w.turn(journal.Remove{Group: 1, Tombstone: left})
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", name)
				}
			}()
			w.turn(back)
		}()
	}
}

func TestTheJournalAsksForSnapshotsBeforeItIsFullOfLiveData(t *testing.T) {
	w := begin(t, journal.Config{GenerationBytes: 20000})
	for n := range uint64(100) {
		i := raft.Index(n + 1)
		w.turn(save(1, n+1, 1, i), save(2, n+1, 1, 4*i-3, 4*i-2, 4*i-1, 4*i))
		w.settle()
	}
	asked := 0
	for _, e := range w.sent {
		if c, is := e.message.(journal.Compact); is {
			asked++
			if c.Group != 2 || e.to != peer(2) {
				t.Errorf("asked %v about group %d", e.to, c.Group)
			}
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times, in %v", asked, w.names())
	}
}

func TestNobodyIsAskedForSnapshotsWhileLittleIsLive(t *testing.T) {
	w := begin(t, small)
	for n := range raft.Index(300) {
		a := save(1, uint64(n)+1, 1, n+1)
		if n > 2 {
			a.Save.Snapshot = mark(n-2, 1)
		}
		w.turn(a)
		w.settle()
	}
	for _, answer := range w.answers() {
		if strings.Contains(answer, "Compact") {
			t.Fatal(answer)
		}
	}
}

// A group that has said nothing since the start has no peer that the journal knows.
func TestTheOwnerIsAskedForSnapshotsOfSilentGroups(t *testing.T) {
	old := begin(t, journal.Config{})
	old.turn(save(1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9))
	old.settle()
	w := create(journal.Config{GenerationBytes: 400})
	w.put("journal-1", old.records()...)
	w.turn(actors.Started{})
	w.recovered(t)
	w.settle()
	w.turn(save(2, 1, 1, 1, 2, 3))
	w.settle()
	if !slices.ContainsFunc(w.sent, func(e envelope) bool {
		return e.to == owner && e.message == journal.Compact{Group: 1}
	}) {
		t.Errorf("sent %v", w.sent)
	}
}

func TestASaveThatIsLongerThanABatchSurvivesAChangeOfGeneration(t *testing.T) {
	w := begin(t, journal.Config{GenerationBytes: 1 << 20, PieceBytes: 64 << 10})
	long := save(1, 1, 1, 1, 2, 3)
	for i := range long.Save.Entries {
		long.Save.Entries[i].Data = make([]byte, journal.MaxBatchBytes/2)
	}
	w.turn(save(2, 1, 1, 1), long)
	w.settle()
	w.turn(save(1, 2, 1, 4))
	w.settle()
	want := append(slices.Clone(long.Save.Entries), entry(4, 1))
	if got := w.again(t); w.fresh == "journal-1" || !reflect.DeepEqual(got[0].State.Entries, want) {
		t.Errorf("in %v, recovered other entries", w.names())
	}
}

func TestAFailedSyncOfTheNextGenerationHaltsTheNode(t *testing.T) {
	w := begin(t, small)
	w.fill(1, 1)
	failure := actors.ErrNoFile // any error will do
	for n, s := range w.syncs {
		if s.log == "journal-2" {
			w.end(n, failure)
			break
		}
	}
	if w.halted == nil || !strings.Contains(w.halted.Error(), "journal-2") {
		t.Errorf("halted with %v", w.halted)
	}
	before := len(w.records())
	w.turn(save(2, 1, 1, 1))
	if len(w.records()) != before {
		t.Error("it was written on")
	}
}

func TestWhatIsLeftOfOtherGenerationsIsRemoved(t *testing.T) {
	old := begin(t, small)
	old.fill(1, 1)
	first := slices.Clone(old.logs["journal-1"].records)
	old.settle()
	second := old.logs["journal-2"].records

	w := create(journal.Config{})
	w.put("journal-1", first...)
	w.put("journal-2", second...)
	w.put("journal-3", []byte{1, 3, 3, 0}) // was never completed
	w.put("journal-x")                     // not ours
	w.turn(actors.Started{})
	if got := w.recovered(t); !reflect.DeepEqual(got, old.again(t)) {
		t.Errorf("recovered %+v", got)
	}
	if got := w.names(); !slices.Equal(got, []string{"journal-2", "journal-x"}) {
		t.Errorf("there are %v", got)
	}
}

func TestANumberIsNotUsedTwice(t *testing.T) {
	w := create(journal.Config{GenerationBytes: 100})
	w.put("journal-1", header)
	w.put("journal-2", []byte{1, 3, 2, 0})
	w.turn(actors.Started{})
	w.recovered(t)
	w.turn(save(1, 1, 1, 1, 2, 3, 4, 5, 6, 7))
	w.settle()
	if w.fresh != "journal-3" {
		t.Errorf("after journal-2 came %s", w.fresh)
	}
}

func TestAnIncompleteGenerationAloneHaltsTheNode(t *testing.T) {
	for name, put := range map[string]func(*world){ // any order: the cases are independent
		"alone":               func(w *world) { w.put("journal-4", []byte{1, 3, 4, 0}) },
		"empty":               func(w *world) { w.put("journal-4") },
		"beside an empty one": func(w *world) { w.put("journal-1"); w.put("journal-2", []byte{1, 3, 2, 0}) },
	} {
		w := create(journal.Config{})
		put(w)
		logs := w.names()
		w.turn(actors.Started{})
		if w.halted == nil || !strings.Contains(w.halted.Error(), "no generation is complete") || len(w.sent) > 0 {
			t.Errorf("%s: halted with %v, sent %v", name, w.halted, w.sent)
		}
		if !slices.Equal(w.names(), logs) {
			t.Errorf("%s: %v became %v", name, logs, w.names())
		}
	}
}
