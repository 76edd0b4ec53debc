package raft

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestScriptsReachEveryMark lets no mark be one that no story is known for. Where
// each is reached the traces show.
func TestScriptsReachEveryMark(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var reached Marks
	for _, file := range files {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, marks := tellMarks(string(script))
		reached |= marks
	}
	for _, m := range EveryMark() {
		if reached>>m&1 == 0 {
			t.Errorf("no script reaches %v", m)
		}
	}
}

func TestMarksHaveNamesAndMeanings(t *testing.T) {
	form := regexp.MustCompile(`^raft/[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, m := range EveryMark() {
		if !form.MatchString(m.String()) || m.Meaning() == "" || seen[m.String()] {
			t.Errorf("mark %d is called %q and means %q", m, m, m.Meaning())
		}
		seen[m.String()] = true
	}
}

func TestSetOfMarksRangesOverItsMembers(t *testing.T) {
	var got []Mark
	for m := range (Marks(1<<forcedVote | 1<<restEndedByStranger)).All() {
		got = append(got, m)
	}
	if len(got) != 2 || got[0] != forcedVote || got[1] != restEndedByStranger {
		t.Errorf("the set of two marks has %v", got)
	}
}
