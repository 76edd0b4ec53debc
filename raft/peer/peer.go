// Package peer is the actor that drives one replica of one Raft group: it collects
// what happens to the replica in a turn, lets it take one step, and carries out,
// in order, what the step asks for.
package peer

import (
	"fmt"
	"math/bits"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// Name is what the peer of a group is called, on every node.
func Name(g journal.GroupID) string { return fmt.Sprintf("peer/%d", uint64(g)) }

// MaxBodyBytes is the length of the longest request body.
const MaxBodyBytes = 24 << 20

// MaxAhead is how far the stamp a client has seen may be ahead of the time of day
// here: more than two years, in nanoseconds. Any clock may be wrong, but without a
// limit one message could use up all stamps.
const MaxAhead raft.Stamp = 1 << 56

// Whatever a peer takes, the journal takes; the compiler checks it.
const _ uint = journal.MaxDataBytes - MaxBodyBytes

// A Config describes a peer.
type Config struct {
	Group journal.GroupID
	Raft  raft.Config
	// State is what the journal recovered for this group: the zero State if nothing.
	State   raft.State
	Journal actors.Ref
	// Owner is sent [Led].
	Owner   actors.Ref
	Machine StateMachine
	// Waiting limits the requests that wait for their answer. Further ones are
	// answered Overloaded.
	Waiting int
}

// A StateMachine is what the group replicates. It is deterministic: its state
// depends on nothing but the entries it applied.
type StateMachine interface {
	// Apply is handed every committed entry once, in order. Entries that are not of
	// kind raft.Command change nothing, and the result for them is dropped. The
	// machine may keep e.Data, and gives the result away.
	Apply(e raft.Entry) (result []byte)
	// Read answers a query from the present state, which is that of the stamp at.
	Read(query []byte, at raft.Stamp) (result []byte)
	// Summary describes the present state.
	Summary() Summary
}

// A Peer is the actor that drives one replica. Create one with [New].
type Peer struct {
	config  Config
	replica *raft.Replica
	ctx     actors.Context // of the running call; for random numbers alone

	turn      raft.Input       // what was collected for the next step
	proposing []client         // who sent turn.Proposals
	commands  []command        // in the log, not applied yet
	queries   map[uint64]query // not served yet, by their numbers in Input.Reads
	queried   uint64           // the newest of those numbers

	applied raft.Index // the newest entry that the machine holds
	stamp   raft.Stamp // of that entry
	led     Led        // what the owner was told last
	alarm   alarm
	ignored uint64 // messages that no honest replica sends
}

// New returns a peer that begins when it is started.
func New(c Config) *Peer {
	assert(c.Group != 0, "no group")
	assert(c.Waiting > 0, "group %d: no request may wait", c.Group)
	return &Peer{config: c, queries: map[uint64]query{}, led: Led{Group: c.Group}}
}

// Receive only collects: all work is done in [Peer.Flush], once a turn.
func (p *Peer) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		p.start(ctx)
	case raft.Message:
		p.receive(ctx, from, m)
	case Request:
		p.request(ctx, m, client{from, m.ID})
	case journal.Saved:
		p.turn.Saved = m.Number
	case wake:
		p.alarm.rang()
	case StatusRequest:
		ctx.Send(from, p.status())
	}
}

// Flush lets the replica take one step and does what it asks for, in the order in
// which it must be done: nothing is answered before it is applied, and nothing
// here waits for the disk, because the replica itself holds back what must.
func (p *Peer) Flush(ctx actors.Context) {
	out := p.step(ctx)
	p.save(ctx, out.Save)
	p.send(ctx, out.Messages)
	p.apply(ctx, out.Committed)
	p.accept(ctx, out.Accepted)
	p.abandon(ctx)
	p.serve(ctx, out.Reads)
	p.refuse(ctx, out.Refused)
	p.announce(ctx)
	p.alarm.set(ctx, p.replica.Deadline())
}

func (p *Peer) start(ctx actors.Context) {
	p.ctx = ctx
	p.replica = raft.New(p.config.Raft, p.config.State, ctx.Now(), p.rand)
	p.ctx = nil
	p.config.State = raft.State{} // the replica has it now
}

// rand returns a random number in [0, n).
func (p *Peer) rand(n int) int {
	high, _ := bits.Mul64(p.ctx.Rand(), uint64(n))
	return int(high)
}

// receive takes a message of another replica, if it can be one.
func (p *Peer) receive(ctx actors.Context, from actors.Ref, m raft.Message) {
	if from != p.peer(ctx, m.From) || m.To != p.config.Raft.ID || tooLarge(m) {
		p.ignore(ctx, from, m)
		return
	}
	p.turn.Messages = append(p.turn.Messages, m)
}

// peer is the address of the replica of this group with the given id.
func (p *Peer) peer(ctx actors.Context, id raft.ID) actors.Ref {
	return actors.Ref{Node: actors.NodeID(id), Name: ctx.Self().Name}
}

// tooLarge reports whether m holds an entry that no peer would have proposed and
// the journal would not take.
func tooLarge(m raft.Message) bool {
	for _, e := range m.Entries {
		if len(e.Data) > MaxBodyBytes {
			return true
		}
	}
	return false
}

// ignore counts a message that no honest replica sends. It does not log each one:
// whoever sends garbage sends much of it.
func (p *Peer) ignore(ctx actors.Context, from actors.Ref, m raft.Message) {
	p.ignored++
	if bits.OnesCount64(p.ignored) == 1 {
		ctx.Log().Warn("ignored a message that no replica of this group sent",
			"from", from, "message", m, "ignored", p.ignored)
	}
}

// step hands over what was collected.
func (p *Peer) step(ctx actors.Context) raft.Output {
	p.turn.Now, p.turn.Wall = ctx.Now(), wall(ctx)
	p.ctx = ctx
	out := p.replica.Step(p.turn)
	p.ctx = nil
	p.turn = raft.Input{Saved: p.turn.Saved}
	return out
}

// wall is the time of day as a stamp.
func wall(ctx actors.Context) raft.Stamp { return raft.Stamp(max(ctx.Wall().UnixNano(), 0)) }

func (p *Peer) save(ctx actors.Context, s raft.Save) {
	if s.Number > 0 {
		ctx.Send(p.config.Journal, journal.Append{Group: p.config.Group, Save: s})
	}
}

func (p *Peer) send(ctx actors.Context, messages []raft.Message) {
	for _, m := range messages {
		ctx.Send(p.peer(ctx, m.To), m)
	}
}

// apply moves the machine forward and answers those whose commands took effect.
func (p *Peer) apply(ctx actors.Context, committed []raft.Entry) {
	for _, e := range committed {
		assert(e.Index == p.applied+1, "entry %d is to be applied after entry %d", e.Index, p.applied)
		result := p.config.Machine.Apply(e)
		p.applied, p.stamp = e.Index, e.Stamp
		p.settle(ctx, e, result)
	}
}

// announce tells the owner when there is a new leader, or none any more.
func (p *Peer) announce(ctx actors.Context) {
	s := p.replica.Status()
	if s.Leader == p.led.Leader && (s.Leader == raft.None || s.Vote.Term == p.led.Term) {
		return
	}
	p.led = Led{Group: p.config.Group, Leader: s.Leader, Term: s.Vote.Term}
	ctx.Send(p.config.Owner, p.led)
}

func (p *Peer) status() Status {
	s := Status{Group: p.config.Group, Raft: p.replica.Status(), Summary: p.config.Machine.Summary()}
	s.Raft.Refused += p.ignored
	return s
}

// assert panics unless ok: to go on would be to break a promise.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("peer: " + fmt.Sprintf(format, args...))
	}
}
