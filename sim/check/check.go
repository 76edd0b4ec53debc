// Package check judges what a simulated cluster was seen to do.
//
// An oracle believes only what the harness observed: messages as they left, the
// durable images of the disks, entries as they were applied, answers as clients
// got them. From what a node says of itself nothing is concluded: it is compared.
package check

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// A Group is the number of a Raft group.
type Group uint64

// String names the partition that the group replicates, which is one less: clients and
// people count partitions.
func (g Group) String() string { return fmt.Sprintf("partition %d", uint64(g)-1) }

// A Node is the number of a server. Its replicas carry the same number.
type Node = raft.ID

// A Violation is a promise that was seen broken.
type Violation struct {
	Oracle string        // which rule, such as "election-safety"
	At     time.Duration // simulated time
	Text   string        // what was believed and what was seen
}

// String prints v in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s at %v: %s", v.Oracle, v.At, v.Text)
}

// Signature returns what v has in common with violations of other runs that probably
// have the same cause: the oracle, and the text without what differs from run to run.
func (v Violation) Signature() string {
	line, _, _ := strings.Cut(v.Text, "\n")
	return v.Oracle + ": " + particulars.ReplaceAllString(line, "#")
}

// particulars are numbers, addresses, lists of them, and quoted text.
var particulars = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|[0-9][0-9a-fx.µmnsh]*|\b[0-9a-f]{8,}\b`)

// A Verdict is what a run is worth. Only Pass is success.
type Verdict uint8

// The verdicts, from best to worst.
const (
	// Pass: something happened and every oracle is content.
	Pass Verdict = iota
	// Vacuous: nothing is broken, but too little happened to mean anything.
	Vacuous
	// Inconclusive: an oracle could not finish its work.
	Inconclusive
	// Violated: a promise was broken.
	Violated
)

// String prints the verdict as the words of the command line.
func (v Verdict) String() string {
	switch v {
	case Pass:
		return "pass"
	case Vacuous:
		return "vacuous"
	case Inconclusive:
		return "inconclusive"
	case Violated:
		return "violation"
	}
	return fmt.Sprintf("verdict(%d)", uint8(v))
}

// The names of the oracles.
const (
	ElectionSafety        = "election-safety"
	OneVote               = "one-vote-per-term"
	DurablePromise        = "durable-before-promise"
	TermsAscend           = "terms-never-go-back"
	LogMatching           = "log-matching"
	DecidedStays          = "decided-entries-stay"
	LeaderCompleteness    = "leader-completeness"
	StateMachineSafety    = "state-machine-safety"
	DurableCommit         = "durable-before-commit"
	DurableApplied        = "durable-before-applied"
	SnapshotsHeld         = "named-snapshots-are-there"
	CommitAscends         = "commit-never-goes-back"
	AppliedAscends        = "applied-never-goes-back"
	StampsAscend          = "stamps-ascend"
	StateEquality         = "replicas-agree"
	SnapshotOfDecided     = "snapshots-are-of-what-was-decided"
	DamagedAbstains       = "damaged-replicas-abstain"
	RemovalProven         = "only-the-removed-leave"
	NothingLeft           = "the-removed-leave-nothing"
	ConfigurationsOverlap = "configurations-overlap"
	LeaseDisjointness     = "leases-are-disjoint"
	FreshReads            = "reads-are-fresh"
	ExactlyOnce           = "exactly-once"
	SessionOrder          = "session-order"
	DefiniteFailure       = "definite-failure-stays-invisible"
	AcknowledgedDecided   = "acknowledged-is-decided"
	Linearizability       = "linearizability"
	NoPanic               = "no-panic"
	Recovery              = "recovery"
	Progress              = "progress"
	Convergence           = "convergence"
	TermsAtRest           = "terms-at-rest"
	NothingPilesUp        = "nothing-piles-up"
	RealFiles             = "real-files"
	CandidatesPolled      = "candidates-were-polled"
	FollowersLoyal        = "followers-are-loyal"
	RefusalsReasoned      = "refusals-have-reasons"
	VotersWait            = "voters-wait"
	SilenceEnds           = "who-hears-nothing-stands"
	LonelyLeaders         = "lonely-leaders-give-up"
	OldTermsTold          = "old-terms-are-told"
	ChangesRest           = "changes-rest-on-decisions"
	LeaversTold           = "the-removed-are-told"
	SearchSkips           = "logs-are-searched-by-terms"
	WishesAnswered        = "wishes-are-answered"
	JoinersKeepUp         = "joiners-keep-up"
	LeasesKept            = "leases-rest-on-loyalty"
	StatusTrue            = "status-is-true"
	SentIsKept            = "what-is-sent-is-kept"
	ReadIsKept            = "what-is-read-is-kept"
	SilentSenders         = "silent-senders-are-given-up"
)
