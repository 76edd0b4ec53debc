package foreign

import (
	"reflect"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

var anywhere = raft.Snapshot{Index: 3, Term: 2, Stamp: 9, Configuration: raft.Configuration{Voters: []raft.ID{1, 2}}}

func entry(i raft.Index, t raft.Term, data string) raft.Entry {
	return raft.Entry{Index: i, Term: t, Stamp: raft.Stamp(10 * i), Kind: raft.Command, Data: []byte(data)}
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	for _, want := range []record{
		{Saved: Saved{Vote: raft.Vote{Term: 5, For: 2}, Commit: 4, Snapshot: anywhere, Entries: []raft.Entry{entry(4, 2, "a"), entry(5, 5, "b")}}},
		{image: image{anywhere, []byte("state")}},
	} {
		got, err := decodeRecord(want.appendTo(nil))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
	if _, err := decodeRecord([]byte{1, 2, 3}); err == nil {
		t.Error("half a record was read")
	}
}

func TestMessagesAreReadAsTheyWereSent(t *testing.T) {
	for _, want := range []actors.Message{
		Packet{Bytes: []byte("m")},
		request{command{client: 3, serial: 300, op: kv.Op{Kind: kv.Add, Key: []byte("k"), Delta: -1}}},
		response{serial: 300, result: kv.Result{Code: kv.OK, Number: -7, Value: []byte("v")}},
		wanted{index: 7, term: 2},
		image{anywhere, []byte("state")},
	} {
		b, err := codec{}.Append(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (codec{}).Decode(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
}

func TestWhatWasSavedLaterCounts(t *testing.T) {
	var s Saved
	s.fold(Saved{Entries: []raft.Entry{entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 2, "c"), entry(4, 2, "d")}})
	s.fold(Saved{Snapshot: anywhere})
	s.fold(Saved{Vote: raft.Vote{Term: 3}, Entries: []raft.Entry{entry(4, 3, "e")}})
	if want := (Saved{Vote: raft.Vote{Term: 3}, Snapshot: anywhere, Entries: []raft.Entry{entry(4, 3, "e")}}); !reflect.DeepEqual(s, want) {
		t.Errorf("found %+v, want %+v", s, want)
	}
	s.fold(Saved{Snapshot: raft.Snapshot{Index: 9, Term: 3}})
	if len(s.Entries) > 0 {
		t.Errorf("after a snapshot of entries that were never here: %+v", s)
	}
}

func TestTheStateIsReadAsItWasWritten(t *testing.T) {
	m := newMachine()
	put := command{client: 1, serial: 4, op: kv.Op{Kind: kv.Put, Key: []byte("k"), Value: []byte("v")}}
	m.apply(entry(1, 1, string(put.appendTo(nil))))
	got, err := decodeMachine(m.encode())
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v became %+v, %v", m, got, err)
	}
	if _, _, done := got.apply(entry(2, 1, string(put.appendTo(nil)))); done {
		t.Error("a command that came twice was applied twice")
	}
}
