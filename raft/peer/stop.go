package peer

import (
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// running reports whether the replica takes part in its group: not while it is
// being restored, nor after it was stopped.
func (p *Peer) running() bool { return p.replica != nil && p.stopped == "" }

// stop ends all that this replica does, until its process is started again: what it
// holds is neither shown nor spread. The others of the group elect another leader.
func (p *Peer) stop(ctx actors.Context, why string) {
	ctx.Log().Error("stopped a replica", p.config.Label, "why", why)
	p.end(ctx, why)
}

func (p *Peer) end(ctx actors.Context, why string) {
	p.stopped = why
	p.giveUpCapture(ctx)
	p.restoring = nil
	p.turn = raft.Input{}
	p.leaveClients(ctx)
	p.rouseOthers(ctx)
	if p.led.Leader != raft.None {
		p.led.Leader = raft.None
		ctx.Send(p.config.Owner, p.led)
	}
}

// leaveClients answers everyone who waits: of what may be in the log nothing is known
// any more.
func (p *Peer) leaveClients(ctx actors.Context) {
	unknown := slices.Clone(p.proposing)
	for _, c := range p.commands {
		unknown = append(unknown, c.client)
	}
	if c := p.petition.change; c != nil {
		unknown = append(unknown, *c)
	}
	if c := p.petition.transfer; c != nil {
		unknown = append(unknown, c.client)
	}
	for _, c := range unknown {
		p.answer(ctx, c, Response{Outcome: Unknown})
	}
	p.commands, p.proposing, p.petition = nil, nil, petition{}
	var reads []uint64
	for number := range p.queries { // any order: sorted below
		reads = append(reads, number)
	}
	slices.Sort(reads)
	p.refuse(ctx, reads)
}

// rouseOthers ends the rest of a group whose leader has stopped. The others could not
// know: they rely on its node, which lives on. What they are sent says nothing but
// that this replica votes for nobody.
func (p *Peer) rouseOthers(ctx actors.Context) {
	if p.belief.Role != raft.Leader {
		return
	}
	for _, id := range p.belief.Configuration.Members() {
		if self := p.config.Raft.ID; id != self {
			ctx.Send(p.peer(ctx, id), raft.Message{Kind: raft.RefuseVote, From: self, To: id, Term: p.belief.Vote.Term})
		}
	}
}

// turnAway sends those elsewhere who ask a replica that takes no part in its group. That
// a client asks shows that it may not have found another leader.
func (p *Peer) turnAway(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case Request:
		if p.stopped == "" {
			ctx.Mark(markTurnedAway)
		}
		p.rouseOthers(ctx)
		p.answer(ctx, client{from, m.ID}, Response{Outcome: NotLeader})
	case ChangeRequest:
		p.answer(ctx, client{from, m.ID}, Response{Outcome: NotLeader})
	case TransferRequest:
		p.answer(ctx, client{from, m.ID}, Response{Outcome: NotLeader})
	}
}

// status says what the replica believes, and why it takes no part if so: then it
// leads nobody and follows nobody, whatever it believed last.
func (p *Peer) status() Status {
	s := Status{Group: p.config.Group, Raft: raft.Status{ID: p.config.Raft.ID}, Stopped: p.stopped}
	if p.replica != nil {
		s.Raft, s.Summary = p.belief, p.machine.Summary()
		s.Raft.Refused += p.ignored
	}
	switch {
	case p.stopped != "":
		s.Raft.Role, s.Raft.Leader, s.Raft.Transferring = 0, raft.None, raft.None
	case p.replica == nil:
		s.Stopped = "its snapshot is being restored"
	}
	return s
}
