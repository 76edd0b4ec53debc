package node

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/actors"
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
	b = appendNumber(b, 1, uint64(h.Node))
	b = appendNumber(b, 2, protowire.EncodeBool(h.Silent))
	var late []byte
	for _, n := range h.Late {
		late = protowire.AppendVarint(late, n)
	}
	return appendBytes(b, 3, late)
}

// DecodeHearing is the inverse of [Hearing.AppendTo].
func DecodeHearing(b []byte) (Hearing, error) {
	var h Hearing
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			h.Node = actors.NodeID(d.number())
		case 2:
			h.Silent = protowire.DecodeBool(d.number())
		case 3:
			copy(h.Late[:], d.numbers(len(h.Late)))
		}
	}
	d.check(h.Node != 0)
	return h, d.error("hearing")
}

// hearingsRequest asks the pulse of the same node for [hearings].
type hearingsRequest struct{}

// hearings is how a node has heard all other members, in the order of the map.
type hearings struct{ list []Hearing }

func (p *pulse) hearings() hearings {
	h := hearings{make([]Hearing, 0, len(p.members))}
	for _, m := range p.members {
		h.list = append(h.list, m.hearing)
	}
	return h
}
