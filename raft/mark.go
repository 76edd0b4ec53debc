package raft

import "iter"

// A Mark is a rare branch of the algorithm that was taken in a turn: not a duty, but
// proof that a rehearsal came there.
type Mark uint8

// The marks. Their names and meanings are in marksTable.
const (
	preVoteRefusedByLoyalty Mark = iota
	voteIgnoredByLoyalty
	voteRefusedToShorterLog
	forcedVote
	removedReplicaStands
	leaderHearsNoMajority
	oldTermCorrected
	promisesDroppedByNewTerm
	readsAbandoned
	readWaitsForBarrier
	leaseForfeited
	leaseExpired
	entriesTruncated
	configurationTruncated
	overwrittenBeforeSynced
	entriesKnownAlready
	oldEntriesWaitForBarrier
	oldEntriesCommittedByBarrier
	gapFoundWhileReplicating
	probeSkipsEntries
	probeAfterSilence
	windowFull
	uncommittedLimitRefuses
	transferRefusesProposals
	transferGivenUp
	stalledLeaderHandsOver
	removedLeaderHandsOver
	handOverFailedSoStepsDown
	askedToStandTooLate
	offerAnsweredByCommit
	offerAnsweredByLog
	installedKeepsSuffix
	installedDropsLog
	installedOvertaken
	jointConsensus
	changeResumedByNewLeader
	changeCalledOff
	changeBusy
	changeTooEarly
	changeUnreachable
	farewellTold
	farewellGivenUp
	damagedFenced
	damagedWhole
	followerDistrusted
	restBegun
	restRefused
	restEndedByContact
	restEndedByStranger
	staleWordOfLeader
	staleAnswerOfFollower

	marks
)

// A markText is how a mark is called, and what it means.
type markText struct{ name, meaning string }

var marksTable = [marks]markText{
	preVoteRefusedByLoyalty:      {"pre-vote-refused-by-loyalty", "a poll was refused only because its receiver may still have a leader"},
	voteIgnoredByLoyalty:         {"vote-ignored-by-loyalty", "a candidate was not heard because its receiver may still have a leader"},
	voteRefusedToShorterLog:      {"vote-refused-to-shorter-log", "a free vote was refused to a candidate whose log may lack what is committed"},
	forcedVote:                   {"forced-vote", "a replica stood for election without a poll, because its leader asked it to"},
	removedReplicaStands:         {"removed-replica-stands", "a replica stood for election that votes no more in its newest configuration"},
	leaderHearsNoMajority:        {"leader-hears-no-majority", "a leader gave up its term because no majority answered"},
	oldTermCorrected:             {"old-term-corrected", "the sender of a request was told that its term is over"},
	promisesDroppedByNewTerm:     {"promises-dropped-by-new-term", "messages that waited for the disk were dropped because a new term began"},
	readsAbandoned:               {"reads-abandoned", "a leader ceased to lead while reads waited"},
	readWaitsForBarrier:          {"read-waits-for-barrier", "a read waited for the first commit of its leader's term"},
	leaseForfeited:               {"lease-forfeited", "a leader did not rely on its lease because it had asked another to stand"},
	leaseExpired:                 {"lease-expired", "a read came after the lease had run out, and cost a round"},
	entriesTruncated:             {"entries-truncated", "a follower gave up entries that conflict with its leader's"},
	configurationTruncated:       {"configuration-truncated", "a configuration was among the entries given up, and the one before it is in force again"},
	overwrittenBeforeSynced:      {"overwritten-before-synced", "entries were replaced while the disk was still writing them"},
	entriesKnownAlready:          {"entries-known-already", "a repeated or late message held only entries that the log has"},
	oldEntriesWaitForBarrier:     {"old-entries-wait-for-barrier", "a majority holds an entry of an older term, which is not committed by that"},
	oldEntriesCommittedByBarrier: {"old-entries-committed-by-barrier", "entries of older terms were committed by the first of the leader's own"},
	gapFoundWhileReplicating:     {"gap-found-while-replicating", "a follower lacked what was sent to it, and its leader probes again"},
	probeSkipsEntries:            {"probe-skips-entries", "a rejection led the leader back by more than one entry"},
	probeAfterSilence:            {"probe-after-silence", "a leader asked after entries that nobody answered for a heartbeat"},
	windowFull:                   {"window-full", "a follower was sent no more because too much is in flight"},
	uncommittedLimitRefuses:      {"uncommitted-limit-refuses", "a leader took no more proposals because too much is not committed"},
	transferRefusesProposals:     {"transfer-refuses-proposals", "a leader took no proposals because it was handing over"},
	transferGivenUp:              {"transfer-given-up", "a leader gave up handing over and went on"},
	stalledLeaderHandsOver:       {"stalled-leader-hands-over", "a leader began to hand over because its disk finished nothing"},
	removedLeaderHandsOver:       {"removed-leader-hands-over", "a leader began to hand over because it votes no more"},
	handOverFailedSoStepsDown:    {"hand-over-failed-so-steps-down", "a leader that should not lead found no successor, and gave up its term"},
	askedToStandTooLate:          {"asked-to-stand-too-late", "a replica did not stand as asked because its log is not what the leader's was"},
	offerAnsweredByCommit:        {"offer-answered-by-commit", "a snapshot was offered to a replica that had committed what it holds"},
	offerAnsweredByLog:           {"offer-answered-by-log", "a snapshot was offered to a replica whose log held its last entry, not known to be committed"},
	installedKeepsSuffix:         {"installed-keeps-suffix", "a snapshot was installed below entries that the log keeps"},
	installedDropsLog:            {"installed-drops-log", "a snapshot was installed in the place of entries that were not committed here"},
	installedOvertaken:           {"installed-overtaken", "a snapshot was fetched in vain because the log had reached it meanwhile"},
	jointConsensus:               {"joint-consensus", "two sets of voters had to agree during a change of members"},
	changeResumedByNewLeader:     {"change-resumed-by-new-leader", "a leader took the next step of a change that another one began"},
	changeCalledOff:              {"change-called-off", "a change of members was called off while voters-to-be caught up"},
	changeBusy:                   {"change-refused-busy", "a change of members was refused because of another, or because the leader was handing over"},
	changeTooEarly:               {"change-refused-too-early", "a change of members was refused because the leader had committed nothing yet"},
	changeUnreachable:            {"change-refused-unreachable", "a change of members was refused because those who would decide were not heard from"},
	farewellTold:                 {"farewell-told", "a replica that was removed was told so before it was dropped"},
	farewellGivenUp:              {"farewell-given-up", "a replica that was removed could not be told so in time"},
	damagedFenced:                {"damaged-fenced", "a damaged replica knows in which term it must not vote any more"},
	damagedWhole:                 {"damaged-whole", "a damaged replica has all that it may have forgotten, and votes again"},
	followerDistrusted:           {"follower-distrusted", "a leader forgot what a follower acknowledged, because that was damaged"},
	restBegun:                    {"rest-begun", "a leader went to rest with its group"},
	restRefused:                  {"rest-refused", "a replica stayed awake though its leader offered rest"},
	restEndedByContact:           {"rest-ended-by-contact", "a follower at rest was told about the node of its leader"},
	restEndedByStranger:          {"rest-ended-by-stranger", "a follower at rest was woken by somebody who is not its leader"},
	staleWordOfLeader:            {"stale-word-of-leader", "a heartbeat that is repeated or late did not count as a sign of life"},
	staleAnswerOfFollower:        {"stale-answer-of-follower", "an answer to a heartbeat that is late did not count as a sign of life"},
}

// String returns the name of the mark: raft/ and what happened.
func (m Mark) String() string { return markNames[m] }

// Meaning says in one sentence what has happened.
func (m Mark) Meaning() string { return marksTable[m].meaning }

// markNames are made once, because marks are told often.
var markNames = func() (names [marks]string) {
	for m, t := range marksTable {
		names[m] = "raft/" + t.name
	}
	return names
}()

// EveryMark returns all marks there are.
func EveryMark() []Mark {
	list := make([]Mark, marks)
	for i := range list {
		list[i] = Mark(i)
	}
	return list
}

// Marks is a set of marks.
type Marks uint64

// A set holds every mark; the compiler checks it.
const _ uint = 64 - uint(marks)

// All ranges over the marks in s.
func (s Marks) All() iter.Seq[Mark] {
	return func(yield func(Mark) bool) {
		for m := Mark(0); s != 0; m, s = m+1, s>>1 {
			if s&1 != 0 && !yield(m) {
				return
			}
		}
	}
}

// note adds m to the marks of the turn.
func (r *Replica) note(m Mark) { r.out.Marks |= 1 << m }

// noteIf adds m to the marks of the turn if it was reached.
func (r *Replica) noteIf(reached bool, m Mark) {
	if reached {
		r.note(m)
	}
}
