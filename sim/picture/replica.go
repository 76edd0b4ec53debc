package picture

import (
	"cmp"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
)

// A role is what a replica was seen to do. The page knows the roles by these numbers.
type role uint8

const (
	absent    role = iota // the node hosts no such replica
	down                  // its node does not run
	follower              // or somebody of whom nothing else is known
	pollster              // asks who would vote for it
	candidate             // asks for votes
	leader                // says so, or tells its node
	nonvoter              // a learner, or not a member any more
	damaged               // has lost something, as its journal says
	roles
)

// roleNames are how the page calls the roles.
var roleNames = [roles]string{
	"absent", "down", "follower", "pre-candidate", "candidate", "leader", "non-voter", "damaged",
}

// A place is where a replica lives.
type place struct {
	node  actors.NodeID
	group uint64
}

// A state is what a replica was from some time on.
type state struct {
	at    time.Duration
	place place
	role  role
	term  raft.Term
}

// A replica is what is known of one at the moment.
type replica struct {
	role     role
	term     raft.Term
	nonvoter bool
	damaged  bool
	shown    state
}

// replicas follows the roles and terms of replicas: by what they say to one another,
// by what they write to their journal, and by what they tell their node.
type replicas struct {
	now    map[place]*replica
	states []state
}

func (r *replicas) init() { r.now = map[place]*replica{} }

// said takes a message that left.
func (r *replicas) said(e *sim.Event) {
	m, ok := e.Message.(raft.Message)
	if !ok {
		return
	}
	at := place{e.Node, groupOf(e.To.Name)}
	p := r.at(at)
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat, raft.Rest, raft.OfferSnapshot, raft.StandNow:
		p.role, p.term = leader, m.Term
	case raft.RequestVote:
		p.role, p.term = candidate, m.Term
	case raft.RequestPreVote:
		p.role = pollster
	case raft.GrantVote, raft.AcceptEntries, raft.RejectEntries, raft.AcceptHeartbeat, raft.AcceptRest:
		p.role, p.term = follower, m.Term
	}
	r.show(e.At, at)
}

// saved takes what a replica writes to the journal of its node.
func (r *replicas) saved(e *sim.Event, group uint64, s raft.Save) {
	at := place{e.Node, group}
	p := r.at(at)
	if s.Vote.Term > p.term && p.role != candidate && p.role != pollster {
		p.role = follower
	}
	p.term, p.damaged = max(p.term, s.Vote.Term), s.Damaged
	r.show(e.At, at)
}

// heard takes what a peer tells its node.
func (r *replicas) heard(e *sim.Event) {
	m, ok := e.Message.(peer.Led)
	if !ok {
		return
	}
	at := place{e.Node, uint64(m.Group)}
	p, self := r.at(at), raft.ID(e.Node)
	switch {
	case m.Leader == self:
		p.role = leader
	case m.Leader != raft.None || p.role == leader:
		p.role = follower
	}
	p.term = max(p.term, m.Term)
	p.nonvoter = len(m.Voters) > 0 && !slices.Contains(m.Voters, self)
	r.show(e.At, at)
}

// hosted takes that a peer was spawned or stopped.
func (r *replicas) hosted(e *sim.Event) {
	group := groupOf(e.To.Name)
	if group == 0 {
		return
	}
	at := place{e.Node, group}
	p := r.at(at)
	if p.role = follower; e.Kind == sim.Stopped {
		p.role = absent
	}
	r.show(e.At, at)
}

// crashed takes that a node went down, with all that its replicas knew but their terms.
func (r *replicas) crashed(e *sim.Event) {
	for _, at := range r.on(e.Node) {
		p := r.now[at]
		if p.role != absent {
			p.role = down
		}
		r.show(e.At, at)
	}
}

// restarted takes that a node begins to read its disk.
func (r *replicas) restarted(e *sim.Event) { r.crashed(e) }

// on returns the replicas of a node by group.
func (r *replicas) on(n actors.NodeID) (list []place) {
	for at := range r.now { // any order: they are sorted below
		if at.node == n {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, func(a, b place) int { return cmp.Compare(a.group, b.group) })
	return list
}

func (r *replicas) at(at place) *replica {
	p := r.now[at]
	if p == nil {
		p = &replica{}
		r.now[at] = p
	}
	return p
}

// show keeps the state of a replica if it is not what it was.
func (r *replicas) show(now time.Duration, at place) {
	p := r.now[at]
	s := state{at: now, place: at, role: p.role, term: p.term}
	if p.role > down && p.damaged {
		s.role = damaged
	} else if p.role == follower && p.nonvoter {
		s.role = nonvoter
	}
	if s.role != p.shown.role || s.term != p.shown.term {
		p.shown = s
		r.states = append(r.states, s)
	}
}
