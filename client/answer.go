package client

import (
	"errors"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// answer takes a response to whatever it belongs to. One that comes late, or twice,
// belongs to nothing.
func (a *Actor) answer(ctx actors.Context, from actors.NodeID, r peer.Response) {
	a.seen = max(a.seen, r.Stamp)
	s := a.slots.find(r.ID)
	switch {
	case s.call != nil:
		s.call.partition.answer(ctx, from, s.call, r)
	case s.search != nil:
		s.search.answerSearch(ctx, from, r)
	default:
		a.note(markLate)
	}
}

// answer takes a response to a call. An outcome of the future counts as unknown.
func (p *partition) answer(ctx actors.Context, from actors.NodeID, c *Call, r peer.Response) {
	if from == p.leader {
		p.heard = p.actor.now
	}
	switch r.Outcome {
	case peer.Done:
		p.judge(ctx, from, c, r)
	case peer.Refused:
		p.actor.finish(c, c.fail(Invalid, errors.New(string(r.Body))))
	case peer.Overloaded:
		p.crowd(ctx, from, c)
	case peer.NotLeader:
		c.refusals++
		p.bounce(c, from)
		p.redirect(from, actors.NodeID(r.Leader))
	default:
		p.bounce(c, from)
		p.redirect(from, actors.NodeID(r.Leader))
	}
}

// refuse takes an answer that asks for patience: nothing came of this send.
func (p *partition) refuse(ctx actors.Context, from actors.NodeID, c *Call) {
	c.refusals++
	p.bounce(c, from)
	p.push(ctx, from, c.crowds)
}

// crowd takes an answer of a leader that has no room. It may have some soon, or be about
// to hand over, so the call goes on until its time is up; what waits meanwhile is bounded.
func (p *partition) crowd(ctx actors.Context, from actors.NodeID, c *Call) {
	c.crowds++
	p.refuse(ctx, from, c)
}

// judge takes what a store answered.
func (p *partition) judge(ctx actors.Context, from actors.NodeID, c *Call, r peer.Response) {
	reply, err := kv.DecodeReply(r.Body)
	if err != nil {
		p.actor.abandon(c, err)
		return
	}
	switch reply.Verdict {
	case kv.Applied:
		p.prosper(from)
		p.accept(c, reply.Results)
	case kv.Invalid:
		p.actor.finish(c, c.fail(Invalid, errInvalid))
	case kv.WindowFull, kv.Crowded, kv.Early:
		p.refuse(ctx, from, c)
	case kv.SessionExpired:
		p.reopen(c, r.Stamp)
	case kv.Forgotten:
		p.actor.finish(c, c.fail(Unknown, errForgotten))
	default:
		p.actor.abandon(c, errors.New(reply.Verdict.String()))
	}
}

func (p *partition) accept(c *Call, results []kv.Result) {
	if len(results) != len(c.Ops) {
		p.actor.abandon(c, errResults)
		return
	}
	c.Results = results
	p.actor.finish(c, nil)
}

// reopen takes the answer that the session of a command is not known any more. If
// the command cannot have run under it, it starts afresh under a new session.
func (p *partition) reopen(c *Call, at raft.Stamp) {
	if c.session == nil {
		p.actor.abandon(c, errExpired)
		return
	}
	if c.session == p.session {
		p.session = nil
	}
	if !c.untouched(at, &p.actor.config) {
		p.actor.abandon(c, errExpired)
		return
	}
	c.session.end(c.serial)
	c.stepOut()
	p.actor.slots.give(c.number) // late answers speak of the old serial
	c.session, c.serial, c.body = nil, 0, nil
	c.number, c.sends, c.refusals, c.crowds = 0, 0, 0, 0
	p.writes.unshift(&c.queue)
	p.touch()
}

// untouched reports whether a command whose session had expired at a stamp never
// ran. Had it run, its entry would have been stamped above what we had seen when we
// first sent it, and the session would have lived for a TTL after that. Otherwise,
// all sends but this one must have been refused, and no message repeated. It will not
// run later either, because a store that has forgotten a session never takes it again.
func (c *Call) untouched(at raft.Stamp, config *ActorConfig) bool {
	return at <= c.since+raft.Stamp(config.SessionTTL) || config.Once && c.refusals == c.sends-1
}
