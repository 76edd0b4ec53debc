package journal_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

var header = []byte{1, 3, 1, 0}

func TestAllGroupsOfATurnShareOneRecordAndOneSync(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1), save(2, 1, 1, 1), save(3, 1, 1, 1))
	if len(w.records()) != 2 || len(w.syncs) != 1 {
		t.Fatalf("three groups made %d records after the header and %d syncs", len(w.records())-1, len(w.syncs))
	}
	w.synced(nil)
	if got := w.answers(); !slices.Equal(got, []string{"peer/1:1/1", "peer/2:2/1", "peer/3:3/1"}) {
		t.Errorf("answered %v", got)
	}
}

func TestWhatArrivesDuringASyncGathersForTheNext(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1))
	w.turn(save(1, 2, 1, 2))
	w.turn(save(2, 1, 1, 1))
	if len(w.records()) != 2 || len(w.syncs) != 1 {
		t.Fatalf("during a sync: %d records after the header, %d syncs", len(w.records())-1, len(w.syncs))
	}
	w.synced(nil)
	if got := w.answers(); !slices.Equal(got, []string{"peer/1:1/1"}) {
		t.Errorf("the first sync answered %v", got)
	}
	if len(w.records()) != 3 || len(w.syncs) != 1 {
		t.Fatalf("after it: %d records after the header, %d syncs", len(w.records())-1, len(w.syncs))
	}
	w.synced(nil)
	if got := w.answers(); !slices.Equal(got, []string{"peer/1:1/2", "peer/2:2/1"}) {
		t.Errorf("the second sync answered %v", got)
	}
}

func TestNobodyIsAnsweredBeforeTheSync(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1))
	w.turn()
	if len(w.sent) > 0 {
		t.Errorf("sent %v", w.sent)
	}
}

func TestAGroupIsAnsweredOnceASyncWithItsNewestNumber(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1), save(2, 7, 1, 1), save(1, 2, 1, 2), save(1, 5, 2, 3))
	w.synced(nil)
	if got := w.answers(); !slices.Equal(got, []string{"peer/1:1/5", "peer/2:2/7"}) {
		t.Errorf("answered %v", got)
	}
}

func TestAppendsOfOneGroupStayInOrder(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1, 2, 3), save(2, 1, 1, 1), save(1, 2, 2, 2), save(1, 3, 3, 3))
	w.synced(nil)
	states := start(w.records()...).recovered(t)
	want := []raft.Entry{entry(1, 1), entry(2, 2), entry(3, 3)}
	if !reflect.DeepEqual(states[0].State, raft.State{Vote: raft.Vote{Term: 3}, Entries: want}) {
		t.Errorf("recovered %+v", states[0].State)
	}
}

func TestAQuietJournalWritesNothing(t *testing.T) {
	w := started(t)
	w.turn()
	w.turn(save(1, 1, 1))
	w.synced(nil)
	w.turn()
	if len(w.records()) != 2 || len(w.syncs) != 0 {
		t.Errorf("%d records after the header, %d syncs", len(w.records())-1, len(w.syncs))
	}
}

func TestAVoteAloneIsWrittenAndSynced(t *testing.T) {
	w := started(t)
	w.turn(journal.Append{Group: 1, Save: raft.Save{Number: 1, Vote: raft.Vote{Term: 4, For: 2}}})
	if len(w.syncs) != 1 {
		t.Fatal("no sync was asked for")
	}
	states := start(w.records()...).recovered(t)
	if len(states) != 1 || states[0].State.Vote != (raft.Vote{Term: 4, For: 2}) {
		t.Errorf("recovered %+v", states)
	}
}

func TestANewLogBeginsWithAHeader(t *testing.T) {
	w := started(t)
	if w.fresh != "journal-1" || len(w.records()) != 1 || !slices.Equal(w.records()[0], header) {
		t.Errorf("log %q begins with %v", w.fresh, w.records())
	}
	if again := start(w.records()...); len(again.recovered(t)) != 0 || len(again.records()) != 1 {
		t.Errorf("a log with nothing but a header grew to %v", again.records())
	}
}

func TestRecoveryFoldsTruncations(t *testing.T) {
	w := start(header,
		batch(t, save(2, 1, 1, 1, 2, 3), save(1, 1, 1, 1)),
		batch(t, save(2, 1, 1, 1, 2, 3), save(2, 2, 3, 2)), // the first again, then 2 and 3 give way
	)
	want := []journal.GroupState{
		{Group: 1, State: raft.State{Vote: raft.Vote{Term: 1}, Entries: []raft.Entry{entry(1, 1)}}},
		{Group: 2, State: raft.State{Vote: raft.Vote{Term: 3}, Entries: []raft.Entry{entry(1, 1), entry(2, 3)}}},
	}
	if got := w.recovered(t); !reflect.DeepEqual(got, want) {
		t.Errorf("recovered %+v", got)
	}
}

func TestARecoveredJournalGoesOnWhereItWas(t *testing.T) {
	w := start(header, batch(t, save(1, 9, 2, 1, 2)))
	w.recovered(t)
	w.turn(save(1, 1, 2, 3)) // numbers begin anew, entries do not
	w.synced(nil)
	states := start(w.records()...).recovered(t)
	if len(states[0].State.Entries) != 3 {
		t.Errorf("recovered %+v", states)
	}
}

func TestAFailedSyncHaltsTheNodeForGood(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1))
	w.turn(save(2, 1, 1, 1))
	failure := errors.New("no space left")
	w.synced(failure)
	if !errors.Is(w.halted, failure) || !strings.Contains(w.halted.Error(), "journal-1") {
		t.Errorf("halted with %v", w.halted)
	}
	w.turn(save(3, 1, 1, 1))
	if len(w.sent) > 0 || len(w.records()) != 2 || len(w.syncs) > 0 {
		t.Errorf("after the failure: sent %v, %d records, %d syncs", w.sent, len(w.records()), len(w.syncs))
	}
}

func TestALogThatDoesNotOpenHaltsTheNode(t *testing.T) {
	w := create(journal.Config{})
	failure := errors.New("input/output error")
	w.put("journal-1").err = failure
	w.turn(actors.Started{})
	if !errors.Is(w.halted, failure) || len(w.sent)+len(w.syncs) > 0 || len(w.logs) > 1 {
		t.Errorf("halted with %v, sent %v, wrote %v", w.halted, w.sent, w.names())
	}
}

func TestALogOfOtherContentHaltsTheNode(t *testing.T) {
	good := batch(t, save(1, 1, 1, 1))
	cases := map[string]struct {
		records [][]byte
		want    string
	}{
		"no header":            {[][]byte{good}, "record 1: malformed journal record: a header is the first"},
		"a torn header":        {[][]byte{{1, 2}}, "record 1"},
		"a longer header":      {[][]byte{{1, 3, 1, 0, 0}}, "1 bytes from its end"},
		"an unknown flag":      {[][]byte{{1, 3, 1, 2}}, "record 1"},
		"an older format":      {[][]byte{{1, 2, 1}}, "format version 2; this program reads version 3"},
		"a newer format":       {[][]byte{{1, 4, 1, 9}}, "format version 4"},
		"another generation":   {[][]byte{{1, 3, 2, 0}, {3}}, "generation 2"},
		"a second header":      {[][]byte{header, header}, "record 2"},
		"an empty record":      {[][]byte{header, {}}, "record 2"},
		"an unknown kind":      {[][]byte{header, good, {4}}, "record 3"},
		"a torn batch":         {[][]byte{header, good[:len(good)-1]}, "record 2"},
		"a gap in the log":     {[][]byte{header, gap(t)}, "group 1: entry 3 after entry 0"},
		"a vote taken back":    {[][]byte{header, vote(t, 2), vote(t, 3)}, "record 3"},
		"a term taken back":    {[][]byte{header, term(t, 2), term(t, 1)}, "term 1 after term 2"},
		"a batch of nothing":   {[][]byte{header, {2}}, "record 2"},
		"an append of nobody":  {[][]byte{header, {2, 0, 0, 0, 0, 0, 0}}, "record 2"},
		"a torn snapshot":      {[][]byte{header, {2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0}}, "record 2"},
		"a damaged removal":    {[][]byte{header, {2, 1, 3}}, "record 2"},
		"complete twice":       {[][]byte{header, {3}}, "complete already"},
		"more than complete":   {[][]byte{header, {3, 0}}, "record 2"},
		"a flag of the future": {[][]byte{header, {2, 1, 4}}, "record 2"},
		"another log before": {[][]byte{header, batch(t, save(1, 1, 1, 1)), after(t, 3, 2)},
			"entry 2 follows one of term 2; here it is of term 1"},
	}
	for name, c := range cases { // any order: the cases are independent
		w := start(c.records...)
		if w.halted == nil || !strings.Contains(w.halted.Error(), c.want) {
			t.Errorf("%s: halted with %v", name, w.halted)
		}
		if len(w.sent)+len(w.syncs) > 0 || len(w.records()) != len(c.records) {
			t.Errorf("%s: sent %v, wrote %d records", name, w.sent, len(w.records()))
		}
	}
}

// gap, vote, term and after return batches that the journal would not write after
// another, which it never checks in a batch of one.
func gap(t *testing.T) []byte {
	b := batch(t, save(1, 1, 1, 1, 2, 3))
	one := len(batch(t, save(1, 1, 1, 1, 2))) - len(batch(t, save(1, 1, 1, 1)))
	count := 1 + 1 + 1 + 4 + 2 + 4 // kind, group, flags, sized vote, no snapshot
	b = slices.Delete(b, count+2, count+2+2*one)
	b[count] = 1
	return b
}

// after is an entry 2 after an entry 1 of term before.
func after(t *testing.T, term, before raft.Term) []byte {
	w := started(t)
	w.turn(save(1, 1, before, 1))
	w.synced(nil)
	w.turn(save(1, 2, term, 2))
	return slices.Clone(w.records()[2])
}

func vote(t *testing.T, candidate raft.ID) []byte {
	s := raft.Save{Number: 1, Vote: raft.Vote{Term: 1, For: candidate}}
	return batch(t, journal.Append{Group: 1, Save: s})
}

func term(t *testing.T, term raft.Term) []byte { return batch(t, save(1, 1, term)) }

func TestAnAppendThatRecoveryWouldRefuseIsABrokenInvariant(t *testing.T) {
	first := journal.Append{Group: 1, Save: raft.Save{Number: 2, Vote: raft.Vote{Term: 2, For: 1}}}
	first.Save.Entries = []raft.Entry{entry(1, 1), entry(2, 2)}
	cases := map[string]journal.Append{
		"save 2 after save 2":         save(1, 2, 3, 3),
		"save 1 after save 2":         save(1, 1, 3, 3),
		"term 1 after term 2":         save(1, 3, 1),
		"vote for 0 in term 2":        save(1, 3, 2),
		"entry 4 after entry 2":       save(1, 3, 3, 4),
		"entry 0 after entry 2":       save(1, 3, 3, 0),
		"entry 5 right after entry 3": save(1, 3, 3, 3, 5),
		"append of no group":          save(0, 3, 3, 3),
		"of term 4 after term 2": {Group: 1, Save: raft.Save{Number: 3, Vote: raft.Vote{Term: 3},
			Entries: []raft.Entry{entry(3, 4)}}},
		"of term 2 after term 3": {Group: 1, Save: raft.Save{Number: 3, Vote: raft.Vote{Term: 3},
			Entries: []raft.Entry{entry(3, 3), entry(4, 2)}}},
	}
	for want, second := range cases { // any order: the cases are independent
		w := started(t)
		w.turn(first)
		got := caught(func() { w.turn(second) })
		if !strings.Contains(got, want) {
			t.Errorf("wanted a panic with %q, got %q", want, got)
		}
	}
	w := create(journal.Config{})
	got := caught(func() { w.turn(save(1, 1, 1, 1)) })
	if !strings.Contains(got, "before the journal was recovered") {
		t.Errorf("an early append gave %q", got)
	}
}

func TestASyncThatWasNotAskedForIsABrokenInvariant(t *testing.T) {
	w := started(t)
	if got := caught(func() { w.turn(actors.LogSynced{Log: "journal-1", Mark: 1}) }); !strings.Contains(got, "a sync is done that was not asked for") {
		t.Errorf("got %q", got)
	}
}

// TestRecoveryOfEveryBeginning shows that a crash which keeps any beginning of the
// records leaves states that the journal was in.
func TestRecoveryOfEveryBeginning(t *testing.T) {
	w := started(t)
	var want [][]journal.GroupState
	var replay journal.Replay
	if err := replay.Add(header); err != nil {
		t.Fatal(err)
	}
	for number := range uint64(20) {
		term := raft.Term(number/3 + 1)
		g := journal.GroupID(number%2 + 1)
		a := save(g, number+1, term, raft.Index(number/4+1), raft.Index(number/4+2))
		w.turn(a)
		w.synced(nil)
		if err := replay.Add(w.records()[len(w.records())-1]); err != nil {
			t.Fatal(err)
		}
		want = append(want, replay.States())
	}
	for n := 2; n < len(w.records()); n++ {
		if got := start(w.records()[:n]...).recovered(t); !reflect.DeepEqual(got, want[n-2]) {
			t.Errorf("the first %d records gave %+v, not %+v", n, got, want[n-2])
		}
	}
}

func caught(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}
