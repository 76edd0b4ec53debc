package peer_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// asked prints what the keeper of snapshots was asked.
func asked(sent []envelope) (list []string) {
	for _, e := range sent {
		if e.to == keeper {
			list = append(list, question(e.message))
		}
	}
	return list
}

func question(m any) string {
	switch m := m.(type) {
	case snapshot.Write:
		return fmt.Sprintf("write %d@%d #%d last=%t", m.Snapshot.Index, m.Snapshot.Term, m.Number, m.Last)
	case snapshot.Abandon:
		return fmt.Sprintf("abandon %d@%d", m.Snapshot.Index, m.Snapshot.Term)
	case snapshot.Keep:
		return fmt.Sprintf("keep %d@%d", m.Index, m.Term)
	case snapshot.Fetch:
		return fmt.Sprintf("fetch %d@%d from %v", m.Index, m.Term, m.From)
	case snapshot.Load:
		return fmt.Sprintf("load %d@%d #%d", m.Index, m.Term, m.Piece)
	}
	return fmt.Sprintf("%T", m)
}

// writes picks what was handed to the keeper.
func writes(sent []envelope) (list []snapshot.Write) {
	for _, e := range sent {
		if w, is := e.message.(snapshot.Write); is && e.to == keeper {
			list = append(list, w)
		}
	}
	return list
}

// wrote is the answer to a Write.
func wrote(w snapshot.Write) snapshot.Written {
	return snapshot.Written{Group: w.Group, Snapshot: w.Snapshot, Pieces: w.Number + 1, Done: w.Last}
}

// keep lets the keeper take what it is given, and returns the last that it was given
// and everything else that was sent.
func (s *stage) keep() (last snapshot.Write, rest []envelope) {
	s.t.Helper()
	for {
		sent := s.take()
		w := writes(sent)
		rest = append(rest, slices.DeleteFunc(sent, func(e envelope) bool {
			_, is := e.message.(snapshot.Write)
			return is
		})...)
		if len(w) == 0 {
			return last, rest
		}
		last = w[len(w)-1]
		s.turn(wrote(last))
	}
}

// small makes snapshots due when the data of so many entries without data was applied.
func small(entries int) func(*peer.Config) {
	return func(c *peer.Config) { c.SnapshotBytes = entries * 64 }
}

// few starts a follower of three that makes a snapshot every few entries.
func few(t *testing.T, entries int) *stage {
	s := startWith(t, raft.State{}, small(entries), 1, 2, 3)
	s.blank = true
	return s
}

func TestASnapshotIsDueWhenEnoughWasApplied(t *testing.T) {
	s := few(t, 4)
	s.follow(3)
	expect(t, "too early", asked(s.take()))
	s.follow(4)
	expect(t, "then", asked(s.take()), "write 4@1 #0 last=false")
}

// Writing a state costs as much as it weighs, so that much has to be worth it.
func TestALargeStateIsWrittenSeldom(t *testing.T) {
	s := few(t, 4)
	s.follow(100) // in one go: so the first snapshot is due at once, and weighs a lot
	last, _ := s.keep()
	weight := 100 * len(last.Piece) / 64 // in entries, as the tape writes each as a piece
	if weight < 8 {
		t.Fatalf("a piece of %d bytes", len(last.Piece))
	}
	s.saved()
	s.take()
	due := raft.Index(100)
	for len(writes(s.sent)) == 0 {
		due++
		s.follow(due)
	}
	if grown := int(due - 100); grown < weight-4 || grown > weight+1 {
		t.Errorf("a snapshot that weighs %d entries was followed by the next after %d", weight, grown)
	}
}

// However large the state, the log does not grow without end.
func TestASnapshotIsDueAtLastHoweverLargeTheState(t *testing.T) {
	s := few(t, 1)
	s.follow(200)
	s.keep()
	s.saved()
	s.follow(200 + 15)
	if got := writes(s.take()); len(got) > 0 {
		t.Errorf("wrote %v", got[0].Snapshot)
	}
	s.follow(200 + 16)
	expect(t, "at sixteen times the least", asked(s.take()), "write 216@1 #0 last=false")
}

func TestASnapshotIsDueWhenTheJournalAsksForIt(t *testing.T) {
	s := few(t, 1000)
	s.turn(journal.Compact{Group: group})
	expect(t, "with nothing applied", asked(s.take()))
	s.follow(2)
	expect(t, "when something is", asked(s.take()), "write 2@1 #0 last=false")
	s.turn(journal.Compact{Group: group})
	s.turn(snapshot.Written{Group: group, Snapshot: raft.Snapshot{Index: 2, Term: 1, Stamp: 2,
		Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}, Pieces: 1, Done: true})
	s.saved()
	s.follow(4)
	expect(t, "when it asks while one is written", asked(s.take()), "keep 2@1")
	s.turn(journal.Compact{Group: group})
	expect(t, "when it asks again", asked(s.take()), "write 4@1 #0 last=false")
}

func TestWhatTheJournalAskedForIsDoneOnce(t *testing.T) {
	s := few(t, 1000)
	s.turn(journal.Compact{Group: group})
	s.follow(2)
	s.keep()
	s.saved()
	s.take()
	s.follow(3)
	expect(t, "asked", asked(s.take()))
}

func TestOneSnapshotIsWrittenAtATime(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	s.take()
	s.follow(12)
	expect(t, "when the next one is due", asked(s.take()))
	if s.machine.captures != 1 {
		t.Errorf("%d captures are open", s.machine.captures)
	}
}

// Nobody could tell what group the snapshot of a replica is of that does not know its
// members.
func TestNoSnapshotIsMadeBeforeTheMembersAreKnown(t *testing.T) {
	s := startWith(t, raft.State{}, small(1)) // it was added
	s.blank = true
	s.follow(5)
	expect(t, "before", asked(s.take()))
	members := raft.Configuration{Voters: []raft.ID{2}, Learners: []raft.ID{1}}
	e := raft.Entry{Index: 6, Term: 1, Stamp: 6, Kind: raft.Membership, Data: members.AppendTo(nil)}
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: 5, LogTerm: 1, Entries: []raft.Entry{e}}))
	s.follow(6)
	w, _ := s.keep()
	if !w.Snapshot.Configuration.Equal(members) || w.Snapshot.Index != 6 {
		t.Errorf("captured %v", w.Snapshot)
	}
}

func TestPiecesAreWrittenOneByOneBetweenOtherWork(t *testing.T) {
	s := startWith(t, raft.State{}, small(3), 1, 2)
	s.elect()
	s.take()
	s.turn(command(1, ""), command(2, "")) // with the barrier, these are three
	s.saved()
	s.accept(3)
	first := s.take()
	expect(t, "at first", asked(first), "write 3@1 #0 last=false")
	s.pass(heartbeat)
	if got := messages(s.take()); len(got) == 0 || got[0].Kind != raft.Heartbeat {
		t.Errorf("between two pieces it sent %v", got)
	}
	s.turn(command(3, "later"))
	s.saved()
	s.accept(4)
	expect(t, "between two pieces", responses(s.take()), "3 Done later@4")
	s.turn(wrote(writes(first)[0]))
	second := s.take()
	expect(t, "when the first was written", asked(second), "write 3@1 #1 last=false")
	s.turn(wrote(writes(second)[0]))
	third := s.take()
	expect(t, "when the second was written", asked(third), "write 3@1 #2 last=true")
	s.turn(wrote(writes(third)[0]))
	expect(t, "when all were written", asked(s.sent))
	if s.machine.captures != 0 {
		t.Error("the capture is still open")
	}
}

func TestASnapshotThatIsCompleteIsSavedAsItWasTaken(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	first := s.take()
	s.follow(6)
	s.sent = append(s.sent, first...)
	_, rest := s.keep()
	got := saves(rest)[len(saves(rest))-1].Snapshot
	want := raft.Snapshot{Index: 4, Term: 1, Stamp: 4, Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}
	if !got.Equal(want) || s.raft().Snapshot != 4 || s.raft().First != 5 {
		t.Errorf("saved %v; status %+v", got, s.raft())
	}
}

func TestTheLogIsKeptUntilItsSnapshotIsComplete(t *testing.T) {
	s := few(t, 2)
	s.follow(2)
	w := writes(s.take())
	for !w[0].Last {
		s.turn(wrote(w[0]))
		w = writes(s.take())
	}
	s.follow(3)
	if now := s.raft(); now.First != 1 || now.Snapshot != 0 {
		t.Errorf("the last piece is not written, and the log is %+v", now)
	}
	s.turn(wrote(w[0]))
	if now := s.raft(); now.First != 3 || now.Snapshot != 2 {
		t.Errorf("all is written, and the log is %+v", now)
	}
}

func TestOlderSnapshotsGoWhenTheSaveOfTheNewOneIsDurable(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	before := s.newest
	_, rest := s.keep()
	expect(t, "when it was written", asked(rest))
	s.sync(before)
	expect(t, "when an earlier save is durable", asked(s.take()))
	s.saved()
	expect(t, "when it is durable", asked(s.take()), "keep 4@1")
	s.turn(from(3, raft.Message{Kind: raft.RequestVote, Term: 9, Index: 100, LogTerm: 8}))
	s.saved()
	expect(t, "when a later save is durable", asked(s.take()))
}

// The journal may be slow, and only what it has done counts.
func TestOfTwoSnapshotsTheNewerIsKept(t *testing.T) {
	s := few(t, 1)
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Entries: []raft.Entry{word(1, 1, ""), word(2, 1, "")}}))
	s.saved()
	commit := func(i raft.Index) (save uint64) {
		s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: 2, LogTerm: 1, Commit: i}))
		_, rest := s.keep()
		expect(t, "when it was written", asked(rest))
		return s.newest
	}
	first, second := commit(1), commit(2)
	s.sync(first)
	expect(t, "after the first save", asked(s.take()))
	s.sync(second)
	expect(t, "after the second", asked(s.take()), "keep 2@1")
}

// A disk may be full for a while.
func TestASnapshotThatCouldNotBeWrittenIsTriedAgainLater(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	w := writes(s.take())[0]
	failed := wrote(w)
	failed.Err = errors.New("the disk is full")
	s.turn(failed)
	s.follow(7)
	if expect(t, "too early", asked(s.take())); s.machine.captures != 0 || s.raft().Snapshot != 0 {
		t.Errorf("%d captures are open; status %+v", s.machine.captures, s.raft())
	}
	s.follow(8)
	expect(t, "when as much was applied again", asked(s.take()), "write 8@1 #0 last=false")
}

// The node may have it from an earlier life, which crashed before it could say so.
func TestASnapshotThatIsThereNeedNotBeWritten(t *testing.T) {
	s := few(t, 4)
	s.follow(4)
	answer := wrote(writes(s.take())[0])
	answer.Done = true
	s.turn(answer)
	expect(t, "written", asked(s.take()))
	if s.raft().Snapshot != 4 || s.machine.captures != 0 {
		t.Errorf("status %+v, %d captures", s.raft(), s.machine.captures)
	}
}

func TestAnswersToOtherCapturesAreNoAnswers(t *testing.T) {
	s := few(t, 4)
	s.turn(snapshot.Written{Group: group, Snapshot: raft.Snapshot{Index: 9, Term: 1}, Pieces: 1, Done: true})
	s.follow(4)
	right := wrote(writes(s.take())[0])
	for name, change := range map[string]func(*snapshot.Written){ // any order: each is ignored
		"of another state": func(m *snapshot.Written) { m.Snapshot.Index--; m.Done = true },
		"of another term":  func(m *snapshot.Written) { m.Snapshot.Term++; m.Done = true },
		"of another piece": func(m *snapshot.Written) { m.Pieces++; m.Done = true },
		"about a failure":  func(m *snapshot.Written) { m.Pieces++; m.Err = errors.New("it failed") },
	} {
		wrong := right
		change(&wrong)
		s.turn(wrong)
		expect(t, name, asked(s.take()))
	}
	s.turn(right)
	expect(t, "the right one", asked(s.take()), "write 4@1 #1 last=false")
}

func TestAReplicaThatStopsGivesUpItsSnapshot(t *testing.T) {
	s := startWith(t, raft.State{}, small(every), 1, 2, 3)
	s.blank = true
	s.follow(every)
	s.take()
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.mustHaveStopped("contradicted")
	expect(t, "asked", asked(s.take()), fmt.Sprintf("abandon %d@1", every))
	if s.machine.captures != 0 {
		t.Error("the capture is still open")
	}
}

// What has gone astray must not be captured.
func TestAReplicaThatStopsBeginsNoSnapshot(t *testing.T) {
	s := startWith(t, raft.State{}, small(every), 1, 2, 3)
	s.blank = true
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.follow(every)
	s.mustHaveStopped("contradicted")
	expect(t, "asked", asked(s.take()))
}
