package client

import "github.com/understudy-kv/understudy/actors"

// The marks of this package. What they mean says [Marks].
const (
	markUnknown      = "client/outcome-unknown"
	markCertain      = "client/failed-for-certain"
	markCircles      = "client/redirected-in-circles"
	markSilentLeader = "client/leader-silent"
	markResent       = "client/resent"
	markElsewhere    = "client/sent-elsewhere"
	markStranger     = "client/leader-outside-map"
	markOverloaded   = "client/leader-overloaded"
	markCrowdedOut   = "client/crowded-out"
	markLate         = "client/late-answer"
	markMapAgain     = "client/map-asked-again"
)

// Marks returns the marks of a client.
func Marks() []actors.Mark {
	return []actors.Mark{
		{Name: markUnknown, Meaning: "a write ended without an answer, so that its outcome is not known"},
		{Name: markCertain, Meaning: "a call ended without an answer, and is known to have had no effect"},
		{Name: markCircles, Meaning: "a hint at a leader was not believed any more, because hints had led in circles"},
		{Name: markSilentLeader, Meaning: "a leader was given up because it said nothing"},
		{Name: markResent, Meaning: "a call was sent again to a leader that answers others"},
		{Name: markElsewhere, Meaning: "calls that were with one node were sent to another, which was found to lead"},
		{Name: markStranger, Meaning: "the leader that was named holds no replica by the map"},
		{Name: markOverloaded, Meaning: "a leader asked for patience"},
		{Name: markCrowdedOut, Meaning: "a call ended, certainly without effect, because of too much other work"},
		{Name: markLate, Meaning: "an answer came that nobody waits for any more"},
		{Name: markMapAgain, Meaning: "the map was asked for again because none came"},
	}
}

// note adds to the marks that [Actor.Flush] tells: most of what an actor does is far
// from any context.
func (a *Actor) note(mark string) { a.marks = append(a.marks, mark) }

func (a *Actor) tellMarks(ctx actors.Context) {
	for _, m := range a.marks {
		ctx.Mark(m)
	}
	a.marks = a.marks[:0]
}
