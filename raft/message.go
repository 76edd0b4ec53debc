package raft

import "fmt"

// A MessageKind says what a [Message] asks or answers.
type MessageKind uint8

// The kinds of message. Which fields of a Message each one uses is said here;
// From, To and Term are always set.
const (
	// RequestPreVote asks who would vote for From in Term, a term that nobody has
	// entered yet (§9.6 of the dissertation). Index and LogTerm are the end of the
	// asker's log.
	RequestPreVote MessageKind = iota + 1
	// GrantPreVote says yes. Term is the one that was asked for.
	GrantPreVote
	// RefusePreVote says no. Term is the one that From is in.
	RefusePreVote
	// RequestVote asks for a vote in Term. Index and LogTerm are the end of the
	// asker's log.
	RequestVote
	// GrantVote is the vote.
	GrantVote
	// RefuseVote says that From votes for another, or that the asker is behind.
	RefuseVote
	// AppendEntries carries Entries that follow the entry Index of LogTerm, and
	// what the leader knows to be committed. Without entries it is a probe.
	AppendEntries
	// AcceptEntries says that From's log is the leader's up to Index, durably.
	AcceptEntries
	// RejectEntries says that From has no entry Index of the term it was shown.
	// Hint and LogTerm say where to look: the last entry of From's log up to Index
	// that could be the leader's.
	RejectEntries
	// Heartbeat asks whether From still leads, in the round number Round. Index and
	// LogTerm are an entry that To is known to hold, and Commit is as in
	// AppendEntries.
	Heartbeat
	// AcceptHeartbeat says that From knows no later term than the leader's, and whether
	// it Abstains. Round comes from the Heartbeat.
	AcceptHeartbeat
	// Outdated tells a leader or candidate of an earlier term that From is in Term.
	Outdated
	// OfferSnapshot says that From, which leads, no longer holds the entries that To
	// needs next, but the snapshot at Index of LogTerm.
	OfferSnapshot
	// StandNow asks To to stand at once: the leader From hands over to it. Index and
	// LogTerm are the end of the leader's log, which To is known to hold.
	StandNow
	// Rest is the last word of a leader for now: nobody need expect heartbeats any
	// more. Index and LogTerm are the end of its log, and of To's; all of it is
	// committed. Round is the number of the offer.
	Rest
	// AskTerm asks what term To is in, and who is a member. From is damaged: it may have
	// forgotten what it promised; or it has waited for a leader in vain, or was removed.
	// Round comes back in the answer, and Term, as in the answers, is the one that From
	// is in: it may be zero, and nobody enters it because of the message.
	AskTerm
	// TellTerm says in what Term From durably is and, if it leads, in Index where its
	// log ends. Data is the configuration in force at Commit, its commit index, an entry
	// of LogTerm.
	TellTerm
	// TellDamage says the same of somebody who is damaged, too, or was removed: it never
	// leads.
	TellDamage
	// AcceptRest says that From rests. Round comes from the Rest.
	AcceptRest
)

var kindNames = [...]string{
	RequestPreVote:  "RequestPreVote",
	GrantPreVote:    "GrantPreVote",
	RefusePreVote:   "RefusePreVote",
	RequestVote:     "RequestVote",
	GrantVote:       "GrantVote",
	RefuseVote:      "RefuseVote",
	AppendEntries:   "AppendEntries",
	AcceptEntries:   "AcceptEntries",
	RejectEntries:   "RejectEntries",
	Heartbeat:       "Heartbeat",
	AcceptHeartbeat: "AcceptHeartbeat",
	Outdated:        "Outdated",
	OfferSnapshot:   "OfferSnapshot",
	StandNow:        "StandNow",
	AskTerm:         "AskTerm",
	TellTerm:        "TellTerm",
	TellDamage:      "TellDamage",
	Rest:            "Rest",
	AcceptRest:      "AcceptRest",
}

// known reports whether k is a kind that this version knows.
func (k MessageKind) known() bool { return int(k) < len(kindNames) && kindNames[k] != "" }

// testifies reports whether k is about what somebody who is damaged has forgotten.
func (k MessageKind) testifies() bool { return k >= AskTerm && k <= TellDamage }

// String names the kind.
func (k MessageKind) String() string {
	if !k.known() {
		return fmt.Sprintf("MessageKind(%d)", uint8(k))
	}
	return kindNames[k]
}

// A Message is what replicas of one group say to one another. It may be lost,
// delayed, repeated and overtaken. What the fields mean depends on Kind.
type Message struct {
	Kind    MessageKind
	From    ID
	To      ID
	Term    Term
	Index   Index
	LogTerm Term
	Hint    Index
	Commit  Index
	Round   uint64
	Entries []Entry
	// Forced says of a RequestVote that the leader of the term before asked for it,
	// so that loyalty to that leader is no reason to ignore it.
	Forced bool
	// Data is a [Configuration], encoded: the one in force at Commit, in the answers to
	// AskTerm. It is empty if there is none, and in all other messages.
	Data []byte
	// Abstains says of an AcceptHeartbeat that From acknowledges and does not vote: it is
	// damaged, or came back and does not hold yet what it held when it left.
	Abstains bool
}

// String prints the message on one line, entries as their positions.
func (m Message) String() string {
	s := fmt.Sprintf("%d→%d %v term=%d", m.From, m.To, m.Kind, m.Term)
	switch m.Kind {
	case RequestVote:
		if m.Forced {
			s += " forced"
		}
		return s + fmt.Sprintf(" last=%d@%d", m.Index, m.LogTerm)
	case RequestPreVote, StandNow:
		return s + fmt.Sprintf(" last=%d@%d", m.Index, m.LogTerm)
	case AppendEntries:
		return s + fmt.Sprintf(" after=%d@%d commit=%d %v", m.Index, m.LogTerm, m.Commit, positions(m.Entries))
	case AcceptEntries:
		return s + fmt.Sprintf(" index=%d", m.Index)
	case RejectEntries:
		return s + fmt.Sprintf(" index=%d try=%d@%d", m.Index, m.Hint, m.LogTerm)
	case Heartbeat:
		return s + fmt.Sprintf(" round=%d match=%d@%d commit=%d", m.Round, m.Index, m.LogTerm, m.Commit)
	case TellTerm, TellDamage:
		c, _ := DecodeConfiguration(m.Data)
		return s + fmt.Sprintf(" round=%d last=%d at=%d@%d %v", m.Round, m.Index, m.Commit, m.LogTerm, c)
	case AskTerm:
		return s + fmt.Sprintf(" round=%d", m.Round)
	case OfferSnapshot:
		return s + fmt.Sprintf(" snapshot=%d@%d", m.Index, m.LogTerm)
	case Rest:
		return s + fmt.Sprintf(" round=%d last=%d@%d", m.Round, m.Index, m.LogTerm)
	case AcceptHeartbeat, AcceptRest:
		if m.Abstains {
			s += " abstains"
		}
		return s + fmt.Sprintf(" round=%d", m.Round)
	}
	return s
}

// String prints the position of the entry, and what it is unless it is a command.
func (e Entry) String() string {
	switch e.Kind {
	case Command:
		return fmt.Sprintf("%d@%d", e.Index, e.Term)
	case Barrier:
		return fmt.Sprintf("%d@%d(barrier)", e.Index, e.Term)
	case Membership:
		if c, err := DecodeConfiguration(e.Data); err == nil {
			return fmt.Sprintf("%d@%d%v", e.Index, e.Term, c)
		}
	}
	return fmt.Sprintf("%d@%d(kind %d)", e.Index, e.Term, e.Kind)
}

// positions prints a run of entries by its ends.
func positions(entries []Entry) string {
	switch len(entries) {
	case 0:
		return "[]"
	case 1:
		return fmt.Sprintf("[%v]", entries[0])
	}
	return fmt.Sprintf("[%v..%v]", entries[0], entries[len(entries)-1])
}
