package picture

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim"
)

// lanes numbers the nodes and the actors of a run in the order they appear. Actor 0
// is nobody: the harness, or a disk.
type lanes struct {
	nodes   []actors.NodeID
	byNode  map[actors.NodeID]int
	actors  []actors.Ref
	byActor map[actors.Ref]int
}

func (l *lanes) init() {
	l.byNode = map[actors.NodeID]int{}
	l.byActor = map[actors.Ref]int{{}: 0}
	l.actors = []actors.Ref{{}}
}

// of returns the lane of a node.
func (l *lanes) of(n actors.NodeID) int {
	i, known := l.byNode[n]
	if !known {
		i = len(l.nodes)
		l.nodes = append(l.nodes, n)
		l.byNode[n] = i
	}
	return i
}

// actor returns the number of an actor.
func (l *lanes) actor(r actors.Ref) int {
	i, known := l.byActor[r]
	if !known {
		i = len(l.actors)
		l.actors = append(l.actors, r)
		l.byActor[r] = i
	}
	return i
}

// laneName is what people call a node.
func laneName(n actors.NodeID) string {
	if n.IsClient() {
		return "client " + strings.TrimPrefix(n.String(), "c")
	}
	return "node " + n.String()
}

func peerName(g journal.GroupID) string { return peer.Name(g) }

// group returns which Raft group an event is about, as far as its actors and its
// message tell, or 0.
func group(e *sim.Event) uint64 {
	switch m := e.Message.(type) {
	case snapshot.AskPiece:
		return uint64(m.Group)
	case snapshot.Piece:
		return uint64(m.Group)
	case journal.Append:
		return uint64(m.Group)
	}
	if g := groupOf(e.To.Name); g != 0 {
		return g
	}
	return groupOf(e.From.Name)
}

// groupOf reads the group out of the name of a peer; no other actor has one.
func groupOf(name string) uint64 {
	number, isPeer := strings.CutPrefix(name, "peer/")
	if !isPeer {
		return 0
	}
	g, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0
	}
	return g
}

// happening returns the kind and the text of what happens to a whole node.
func happening(e *sim.Event) (rowKind, string) {
	switch e.Kind {
	case sim.Crashed:
		return crash, "the node lost everything but its disk"
	case sim.Restarted:
		return restart, fmt.Sprintf("the node begins to run, life %d", e.Mark)
	case sim.Paused:
		return pause, "the process stands still"
	case sim.Resumed:
		return resume, "the process goes on"
	case sim.Halted:
		return halt, fmt.Sprint(e.Err)
	case sim.Panicked:
		return panicked, e.Text
	case sim.Drifted:
		return clock, fmt.Sprintf("the clock runs %d ppm fast", int64(e.Mark))
	}
	return clock, strings.SplitAfterN(e.String(), " ", 4)[3]
}
