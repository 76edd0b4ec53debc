package journal

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/raft"
)

func TestEncodingIsTheOneInTheSpec(t *testing.T) {
	got := pack([]change{
		{Append: Append{Group: 300, Save: raft.Save{
			Number: 7,
			Vote:   raft.Vote{Term: 3, For: 2},
			Snapshot: raft.Snapshot{Index: 7, Term: 2, Stamp: 299,
				Configuration: raft.Configuration{Voters: []raft.ID{1, 2}}},
			Entries: []raft.Entry{
				{Index: 8, Term: 2, Stamp: 300, Kind: raft.Barrier},
				{Index: 9, Term: 3, Stamp: 301, Kind: raft.Command, Data: []byte("ab")},
			},
		}}, Before: 2},
		{Append: Append{Group: 1, Save: raft.Save{Number: 8, Vote: raft.Vote{Term: 1}, Damaged: true}}},
		{Append: Append{Group: 5}, Removed: &raft.Tombstone{
			Vote: raft.Vote{Term: 3}, Floor: raft.Floor{Index: 300, Term: 2},
			Configuration: raft.Configuration{Voters: []raft.ID{1, 2}},
		}},
		{Append: Append{Group: 6, Save: raft.Save{Vote: raft.Vote{Term: 3}, Floor: raft.Floor{Index: 300, Term: 2}}}},
	}, MaxBatchBytes)
	want := "02" +
		"ac02" + "00" + "04000000" + "0803" + "1002" +
		"0d000000" + "0807" + "1002" + "18ab02" + "2204" + "0801" + "0802" +
		"02" + "02" +
		"09000000" + "0808" + "1002" + "18ac02" + "2002" +
		"0d000000" + "0809" + "1003" + "18ad02" + "2001" + "2a026162" +
		"01" + "01" + "02000000" + "0801" + "00000000" + "00" +
		"05" + "02" + "0f000000" + "0a02" + "0803" + "10ac02" + "1802" + "2204" + "0801" + "0802" +
		"06" + "08" + "ac02" + "02" + "02000000" + "0803" + "00000000" + "00"
	if len(got) != 1 || hex.EncodeToString(got[0]) != want {
		t.Errorf("encoded as\n%x, not as\n%s", got, want)
	}
	if got := hex.EncodeToString(appendHeader(nil, 300, true)); got != "01"+"03"+"ac02"+"01" {
		t.Errorf("a header is encoded as %s", got)
	}
	if got := hex.EncodeToString(appendComplete(nil)); got != "03" {
		t.Errorf("a complete record is encoded as %s", got)
	}
}

func TestPackKeepsOrderAndLimit(t *testing.T) {
	var changes []change
	last := map[GroupID]raft.Index{}
	for i := range 40 {
		g := GroupID(i%3 + 1)
		s := raft.Save{Number: uint64(i + 1), Vote: raft.Vote{Term: 1, For: raft.ID(g)}}
		c := change{Append: Append{Group: g, Save: s}}
		for n := range i % 7 {
			if n == 0 && last[g] > 0 {
				c.Before = 1
			}
			last[g]++
			c.Save.Entries = append(c.Save.Entries, raft.Entry{
				Index: last[g], Term: 1, Stamp: 1 << 60, Kind: raft.Command, Data: bytes.Repeat([]byte{byte(i)}, 10*i),
			})
		}
		changes = append(changes, c)
	}
	whole := fold(t, pack(changes, MaxBatchBytes))
	for _, limit := range []int{700, 1000, 5000, 50000} {
		records := pack(changes, limit)
		for _, r := range records {
			if len(r) > limit || cap(r) > limit {
				t.Errorf("limit %d: a record has %d bytes, capacity %d", limit, len(r), cap(r))
			}
		}
		if got := fold(t, records); !reflect.DeepEqual(got, whole) {
			t.Errorf("limit %d: %d records hold something else than one", limit, len(records))
		}
	}
	if n := len(pack(changes, MaxBatchBytes)); n != 1 {
		t.Errorf("what fits into one record became %d", n)
	}
}

// A save that was split and lost its end is a save of fewer entries with the
// whole vote and the snapshot.
func TestTheFirstPieceOfASplitSaveHoldsTheVote(t *testing.T) {
	s := raft.Save{Number: 1, Vote: raft.Vote{Term: 9, For: 4}, Snapshot: raft.Snapshot{
		Index: 3, Term: 1, Stamp: 3, Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}}
	for i := range raft.Index(10) {
		s.Entries = append(s.Entries, raft.Entry{
			Index: i + 4, Term: 1, Kind: raft.Command, Data: make([]byte, 100),
		})
	}
	s.Damaged = true
	records := pack([]change{{Append: Append{Group: 1, Save: s, Lost: true}, Before: 1}}, 700)
	if len(records) < 3 {
		t.Fatalf("the save was not split: %d records", len(records))
	}
	got := fold(t, records[:1])[0].State
	n := len(got.Entries)
	if got.Vote != s.Vote || got.Snapshot.Index != 3 || n == 0 || n == 10 || !reflect.DeepEqual(got.Entries, s.Entries[:n]) {
		t.Errorf("the first piece holds %+v", got)
	}
	if whole := fold(t, records)[0].State; !reflect.DeepEqual(whole.Entries, s.Entries) {
		t.Errorf("all pieces hold %+v", whole)
	}
}

func TestTheLongestEntryFits(t *testing.T) {
	most := ^uint64(0)
	e := raft.Entry{Index: raft.Index(most), Term: raft.Term(most), Stamp: raft.Stamp(most), Kind: 255}
	e.Data = make([]byte, MaxDataBytes)
	members := make([]raft.ID, 64)
	for i := range members {
		members[i] = raft.ID(most) - 63 + raft.ID(i)
	}
	c := change{Append: Append{Group: GroupID(most), Save: raft.Save{
		Vote: raft.Vote{Term: raft.Term(most), For: raft.ID(most)},
		Snapshot: raft.Snapshot{Index: raft.Index(most), Term: raft.Term(most), Stamp: raft.Stamp(most),
			Configuration: raft.Configuration{Voters: members, Outgoing: members, Learners: members, Target: members}},
		Entries: []raft.Entry{e, e},
	}}, Before: raft.Term(most)}
	records := pack([]change{c}, MaxBatchBytes)
	if len(records) != 2 || len(records[0]) > MaxBatchBytes {
		t.Errorf("%d records, the first of %d bytes", len(records), len(records[0]))
	}
	e.Data = append(e.Data, make([]byte, 1<<20)...)
	defer func() {
		if recover() == nil {
			t.Error("an entry that fits nowhere was packed")
		}
	}()
	pack([]change{{Append: Append{Group: 1, Save: raft.Save{Entries: []raft.Entry{e}}}}}, MaxBatchBytes)
}

func FuzzDecode(f *testing.F) {
	f.Add(appendHeader(nil, 2, true))
	f.Add(appendComplete(nil))
	f.Add(pack([]change{{Append: Append{Group: 1, Save: raft.Save{Vote: raft.Vote{Term: 1, For: 2}}}}}, MaxBatchBytes)[0])
	f.Add(pack([]change{
		{Append: Append{Group: 1, Save: raft.Save{
			Vote:     raft.Vote{Term: 2},
			Snapshot: raft.Snapshot{Index: 1, Term: 1, Configuration: raft.Configuration{Voters: []raft.ID{1}}},
			Entries:  []raft.Entry{{Index: 2, Term: 1, Stamp: 1, Kind: raft.Command, Data: []byte("x")}},
		}}, Before: 1},
		{Append: Append{Group: 2, Save: raft.Save{Vote: raft.Vote{Term: 1}, Damaged: true}}},
		{Append: Append{Group: 3}, Removed: &raft.Tombstone{Vote: raft.Vote{Term: 1},
			Floor: raft.Floor{Index: 1, Term: 1}, Configuration: raft.Configuration{Voters: []raft.ID{1}}}},
		{Append: Append{Group: 4, Save: raft.Save{Vote: raft.Vote{Term: 1}, Floor: raft.Floor{Index: 1, Term: 1}}}},
	}, MaxBatchBytes)[0])
	f.Fuzz(func(t *testing.T, record []byte) {
		changes, err := unpack(record)
		if err != nil {
			return
		}
		if len(changes) > 0 {
			once := pack(changes, MaxBatchBytes)[0]
			again, err := unpack(once)
			if err != nil || !bytes.Equal(pack(again, MaxBatchBytes)[0], once) {
				t.Fatalf("%+v became %+v, error %v", changes, again, err)
			}
		}
		r := Replay{generation: 1, complete: true}
		if r.Add(record) == nil {
			r.States()
		}
		var s Replay
		if s.salvage(record) != nil {
			t.Fatal("what decodes cannot be salvaged")
		}
	})
}

// unpack is the inverse of pack.
func unpack(record []byte) (list []change, err error) {
	_, err = decode(record, func(c change) error {
		c.Save.Entries = slices.Clone(c.Save.Entries)
		list = append(list, c)
		return nil
	})
	return list, err
}

// fold is the replay of records of a first generation, without its header.
func fold(t *testing.T, records [][]byte) []GroupState {
	t.Helper()
	r := Replay{generation: 1, complete: true}
	for _, record := range records {
		if err := r.Add(record); err != nil {
			t.Fatal(err)
		}
	}
	return r.States()
}
