package peer

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// The marks of this package. What they mean says [Marks].
const (
	markBeginsDamaged  = "peer/begins-damaged"
	markSnapshotLost   = "peer/snapshot-lost"
	markRestored       = "peer/restored"
	markRestoredInVain = "peer/restored-in-vain"
	markFetchFailed    = "peer/fetch-failed"
	markPressed        = "peer/captured-when-asked"
	markRotten         = "peer/snapshot-damaged"
	markCaptureGivenUp = "peer/capture-given-up"
	markAbandoned      = "peer/commands-abandoned"
	markTurnedAway     = "peer/turned-away"
	markChangeAnswered = "peer/change-done-already"
	markLeft           = "peer/left"
	markRecalled       = "peer/recalled"
)

// Marks returns the marks of a peer, among them those of its replica: see
// [raft.Mark].
func Marks() []actors.Mark {
	return append([]actors.Mark{
		{Name: markBeginsDamaged, Meaning: "a replica began to work that has lost a part of its memory"},
		{Name: markSnapshotLost, Meaning: "the snapshot that a replica was to begin with is lost"},
		{Name: markRestored, Meaning: "the state of a fetched snapshot took the place of the machine"},
		{Name: markRestoredInVain, Meaning: "the log had overtaken a fetched snapshot by the time its state was built"},
		{Name: markFetchFailed, Meaning: "a snapshot that the replica needs could not be fetched"},
		{Name: markPressed, Meaning: "a snapshot was begun before it was due, because it was asked for"},
		{Name: markRotten, Meaning: "the snapshot that the log rests on was found to be damaged while the replica runs"},
		{Name: markCaptureGivenUp, Meaning: "a snapshot was given up because the state is going to be another"},
		{Name: markAbandoned, Meaning: "those who wait for a command were told that its outcome is not known, because the reign is over"},
		{Name: markTurnedAway, Meaning: "somebody asked a replica that is still being restored"},
		{Name: markLeft, Meaning: "a replica left because it was removed from its group"},
		{Name: markRecalled, Meaning: "a replica that had left was called back, because it was added again"},
		{Name: markChangeAnswered, Meaning: "a change of members was asked for that has been made"},
	}, marksOfRaft()...)
}

func marksOfRaft() (list []actors.Mark) {
	for _, m := range raft.EveryMark() {
		list = append(list, actors.Mark{Name: m.String(), Meaning: m.Meaning()})
	}
	return list
}

// tellMachine passes on the marks of the machine.
func (p *Peer) tellMachine(ctx actors.Context) {
	if m, marks := p.machine.(Marker); marks {
		for _, name := range m.Reached() {
			ctx.Mark(name)
		}
	}
}

// tell passes on the marks of the replica.
func tell(ctx actors.Context, marks raft.Marks) {
	for m := range marks.All() {
		ctx.Mark(m.String())
	}
}
