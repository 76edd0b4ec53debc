package peer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A ChangeRequest asks the replica that leads a group to change its members: the
// group shall consist of these. It is taken from nodes of the cluster only: a client
// may write what it likes, and has no say in who keeps it. It is answered with a
// [Response]: Done says that the first step is committed, or that nothing is to be
// done, so that whoever leads from now on brings the change to its end; Overloaded,
// with the reason, that it must wait; Refused, with the reason, that it makes no sense.
type ChangeRequest struct {
	ID       uint64
	Voters   []raft.ID
	Learners []raft.ID
}

// A TransferRequest asks the replica that leads a group to hand it over to another
// voter: to the most advanced one if To is raft.None. It is taken from nodes of the
// cluster only. It is answered with a [Response]: Done says that the attempt has
// begun, Refused that there is nobody to hand over to.
type TransferRequest struct {
	ID uint64
	To raft.ID
}

// A petition is what was asked about the group itself: one thing of each kind a turn.
type petition struct {
	change   *client         // who sent turn.Change
	transfer *transferClient // who sent turn.Transfer
}

type transferClient struct {
	client
	to raft.ID
}

// change takes a request for other members.
func (p *Peer) change(ctx actors.Context, q ChangeRequest, c client) {
	everybody := slices.Concat(q.Voters, q.Learners)
	switch {
	case c.ref.Node.IsClient():
		p.answer(ctx, c, refusal("clients do not choose the members of a group"))
	case slices.ContainsFunc(everybody, func(id raft.ID) bool { return actors.NodeID(id).IsClient() }):
		p.answer(ctx, c, refusal("no client can be a member"))
	case p.petition.change != nil:
		p.answer(ctx, c, Response{Outcome: Overloaded, Body: []byte(raft.Busy.String())})
	default:
		p.turn.Change = &raft.Change{Voters: q.Voters, Learners: q.Learners}
		p.petition.change = &c
	}
}

// transfer takes a request for another leader.
func (p *Peer) transfer(ctx actors.Context, q TransferRequest, c client) {
	switch {
	case c.ref.Node.IsClient():
		p.answer(ctx, c, refusal("clients do not choose the leader of a group"))
	case p.petition.transfer != nil:
		p.answer(ctx, c, Response{Outcome: Overloaded})
	default:
		p.turn.Transfer = cmp.Or(q.To, raft.Anyone)
		p.petition.transfer = &transferClient{c, p.turn.Transfer}
	}
}

func refusal(format string, args ...any) Response {
	return Response{Outcome: Refused, Body: fmt.Appendf(nil, format, args...)}
}

// decide answers whoever asked about the group in this turn. A change that begins is
// answered when its first entry is applied, as a command is: until then another
// leader may know nothing of it.
func (p *Peer) decide(ctx actors.Context, v raft.Verdict) {
	asked := p.petition
	p.petition = petition{}
	switch {
	case asked.change == nil:
	case v.Refusal == 0:
		assert(v.Index > p.applied, "a change begins with entry %d after entry %d was applied", v.Index, p.applied)
		p.commands = append(p.commands, command{v.Index, p.belief.Vote.Term, *asked.change})
	default:
		p.answer(ctx, *asked.change, p.turnedDown(ctx, v.Refusal))
	}
	if asked.transfer != nil {
		p.answer(ctx, asked.transfer.client, p.handingOver(asked.transfer.to))
	}
}

// turnedDown says what a refused change means for whoever asked for it.
func (p *Peer) turnedDown(ctx actors.Context, why raft.Refusal) Response {
	switch r := &p.belief; {
	case why == raft.NotLeader:
		return Response{Outcome: NotLeader}
	case why == raft.Invalid:
		return refusal("%v", why)
	case why == raft.NothingToDo && r.Configured <= p.applied:
		ctx.Mark(markChangeAnswered)
		return Response{Outcome: Done}
	}
	return Response{Outcome: Overloaded, Body: []byte(why.String())}
}

// handingOver says what came of a request to hand over.
func (p *Peer) handingOver(to raft.ID) Response {
	switch r := &p.belief; {
	case r.Role != raft.Leader:
		return Response{Outcome: NotLeader}
	case r.Transferring == to, r.Transferring != raft.None && to == raft.Anyone:
		return Response{Outcome: Done}
	case to == raft.Anyone:
		return refusal("nobody else votes in this group")
	}
	return refusal("replica %d is no other voter of this group", to)
}
