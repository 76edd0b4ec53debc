package snapshot

import "github.com/understudy-kv/understudy/actors"

// The marks of this package. What they mean says [Marks].
const (
	markWaitsItsTurn    = "snapshot/fetch-waits-its-turn"
	markToldToWait      = "snapshot/told-to-wait"
	markAskedAgain      = "snapshot/asked-again"
	markResumed         = "snapshot/fetch-resumed"
	markOtherSender     = "snapshot/other-sender"
	markNewerInstead    = "snapshot/newer-instead"
	markNewerIgnored    = "snapshot/newer-ignored"
	markHereAlready     = "snapshot/here-already"
	markCapturedAlready = "snapshot/captured-already"
	markGone            = "snapshot/gone"
	markSilent          = "snapshot/sender-silent"
	markOvertaken       = "snapshot/fetch-overtaken"
	markIdlePlace       = "snapshot/asker-silent"
	markPinned          = "snapshot/removal-waits"
	markDiscarded       = "snapshot/discarded-while-written"
	markDamaged         = "snapshot/damaged"
	markKeptDamaged     = "snapshot/kept-damaged"
	markPauses          = "snapshot/fetch-pauses"
)

// Marks returns the marks of a keeper.
func Marks() []actors.Mark {
	return []actors.Mark{
		{Name: markWaitsItsTurn, Meaning: "a snapshot was to be fetched while as many as may be were"},
		{Name: markToldToWait, Meaning: "a node was told to wait because as many snapshots as may be were being sent"},
		{Name: markAskedAgain, Meaning: "a piece was asked for again because no answer came"},
		{Name: markResumed, Meaning: "pieces came again after questions that had no answer"},
		{Name: markOtherSender, Meaning: "a snapshot was fetched on from another node than it was begun"},
		{Name: markNewerInstead, Meaning: "a fetch that did not get on made room for that of another snapshot"},
		{Name: markNewerIgnored, Meaning: "a fetch that gets on was left alone though another snapshot was offered"},
		{Name: markHereAlready, Meaning: "a snapshot that was to be fetched was here"},
		{Name: markCapturedAlready, Meaning: "a snapshot that was to be captured was here"},
		{Name: markGone, Meaning: "the sender did not have the snapshot any more"},
		{Name: markSilent, Meaning: "a fetch was given up because nothing came for a long time"},
		{Name: markOvertaken, Meaning: "a fetch was ended because the group has a newer snapshot"},
		{Name: markIdlePlace, Meaning: "a node that was being sent a snapshot asked for nothing any more, and lost its place"},
		{Name: markPinned, Meaning: "a snapshot that is not needed any more was kept because it is being sent"},
		{Name: markDiscarded, Meaning: "a file was given up while the disk was at it"},
		{Name: markDamaged, Meaning: "a piece of a snapshot was found to be damaged or gone"},
		{Name: markKeptDamaged, Meaning: "a peer was told that the snapshot its log rests on is damaged"},
		{Name: markPauses, Meaning: "a snapshot that could not be fetched just now was offered again"},
	}
}
