package node

import (
	"cmp"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// maxAskers limits who waits for a status: others get no answer.
const maxAskers = 1024

// due ends a survey that some peers have not answered.
type due struct{}

// A survey asks every peer of the node once for its status. All who ask the node
// while it runs share the next one.
type survey struct {
	askers   []actors.Ref // of the running survey; empty if none runs
	next     []actors.Ref // of the next one
	replicas []peer.Status
	pulse    *hearings // nil until the pulse has answered
	cancel   func()    // of the timer that ends it
}

// ask takes part in the next survey, which begins at once if none is running.
func (n *Node) ask(ctx actors.Context, asker actors.Ref) {
	if !n.recovered {
		ctx.Send(asker, n.status())
		return
	}
	if len(n.survey.next) < maxAskers {
		n.survey.next = append(n.survey.next, asker)
	}
	if len(n.survey.askers) == 0 {
		n.begin(ctx)
	}
}

func (n *Node) begin(ctx actors.Context) {
	n.survey = survey{askers: n.survey.next, cancel: ctx.After(n.config.Patience, due{})}
	ctx.Send(n.local(pulseName), hearingsRequest{})
	for _, p := range n.peers {
		ctx.Send(p.ref, peer.StatusRequest{})
	}
}

// listened takes the answer of the pulse.
func (n *Node) listened(ctx actors.Context, h hearings) {
	if len(n.survey.askers) > 0 {
		n.survey.pulse = &h
		n.reportIfComplete(ctx)
	}
}

// answered takes the answer of a peer of this node. One that comes too late for its
// survey may pass for an answer to the next: it is as old as the node is slow.
func (n *Node) answered(ctx actors.Context, from actors.Ref, s peer.Status) {
	mine := actors.Ref{Node: ctx.Self().Node, Name: peer.Name(s.Group)}
	if len(n.survey.askers) == 0 || from != mine {
		return
	}
	place, known := slices.BinarySearchFunc(n.survey.replicas, s, func(a, b peer.Status) int {
		return cmp.Compare(a.Group, b.Group)
	})
	if !known {
		n.survey.replicas = slices.Insert(n.survey.replicas, place, s)
	}
	n.reportIfComplete(ctx)
}

// forget takes back the answer of a peer that is gone.
func (s *survey) forget(g journal.GroupID) {
	s.replicas = slices.DeleteFunc(s.replicas, func(r peer.Status) bool { return r.Group == g })
}

func (n *Node) reportIfComplete(ctx actors.Context) {
	if n.survey.pulse != nil && len(n.survey.replicas) == len(n.peers) {
		n.survey.cancel()
		n.report(ctx)
	}
}

// report answers everyone with what the survey has found, and begins the next one
// if somebody is waiting for it.
func (n *Node) report(ctx actors.Context) {
	status := n.status()
	for _, asker := range n.survey.askers {
		ctx.Send(asker, status)
	}
	n.survey.askers = nil
	if len(n.survey.next) > 0 {
		n.begin(ctx)
	}
}

// status is what the node knows itself, with what the survey has found.
func (n *Node) status() NodeStatus {
	s := NodeStatus{
		ID:        n.self,
		Recovered: n.recovered,
		Replicas:  n.survey.replicas,
		Waiting:   !n.admitted,
		Damaged:   n.found,
		Leaving:   n.farewell != nil,
		Stuck:     n.stuck,
	}
	if n.survey.pulse != nil {
		s.Hearings, s.Forgetful = n.survey.pulse.list, n.survey.pulse.forgetful
	}
	return s
}
