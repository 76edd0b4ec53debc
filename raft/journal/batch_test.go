package journal

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/understudy-kv/understudy/raft"
)

func TestEncodingIsTheOneInTheSpec(t *testing.T) {
	got := pack([]Append{
		{Group: 300, Save: raft.Save{Number: 7, Vote: raft.Vote{Term: 3, For: 2}, Entries: []raft.Entry{
			{Index: 1, Term: 2, Stamp: 300, Kind: raft.Barrier},
			{Index: 2, Term: 3, Stamp: 301, Kind: raft.Command, Data: []byte("ab")},
		}}},
		{Group: 1, Save: raft.Save{Number: 8, Vote: raft.Vote{Term: 1}}},
	}, MaxBatchBytes)
	want := "02" +
		"ac02" + "04000000" + "0803" + "1002" + "02" +
		"09000000" + "0801" + "1002" + "18ac02" + "2002" +
		"0d000000" + "0802" + "1003" + "18ad02" + "2001" + "2a026162" +
		"01" + "02000000" + "0801" + "00"
	if len(got) != 1 || hex.EncodeToString(got[0]) != want {
		t.Errorf("encoded as\n%x, not as\n%s", got, want)
	}
	if got := hex.EncodeToString(appendHeader(nil, 300)); got != "01"+"01"+"ac02" {
		t.Errorf("a header is encoded as %s", got)
	}
}

func TestPackKeepsOrderAndLimit(t *testing.T) {
	var appends []Append
	last := map[GroupID]raft.Index{}
	for i := range 40 {
		g := GroupID(i%3 + 1)
		s := raft.Save{Number: uint64(i + 1), Vote: raft.Vote{Term: 1, For: raft.ID(g)}}
		for range i % 7 {
			last[g]++
			s.Entries = append(s.Entries, raft.Entry{
				Index: last[g], Term: 1, Stamp: 1 << 60, Kind: raft.Command, Data: bytes.Repeat([]byte{byte(i)}, 10*i),
			})
		}
		appends = append(appends, Append{g, s})
	}
	whole := fold(t, pack(appends, MaxBatchBytes))
	for _, limit := range []int{700, 1000, 5000, 50000} {
		records := pack(appends, limit)
		for _, r := range records {
			if len(r) > limit || cap(r) > limit {
				t.Errorf("limit %d: a record has %d bytes, capacity %d", limit, len(r), cap(r))
			}
		}
		if got := fold(t, records); !reflect.DeepEqual(got, whole) {
			t.Errorf("limit %d: %d records hold something else than one", limit, len(records))
		}
	}
	if n := len(pack(appends, MaxBatchBytes)); n != 1 {
		t.Errorf("what fits into one record became %d", n)
	}
}

// A save that was split and lost its end is a save of fewer entries with the
// whole vote.
func TestTheFirstPieceOfASplitSaveHoldsTheVote(t *testing.T) {
	s := raft.Save{Number: 1, Vote: raft.Vote{Term: 9, For: 4}}
	for i := range raft.Index(10) {
		s.Entries = append(s.Entries, raft.Entry{
			Index: i + 1, Term: 1, Kind: raft.Command, Data: make([]byte, 100),
		})
	}
	records := pack([]Append{{1, s}}, 500)
	if len(records) < 3 {
		t.Fatalf("the save was not split: %d records", len(records))
	}
	got := fold(t, records[:1])[0].State
	n := len(got.Entries)
	if got.Vote != s.Vote || n == 0 || n == 10 || !reflect.DeepEqual(got.Entries, s.Entries[:n]) {
		t.Errorf("the first piece holds %+v", got)
	}
}

func TestTheLongestEntryFits(t *testing.T) {
	most := ^uint64(0)
	e := raft.Entry{Index: raft.Index(most), Term: raft.Term(most), Stamp: raft.Stamp(most), Kind: 255}
	e.Data = make([]byte, MaxDataBytes)
	a := Append{GroupID(most), raft.Save{
		Vote:    raft.Vote{Term: raft.Term(most), For: raft.ID(most)},
		Entries: []raft.Entry{e, e},
	}}
	records := pack([]Append{a}, MaxBatchBytes)
	if len(records) != 2 || len(records[0]) > MaxBatchBytes {
		t.Errorf("%d records, the first of %d bytes", len(records), len(records[0]))
	}
	e.Data = append(e.Data, make([]byte, 1<<20)...)
	defer func() {
		if recover() == nil {
			t.Error("an entry that fits nowhere was packed")
		}
	}()
	pack([]Append{{1, raft.Save{Entries: []raft.Entry{e}}}}, MaxBatchBytes)
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte{1, 1, 1})
	f.Add(pack([]Append{{1, raft.Save{Vote: raft.Vote{Term: 1, For: 2}}}}, MaxBatchBytes)[0])
	f.Add(pack([]Append{
		{1, raft.Save{Vote: raft.Vote{Term: 2}, Entries: []raft.Entry{
			{Index: 1, Term: 1, Stamp: 1, Kind: raft.Command, Data: []byte("x")},
		}}},
		{2, raft.Save{Vote: raft.Vote{Term: 1}}},
	}, MaxBatchBytes)[0])
	f.Fuzz(func(t *testing.T, record []byte) {
		batch, err := DecodeBatch(record)
		if err != nil || len(batch) == 0 {
			return
		}
		once := pack(batch, MaxBatchBytes)[0]
		again, err := DecodeBatch(once)
		if err != nil || !bytes.Equal(pack(again, MaxBatchBytes)[0], once) {
			t.Fatalf("%+v became %+v, error %v", batch, again, err)
		}
		var r Replay
		if r.Add(record) == nil {
			r.States()
		}
	})
}

func fold(t *testing.T, records [][]byte) []GroupState {
	t.Helper()
	var r Replay
	for _, record := range records {
		if err := r.Add(record); err != nil {
			t.Fatal(err)
		}
	}
	return r.States()
}
