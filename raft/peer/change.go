package peer

import (
	"cmp"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A ChangeRequest asks the replica that leads a group to change its members: the
// group shall consist of these. It is answered with a [Response]: Done says that
// the change is under way, and whoever leads from now on will bring it to its end;
// Overloaded that another one is; Refused, with the reason, that it makes no sense.
type ChangeRequest struct {
	ID       uint64
	Voters   []raft.ID
	Learners []raft.ID
}

// A TransferRequest asks the replica that leads a group to hand it over to another
// voter: to the most advanced one if To is raft.None. It is answered with a
// [Response]: Done says that the attempt has begun, Refused that there is nobody else.
type TransferRequest struct {
	ID uint64
	To raft.ID
}

// change takes a request for other members: one a turn.
func (p *Peer) change(ctx actors.Context, q ChangeRequest, c client) {
	if p.turn.Change != nil {
		p.answer(ctx, c, Response{Outcome: Overloaded})
		return
	}
	p.turn.Change = &raft.Change{Voters: q.Voters, Learners: q.Learners}
	p.changing = c
}

// decide answers whoever asked for the change of this turn.
func (p *Peer) decide(ctx actors.Context, v raft.Verdict) {
	if v == (raft.Verdict{}) {
		return
	}
	r := Response{Outcome: Done}
	switch v.Refusal {
	case raft.NotLeader:
		r.Outcome = NotLeader
	case raft.Busy, raft.TooEarly:
		r.Outcome = Overloaded
	case raft.Invalid, raft.NothingToDo:
		r.Outcome, r.Body = Refused, []byte(v.Refusal.String())
	}
	p.answer(ctx, p.changing, r)
}

// transfer begins to hand over, if there is something to.
func (p *Peer) transfer(ctx actors.Context, q TransferRequest, c client) {
	if p.reign() == 0 {
		p.answer(ctx, c, Response{Outcome: NotLeader})
		return
	}
	others := func(id raft.ID) bool { return id != p.config.Raft.ID }
	if !slices.ContainsFunc(p.replica.Status().Configuration.Voters, others) {
		p.answer(ctx, c, Response{Outcome: Refused, Body: []byte("nobody else votes in this group")})
		return
	}
	p.turn.Transfer = cmp.Or(q.To, raft.Anyone)
	p.answer(ctx, c, Response{Outcome: Done})
}
