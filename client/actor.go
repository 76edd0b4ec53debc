package client

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// An ActorConfig says how an [Actor] works. Zero durations and limits stand for the
// defaults.
type ActorConfig struct {
	// Contacts are the nodes to ask for the cluster map first.
	Contacts []actors.NodeID
	// Home is the node that this client lives on, if any. It is told at once who leads
	// the partitions that it holds. So it is asked every Survey, calls or no calls,
	// for others to learn from [Client.Map] who leads.
	Home actors.NodeID
	// Survey is how old its word may become: 500 ms.
	Survey time.Duration
	// Once says that the network delivers no message twice, as actors/tcp does not.
	// Then a refusal proves that nothing came of a request. Without it such calls end
	// Unknown rather than Unavailable when their time is up.
	Once bool
	// Timeout is how long a call is tried unless it says otherwise: 5 s.
	Timeout time.Duration
	// Silence is how long a leader may say nothing while calls are with it, before
	// all nodes that hold the partition are asked who leads: 200 ms.
	Silence time.Duration
	// Resend is how long a call stays with the same leader before it is sent again.
	// It doubles each time: 1 s.
	Resend time.Duration
	// Backoff is the shortest pause after a failed attempt, and BackoffMax the
	// longest. Each is drawn between half and the whole of it: 10 ms, 500 ms.
	Backoff, BackoffMax time.Duration
	// Refresh is how old the map may become while there are calls: 30 s.
	Refresh time.Duration
	// Limit is how many calls may wait for one partition, and LimitBytes how many bytes
	// they may have together: 16384, 128 MiB. Further ones fail at once.
	Limit, LimitBytes int
	// SessionTTL is how long the stores keep a session after its last command: that of
	// [kv.SessionTTL], or of [kv.NewWithTTL] where a rehearsal makes them so.
	SessionTTL time.Duration
	// FlightBytes is how many bytes may be with a leader and not answered: 32 MiB, half
	// of what a leader takes of all clients before it must have committed some.
	FlightBytes int
	// OnMap is called with each map that is adopted.
	OnMap func(node.ClusterMap)
}

// maxCalls is how many calls one actor holds.
const maxCalls = 1 << 20

// The numbers of all calls and of all searches fit beside one another.
const _ uint = 1<<indexBits - maxCalls - ring.Slots

func (c ActorConfig) withDefaults() ActorConfig {
	durations := []struct {
		at      *time.Duration
		initial time.Duration
	}{
		{&c.Timeout, 5 * time.Second},
		{&c.Silence, 200 * time.Millisecond},
		{&c.Resend, time.Second},
		{&c.Backoff, 10 * time.Millisecond},
		{&c.BackoffMax, 500 * time.Millisecond},
		{&c.Refresh, 30 * time.Second},
		{&c.Survey, 500 * time.Millisecond},
		{&c.SessionTTL, time.Duration(kv.SessionTTL)},
	}
	for _, d := range durations {
		if *d.at <= 0 {
			*d.at = d.initial
		}
	}
	if c.Limit <= 0 {
		c.Limit = 1 << 14
	}
	if c.LimitBytes <= 0 {
		c.LimitBytes = 128 << 20
	}
	if c.FlightBytes <= 0 {
		c.FlightBytes = 32 << 20
	}
	return c
}

// An Actor carries out calls. It is deterministic: what it does follows from the
// messages it receives and from its Context.
type Actor struct {
	config ActorConfig
	now    time.Duration // of this message or flush
	seen   raft.Stamp    // the newest stamp that any answer carried
	closed bool

	atlas      atlas
	partitions []*partition // empty until there is a map
	homeless   list[*Call]  // calls that came before the map
	crowd      load         // of homeless
	inquiries  list[*Inquiry]
	held       int // calls not done

	slots slots
	order order
	wheel wheel
	alarm time.Duration // when the runtime's timer fires, if stop is not nil
	stop  func()

	touched []*partition // to be looked at in Flush
	free    []*Call      // used by finish
	scratch []byte       // used by encode
	marks   []string     // reached since the last Flush
}

// Submit asks an [Actor] of the same process to carry out calls. They are taken in
// their order.
type Submit struct{ Calls []*Call }

// Cancel asks an [Actor] to give up a call that is not done; Err, if not nil, says
// why. If the call is done already nothing happens.
type Cancel struct {
	Call *Call
	Err  error
}

// Shut asks an [Actor] to give up all calls and to stop.
type Shut struct {
	// Done, if not nil, is called once, after the calls.
	Done func()
}

// alarmed is the one timer of the actor.
type alarmed struct{}

// NewActor returns an actor that works as c says.
func NewActor(c ActorConfig) *Actor { return &Actor{config: c.withDefaults()} }

// Receive takes one message. Sending is left to Flush.
func (a *Actor) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	a.now = ctx.Now()
	switch m := m.(type) {
	case actors.Started:
		a.start(ctx)
	case Submit:
		a.submit(m.Calls)
	case gathered:
		a.submit(m.take())
	case peer.Response:
		a.answer(ctx, from.Node, m)
	case node.ClusterMap:
		a.learn(from.Node, m)
	case node.NodeStatus:
		a.report(from.Node, m)
	case *Inquiry:
		a.inquire(ctx, m)
	case Cancel:
		a.cancel(m)
	case Shut:
		a.shut(ctx, m)
	case alarmed:
		a.stop = nil
	}
}

// Flush does what time and the messages since the last Flush have made due.
func (a *Actor) Flush(ctx actors.Context) {
	a.now = ctx.Now()
	a.wheel.advance(ctx, a.now)
	a.refresh(ctx)
	for i := 0; i < len(a.touched); i++ {
		a.touched[i].touched = false
		a.touched[i].pump(ctx)
	}
	clear(a.touched)
	a.touched = a.touched[:0]
	a.tellMarks(ctx)
	a.setTimer(ctx)
}

// setTimer keeps one timer running for the next thing on the wheel. One that fires
// too early does no harm, so it is only replaced by an earlier one.
func (a *Actor) setTimer(ctx actors.Context) {
	next, some := a.wheel.next()
	if !some || a.closed || a.stop != nil && a.alarm <= next {
		return
	}
	if a.stop != nil {
		a.stop()
	}
	a.alarm = next
	a.stop = ctx.After(next-a.now, alarmed{})
}

func (a *Actor) start(ctx actors.Context) {
	a.slots.first = 1 + ctx.Rand()>>(indexBits+1)
	a.wheel.at = int64(a.now / notch)
	a.askForMap(ctx)
	if a.config.Home != 0 {
		a.wheel.set(&a.atlas.survey, survey{a}, a.now+a.config.Survey)
	}
}

func (a *Actor) submit(calls []*Call) {
	for _, c := range calls {
		a.take(c)
	}
}

// take begins a call.
func (a *Actor) take(c *Call) {
	c.flight = flight{actor: a}
	c.queue.value, c.weight = c, weigh(c)
	c.Results, c.Err = nil, nil
	a.held++
	if err := c.validate(); err != nil {
		a.finish(c, c.fail(Invalid, err))
		return
	}
	switch {
	case a.closed:
		a.finish(c, c.fail(Unavailable, errClosed))
		return
	case a.held > maxCalls:
		a.crowdOut(c, errTooMany)
		return
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = a.config.Timeout
	}
	a.wheel.set(&c.deadline, c, a.now+timeout)
	a.place(c)
}

// place gives a call to its partition, once there is a map.
func (a *Actor) place(c *Call) {
	if len(a.partitions) == 0 {
		a.await(c)
		return
	}
	p, err := a.locate(c)
	switch {
	case err != nil:
		a.finish(c, c.fail(Invalid, err))
	case !p.held.admits(c, a.config.Limit, a.config.LimitBytes):
		a.crowdOut(c, errTooMany)
	default:
		p.admit(c)
	}
}

// await keeps a call until there is a map.
func (a *Actor) await(c *Call) {
	if !a.crowd.admits(c, a.config.Limit, a.config.LimitBytes) {
		a.crowdOut(c, errTooMany)
		return
	}
	a.crowd.add(c)
	a.homeless.push(&c.queue)
}

func (a *Actor) cancel(m Cancel) {
	if m.Call.actor != a {
		return // done already
	}
	if m.Err == nil {
		m.Err = errCanceled
	}
	a.giveUp(m.Call, m.Err)
}

// abandon ends a call that has no answer.
func (a *Actor) abandon(c *Call, cause error) {
	fate := c.fate(a.config.Once)
	if fate == Unknown {
		a.note(markUnknown)
	} else {
		a.note(markCertain)
	}
	a.finish(c, c.fail(fate, cause))
}

// finish ends a call: err is nil or an [*Error]. Its serial is never sent again.
func (a *Actor) finish(c *Call, err error) {
	c.stepOut()
	c.deadline.leave()
	a.held--
	if c.number != 0 {
		a.slots.give(c.number)
	}
	if c.partition != nil {
		c.partition.release(c)
	}
	a.free = a.order.leave(c, a.free[:0])
	for _, behind := range a.free {
		behind.partition.ready(behind)
	}
	c.flight = flight{}
	c.Err = err
	if c.Done != nil {
		c.Done(c)
	}
}

// encode returns the command of c as it is sent.
func (a *Actor) encode(c *Call) []byte {
	command := kv.Command{Ops: c.Ops}
	if c.session != nil {
		command.Session = c.session.header(c.serial)
	}
	a.scratch = command.AppendTo(a.scratch[:0])
	body := append(make([]byte, 0, len(a.scratch)), a.scratch...)
	if cap(a.scratch) > scratchBytes {
		a.scratch = nil // one long command must not cost its memory for ever
	}
	return body
}

// scratchBytes is how much memory encode keeps.
const scratchBytes = 64 << 10

// backoff draws the pause after the nth failure, n from zero.
func (a *Actor) backoff(ctx actors.Context, n int) time.Duration {
	pause := min(a.config.Backoff<<min(n, 16), a.config.BackoffMax)
	return pause/2 + time.Duration(ctx.Rand()%uint64(pause/2+1))
}

func (a *Actor) shut(ctx actors.Context, m Shut) {
	a.closed = true
	for _, p := range a.partitions {
		p.abandon(errClosed)
	}
	abandon(&a.homeless, errClosed)
	for a.inquiries.first != nil {
		a.inquiries.first.value.finish(errClosed)
	}
	ctx.Stop(ctx.Self())
	if m.Done != nil {
		m.Done()
	}
}
