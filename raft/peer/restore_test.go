package peer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// state is the snapshot of a tape after i entries of term 1.
func state(i raft.Index) raft.Snapshot {
	return raft.Snapshot{Index: i, Term: 1, Stamp: raft.Stamp(i),
		Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}
}

// offer is what a leader says to a follower that lacks entries it has no longer.
func offer(i raft.Index) post {
	return from(2, raft.Message{Kind: raft.OfferSnapshot, Term: 1, Index: i, LogTerm: 1})
}

func fetched(i raft.Index) snapshot.Fetched {
	return snapshot.Fetched{Group: group, Snapshot: state(i)}
}

// piece is piece n of the snapshot of i entries: one entry.
func piece(i raft.Index, n int) snapshot.Loaded {
	e := word(raft.Index(n+1), 1, fmt.Sprint("w", n+1))
	return snapshot.Loaded{
		Group: group, Snapshot: state(i), Piece: n, Data: e.AppendTo(nil), Last: raft.Index(n+1) == i,
	}
}

// install has a snapshot fetched and restored.
func (s *stage) install(i raft.Index) {
	s.turn(offer(i))
	s.turn(fetched(i))
	for n := range int(i) {
		s.turn(piece(i, n))
	}
}

// words are those of the state that a replica shows, which has to lead for that.
func (s *stage) words() string {
	s.elect()
	s.take()
	s.turn(query(1, "q"))
	s.pass(heartbeat)
	s.obey()
	for _, e := range s.take() {
		if r, is := e.message.(peer.Response); is && r.Outcome == peer.Done {
			return string(r.Body)
		}
	}
	s.t.Fatal("no answer")
	return ""
}

func TestASnapshotIsFetchedWhenItIsOffered(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(3))
	expect(t, "at the first offer", asked(s.take()), "fetch 3@1 from 2")
	s.turn(offer(3))
	expect(t, "at the second", asked(s.take()), "fetch 3@1 from 2")
	s.turn(offer(5))
	expect(t, "of a newer one", asked(s.take()), "fetch 5@1 from 2")
}

func TestAFetchThatFailedWaitsForTheNextOffer(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(3))
	s.take()
	s.turn(snapshot.Fetched{Group: group, Snapshot: raft.Snapshot{Index: 3, Term: 1}, Err: snapshot.ErrGone})
	expect(t, "when it failed", asked(s.take()))
	s.turn(offer(4))
	expect(t, "at the next offer", asked(s.take()), "fetch 4@1 from 2")
}

func TestPiecesAreLoadedOneByOne(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(3))
	s.saved()
	s.take()
	s.turn(fetched(3))
	expect(t, "when it was fetched", asked(s.take()), "load 3@1 #0")
	s.turn(piece(3, 0))
	expect(t, "then", asked(s.take()), "load 3@1 #1")
	s.turn(offer(4), fetched(4))
	expect(t, "when another is offered meanwhile", asked(s.take()))
	s.turn(from(2, raft.Message{Kind: raft.Heartbeat, Term: 1, Round: 5}))
	if got := messages(s.take()); len(got) != 1 || got[0].Kind != raft.AcceptHeartbeat {
		t.Errorf("between two pieces it answers a heartbeat with %v", got)
	}
	s.turn(piece(3, 1))
	s.turn(piece(3, 2))
	if now := s.raft(); now.Snapshot != 3 || now.Delivered != 3 {
		t.Errorf("status %+v", now)
	}
}

func TestARestoredMachineTakesThePlaceOfTheOld(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.install(3)
	sent := s.take()
	got := saves(sent)[len(saves(sent))-1]
	if !got.Snapshot.Equal(state(3)) {
		t.Fatalf("saved %v", got)
	}
	for _, m := range messages(sent) {
		if m.Kind == raft.AcceptEntries {
			t.Errorf("before the sync it sent %v", m)
		}
	}
	expect(t, "when it is put in place", asked(sent)[len(asked(sent))-1:], "load 3@1 #2")
	s.saved()
	sent = s.take()
	if got := messages(sent); len(got) != 1 || got[0].Kind != raft.AcceptEntries || got[0].Index != 3 {
		t.Errorf("after the sync it sent %v", got)
	}
	expect(t, "after the sync", asked(sent), "keep 3@1")
	s.follow(4)
	if got := s.words(); got != "q=w1,w2,w3,w4 at 1000" {
		t.Errorf("a reader sees %s", got)
	}
}

// The stamp of what is read is that of the snapshot, until something is applied.
func TestARestoredMachineIsReadAtItsStamp(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.install(3)
	s.take()
	s.turn(query(1, "q"))
	for _, e := range s.take() {
		if r, is := e.message.(peer.Response); is && (r.Stamp != 3 || r.Position != 3) {
			t.Errorf("answered %+v", r)
		}
	}
}

// While the machine was being built entries came after all.
func TestARestoredMachineIsDroppedIfTheLogHasOvertakenIt(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(3), fetched(3))
	s.turn(piece(3, 0))
	s.follow(4)
	before := s.machine
	s.turn(piece(3, 1))
	s.turn(piece(3, 2))
	if now := s.raft(); now.Snapshot != 0 || now.Delivered != 4 || len(before.words) != 4 {
		t.Errorf("status %+v", now)
	}
	s.follow(5)
	expect(t, "applied", before.words[4:], "w5")
	s.take()
	s.turn(offer(9))
	expect(t, "at the next offer", asked(s.take()), "fetch 9@1 from 2")
}

func TestWhatTheLogHasOvertakenIsNotRestored(t *testing.T) {
	s := follower(t, 3, 1, 2, 3)
	s.turn(fetched(3))
	expect(t, "asked", asked(s.take()))
}

// It is older than what is offered by now, and nearer than what is here.
func TestASnapshotOlderThanTheOneOfferedIsRestored(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(5))
	s.take()
	s.turn(fetched(3))
	for n := range 3 {
		s.turn(piece(3, n))
	}
	if now := s.raft(); now.Snapshot != 3 || now.Delivered != 3 {
		t.Errorf("status %+v", now)
	}
}

func TestASnapshotInProgressIsGivenUpWhenANewerOneIsInstalled(t *testing.T) {
	s := startWith(t, raft.State{}, small(2), 1, 2, 3)
	s.follow(2)
	w := writes(s.take())[0]
	old := s.machine
	s.install(5)
	sent := s.take()
	expect(t, "asked", asked(sent)[len(asked(sent))-1:], "abandon 2@1")
	if old.captures != 0 {
		t.Error("the capture is still open")
	}
	s.turn(wrote(w))
	expect(t, "when its piece was written after all", asked(s.take()))
	s.saved()
	expect(t, "in the end", asked(s.take()), "keep 5@1")
}

// Both are done in one turn, of which the newer one decides.
func TestASnapshotMayBeCompletedAndOvertakenInOneTurn(t *testing.T) {
	s := startWith(t, raft.State{}, small(2), 1, 2, 3)
	s.follow(2)
	s.turn(wrote(writes(s.take())[0]))
	w := writes(s.take())[0]
	s.turn(offer(3), fetched(3))
	s.turn(piece(3, 0))
	s.turn(piece(3, 1))
	s.turn(wrote(w), piece(3, 2))
	if now := s.raft(); now.Snapshot != 3 || now.Delivered != 3 {
		t.Errorf("status %+v", now)
	}
	s.saved()
	expect(t, "kept", asked(s.take())[3:], "keep 3@1")
}

func TestNoSnapshotIsBegunWhileOneIsRestored(t *testing.T) {
	s := startWith(t, raft.State{}, small(2), 1, 2, 3)
	s.turn(offer(9), fetched(9))
	s.follow(4)
	if got := writes(s.take()); len(got) > 0 {
		t.Errorf("it captures %v", got[0].Snapshot)
	}
}

// What a restored state weighs is known, and its successor is not due before that.
func TestARestoredStateWeighsWhatItWasReadAs(t *testing.T) {
	s := startWith(t, raft.State{}, small(2), 1, 2, 3)
	s.install(100)
	s.saved()
	s.take()
	s.follow(110)
	if got := writes(s.take()); len(got) > 0 {
		t.Errorf("after 10 entries it captures %v", got[0].Snapshot)
	}
	s.follow(120)
	if got := writes(s.take()); len(got) != 1 {
		t.Error("after 20 entries it captures nothing")
	}
}

func TestWhatWasAppliedBeforeARestorationMakesNoSnapshotDue(t *testing.T) {
	s := few(t, 100)
	s.follow(90)
	s.install(95)
	s.saved()
	s.take()
	s.follow(95 + 20)
	if got := writes(s.take()); len(got) > 0 {
		t.Errorf("20 entries after it captures %v", got[0].Snapshot)
	}
}

// Entries that follow the snapshot may be here, and be committed in the same turn.
func TestEntriesAreAppliedToTheRestoredMachine(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	var entries []raft.Entry
	for i := range raft.Index(5) {
		entries = append(entries, word(i+1, 1, fmt.Sprint("w", i+1)))
	}
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Entries: entries}))
	s.saved()
	s.turn(fetched(3))
	s.turn(piece(3, 0))
	s.turn(piece(3, 1))
	s.turn(piece(3, 2), from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: 5, LogTerm: 1, Commit: 5}))
	if now := s.raft(); now.Snapshot != 3 || now.Delivered != 5 {
		t.Errorf("status %+v", now)
	}
	if got := s.words(); got != "q=w1,w2,w3,w4,w5 at 1000" {
		t.Errorf("a reader sees %s", got)
	}
}

func TestASnapshotThatWasFetchedAndCannotBeReadIsFetchedAgain(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(offer(3), fetched(3))
	s.turn(piece(3, 0))
	s.take()
	s.turn(snapshot.Loaded{Group: group, Snapshot: raft.Snapshot{Index: 3, Term: 1}, Piece: 1, Err: actors.ErrCorrupt})
	s.mustRun("with a corrupt piece")
	if s.logged == 0 {
		t.Error("nothing was logged")
	}
	s.turn(offer(3))
	expect(t, "at the next offer", asked(s.take()), "fetch 3@1 from 2")
}

func TestASnapshotThatIsNoStateStopsTheReplica(t *testing.T) {
	garbled := piece(3, 0)
	garbled.Data = []byte{1, 2, 3}
	cut := piece(3, 0)
	cut.Data, cut.Last = nil, true
	for name, p := range map[string]snapshot.Loaded{ // any order: the cases are independent
		"whose first piece makes no sense": garbled,
		"that is empty":                    cut,
	} {
		s := start(t, raft.State{}, 1, 2, 3)
		s.turn(offer(3), fetched(3))
		s.turn(p)
		if why := s.status().Stopped; !strings.Contains(why, "cannot be restored") || s.logged == 0 {
			t.Errorf("with a snapshot %s: %q", name, why)
		}
		s.take()
		s.turn(piece(3, 1), offer(4))
		s.pass(10 * election)
		if len(s.sent) > 0 {
			t.Errorf("with a snapshot %s it sends %v", name, kinds(s.sent))
		}
	}
}

func TestAnswersToOtherLoadsAreNoAnswers(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.turn(piece(3, 0)) // nothing is restored
	s.turn(offer(3), fetched(3))
	s.take()
	other := piece(3, 0)
	other.Snapshot.Term++
	s.turn(piece(2, 0), other)
	expect(t, "asked", asked(s.take()))
}

// What was said of the machine that is replaced says nothing of this one.
func TestARestoredMachineIsJudgedByItsOwnChecksums(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.follow(every)
	s.turn(tells(2, 2*every, 1), tells(3, 2*every, 1))
	s.install(every + 10)
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.mustRun("told of the state before")
	s.saved()
	s.follow(2 * every)
	s.mustHaveStopped("told early of the state after")
}

// The rest is about the start.

// recovered is what a journal holds of a replica with a snapshot of three entries.
func recovered() raft.State {
	return raft.State{Vote: raft.Vote{Term: 4, For: 2}, Snapshot: state(3), Entries: []raft.Entry{word(4, 1, "w4")}}
}

func TestARestartedReplicaTakesNoPartUntilItsSnapshotIsRestored(t *testing.T) {
	s := start(t, recovered(), 1, 2, 3)
	expect(t, "at first", asked(s.take()), "load 3@1 #0")
	s.turn(from(2, raft.Message{Kind: raft.RequestVote, Term: 9, Index: 9, LogTerm: 8}), command(1, "a"), query(2, "q"),
		change(3, 1), transfer(4, 2))
	s.pass(5 * election)
	sent := s.take()
	expect(t, "answers", responses(sent), "1 NotLeader ", "2 NotLeader ", "3 NotLeader ", "4 NotLeader ")
	if len(sent) != 4 {
		t.Errorf("sent %v", kinds(sent))
	}
	if now := s.status(); now.Stopped != "its snapshot is being restored" || now.Raft.ID != 1 || now.Group != group {
		t.Errorf("status %+v", now)
	}
	s.turn(piece(3, 0))
	s.turn(piece(3, 1))
	expect(t, "meanwhile", asked(s.take()), "load 3@1 #1", "load 3@1 #2")
	s.turn(piece(3, 2), post{alice, peer.StatusRequest{}})
	sent = s.take()
	expect(t, "older ones", asked(sent), "keep 3@1")
	if now := sent[1].message.(peer.Status); now.Raft.Snapshot != 3 || now.Raft.ID != 1 || now.Stopped != "" {
		t.Errorf("in the turn in which it begins it says %+v", now)
	}
	if now := s.raft(); s.status().Stopped != "" || now.Snapshot != 3 || now.Delivered != 3 || now.Last != 4 || now.Damaged {
		t.Errorf("status %+v", now)
	}
	if got := s.words(); got != "q=w1,w2,w3,w4 at 1000" {
		t.Errorf("a reader sees %s", got)
	}
}

// It waits for a leader from its start on, and not from the end of a restoration that
// may take long: what it promised, it promised before it was stopped.
func TestARestorationCountsAsWaitingForALeader(t *testing.T) {
	for _, c := range []struct {
		restoring time.Duration
		stands    bool
	}{{election / 2, false}, {2 * election, true}} {
		s := start(t, recovered(), 1, 2, 3)
		s.pass(c.restoring)
		for n := range 3 {
			s.turn(piece(3, n))
		}
		s.pass(heartbeat)
		if stands := s.raft().Role == raft.PreCandidate; stands != c.stands {
			t.Errorf("restored after %v it stands: %t", c.restoring, stands)
		}
	}
}

func TestTheJournalMayAskForASnapshotDuringTheStart(t *testing.T) {
	s := start(t, recovered(), 1, 2, 3)
	s.turn(journal.Compact{Group: group})
	for n := range 3 {
		s.turn(piece(3, n))
	}
	s.take()
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 4, Index: 4, LogTerm: 1, Commit: 4}))
	expect(t, "asked", asked(s.take()), "write 4@1 #0 last=false")
}

// Others have its state, and it must not vote before they have repaired it.
func TestALostSnapshotDamagesTheReplica(t *testing.T) {
	for _, lost := range []error{actors.ErrCorrupt, actors.ErrNoFile} {
		s := start(t, recovered(), 1, 2, 3)
		s.take()
		s.turn(snapshot.Loaded{Group: group, Snapshot: raft.Snapshot{Index: 3, Term: 1}, Err: fmt.Errorf("piece 0: %w", lost)})
		sent := s.take()
		got, is := sent[0].message.(journal.Append)
		want := raft.Save{Vote: raft.Vote{Term: 4, For: 2}, Damaged: true}
		if !is || sent[0].to != journalOf || got.Group != group || !got.Lost || fmt.Sprint(got.Save) != fmt.Sprint(want) {
			t.Errorf("%v: the journal was told %+v", lost, sent[0].message)
		}
		if now := s.raft(); !now.Damaged || now.Last != 0 || now.Snapshot != 0 || now.Vote.Term != 4 || s.status().Stopped != "" {
			t.Errorf("%v: status %+v", lost, s.status())
		}
		if s.logged != 2 { // that the snapshot is lost, and that the replica is damaged
			t.Errorf("%v: %d lines were logged", lost, s.logged)
		}
		expect(t, "asked", asked(sent))
		s.follow(2) // and the machine is empty, as the log is
	}
}

func TestADamagedReplicaSaysSoAndSaysWhenItIsRepaired(t *testing.T) {
	s := start(t, raft.State{Damaged: true}, 1, 2, 3)
	if !s.raft().Damaged || s.logged != 1 {
		t.Errorf("status %+v, %d lines were logged", s.raft(), s.logged)
	}
	round := messages(s.take())[0].Round
	s.turn(from(2, raft.Message{Kind: raft.TellTerm, Term: 1, Round: round, Index: 1}),
		from(3, raft.Message{Kind: raft.TellTerm, Term: 1, Round: round}))
	s.saved()
	s.follow(1)
	s.saved()
	s.pass(heartbeat)
	if s.raft().Damaged || s.logged != 2 {
		t.Errorf("status %+v, %d lines were logged", s.raft(), s.logged)
	}
}

// All replicas of a group may have been started with a program that is too old for
// their snapshots. It must not throw them away.
func TestASnapshotThatCannotBeUsedAtTheStartIsNotLost(t *testing.T) {
	garbled, other := piece(3, 0), piece(3, 2)
	garbled.Data = []byte{1, 2, 3}
	other.Snapshot.Configuration.Voters = []raft.ID{1, 2}
	for name, answers := range map[string][]snapshot.Loaded{ // any order: the cases are independent
		"makes no sense":               {garbled},
		"cannot be read at present":    {{Group: group, Snapshot: raft.Snapshot{Index: 3, Term: 1}, Err: errors.New("too many open files")}},
		"is not the one that is known": {piece(3, 0), piece(3, 1), other},
	} {
		s := start(t, recovered(), 1, 2, 3)
		for _, m := range answers {
			s.turn(m)
		}
		s.pass(10 * election)
		if got := saves(s.take()); len(got) > 0 || s.logged == 0 {
			t.Errorf("a snapshot that %s: saved %v, %d lines logged", name, got, s.logged)
		}
		if why := s.status().Stopped; why == "" || strings.Contains(why, "being restored") {
			t.Errorf("a snapshot that %s: %q", name, why)
		}
		s.turn(command(1, "a"))
		expect(t, name, responses(s.take()), "1 NotLeader ")
	}
}
