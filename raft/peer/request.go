package peer

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A client is who asked, and under which number.
type client struct {
	ref actors.Ref
	id  uint64
}

// A command waits to be applied. Terms and indexes grow along the commands of a
// peer.
type command struct {
	index  raft.Index
	term   raft.Term
	client client
}

// A query waits until it may be served.
type query struct {
	client client
	body   []byte
}

// request takes a request, unless it can never be done or too many wait already.
func (p *Peer) request(ctx actors.Context, q Request, c client) {
	if reason := p.objection(ctx, q); reason != "" {
		p.answer(ctx, c, Response{Outcome: Refused, Body: []byte(reason)})
		return
	}
	if len(p.proposing)+len(p.commands)+len(p.queries) >= p.config.Waiting {
		p.answer(ctx, c, Response{Outcome: Overloaded})
		return
	}
	if q.Read {
		p.queried++
		p.queries[p.queried] = query{c, q.Body}
		p.turn.Reads = append(p.turn.Reads, p.queried)
		return
	}
	p.proposing = append(p.proposing, c)
	p.turn.Proposals = append(p.turn.Proposals, raft.Proposal{After: q.Seen, Data: q.Body})
}

// objection says why no replica will ever take q, if so.
func (p *Peer) objection(ctx actors.Context, q Request) string {
	if len(q.Body) > MaxBodyBytes {
		return fmt.Sprintf("a request of %d bytes is too large: the limit is %d bytes", len(q.Body), MaxBodyBytes)
	}
	if wall := wall(ctx); q.Seen > min(wall+MaxAhead, raft.MaxStamp) {
		return fmt.Sprintf("the stamp %d is no time that any clock here has shown: it is %d now", q.Seen, wall)
	}
	return ""
}

// accept notes whose proposals are in the log now, and turns the others away.
// Entries accepted in a step are never committed in the same one: they are not
// durable here before a later Saved. So nobody is noted too late to be answered.
func (p *Peer) accept(ctx actors.Context, a raft.Accepted) {
	assert(a.Count == 0 || a.First > p.applied, "entry %d is accepted and applied in one step", a.First)
	for i, c := range p.proposing {
		if i < a.Count {
			p.commands = append(p.commands, command{a.First + raft.Index(i), a.Term, c})
		} else {
			p.answer(ctx, c, Response{Outcome: p.whyNot()})
		}
	}
	p.proposing = emptied(p.proposing)
}

// whyNot is the outcome of a proposal that had no effect: a leader takes all that
// it has room for.
func (p *Peer) whyNot() Outcome {
	if p.reign() != 0 {
		return Overloaded
	}
	return NotLeader
}

// reign is the term that the replica leads, or zero.
func (p *Peer) reign() raft.Term {
	if p.belief.Role == raft.Leader {
		return p.belief.Vote.Term
	}
	return 0
}

// settle answers whoever proposed e here, now that it is applied.
func (p *Peer) settle(ctx actors.Context, e raft.Entry, result []byte) {
	if len(p.commands) == 0 || p.commands[0].index > e.Index {
		return
	}
	c := p.commands[0]
	assert(c.index == e.Index && c.term == e.Term,
		"entry %d of term %d was applied while the fate of entry %d of term %d was awaited",
		e.Index, e.Term, c.index, c.term)
	p.commands = p.commands[1:]
	p.answer(ctx, c.client, Response{Outcome: Done, Body: result})
}

// abandon answers those whose commands were proposed in a reign that is over. They
// may still be applied, but an entry of another leader may also take their place,
// and this peer would not know whether they were proposed elsewhere as well.
func (p *Peer) abandon(ctx actors.Context) {
	reign := p.reign()
	for len(p.commands) > 0 && p.commands[0].term != reign {
		ctx.Mark(markAbandoned)
		p.answer(ctx, p.commands[0].client, Response{Outcome: Unknown})
		p.commands = p.commands[1:]
	}
}

// serve answers queries from the state as it is now.
func (p *Peer) serve(ctx actors.Context, reads []uint64) {
	for _, number := range reads {
		q := p.takeQuery(number)
		p.answer(ctx, q.client, Response{Outcome: Done, Body: p.machine.Read(q.body, p.stamp)})
	}
}

// refuse sends queries elsewhere.
func (p *Peer) refuse(ctx actors.Context, reads []uint64) {
	for _, number := range reads {
		p.answer(ctx, p.takeQuery(number).client, Response{Outcome: NotLeader})
	}
}

func (p *Peer) takeQuery(number uint64) query {
	q, waits := p.queries[number]
	assert(waits, "read %d is answered twice or was never asked", number)
	delete(p.queries, number)
	return q
}

// answer completes and sends a response.
func (p *Peer) answer(ctx actors.Context, c client, r Response) {
	r.ID = c.id
	if p.running() {
		r.Leader = p.belief.Leader
	}
	r.Stamp, r.Position = p.stamp, p.applied
	ctx.Send(c.ref, r)
}
