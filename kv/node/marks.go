package node

import "github.com/understudy-kv/understudy/actors"

// The marks of this package. What they mean says [Marks].
const (
	markRepeated      = "node/command-repeated"
	markMemberSilent  = "node/member-silent"
	markMemberBack    = "node/member-back"
	markMemberReborn  = "node/member-reborn"
	markPulseLate     = "node/pulse-late"
	markBeatStale     = "node/beat-stale"
	markOwnersMoved   = "node/owners-moved"
	markHostedEarly   = "node/hosted-before-recovery"
	markHostedDamaged = "node/hosted-damaged"
	markHandedOver    = "node/handed-over"
	markKept          = "node/hand-over-incomplete"
	markLedMeanwhile  = "node/led-while-leaving"
)

// Marks returns the marks of a node and of the stores on it.
func Marks() []actors.Mark {
	return []actors.Mark{
		{Name: markRepeated, Meaning: "a command was in the log again, and was answered with what its session remembered"},
		{Name: markMemberSilent, Meaning: "another node was silent for an election timeout"},
		{Name: markMemberBack, Meaning: "a node that was silent is heard again"},
		{Name: markMemberReborn, Meaning: "another node came back as a new process without having been missed"},
		{Name: markPulseLate, Meaning: "a node that was held up itself blamed nobody for silence"},
		{Name: markBeatStale, Meaning: "a beat of another node that is repeated or late did not count as a sign of life"},
		{Name: markOwnersMoved, Meaning: "a replica told of other voters than those of the map"},
		{Name: markHostedEarly, Meaning: "a node was asked to host a group before it had read its journal"},
		{Name: markHostedDamaged, Meaning: "a group of which nothing is left was taken for damaged, because the journal is"},
		{Name: markHandedOver, Meaning: "a node that is going to be stopped handed over all that it led"},
		{Name: markKept, Meaning: "a node that is going to be stopped could not hand over all that it led"},
		{Name: markLedMeanwhile, Meaning: "a node that is going to be stopped was elected"},
	}
}
