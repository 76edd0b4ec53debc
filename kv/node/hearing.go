package node

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/field"
)

// A Hearing is how a node has heard another one since its own process began.
type Hearing struct {
	Node actors.NodeID
	// Silent says that nothing has been heard for an election timeout.
	Silent bool
	// Late counts the Beats that came late after the one before them: Late[i] those that
	// came [Lateness] of i heartbeats after it, or more. That of a new process is not
	// late, however long there was none.
	Late [5]uint64
	// Forgotten says that the note of its disk is lost, or was never made because the log
	// of notes is damaged: should it come with another disk, this node cannot tell.
	Forgotten bool
}

// Lateness is the bounds that [Hearing] counts by, in heartbeats: a Beat in time comes
// one heartbeat after the one before it.
var Lateness = [len(Hearing{}.Late)]int{2, 3, 5, 10, 20}

// note counts a Beat that came so long after the one before it.
func (h *Hearing) note(after, heartbeat time.Duration) {
	for i, beats := range Lateness {
		if after >= time.Duration(beats)*heartbeat {
			h.Late[i]++
		}
	}
}

// AppendTo appends the encoding of h to b.
func (h Hearing) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(h.Node))
	b = field.AppendBool(b, 2, h.Silent)
	var late []byte
	for _, n := range h.Late {
		late = protowire.AppendVarint(late, n)
	}
	b = field.AppendElement(b, 3, late)
	return field.AppendBool(b, 4, h.Forgotten)
}

// DecodeHearing is the inverse of [Hearing.AppendTo].
func DecodeHearing(b []byte) (Hearing, error) {
	var h Hearing
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			h.Node = actors.NodeID(d.Uint())
		case 2:
			h.Silent = d.Bool()
		case 3:
			copy(h.Late[:], d.Uints(len(h.Late)))
		case 4:
			h.Forgotten = d.Bool()
		}
	}
	d.Check(h.Node != 0)
	return h, d.Err("hearing")
}

// hearingsRequest asks the pulse of the same node for [hearings].
type hearingsRequest struct{}

// hearings is how a node has heard all other members, in the order of the map, and
// whether it has lost notes of their disks.
type hearings struct {
	list      []Hearing
	forgetful bool
}

func (p *pulse) hearings() hearings {
	h := hearings{make([]Hearing, 0, len(p.members)), p.births.lossy}
	for _, m := range p.members {
		_, known := p.births.met[m.id]
		m.hearing.Forgotten = p.births.lossy && !known
		h.list = append(h.list, m.hearing)
	}
	return h
}
