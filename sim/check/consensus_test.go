package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// A story tells the oracles what was seen. Each oracle has one that breaks its
// rule and one that comes as close as the rule allows.
type story struct {
	*check.Consensus
	found []check.Violation
}

func newStory() *story {
	s := &story{}
	s.Consensus = check.NewConsensus(
		func() time.Duration { return time.Second },
		func(v check.Violation) { s.found = append(s.found, v) })
	s.AddGroup(1, []check.Node{1, 2, 3})
	return s
}

func (s *story) sync(n check.Node, vote raft.Vote, entries ...raft.Entry) {
	s.Synced(1, n, raft.Save{Vote: vote, Entries: entries})
}

func entry(i raft.Index, t raft.Term, data string) raft.Entry {
	return raft.Entry{Index: i, Term: t, Stamp: raft.Stamp(i), Kind: raft.Command, Data: []byte(data)}
}

func vote(t raft.Term, n check.Node) raft.Vote { return raft.Vote{Term: t, For: n} }

func TestEachConsensusOracleCanFail(t *testing.T) {
	stories := []struct {
		oracle string
		tell   func(s *story)
	}{
		{check.ElectionSafety, func(s *story) {
			s.Led(1, 1, 5)
			s.Led(1, 2, 5)
		}},
		{check.OneVote, func(s *story) {
			s.sync(3, vote(5, 1))
			s.Voted(1, 3, 5, 1)
			s.Restarted(3)
			s.sync(3, vote(5, 2))
			s.Voted(1, 3, 5, 2)
		}},
		{check.DurablePromise, func(s *story) { s.Voted(1, 3, 5, 1) }},
		{check.DurablePromise, func(s *story) {
			s.sync(3, vote(5, 0), entry(1, 5, "a"))
			s.Acknowledged(1, 3, 5, 2)
		}},
		{check.TermsAscend, func(s *story) {
			s.sync(1, vote(5, 1))
			s.sync(1, vote(4, 1))
		}},
		{check.LogMatching, func(s *story) {
			s.sync(1, vote(5, 1), entry(1, 5, "a"))
			s.sync(2, vote(5, 1), entry(1, 5, "b"))
		}},
		{check.LogMatching, func(s *story) { s.sync(1, vote(5, 1), entry(2, 5, "hole")) }},
		{check.LogMatching, func(s *story) {
			s.sync(1, vote(5, 1), entry(1, 5, "a"), entry(2, 4, "older term"))
		}},
		{check.LogMatching, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
			s.Acknowledged(1, 1, 5, 1)
			s.Described(1, 1, 3, 4) // left of a log that differed
		}},
		{check.LogMatching, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
			s.Acknowledged(1, 1, 5, 1)
			s.Described(1, 1, 1, 6)
		}},
		{check.DecidedStays, func(s *story) {
			s.decideA()
			s.sync(1, vote(6, 3), entry(1, 6, "b"))
		}},
		{check.LeaderCompleteness, func(s *story) {
			s.decideA()
			s.Led(1, 3, 6)
		}},
		{check.StateMachineSafety, func(s *story) {
			s.decideA()
			s.Applied(1, 2, entry(1, 6, "b"), 1)
		}},
		{check.StateEquality, func(s *story) {
			s.decideA()
			s.Applied(1, 2, entry(1, 5, "a"), 2)
		}},
		{check.StateEquality, func(s *story) {
			s.Holding(1, 1, 64, 7)
			s.Holding(1, 2, 64, 8)
		}},
		{check.DurableCommit, func(s *story) {
			s.sync(1, vote(5, 1), entry(1, 5, "a"))
			s.Applied(1, 1, entry(1, 5, "a"), 1)
		}},
		{check.DurableApplied, func(s *story) {
			s.decideA()
			s.sync(3, vote(4, 1), entry(1, 4, "old"))
			s.Applied(1, 3, entry(1, 5, "a"), 1)
		}},
		{check.DurableApplied, func(s *story) {
			s.decideA()
			s.sync(3, vote(5, 1))
			s.Applied(1, 3, entry(1, 5, "a"), 1)
		}},
		{check.SnapshotsHeld, func(s *story) { s.Named(1, 1, 1, false) }},
		{check.SnapshotsHeld, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
			s.Discarded(1, 1, 1)
		}},
		{check.AppliedAscends, func(s *story) {
			s.decideA()
			s.Applied(1, 1, entry(1, 5, "a"), 1)
		}},
		{check.CommitAscends, func(s *story) {
			s.Claimed(1, 1, 4)
			s.Claimed(1, 1, 3)
		}},
		{check.StampsAscend, func(s *story) {
			late := entry(1, 5, "a")
			late.Stamp = 9
			s.sync(1, vote(5, 1), late, entry(2, 5, "b"))
			s.sync(2, vote(5, 1), late, entry(2, 5, "b"))
			s.Applied(1, 1, late, 1)
			s.Applied(1, 1, entry(2, 5, "b"), 2)
		}},
		{check.SnapshotOfDecided, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(2, 5, 1, 2, 3)})
		}},
		{check.SnapshotOfDecided, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 4, 1, 2, 3)})
		}},
		{check.SnapshotOfDecided, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2)})
		}},
		{check.LogMatching, func(s *story) {
			s.decideA()
			s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
			s.sync(1, vote(5, 1), entry(1, 5, "a"))
		}},
		{check.AppliedAscends, func(s *story) {
			s.decideA()
			s.Restarted(1)
			s.Applied(1, 1, entry(2, 5, "b"), 2)
		}},
		{check.AppliedAscends, func(s *story) {
			s.decideA()
			s.Restored(1, 1, 0, 0)
		}},
		{check.AppliedAscends, func(s *story) {
			s.decideA()
			s.Restored(1, 2, 2, 1)
		}},
		{check.StateEquality, func(s *story) {
			s.decideA()
			s.Restored(1, 2, 1, 2)
		}},
		{check.DamagedAbstains, func(s *story) {
			s.Synced(1, 3, raft.Save{Vote: vote(5, 1), Damaged: true})
			s.Voted(1, 3, 5, 1)
		}},
		{check.AppliedAscends, func(s *story) {
			s.decideA()
			s.Lost(1, 1, vote(5, 1))
		}},
		{check.DamagedAbstains, func(s *story) {
			s.Lost(1, 3, vote(5, 1))
			s.Voted(1, 3, 5, 1)
		}},
		{check.DamagedAbstains, func(s *story) {
			s.Lost(1, 3, vote(5, 1))
			s.Answered(1, 3, 1)
			s.Synced(1, 3, raft.Save{Vote: vote(5, 1)}) // without a word of 2
		}},
		{check.DamagedAbstains, func(s *story) {
			s.Lost(1, 3, vote(5, 1))
			s.Answered(1, 3, 1)
			s.Answered(1, 3, 2)
			s.Restarted(3) // and they may have told of a time before
			s.Synced(1, 3, raft.Save{Vote: vote(5, 1)})
		}},
		{check.DamagedAbstains, func(s *story) {
			s.decideA()
			s.Left(1, 4, tombstone(1, 5))
			s.Synced(1, 4, raft.Save{Vote: vote(6, 1), Floor: raft.Floor{Index: 1, Term: 5}})
			s.Voted(1, 4, 6, 1)
		}},
		{check.TermsAscend, func(s *story) {
			s.sync(4, vote(6, 1))
			s.Left(1, 4, tombstone(1, 5))
		}},
		{check.RemovalProven, func(s *story) {
			s.decideA()
			s.Left(1, 3, tombstone(1, 5)) // it is a member
		}},
		{check.RemovalProven, func(s *story) {
			s.Left(1, 4, tombstone(1, 4)) // something else will be decided there
			s.decideA()
		}},
		{check.Recovery, func(s *story) {
			s.decideA()
			s.Rewritten(1, 1, raft.State{Vote: vote(5, 1)})
		}},
		{check.Recovery, func(s *story) {
			s.decideA()
			s.Rewritten(1, 1, raft.State{Vote: vote(6, 0), Entries: []raft.Entry{entry(1, 5, "a")}})
		}},
		{check.ConfigurationsOverlap, func(s *story) {
			e := members(1, 5, raft.Configuration{Voters: []raft.ID{3, 4, 5}})
			s.syncAll(e, 1, 2, 3, 4, 5)
			s.Applied(1, 1, e, 1)
		}},
		{check.DurableCommit, func(s *story) {
			// Both sets must agree, and of the new one only half holds it.
			e := members(1, 5, raft.Configuration{Voters: []raft.ID{3, 4}, Outgoing: []raft.ID{1, 2, 3}})
			s.syncAll(e, 1, 2, 3)
			s.Applied(1, 1, e, 1)
		}},
		{check.DurableCommit, func(s *story) {
			// A disk that has lost an entry which it had not acknowledged does not count.
			s.sync(1, vote(5, 1), entry(1, 5, "a"))
			s.sync(2, vote(5, 1), entry(1, 5, "a"))
			s.Rewritten(1, 2, raft.State{Vote: vote(5, 1), Damaged: true})
			s.Applied(1, 1, entry(1, 5, "a"), 1)
		}},
		{check.DurableCommit, func(s *story) {
			// Nor does one that is whole again, without the entry.
			s.sync(1, vote(5, 1), entry(1, 5, "a"))
			s.sync(2, vote(5, 1), entry(1, 5, "a"))
			s.Acknowledged(1, 2, 5, 1)
			s.Rewritten(1, 2, raft.State{Vote: vote(5, 1), Damaged: true})
			s.Synced(1, 2, raft.Save{Vote: vote(5, 1)})
			s.Applied(1, 1, entry(1, 5, "a"), 1)
		}},
		{check.DurableCommit, func(s *story) {
			// A learner's disk does not count.
			e := members(1, 5, raft.Configuration{Voters: []raft.ID{1, 2, 3}, Learners: []raft.ID{4}})
			s.syncAll(e, 1, 4)
			s.Applied(1, 1, e, 1)
		}},
	}
	for _, c := range stories {
		s := newStory()
		c.tell(s)
		if len(s.found) == 0 {
			t.Errorf("%s: the story breaks the rule and nothing was found", c.oracle)
			continue
		}
		if last := s.found[len(s.found)-1]; last.Oracle != c.oracle {
			t.Errorf("%s: found %v", c.oracle, last)
		}
	}
}

func snapshot(i raft.Index, t raft.Term, voters ...raft.ID) raft.Snapshot {
	return raft.Snapshot{Index: i, Term: t, Stamp: raft.Stamp(i), Configuration: raft.Configuration{Voters: voters}}
}

func members(i raft.Index, t raft.Term, c raft.Configuration) raft.Entry {
	return raft.Entry{Index: i, Term: t, Stamp: raft.Stamp(i), Kind: raft.Membership, Data: c.AppendTo(nil)}
}

// syncAll makes e durable on all of nodes, in a term that node 1 leads.
func (s *story) syncAll(e raft.Entry, nodes ...check.Node) {
	for _, n := range nodes {
		s.sync(n, vote(5, 1), e)
	}
}

// decideA makes "a" durable on nodes 1 and 2 in term 5 and applies it on node 1.
func (s *story) decideA() {
	s.sync(1, vote(5, 1), entry(1, 5, "a"))
	s.sync(2, vote(5, 1), entry(1, 5, "a"))
	s.Led(1, 1, 5)
	s.Applied(1, 1, entry(1, 5, "a"), 1)
}

func TestWhatRaftAllowsIsNoViolation(t *testing.T) {
	s := newStory()
	s.sync(3, vote(4, 3), entry(1, 4, "never decided"))
	s.Voted(1, 3, 4, 3)
	s.decideA()
	s.Voted(1, 2, 5, 1)
	s.Voted(1, 2, 5, 1) // asked again, answered again
	s.Acknowledged(1, 2, 5, 1)
	s.sync(3, vote(5, 0), entry(1, 5, "a")) // its tail was never decided
	s.Led(1, 3, 6)
	s.Claimed(1, 1, 1)
	s.Restarted(1)
	s.Claimed(1, 1, 0) // it has forgotten how far it was
	s.Applied(1, 1, entry(1, 5, "a"), 1)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestSnapshotsAndChangesOfMembersAreNoViolation(t *testing.T) {
	s := newStory()
	s.decideA()
	grown := members(2, 5, raft.Configuration{Voters: []raft.ID{1, 2, 3}, Learners: []raft.ID{4, 5}, Target: []raft.ID{3, 4, 5}})
	joint := members(3, 5, raft.Configuration{Voters: []raft.ID{3, 4, 5}, Outgoing: []raft.ID{1, 2, 3}})
	final := members(4, 5, raft.Configuration{Voters: []raft.ID{3, 4, 5}})
	s.sync(3, vote(5, 1), entry(1, 5, "a"))
	s.syncAll(grown, 1, 2, 3)
	s.Applied(1, 1, grown, 2)
	at2 := raft.Snapshot{Index: 2, Term: 5, Stamp: 2, Configuration: raft.Configuration{
		Voters: []raft.ID{1, 2, 3}, Learners: []raft.ID{4, 5}, Target: []raft.ID{3, 4, 5}}}
	for _, n := range []check.Node{1, 4, 5} { // 1 captured it, the others fetched it
		s.Synced(1, n, raft.Save{Vote: vote(5, 1), Snapshot: at2})
	}
	s.syncAll(joint, 1, 3, 4, 5)
	s.Applied(1, 1, joint, 3)
	s.syncAll(final, 4, 5)
	s.Applied(1, 4, joint, 3)
	s.Applied(1, 4, final, 4) // its predecessors need not hold it
	s.Rewritten(1, 4, raft.State{Vote: vote(5, 1), Snapshot: at2, Entries: []raft.Entry{joint, final}})
	s.Acknowledged(1, 4, 5, 4)
	s.Led(1, 4, 6)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestAReplicaMaySayOfItsLogWhatGoesOnFromItsSnapshot(t *testing.T) {
	s := newStory()
	s.decideA()
	s.Acknowledged(1, 1, 5, 1)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
	s.Described(1, 1, 3, 4) // said before the snapshot was there, and sent with it
	s.Acknowledged(1, 1, 5, 1)
	s.Described(1, 1, 1, 5)
	s.Described(1, 1, 4, 6)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestSnapshotsThatAreNotNeededMayGo(t *testing.T) {
	s := newStory()
	s.decideA()
	s.syncAll(entry(2, 5, "b"), 1, 2)
	s.Applied(1, 1, entry(2, 5, "b"), 2)
	s.Discarded(1, 1, 1) // captured, and never named
	for i := raft.Index(1); i <= 2; i++ {
		s.Named(1, 1, i, true)
		s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(i, 5, 1, 2, 3)})
	}
	s.Discarded(1, 1, 1)
	s.Hurt(1)
	s.Discarded(1, 1, 2) // it may be what is damaged
	s.Named(1, 1, 2, false)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestAReplicaWhoseSnapshotIsLostBeginsAnew(t *testing.T) {
	s := newStory()
	s.decideA()
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3)})
	s.Restarted(1)
	// A journal that is damaged goes on in another place, and the snapshot is lost.
	s.Rewritten(1, 1, raft.State{Vote: vote(5, 1), Snapshot: snapshot(1, 5, 1, 2, 3), Damaged: true})
	s.Lost(1, 1, vote(5, 1))
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Entries: []raft.Entry{entry(1, 5, "a")}, Damaged: true})
	s.Applied(1, 1, entry(1, 5, "a"), 1)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

// Its leader may hear later of what a disk acknowledged before it was damaged.
func TestWhatWasAcknowledgedBeforeDamageCounts(t *testing.T) {
	s := newStory()
	s.sync(1, vote(5, 1), entry(1, 5, "a"))
	s.sync(2, vote(5, 1), entry(1, 5, "a"))
	s.Acknowledged(1, 2, 5, 1)
	s.Rewritten(1, 2, raft.State{Vote: vote(5, 1), Damaged: true})
	s.Lost(1, 2, vote(5, 1))
	s.Applied(1, 1, entry(1, 5, "a"), 1)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestADiskThatWasHurtIsWholeWhenItsReplicaSavesSo(t *testing.T) {
	s := newStory()
	s.decideA()
	mustBe := func(when string, expendable bool) {
		t.Helper()
		if s.Expendable(1, 2) != expendable {
			t.Errorf("%s: the group can do without node 2: %v", when, !expendable)
		}
	}
	mustBe("all are whole", true)
	s.Hurt(1)
	mustBe("node 1 has lost something", false)
	s.Rewritten(1, 1, raft.State{Vote: vote(5, 1), Entries: []raft.Entry{entry(1, 5, "a")}})
	mustBe("and has copied its journal", false)
	s.Lost(1, 1, vote(5, 1))
	mustBe("and has noticed", false)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Entries: []raft.Entry{entry(1, 5, "a")}, Damaged: true})
	mustBe("and is being repaired", false)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1)})
	mustBe("and is whole again", true)
}

func TestAGroupDecidesAsLongAsAWholeMajorityIsPresent(t *testing.T) {
	s := newStory()
	s.decideA()
	mustBe := func(when string, decides bool, present ...check.Node) {
		t.Helper()
		if s.CanDecide(1, func(n check.Node) bool { return slices.Contains(present, n) }) != decides {
			t.Errorf("%s: %v decide: %v", when, present, !decides)
		}
	}
	mustBe("all are whole", true, 1, 3)
	mustBe("all are whole", false, 1)
	s.Hurt(2)
	mustBe("node 2 has lost something", true, 1, 3)
	mustBe("node 2 has lost something", false, 1, 2)
	s.Synced(1, 2, raft.Save{Vote: vote(5, 1)})
	s.sync(1, vote(5, 1), members(2, 5, raft.Configuration{Voters: []raft.ID{1, 2}}))
	mustBe("a change of members may come", false, 1, 2, 3)
}

func TestADiskWithARottenSnapshotIsWholeWhenANewerOneIsSaved(t *testing.T) {
	s := newStory()
	for i := raft.Index(1); i <= 3; i++ {
		s.syncAll(entry(i, 5, "a"), 1, 2)
	}
	s.Led(1, 1, 5)
	for i := raft.Index(1); i <= 3; i++ {
		s.Applied(1, 1, entry(i, 5, "a"), 1)
	}
	save := func(i raft.Index) {
		s.Synced(1, 1, raft.Save{Vote: vote(5, 1), Snapshot: snapshot(i, 5, 1, 2, 3)})
	}
	mustBe := func(when string, expendable bool) {
		t.Helper()
		if s.Expendable(1, 2) != expendable {
			t.Errorf("%s: the group can do without node 2: %v", when, !expendable)
		}
	}
	save(2)
	s.Rotten(1, 1, 1)
	mustBe("nothing rests on what is rotten", true)
	s.Rotten(1, 1, 2)
	mustBe("what the log rests on is rotten", false)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1)})
	mustBe("and the replica works on", false)
	s.Rewritten(1, 1, raft.State{Vote: vote(5, 1), Snapshot: snapshot(2, 5, 1, 2, 3), Entries: []raft.Entry{entry(3, 5, "a")}})
	mustBe("and has copied its journal", false)
	save(3)
	mustBe("and has another one", true)
	s.Rotten(1, 1, 3)
	s.Restarted(1)
	s.Lost(1, 1, vote(5, 1))
	mustBe("and begins anew", false)
	s.Answered(1, 1, 2)
	s.Answered(1, 1, 3)
	s.Synced(1, 1, raft.Save{Vote: vote(5, 1)})
	mustBe("and is repaired", true)
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestALateLeaderNeedNotHoldWhatLaterTermsDecided(t *testing.T) {
	s := newStory()
	s.Led(1, 1, 5)
	s.sync(1, vote(5, 1), entry(1, 5, "a"))
	s.sync(2, vote(5, 1), entry(1, 5, "a"))
	s.Applied(1, 1, entry(1, 5, "a"), 1)
	s.Led(1, 3, 4) // its votes of term 4 were long under way
	if len(s.found) > 0 {
		t.Errorf("found %v", s.found)
	}
}

func TestConvergenceNamesTheReplicaThatLags(t *testing.T) {
	s := newStory()
	s.decideA()
	err := s.Converged(1)
	if err == nil || !strings.Contains(err.Error(), "node 2 applied partition 0 up to 0 of 1") {
		t.Fatalf("Converged: %v", err)
	}
	s.Applied(1, 2, entry(1, 5, "a"), 1)
	s.sync(3, vote(5, 0), entry(1, 5, "a"))
	s.Applied(1, 3, entry(1, 5, "a"), 1)
	if err := s.Converged(1); err != nil {
		t.Errorf("Converged: %v", err)
	}
}

// tombstone is that of a replica which was removed up to an entry of that term.
func tombstone(i raft.Index, term raft.Term) raft.Tombstone {
	return raft.Tombstone{Floor: raft.Floor{Index: i, Term: term}, Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}
}

func TestWhoWasRemovedHoldsNothing(t *testing.T) {
	s := newStory()
	s.sync(4, vote(5, 1), entry(1, 5, "a"))
	s.decideA()
	if !s.Holds(1, 4) {
		t.Error("an entry on a disk is not noticed")
	}
	left := tombstone(1, 5)
	left.Vote = vote(5, 1)
	s.Left(1, 4, left)
	if s.Holds(1, 4) || s.Holds(1, 9) || len(s.found) > 0 {
		t.Errorf("a tombstone is taken for a log, or found %v", s.found)
	}
}

// A node whose disk was wiped is heard no more, and nobody waits for it.
func TestWhoWasWipedIsMissedByNobodyAndMustNotSpeak(t *testing.T) {
	s := newStory()
	s.decideA()
	s.sync(3, vote(5, 0), entry(1, 5, "a"))
	s.Applied(1, 3, entry(1, 5, "a"), 1)
	s.Spoke(1, 2)
	s.Wiped(2)
	if err := s.Converged(1); err != nil || s.Holds(1, 2) || s.Expendable(1, 3) || len(s.found) > 0 {
		t.Errorf("Converged: %v; node 2 holds a log: %t; found %v", err, s.Holds(1, 2), s.found)
	}
	s.Spoke(1, 2)
	if len(s.found) != 1 || s.found[0].Oracle != check.DamagedAbstains {
		t.Errorf("found %v", s.found)
	}
}
