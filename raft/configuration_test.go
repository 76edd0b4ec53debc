package raft

import (
	"errors"
	"slices"
	"testing"
)

var joint = Configuration{Voters: []ID{2, 3, 4}, Outgoing: []ID{1, 2, 3}, Learners: []ID{5}}

func TestConfigurationSurvivesItsEncoding(t *testing.T) {
	for _, want := range []Configuration{
		{Voters: []ID{1}},
		joint,
		{Voters: []ID{1, 2, 3}, Learners: []ID{4}, Target: []ID{2, 3, 4}},
		{Voters: []ID{1, 2, 3}, Learners: []ID{1, 4}, Target: []ID{2, 3, 4}},
		{Voters: []ID{2, 3, 4}, Outgoing: []ID{1, 2, 3}, Learners: []ID{1}},
	} {
		got, err := DecodeConfiguration(want.AppendTo(nil))
		if err != nil || !got.Equal(want) {
			t.Errorf("%v became %v, %v", want, got, err)
		}
	}
}

func TestConfigurationsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, c := range map[string]Configuration{
		"no voters":             {Learners: []ID{1}},
		"nobody votes":          {Voters: []ID{0, 1}},
		"twice":                 {Voters: []ID{1, 1}},
		"not sorted":            {Voters: []ID{2, 1}},
		"voter and learner":     {Voters: []ID{1, 2}, Learners: []ID{2}},
		"stranger as target":    {Voters: []ID{1, 2}, Target: []ID{1, 2, 3}},
		"staying and learner":   {Voters: []ID{1, 2}, Learners: []ID{2, 3}, Target: []ID{2, 3}},
		"joint and on the way":  {Voters: []ID{1}, Outgoing: []ID{2}, Target: []ID{1, 2}},
		"more than the members": {Voters: slices.Repeat([]ID{1}, maxMembers+1)},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("%s: %v is valid", name, c)
		}
		if got, err := DecodeConfiguration(c.AppendTo(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: decoded as %v, %v", name, got, err)
		}
	}
}

func TestSnapshotSurvivesItsEncoding(t *testing.T) {
	want := Snapshot{Index: 7, Term: 3, Stamp: 1 << 60, Configuration: joint}
	got, err := DecodeSnapshot(want.AppendTo(nil))
	if err != nil || got.Index != want.Index || got.Term != want.Term || got.Stamp != want.Stamp ||
		!got.Configuration.Equal(joint) {
		t.Errorf("%v became %v, %v", want, got, err)
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add(Snapshot{Index: 7, Term: 3, Stamp: 9, Configuration: joint}.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeSnapshot(b)
		if err != nil {
			return
		}
		again, err := DecodeSnapshot(s.AppendTo(nil))
		if err != nil || again.String() != s.String() || again.Stamp != s.Stamp {
			t.Errorf("%v became %v, %v", s, again, err)
		}
	})
}
