package raft

import (
	"slices"
	"testing"
)

// walked is the history of a log in which entries 3, 5 and 9 changed the members.
func walked() *history {
	h := &history{base: voters(1, 2, 3)}
	h.append(3, Configuration{Voters: []ID{1, 2, 3}, Learners: []ID{4}, Target: []ID{2, 3, 4}})
	h.append(5, Configuration{Voters: []ID{2, 3, 4}, Outgoing: []ID{1, 2, 3}})
	h.append(9, voters(2, 3, 4))
	return h
}

func voters(list ...ID) Configuration { return Configuration{Voters: list} }

func TestConfigurationIsThatOfTheIndex(t *testing.T) {
	h := walked()
	want := map[Index]string{
		0: "{1 2 3}", 2: "{1 2 3}", 3: "{1 2 3 | learners 4 | to 2 3 4}", 4: "{1 2 3 | learners 4 | to 2 3 4}",
		5: "{2 3 4 | from 1 2 3}", 8: "{2 3 4 | from 1 2 3}", 9: "{2 3 4}", 100: "{2 3 4}",
	}
	for i, c := range want {
		if got := h.at(i).String(); got != c {
			t.Errorf("at %d: %s; want %s", i, got, c)
		}
	}
	if got := h.from(4); len(got) != 3 || !got[0].Equal(h.at(4)) || !got[2].Equal(h.newest()) {
		t.Errorf("from 4 on: %v", got)
	}
}

func TestConfigurationsAreRolledBackWithTheirEntries(t *testing.T) {
	h := walked()
	h.truncate(10)
	for from, want := range map[Index]string{9: "{2 3 4 | from 1 2 3}", 6: "{2 3 4 | from 1 2 3}"} {
		h.truncate(from)
		if h.newest().String() != want || h.since() != 5 {
			t.Errorf("without %d: %v since %d", from, h.newest(), h.since())
		}
	}
	h.truncate(1)
	if h.newest().String() != "{1 2 3}" || h.since() != 0 {
		t.Errorf("without anything: %v since %d", h.newest(), h.since())
	}
}

// Whatever a snapshot takes the place of, the configurations after it stay.
func TestSnapshotKeepsTheConfigurationOfItsIndex(t *testing.T) {
	for _, at := range []Index{2, 3, 4, 5, 8, 9, 12} {
		h, whole := walked(), walked()
		h.rebase(at, whole.at(at))
		if !h.at(at).Equal(whole.at(at)) || !slices.EqualFunc(h.from(at), whole.from(at), Configuration.Equal) {
			t.Errorf("a snapshot at %d made it %v", at, h)
		}
	}
}

func TestConfigurationThatCouldDecideAloneIsNeverNext(t *testing.T) {
	mustPanic(t, "the configuration was {1 2 3}; it becomes {3 4 5}", func() {
		h := &history{base: voters(1, 2, 3)}
		h.append(1, voters(3, 4, 5))
	})
	mustPanic(t, "the configuration was", func() { walked().append(9, voters(2, 3, 4)) })
	h := &history{} // knows no group
	h.append(7, voters(3, 4, 5))
}
