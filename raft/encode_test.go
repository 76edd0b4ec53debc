package raft

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func sampleMessage() Message {
	return Message{
		Kind: AppendEntries, From: 1, To: math.MaxUint64, Term: 3, Index: 4, LogTerm: 2, Hint: 6,
		Commit: 7, Round: 8, Forced: true, Data: []byte("more"), Abstains: true, Entries: []Entry{
			{Index: 5, Term: 3, Stamp: 1 << 60, Kind: Command, Data: []byte("data")},
			{Index: 6, Term: 3, Stamp: 1<<60 + 1, Kind: Barrier},
		},
	}
}

func TestMessageSurvivesEncoding(t *testing.T) {
	for _, m := range []Message{{}, sampleMessage()} {
		got, err := DecodeMessage(m.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, %v; want %+v", got, err, m)
		}
	}
}

func TestVoteSurvivesEncoding(t *testing.T) {
	for _, v := range []Vote{{}, {Term: 1}, {Term: math.MaxUint64, For: 7}} {
		got, err := DecodeVote(v.AppendTo(nil))
		if err != nil || got != v {
			t.Errorf("got %+v, %v; want %+v", got, err, v)
		}
	}
}

func sampleTombstone() Tombstone {
	return Tombstone{Vote: Vote{Term: 9, For: 2}, Floor: Floor{Index: 300, Term: 8}, Damaged: true,
		Configuration: Configuration{Voters: []ID{1, 2}, Learners: []ID{4}}}
}

func TestTombstoneSurvivesEncoding(t *testing.T) {
	for _, damaged := range []bool{true, false} {
		want := sampleTombstone()
		want.Damaged = damaged
		got, err := DecodeTombstone(want.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestTombstoneWithoutProofIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Tombstone){
		"no index":   func(s *Tombstone) { s.Floor.Index = 0 },
		"no term":    func(s *Tombstone) { s.Floor.Term = 0 },
		"no members": func(s *Tombstone) { s.Configuration = Configuration{} },
	} {
		s := sampleTombstone()
		change(&s)
		if got, err := DecodeTombstone(s.AppendTo(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzDecodeTombstone(f *testing.F) {
	f.Add(sampleTombstone().AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeTombstone(b)
		if err != nil {
			return
		}
		if again, err := DecodeTombstone(s.AppendTo(nil)); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v became %+v, %v", s, again, err)
		}
	})
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	m := sampleMessage()
	b := protowire.AppendTag(m.AppendTo(nil), 99, protowire.BytesType)
	b = protowire.AppendString(b, "of a later version")
	got, err := DecodeMessage(b)
	if err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v, %v; want %+v", got, err, m)
	}
}

func TestMalformedBytesAreRefused(t *testing.T) {
	whole := sampleMessage().AppendTo(nil)
	entry := Entry{Index: 1, Term: 1, Kind: Command}
	many := Message{Entries: make([]Entry, maxMessageEntries+1)}
	for i := range many.Entries {
		many.Entries[i] = entry
	}
	for name, b := range map[string][]byte{
		"cut short":            whole[:len(whole)-1],
		"kind of the future":   protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 257),
		"number as bytes":      protowire.AppendString(protowire.AppendTag(nil, 4, protowire.BytesType), "x"),
		"entry as number":      protowire.AppendVarint(protowire.AppendTag(nil, 10, protowire.VarintType), 1),
		"entry without index":  Message{Entries: []Entry{{Term: 1, Kind: Command}}}.AppendTo(nil),
		"entry without term":   Message{Entries: []Entry{{Index: 1, Kind: Command}}}.AppendTo(nil),
		"entry without kind":   Message{Entries: []Entry{{Index: 1, Term: 1}}}.AppendTo(nil),
		"more entries than it": many.AppendTo(nil),
	} {
		if m, err := DecodeMessage(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
	if _, err := DecodeVote([]byte{0xff}); !errors.Is(err, ErrMalformed) {
		t.Errorf("vote: got %v", err)
	}
}

func FuzzDecodeMessage(f *testing.F) {
	f.Add(sampleMessage().AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMessage(b)
		if err != nil {
			return
		}
		again, err := DecodeMessage(m.AppendTo(nil))
		if err != nil || again.String() != m.String() {
			t.Errorf("%v became %v, %v", m, again, err)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(sampleMessage().Entries[0].AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		encoded := e.AppendTo(nil)
		if len(encoded) != e.encodedSize() {
			t.Errorf("%v takes %d bytes, not %d", e, len(encoded), e.encodedSize())
		}
	})
}

func FuzzDecodeVote(f *testing.F) {
	f.Add(Vote{Term: 3, For: 2}.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodeVote(b)
		if err != nil {
			return
		}
		if again, err := DecodeVote(v.AppendTo(nil)); err != nil || again != v {
			t.Errorf("%+v became %+v, %v", v, again, err)
		}
	})
}
