package peer_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// every is how many entries are between two checksums.
const every = 256

// follow lets the log of replica 2, the leader of term 1, grow up to an index, and all
// of it be applied. The hash of a tape is the number of its entries.
func (s *stage) follow(last raft.Index) {
	s.t.Helper()
	now := s.raft()
	m := raft.Message{Kind: raft.AppendEntries, Term: 1, Index: now.Last}
	if now.Last > 0 {
		m.LogTerm = 1
	}
	for i := now.Last + 1; i <= last; i++ {
		e := word(i, 1, fmt.Sprint("w", i))
		if s.blank {
			e.Data = nil
		}
		m.Entries = append(m.Entries, e)
	}
	s.turn(from(2, m))
	s.saved()
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: last, LogTerm: 1, Commit: last}))
}

// follower starts a replica that has applied the first entries of replica 2.
func follower(t *testing.T, last raft.Index, voters ...raft.ID) *stage {
	s := start(t, raft.State{}, voters...)
	s.follow(last)
	s.take()
	return s
}

// tells is the checksum of another replica.
func tells(id raft.ID, i raft.Index, hash uint64) post {
	return post{replica(id), peer.Checksum{Index: i, Hash: hash}}
}

// checksums picks what was told to whom.
func checksums(sent []envelope) (list []string) {
	for _, e := range sent {
		if c, is := e.message.(peer.Checksum); is {
			list = append(list, fmt.Sprintf("%v %d=%d", e.to, c.Index, c.Hash))
		}
	}
	return list
}

// mustRun and mustHaveStopped say what became of the replica.
func (s *stage) mustRun(when string) {
	s.t.Helper()
	if why := s.status().Stopped; why != "" {
		s.t.Errorf("%s it stopped: %s", when, why)
	}
}

func (s *stage) mustHaveStopped(when string) {
	s.t.Helper()
	if got := s.status(); !strings.Contains(got.Stopped, "diverged") || s.logged == 0 {
		s.t.Errorf("%s it goes on: %q, %d lines logged", when, got.Stopped, s.logged)
	}
}

func TestVotersTellTheirChecksums(t *testing.T) {
	s := start(t, raft.State{}, 1, 2, 3)
	s.follow(every - 1)
	expect(t, "too early", checksums(s.take()))
	s.follow(2*every + 1)
	expect(t, "a follower", checksums(s.take()), "2/peer/7 256=256", "3/peer/7 256=256",
		"2/peer/7 512=512", "3/peer/7 512=512")
	l := lead(t, 1, 2)
	l.fill(every)
	expect(t, "a leader", checksums(l.take()), "2/peer/7 256=256")
}

// Nobody counts what a learner says, so it says nothing; but it is told.
func TestLearnersAreToldChecksums(t *testing.T) {
	group := raft.Configuration{Voters: []raft.ID{2}, Learners: []raft.ID{1, 3}}
	begin := func(group raft.Configuration) *stage {
		s := start(t, raft.State{}) // it was added
		e := raft.Entry{Index: 1, Term: 1, Stamp: 1, Kind: raft.Membership, Data: group.AppendTo(nil)}
		s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Entries: []raft.Entry{e}}))
		s.follow(every)
		return s
	}
	s := begin(group)
	expect(t, "a learner", checksums(s.take()))
	s.turn(tells(2, every, 1))
	s.mustHaveStopped("contradicted by the only voter")
	s = begin(raft.Configuration{Voters: []raft.ID{1, 2}, Learners: []raft.ID{3}})
	expect(t, "a voter", checksums(s.take()), "2/peer/7 256=256", "3/peer/7 256=256")
	s.turn(tells(3, every, 1))
	s.mustRun("contradicted by a learner")
}

func TestEqualChecksumsAreSilent(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(tells(2, every, every), tells(3, 2*every, 2*every))
	s.follow(2 * every)
	s.turn(tells(3, every, every), tells(2, 2*every, 2*every))
	s.mustRun("told what it knows")
	if s.logged > 0 {
		t.Errorf("%d lines were logged", s.logged)
	}
}

func TestAReplicaThatAMajorityContradictsStops(t *testing.T) {
	late := follower(t, every, 1, 2, 3)
	late.turn(tells(2, every, 1))
	late.mustRun("contradicted by one of two others")
	late.turn(tells(3, every, 1))
	late.mustHaveStopped("told late")

	early := follower(t, every-1, 1, 2, 3)
	early.turn(tells(2, every, 1), tells(3, every, 1))
	early.mustRun("before it got there")
	early.follow(every)
	early.mustHaveStopped("told early")

	older := follower(t, 3*every, 1, 2, 3)
	older.turn(tells(2, every, 1), tells(3, every, 1))
	older.mustHaveStopped("told of an entry that was checked before others")
}

// What a leader says counts no more than what others say.
func TestALeaderThatAMajorityContradictsStops(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.fill(every)
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.mustHaveStopped("contradicted by both followers")
}

// fill lets the log of a leader grow up to an index, and replica 2 acknowledge it.
func (s *stage) fill(last raft.Index) {
	for i := s.raft().Last; i < last; i++ {
		s.turn(command(uint64(i), "a"))
		s.saved()
		s.accept(i + 1)
	}
}

func TestAReplicaThatIsRightWithAMajorityGoesOn(t *testing.T) {
	s := follower(t, every-1, 1, 2, 3)
	s.turn(tells(2, every, 1), tells(3, every, every))
	s.follow(every)
	s.mustRun("contradicted by its leader alone")
	s.follow(2 * every)
	s.mustRun("at the next checksum")
	if s.logged != 2 { // twice: when it got there and when the time was over
		t.Errorf("%d lines were logged", s.logged)
	}
}

// Two others that contradict each other are no majority, whatever their number.
func TestOnlyThoseWhoAgreeAreAMajority(t *testing.T) {
	s := follower(t, every, 1, 2, 3, 4, 5)
	s.turn(tells(3, every, 1), tells(4, every, 2), tells(5, every, 1))
	s.mustRun("contradicted by three of five, who do not agree")
	s.turn(tells(2, every, every))
	s.mustRun("as its leader holds the same")
	s.follow(2 * every)
	s.mustRun("at the next checksum")
}

func TestWithoutAMajorityWhoeverContradictsTheLeaderStops(t *testing.T) {
	waits := follower(t, every, 1, 2, 3)
	waits.turn(tells(2, every, 1))
	waits.follow(2*every - 1)
	waits.mustRun("while another voter may speak")
	waits.follow(2 * every)
	waits.mustHaveStopped("when the other has not spoken in time")

	early := follower(t, every-1, 1, 2, 3)
	early.turn(tells(2, every, 1))
	early.follow(every)
	early.mustRun("while another voter may speak")

	all := follower(t, every, 1, 2)
	all.turn(tells(2, every, 1))
	all.mustHaveStopped("when all have spoken")

	other := follower(t, every, 1, 2, 3)
	other.turn(tells(3, every, 1))
	other.follow(2 * every)
	other.mustRun("contradicted by another follower")

	leader := lead(t, 1, 2)
	leader.fill(every)
	leader.turn(tells(2, every, 1))
	leader.mustRun("that leads, contradicted by its only follower,")
	if leader.logged == 0 {
		t.Error("a leader that is contradicted says nothing")
	}
}

func TestAWitnessMayChangeItsMind(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(tells(2, every, 1), tells(2, every, every)) // it was started again
	s.follow(2 * every)
	s.mustRun("as its leader holds the same now")
	s.turn(tells(3, 2*every, 2*every), tells(3, 2*every, 1), tells(2, 2*every, 1))
	s.mustHaveStopped("when the others changed their minds")
}

func TestWhatCannotBeComparedIsIgnored(t *testing.T) {
	for name, told := range map[string][]post{ // any order: the cases are independent
		"too old":        {tells(2, every, 1), tells(3, every, 1)},
		"of the future":  {tells(2, math.MaxUint64-every+1, 1), tells(3, math.MaxUint64-every+1, 1)},
		"by no members":  {tells(4, 17*every, 1), tells(5, 17*every, 1)},
		"by one of them": {tells(3, 17*every, 1), tells(3, 17*every, 1)},
	} {
		s := follower(t, 17*every, 1, 2, 3)
		s.turn(told[0], told[1])
		s.mustRun(name)
		if n := s.raft().Refused; n != 0 {
			t.Errorf("%s: %d are called nonsense", name, n)
		}
	}
}

func TestChecksumsThatNoReplicaSendsAreCounted(t *testing.T) {
	c := peer.Checksum{Index: 17 * every, Hash: 1}
	client := actors.Ref{Node: actors.ClientBit | 2, Name: peer.Name(group)}
	for name, told := range map[string][]post{ // any order: the cases are independent
		"between two checksums": {tells(2, every-1, 1), tells(3, every-1, 1)},
		"by a client":           {{client, c}, {client, c}},
		"by other actors":       {{actors.Ref{Node: 2, Name: "node"}, c}, {actors.Ref{Node: 3, Name: peer.Name(group + 1)}, c}},
		"by itself":             {tells(1, 17*every, 1), tells(1, 17*every, 2)},
	} {
		s := follower(t, 17*every, 1, 2, 3)
		s.turn(told[0], told[1])
		s.mustRun(name)
		if n := s.raft().Refused; n != 2 {
			t.Errorf("%s: %d are called nonsense", name, n)
		}
	}
}

// However much one member says, what the others said is remembered.
func TestAMemberThatTalksNonsenseDrownsNobody(t *testing.T) {
	s := follower(t, every-1, 1, 2, 3, 4, 5)
	s.turn(tells(2, every, 1), tells(3, every, 1), tells(4, every, 1))
	for i := range raft.Index(1000) {
		s.turn(tells(5, 10*every+i*every, 1))
	}
	s.follow(every)
	s.mustHaveStopped("contradicted by three of five")
}

// Each says that states differ, and then that it stops: once.
func TestAReplicaStopsOnce(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(tells(2, every, 1), tells(2, 2*every, 1), tells(3, 2*every, 1))
	s.follow(2 * every) // there are two reasons now
	if s.mustHaveStopped("contradicted twice"); s.logged != 3 {
		t.Errorf("%d lines were logged", s.logged)
	}
}

func TestAChecksumThatIsToldAgainIsNoNews(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	for range 8 {
		s.turn(tells(3, every, 1))
	}
	if s.logged != 1 {
		t.Errorf("%d lines were logged", s.logged)
	}
}

func TestDivergenceIsLoggedSeldom(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(tells(2, every, every))
	for hash := range uint64(1000) {
		s.turn(tells(3, every, 1000+hash))
	}
	if s.mustRun("told nonsense"); s.logged != 10 { // the powers of two up to 512
		t.Errorf("%d lines were logged", s.logged)
	}
}

// A member that was removed is no voter any more.
func TestWhoWasRemovedIsNoWitness(t *testing.T) {
	s := follower(t, every-1, 1, 2, 3, 4)
	s.turn(tells(3, every, 1), tells(4, every, 1))
	now := raft.Configuration{Voters: []raft.ID{1, 2, 3}}
	e := raft.Entry{Index: every, Term: 1, Stamp: every, Kind: raft.Membership, Data: now.AppendTo(nil)}
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: every - 1, LogTerm: 1, Entries: []raft.Entry{e}}))
	s.follow(every)
	s.mustRun("contradicted by a voter and one that was")
}

// What it said before anybody here knew that it votes is forgotten.
func TestWhoDoesNotVoteYetIsNoWitness(t *testing.T) {
	s := follower(t, every-1, 1, 2, 3)
	s.turn(tells(2, every, 1), tells(4, every, 1), tells(5, every, 1))
	now := raft.Configuration{Voters: []raft.ID{1, 2, 3, 4}}
	e := raft.Entry{Index: every, Term: 1, Stamp: every, Kind: raft.Membership, Data: now.AppendTo(nil)}
	s.turn(from(2, raft.Message{Kind: raft.AppendEntries, Term: 1, Index: every - 1, LogTerm: 1, Entries: []raft.Entry{e}}))
	s.turn(tells(3, every, 1))
	s.follow(every)
	s.mustRun("contradicted by two of four, and by one who was none of them then")
}

func TestAReplicaThatStopsShowsNothing(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.fill(every - 2)
	s.take()
	s.turn(command(1, "one"), command(2, "two"), command(3, "three"), query(4, "q"))
	s.saved()
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.take()
	s.turn(from(2, raft.Message{Kind: raft.AcceptEntries, Term: s.term(), Index: every + 1}),
		change(5, 1, 2, 3, 4), transfer(6, 2), command(7, "four"))
	s.mustHaveStopped("contradicted by both followers")
	sent := s.take()
	// The last entry before it is shown, and of what comes after nobody knows.
	expect(t, "answers", responses(sent), "1 Done one@255", "7 Unknown ", "2 Unknown ", "3 Unknown ",
		"5 Unknown ", "6 Unknown ", "4 NotLeader ")
	expect(t, "applied last", s.machine.words[len(s.machine.words)-1:], "two")
	if led := lastLed(sent); led.Leader != raft.None || led.Group != group || !slices.Equal(led.Voters, []raft.ID{1, 2, 3}) {
		t.Errorf("the owner heard %+v", led)
	}
}

// lastLed is what the owner was told last.
func lastLed(sent []envelope) (last peer.Led) {
	for _, e := range sent {
		if led, is := e.message.(peer.Led); is {
			last = led
		}
	}
	return last
}

// They may rest, and rely on a node that lives on although its replica does not.
func TestALeaderThatStopsRousesTheOthers(t *testing.T) {
	s := lead(t, 1, 2, 3)
	s.fill(every)
	s.take()
	s.turn(tells(2, every, 1), tells(3, every, 1))
	roused := func(when string) {
		t.Helper()
		got := messages(s.take())
		if len(got) != 2 || got[0].To != 2 || got[1].To != 3 || got[0].Kind != raft.RefuseVote || got[0].From != 1 ||
			got[0].Term != s.term() {
			t.Errorf("%s it sent %v", when, got)
		}
	}
	roused("when it stopped")
	s.turn(query(1, "q"))
	roused("when it was asked")
}

func TestAReplicaThatStopsRestoresNothing(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(offer(every+9), fetched(every+9))
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.take()
	s.turn(piece(every+9, 0))
	expect(t, "asked", asked(s.take()))
}

func TestAReplicaThatHasStoppedTakesNoPart(t *testing.T) {
	s := follower(t, every, 1, 2, 3)
	s.turn(tells(2, every, 1), tells(3, every, 1))
	s.take()
	s.turn(from(3, raft.Message{Kind: raft.RequestVote, Term: 9, Index: 1000, LogTerm: 8}), tells(3, 2*every, 1))
	s.pass(10 * election)
	s.turn(command(1, "a"), query(2, "q"), change(3, 1, 2), transfer(4, 2))
	sent := s.take()
	expect(t, "answers", responses(sent), "1 NotLeader ", "2 NotLeader ", "3 NotLeader ", "4 NotLeader ")
	if r := sent[0].message.(peer.Response); len(sent) != 4 || r.Leader != raft.None {
		t.Errorf("sent %v, which name %d as the leader", kinds(sent), r.Leader)
	}
	if now := s.status(); now.Raft.Role != 0 || now.Raft.Leader != raft.None || now.Raft.Delivered != every {
		t.Errorf("status %+v", now)
	}
}
