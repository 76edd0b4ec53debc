package journal

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
)

// entries returns a run of entries of 10 bytes.
func entries(term raft.Term, from, to raft.Index) (list []raft.Entry) {
	for i := from; i <= to; i++ {
		list = append(list, raft.Entry{Index: i, Term: term, Stamp: raft.Stamp(i), Kind: raft.Command, Data: make([]byte, 10)})
	}
	return list
}

func TestWhatIsOfNoMoreUseIsLetGo(t *testing.T) {
	voters := raft.Configuration{Voters: []raft.ID{1}}
	changes := map[string]raft.Save{
		"a snapshot": {Vote: raft.Vote{Term: 2},
			Snapshot: raft.Snapshot{Index: 90, Term: 1, Configuration: voters}},
		"a snapshot from elsewhere": {Vote: raft.Vote{Term: 2},
			Snapshot: raft.Snapshot{Index: 900, Term: 1, Configuration: voters}},
		"other entries": {Vote: raft.Vote{Term: 2}, Entries: entries(2, 4, 5)},
	}
	for name, save := range changes { // any order: the cases are independent
		var g group
		for i := raft.Index(1); i < 100; i += 3 {
			s := raft.Save{Vote: raft.Vote{Term: 1}, Entries: entries(1, i, i+2)}
			if err := g.fold(change{Append: Append{Group: 1, Save: s}, Before: g.before(s)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.fold(change{Append: Append{Group: 1, Save: save}, Before: g.before(save)}); err != nil {
			t.Fatal(err)
		}
		all := g.state.Entries[:cap(g.state.Entries)]
		weights := sizeOfSnapshot(g.state.Snapshot)
		for i, e := range all {
			if i < len(g.state.Entries) {
				weights += weight(e)
			} else if e.Data != nil {
				t.Errorf("%s: the data of an entry that is gone is held: %+v", name, e)
			}
		}
		if g.bytes != weights {
			t.Errorf("%s: it is thought to take %d bytes, and takes %d", name, g.bytes, weights)
		}
	}
}
