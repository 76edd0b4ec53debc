package client

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// A partition is the calls to one partition of the cluster, and who is believed to
// lead it.
type partition struct {
	actor  *Actor
	peer   string        // what the peers of its group are called
	owners []ring.NodeID // who holds a replica
	// leader is where calls are sent. While it is zero nothing is sent, so that calls
	// which find no leader before their deadline are known to have done nothing.
	leader actors.NodeID
	heard  time.Duration // when the leader last said something, or became it
	hops   int           // how often the leader changed since it last answered
	search search

	again  list[*Call] // sent before, to be sent again
	reads  list[*Call] // never sent
	writes list[*Call] // never sent: their serials are to be drawn
	flying list[*Call] // sent, the longest ago first
	held   load        // calls not done; some wait for others of their stream
	aloft  load        // of flying

	session *session
	// allowed is how many calls may fly. A leader that is overloaded halves it, each
	// answer adds one.
	allowed int
	pushes  int           // how often in a row the leader was overloaded
	paused  time.Duration // until when nothing is sent to it

	alarm   alarm
	touched bool // in Actor.touched
}

// touch has p pumped in this turn's Flush.
func (p *partition) touch() {
	if !p.touched {
		p.touched = true
		p.actor.touched = append(p.actor.touched, p)
	}
}

// admit takes a call that goes to p.
func (p *partition) admit(c *Call) {
	c.partition = p
	c.write = kv.Command{Ops: c.Ops}.IsWrite()
	p.held.add(c)
	if c.Stream != 0 && !c.keyless() {
		p.actor.order.join(c)
	}
	if c.ahead == 0 {
		p.ready(c)
	}
}

// ready queues a call that waits for no other.
func (p *partition) ready(c *Call) {
	c.readyAt = p.actor.now
	if c.write {
		p.writes.push(&c.queue)
	} else {
		p.reads.push(&c.queue)
	}
	p.touch()
}

// release forgets a call that is done.
func (p *partition) release(c *Call) {
	p.held.remove(c)
	if c.session != nil {
		c.session.end(c.serial)
		p.touch() // the window may have opened
	}
}

// pump sends what can be sent.
func (p *partition) pump(ctx actors.Context) {
	switch {
	case p.waiting() == 0:
	case p.leader == 0:
		p.seek(ctx)
	case p.actor.now >= p.paused:
		p.drain(ctx, &p.again)
		p.drain(ctx, &p.reads)
		p.drainWrites(ctx)
	}
	p.setAlarm()
}

// waiting counts the calls that could be sent.
func (p *partition) waiting() int { return p.again.count + p.reads.count + p.writes.count }

func (p *partition) drain(ctx actors.Context, l *list[*Call]) {
	for l.first != nil && p.mayFly(l.first.value) {
		p.send(ctx, l.first.value)
	}
}

func (p *partition) drainWrites(ctx actors.Context) {
	for p.writes.first != nil && p.mayFly(p.writes.first.value) {
		p.renew(ctx)
		if p.session.full() {
			return
		}
		c := p.writes.first.value
		c.session, c.serial = p.session, p.session.begin(p.actor.now, p.actor.seen)
		p.send(ctx, c)
	}
}

// renew begins a session unless the present one will do.
func (p *partition) renew(ctx actors.Context) {
	if s := p.session; s != nil && !(s.idle() && s.stale(p.actor.now, p.actor.seen, p.actor.config.SessionTTL)) {
		return
	}
	p.session = &session{id: max(ctx.Rand(), 1), born: p.actor.seen}
}

// send sends a call to the leader, for the first time or again.
func (p *partition) send(ctx actors.Context, c *Call) {
	a := p.actor
	c.stepOut()
	if c.body == nil {
		c.body, c.since = a.encode(c), a.seen
		if len(c.body) > kv.MaxCommandBytes {
			a.finish(c, c.fail(Invalid, errTooLarge))
			return
		}
	}
	if c.number == 0 {
		c.number = a.slots.take(slot{call: c})
	}
	c.sends++
	c.sentTo, c.sentAt = p.leader, a.now
	p.flying.push(&c.queue)
	p.aloft.add(c)
	ctx.Send(actors.Ref{Node: p.leader, Name: p.peer},
		peer.Request{ID: c.number, Read: !c.write, Seen: a.seen, Body: c.body})
}

// bounce queues a call to be sent again, if the node it was sent to last has
// answered without doing it.
func (p *partition) bounce(c *Call, from actors.NodeID) {
	if c.queue.in == &p.flying && c.sentTo == from {
		p.retry(c)
	}
}

func (p *partition) retry(c *Call) {
	c.stepOut()
	p.again.push(&c.queue)
	p.touch()
}

// redirect gives up the leader because it says that it is not. Where it names
// another, that one is believed, unless that has led in circles.
func (p *partition) redirect(from, hint actors.NodeID) {
	if from != p.leader {
		return
	}
	p.touch()
	p.hops++
	p.leader = 0
	if hint != from && p.hops > len(p.owners) {
		p.actor.note(markCircles)
	}
	if hint == from || p.hops > len(p.owners) || !p.actor.atlas.knows(hint) {
		return
	}
	p.leader, p.heard = hint, p.actor.now
}

// push slows down because the leader has refused something, perhaps a call for which it
// had no room so many times. The pause grows with that, and while the leader does nothing
// else.
func (p *partition) push(ctx actors.Context, from actors.NodeID, crowds int) {
	if from != p.leader || p.actor.now < p.paused {
		return // one pause for all refusals of one moment
	}
	p.actor.note(markOverloaded)
	p.allowed = max(1, p.flying.count/2)
	p.paused = p.actor.now + p.actor.backoff(ctx, max(p.pushes, crowds-1))
	p.pushes++
	p.touch()
}

// prosper notes that the leader does its work.
func (p *partition) prosper(from actors.NodeID) {
	if from == p.leader {
		p.hops, p.pushes = 0, 0
		p.allowed = min(p.allowed+1, p.actor.config.Limit)
	}
}

// setAlarm has p called when something may be due.
func (p *partition) setAlarm() {
	due, some := p.due()
	if some && (p.alarm.in == nil || due < time.Duration(p.alarm.notch-1)*notch) {
		p.actor.wheel.set(&p.alarm, p, due)
	}
}

func (p *partition) due() (time.Duration, bool) {
	switch {
	case p.search.number != 0:
		return p.search.next, true
	case p.actor.now < p.paused && p.waiting() > 0:
		return p.paused, true
	case p.flying.count > 0:
		return p.quiet(), true
	}
	return 0, false
}

// expire is called by the wheel. The pump sets the next alarm.
func (p *partition) expire(ctx actors.Context) {
	p.touch()
	if p.search.number != 0 {
		p.ask(ctx)
		return
	}
	if p.flying.count > 0 && p.quiet() <= p.actor.now {
		p.actor.note(markSilentLeader)
		p.leader = 0
		p.seek(ctx)
	}
	p.resend()
}

// quiet is when the leader will have been silent for too long.
func (p *partition) quiet() time.Duration {
	return max(p.heard, p.flying.first.value.sentAt) + p.actor.config.Silence
}

// resend takes back calls that the leader, though it may be answering others, has
// kept for too long: the request or the answer was lost, or it is just slow. So the
// time doubles.
func (p *partition) resend() {
	a := p.actor
	for k := p.flying.first; k != nil && k.value.sentAt+a.config.Resend <= a.now; {
		c := k.value
		k = k.next
		if c.sentAt+a.config.Resend<<min(c.sends-1, 10) <= a.now {
			a.note(markResent)
			p.retry(c)
		}
	}
}

// abandon ends all calls of p that are in a queue.
func (p *partition) abandon(cause error) {
	for p.held.calls > 0 {
		abandon(&p.again, cause)
		abandon(&p.reads, cause)
		abandon(&p.writes, cause)
		abandon(&p.flying, cause)
	}
}

// abandon ends all calls of a queue. Calls that were behind them are queued then.
func abandon(l *list[*Call], cause error) {
	for l.first != nil {
		c := l.first.value
		c.actor.abandon(c, cause)
	}
}
