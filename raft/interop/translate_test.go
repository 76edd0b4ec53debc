package interop

import (
	"reflect"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

func TestWhatIsTranslatedBackIsTheSame(t *testing.T) {
	for _, m := range []raft.Message{
		{Kind: raft.RequestPreVote, Index: 7, LogTerm: 2},
		{Kind: raft.GrantPreVote},
		{Kind: raft.RefusePreVote},
		{Kind: raft.RequestVote, Index: 7, LogTerm: 2},
		{Kind: raft.RequestVote, Index: 7, LogTerm: 2, Forced: true},
		{Kind: raft.GrantVote},
		{Kind: raft.RefuseVote},
		{Kind: raft.AppendEntries, Index: 7, LogTerm: 2, Commit: 6},
		{Kind: raft.AcceptEntries, Index: 7},
		{Kind: raft.RejectEntries, Index: 7, Hint: 5, LogTerm: 1},
		{Kind: raft.Heartbeat, Commit: 0, Round: 300},
		{Kind: raft.AcceptHeartbeat, Round: 300},
		{Kind: raft.StandNow, Index: 7, LogTerm: 2},
	} {
		m.From, m.To, m.Term = 1, 2, 3
		theirs, ok := toTheirs(m)
		if !ok {
			t.Fatalf("no translation for %v", m)
		}
		if got := toOurs(theirs); !reflect.DeepEqual(got, m) {
			t.Errorf("%v became %v", m, got)
		}
	}
}

func TestAHeartbeatPromisesNoMoreThanTheEntryItNames(t *testing.T) {
	m, _ := toTheirs(raft.Message{Kind: raft.Heartbeat, From: 1, To: 2, Term: 3, Index: 5, LogTerm: 2, Commit: 9})
	if m.GetCommit() != 5 {
		t.Errorf("the commit index became %d", m.GetCommit())
	}
}

func TestEntriesAreTheSameOnTheirWayBack(t *testing.T) {
	change := raft.Configuration{Voters: []raft.ID{1, 2}}.AppendTo(nil)
	want := []raft.Entry{
		{Index: 4, Term: 2, Stamp: 40, Kind: raft.Barrier},
		{Index: 5, Term: 2, Stamp: 41, Kind: raft.Command, Data: []byte("data")},
		{Index: 6, Term: 2, Stamp: 50, Kind: raft.Membership, Data: change},
	}
	r := newRoll(raft.Snapshot{Index: 3, Term: 1, Stamp: 9, Configuration: raft.Configuration{Voters: []raft.ID{1}}})
	list := theirEntries(want)
	r.note(list)
	if got := r.entries(list); !reflect.DeepEqual(got, want) {
		t.Errorf("%v became %v", want, got)
	}
	if a, b := r.configuration(5).Voters, r.configuration(6).Voters; len(a) != 1 || len(b) != 2 {
		t.Errorf("in force before the change: %v; after it: %v", a, b)
	}
	list[2].Data, list[2].Type = nil, nil
	r.note(list[2:]) // another leader opens its term in the place of the change
	if got := r.entry(list[2]); got.Stamp != 42 || got.Kind != raft.Barrier || len(r.configuration(6).Voters) != 1 {
		t.Errorf("an empty entry became %v, with stamp %d", got, got.Stamp)
	}
}

// TestAMisreadingIsNoticed has one side misunderstand the other.
func TestAMisreadingIsNoticed(t *testing.T) {
	for _, c := range []struct {
		mistake string
		oracle  string
		misread func(*raft.Message)
	}{
		{"a refused vote passes for a vote", check.ElectionSafety, func(m *raft.Message) {
			if m.Kind == raft.RefuseVote {
				m.Kind = raft.GrantVote
			}
		}},
		{"a rejection passes for an acceptance", check.DurableCommit, func(m *raft.Message) {
			if m.Kind == raft.RejectEntries {
				m.Kind = raft.AcceptEntries
			}
		}},
		{"entries pass for entries of the next term", check.LogMatching, func(m *raft.Message) {
			for i := range m.Entries {
				m.Entries[i].Term = m.Term
			}
		}},
	} {
		l := Mixed(func(id raft.ID) bool { return id%2 == 1 })
		right := l.New
		l.New = func(config foreign.Config, s foreign.Saved) foreign.Core {
			return misreader{right(config, s).(foreign.Keeper), c.misread}
		}
		if !noticed(l, c.oracle) {
			t.Errorf("%s: %s is content", c.mistake, c.oracle)
		}
	}
}

func noticed(l foreign.Library, oracle string) bool {
	for seed := range sim.Seed(100) {
		if foreign.Rehearse(l, seed).Broke(oracle) {
			return true
		}
	}
	return false
}

// A misreader takes messages for something else.
type misreader struct {
	foreign.Keeper
	misread func(*raft.Message)
}

func (c misreader) Step(b []byte) {
	m, err := raft.DecodeMessage(b)
	must(err)
	c.misread(&m)
	c.Keeper.Step(m.AppendTo(nil))
}
