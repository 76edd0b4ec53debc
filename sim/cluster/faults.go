package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// slowFactor is how much slower a slow disk syncs, and a slow node computes.
const slowFactor = 100

// interventions are what the harness has done to a world, and what it must undo.
type interventions struct {
	strikes map[plan.FaultKind]int
	idle    map[plan.FaultKind]int // strikes that found nobody running, or nothing to do
	harm    harm
	invited []invitation
	wishes  uint64 // how often a replica was asked about its group
	lifts   []func()
	// absent are the servers that stay away, with what brings them back.
	absent   map[actors.NodeID]func()
	returned int // servers that stayed away
	bands    []check.Band
}

func newInterventions() interventions {
	return interventions{strikes: map[plan.FaultKind]int{}, idle: map[plan.FaultKind]int{}, harm: newHarm(), absent: map[actors.NodeID]func(){}}
}

// harm is what strikes have done that later ones have to know of.
type harm struct {
	slowed map[actors.NodeID]bool // whose disk is slow
	filled map[actors.NodeID]bool // whose disk is full
	marred map[actors.NodeID]bool // whose log of births was damaged
	wiped  map[actors.NodeID]bool
	// damaged are the servers whose disk has lost something that it had promised to keep.
	damaged map[actors.NodeID]bool
}

func newHarm() harm {
	return harm{
		slowed: map[actors.NodeID]bool{}, filled: map[actors.NodeID]bool{}, marred: map[actors.NodeID]bool{},
		wiped: map[actors.NodeID]bool{}, damaged: map[actors.NodeID]bool{},
	}
}

// strike carries out one strike of the plan, and notes in it who was struck.
func (r *run) strike(s *plan.Strike) {
	n := r.target(s)
	if n == 0 {
		r.idle[s.Kind]++
		return
	}
	lift := deeds[s.Kind](r, s, n)
	if lift == nil {
		r.idle[s.Kind]++
		return // there is nothing to do, such as damaging a snapshot where there is none
	}
	s.Struck = int(n &^ actors.ClientBit)
	r.strikes[s.Kind]++
	r.annotate(s, n)
	r.later(s.For, lift)
}

// target returns who is struck. If the target is down or paused, that is the next
// server that runs, or for what only a leader can do nobody: a fault of what is not
// running shows nothing.
func (r *run) target(s *plan.Strike) actors.NodeID {
	if c := s.Target.Client; c != 0 {
		return r.targetClient(actors.ClientBit | actors.NodeID(c))
	}
	n := actors.NodeID(s.Target.Node)
	if n == 0 {
		n = actors.NodeID(r.watch.leaders[groupAt(s.Target.LeaderOf)])
	}
	first := slices.Index(r.servers, n)
	for i := range r.servers {
		n := r.servers[(first+i)%len(r.servers)]
		if r.world.Up(n) && !r.world.Paused(n) {
			return n
		}
		if s.Kind.OfPartition() {
			return 0
		}
	}
	return 0
}

// targetClient returns a client if it runs.
func (r *run) targetClient(c actors.NodeID) actors.NodeID {
	if !r.world.Up(c) {
		return 0
	}
	return c
}

// later lifts a fault in time, or earlier when everything is healed.
func (r *run) later(d time.Duration, lift func()) {
	lifted := false
	once := func() {
		if !lifted {
			lifted = true
			lift()
		}
	}
	r.lifts = append(r.lifts, once)
	r.world.After(d, once)
}

// deeds make faults happen to a node, and return what lifts them, or nil if they find
// nothing to do.
var deeds = map[plan.FaultKind]func(r *run, s *plan.Strike, n actors.NodeID) (lift func()){
	plan.Crash:           (*run).crash,
	plan.Stop:            (*run).stop,
	plan.Pause:           (*run).pause,
	plan.Stall:           (*run).stall,
	plan.SlowNode:        (*run).slowNode,
	plan.CrashClient:     (*run).crashClient,
	plan.Isolate:         (*run).isolate,
	plan.Split:           (*run).split,
	plan.CutLink:         (*run).cutLink,
	plan.CutPair:         (*run).cutPair,
	plan.Swizzle:         (*run).swizzle,
	plan.Clog:            (*run).clog,
	plan.ClogLink:        (*run).clogLink,
	plan.SlowDisk:        (*run).slowDisk,
	plan.StickDisk:       (*run).stickDisk,
	plan.FailSync:        (*run).failSync,
	plan.FailAppend:      (*run).failAppend,
	plan.FailFile:        (*run).failFile,
	plan.FailRead:        (*run).failRead,
	plan.FillDisk:        (*run).fillDisk,
	plan.Corrupt:         (*run).corrupt,
	plan.CorruptSnapshot: (*run).corrupt,
	plan.RotSnapshot:     (*run).rot,
	plan.Misdirect:       (*run).corrupt,
	plan.LoseLog:         (*run).corrupt,
	plan.LoseSnapshot:    (*run).corrupt,
	plan.Wipe:            (*run).wipe,
	plan.JumpClock:       (*run).jumpClock,
	plan.DriftClock:      (*run).driftClock,
	plan.Transfer:        (*run).transfer,
	plan.ChangeMembers:   (*run).changeMembers,
}

// annotate notes a strike in the trace and as a band for the picture.
func (r *run) annotate(s *plan.Strike, n actors.NodeID) {
	text := fmt.Sprintf("%s node %v for %v", s.Kind, n, s.For)
	r.world.Note(text)
	end := min(s.At+s.For, r.plan.Duration)
	r.bands = append(r.bands, check.Band{Lane: fmt.Sprintf("node %v", n), From: s.At, To: end, Text: string(s.Kind)})
}

// ambient counts what the network and the disks did on their own.
func (r *run) ambient() (list []Count) {
	for _, t := range r.network.Tallies() {
		switch t.Name {
		case "loss":
			list = append(list, Count{t.Name, int(t.Lost)})
		case "duplicate":
			list = append(list, Count{t.Name, int(t.Duplicated)})
		case "reorder":
			list = append(list, Count{t.Name, int(t.Delayed)})
		case farLink:
			list = append(list, Count{t.Name, int(t.Delayed)})
		case narrowLink:
			list = append(list, Count{t.Name, int(t.Lost)})
		}
	}
	list = append(list, Count{"full mailbox", int(r.world.Stats().Refused)}, Count{"absence", r.returned})
	torn, lost, recovered := 0, 0, 0
	for _, n := range r.servers {
		c := r.disks[n].Counts()
		torn += int(c.Torn)
		lost += int(c.LostRecords)
		recovered += int(c.Recoveries)
	}
	return append(list, Count{"torn record", torn}, Count{"lost record", lost}, Count{"recovered log", recovered})
}
