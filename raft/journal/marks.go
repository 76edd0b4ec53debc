package journal

import "github.com/understudy-kv/understudy/actors"

// The marks of this package. What they mean says [Marks].
const (
	markTailRepaired        = "journal/tail-repaired"
	markUnfinishedDropped   = "journal/unfinished-dropped"
	markReplacedLeft        = "journal/replaced-left"
	markSalvaged            = "journal/salvaged"
	markBegun               = "journal/generation-begun"
	markSwitched            = "journal/generation-switched"
	markBoth                = "journal/both-written"
	markCopiedInPieces      = "journal/copied-in-pieces"
	markGroupCopiedInPieces = "journal/group-copied-in-pieces"
	markAsked               = "journal/snapshot-asked"
	markLost                = "journal/group-lost"
	markSyncFailed          = "journal/sync-failed"
)

// Marks returns the marks of a journal.
func Marks() []actors.Mark {
	return []actors.Mark{
		{Name: markTailRepaired, Meaning: "recovery cut an unfinished write from the end of a log"},
		{Name: markUnfinishedDropped, Meaning: "recovery found a generation that a crash had left incomplete, and took the one before it"},
		{Name: markReplacedLeft, Meaning: "recovery found a generation that a crash had kept from being removed"},
		{Name: markSalvaged, Meaning: "recovery took what could be read of damaged logs"},
		{Name: markBegun, Meaning: "the next generation was begun because the current one had grown"},
		{Name: markSwitched, Meaning: "the next generation took the place of the current one"},
		{Name: markBoth, Meaning: "what was appended went to both generations, because the past was being copied"},
		{Name: markCopiedInPieces, Meaning: "the past was copied in more than one piece"},
		{Name: markGroupCopiedInPieces, Meaning: "the past of one group was copied in more than one piece"},
		{Name: markAsked, Meaning: "a group was asked for a snapshot because its log is what takes the room"},
		{Name: markLost, Meaning: "a group began anew because its snapshot is lost"},
		{Name: markSyncFailed, Meaning: "a sync failed, and the node ended"},
	}
}
