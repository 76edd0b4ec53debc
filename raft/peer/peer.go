// Package peer is the actor that drives one replica of one Raft group: it collects
// what happens to the replica in a turn, lets it take one step, and carries out,
// in order, what the step asks for.
package peer

import (
	"cmp"
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
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
	State     raft.State
	Journal   actors.Ref
	Snapshots actors.Ref
	// Owner is sent [Led] and [Gone].
	Owner actors.Ref
	// Label is how logs name the group, for people who call it something else. Zero: its
	// number.
	Label slog.Attr
	// Machine is new and empty.
	Machine StateMachine
	// Waiting limits the requests that wait for their answer. Further ones are
	// answered Overloaded.
	Waiting int
	// SnapshotBytes is how much is applied at least between two snapshots.
	SnapshotBytes int
	// PieceBytes is about how long a piece of a snapshot is: if zero,
	// [snapshot.PieceBytes].
	PieceBytes int
}

// A Peer is the actor that drives one replica. Create one with [New].
type Peer struct {
	config  Config
	replica *raft.Replica // nil until the machine is restored
	belief  raft.Status   // of the replica, since its last step
	machine StateMachine
	ctx     actors.Context // of the running call; for random numbers alone
	stopped string         // why this replica does nothing any more, if so
	started time.Duration  // when this actor was; what the replica promised before is older
	damaged bool           // it said that it was, and nothing since
	// tombstone is what is left since the replica was removed, or nil.
	tombstone *raft.Tombstone

	turn raft.Input // what was collected for the next step
	desk

	applied raft.Index // the newest entry that the machine holds
	stamp   raft.Stamp // of that entry
	archive
	checks  checks
	led     Led // what the owner was told last
	alarm   alarm
	ignored uint64 // messages that no honest replica sends
}

// A desk is who waits for what.
type desk struct {
	proposing []client         // who sent turn.Proposals
	petition  petition         // what was asked about the group
	commands  []command        // in the log, not applied yet
	queries   map[uint64]query // not served yet, by their numbers in Input.Reads
	queried   uint64           // the newest of those numbers
}

// An archive is what a peer knows of snapshots: of the one being written, the last
// one written or restored, and the one being fetched or restored.
type archive struct {
	capturing *capture
	captured  raft.Index // of the newest that is complete
	weight    int        // of that one, in bytes
	grown     int        // bytes applied since the last one was begun
	pressed   bool       // a new one is needed at once
	ledge     ledge
	restoring *restoration
}

// New returns a peer that begins when it is started.
func New(c Config) *Peer {
	assert(c.Group != 0, "no group")
	assert(c.Waiting > 0, "group %d: no request may wait", c.Group)
	assert(c.SnapshotBytes > 0, "group %d: snapshots without end", c.Group)
	c.PieceBytes = cmp.Or(c.PieceBytes, snapshot.PieceBytes)
	if c.Label.Equal(slog.Attr{}) {
		c.Label = slog.Uint64("group", uint64(c.Group))
	}
	return &Peer{
		config: c, machine: c.Machine, desk: desk{queries: map[uint64]query{}},
		led: Led{Group: c.Group, Voters: slices.Sorted(slices.Values(c.Raft.Voters))},
	}
}

// Receive only collects: all work is done in [Peer.Flush], once a turn.
func (p *Peer) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		p.started = ctx.Now()
		p.start(ctx)
	case StatusRequest:
		ctx.Send(from, p.status())
	case snapshot.Loaded:
		p.loaded(ctx, m)
	case journal.Removed:
		p.forgotten(ctx)
	case journal.Compact: // said once, perhaps while the machine is being restored
		p.pressed = p.capturing == nil // what is being written will do
	case Contact: // of use to a replica that is being restored, too: it is said once
		if p.stopped == "" {
			p.turn.Contacts = append(p.turn.Contacts, raft.Contact{ID: raft.ID(m.Node), Silent: m.Silent})
		}
	default:
		if !p.running() {
			p.turnAway(ctx, from, m)
			return
		}
		p.collect(ctx, from, m)
	}
}

func (p *Peer) collect(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case raft.Message:
		p.receive(ctx, from, m)
	case Request:
		p.request(ctx, m, client{from, m.ID})
	case ChangeRequest:
		p.change(ctx, m, client{from, m.ID})
	case TransferRequest:
		p.transfer(ctx, m, client{from, m.ID})
	case Checksum:
		p.checksum(ctx, from, m)
	case journal.Saved:
		p.turn.Saved = m.Number
		p.discard(ctx, m.Number)
	case snapshot.Written:
		p.written(ctx, m)
	case snapshot.Damaged:
		p.rotten(ctx, m)
	case snapshot.Fetched:
		p.fetched(ctx, m)
	case wake:
		p.alarm.rang()
	}
}

// Flush lets the replica take one step and does what it asks for, in the order in
// which it must be done: nothing is answered before it is applied, and nothing
// here waits for the disk, because the replica itself holds back what must.
func (p *Peer) Flush(ctx actors.Context) {
	if !p.running() {
		return
	}
	out := p.step(ctx)
	if out.Removed != nil {
		p.send(ctx, out.Messages)
		p.leave(ctx, *out.Removed)
		return
	}
	tell(ctx, out.Marks)
	if out.Save.Number > 0 {
		p.save(ctx, out.Save)
	}
	p.send(ctx, out.Messages)
	p.install(ctx, out.Restored)
	p.apply(ctx, out.Committed)
	if !p.running() {
		return
	}
	p.accept(ctx, out.Accepted)
	p.decide(ctx, out.Change)
	p.abandon(ctx)
	p.serve(ctx, out.Reads)
	p.refuse(ctx, out.Refused)
	p.fetch(ctx, out.Fetch)
	p.considerCapture(ctx)
	p.announce(ctx)
	p.alarm.set(ctx, p.replica.Deadline())
}

// start restores the machine from the snapshot that the journal names, if any, and
// then begins.
func (p *Peer) start(ctx actors.Context) {
	if s := p.config.State.Snapshot; s.Index > 0 {
		p.beginRestore(ctx, s)
		return
	}
	p.begin(ctx)
}

// begin starts the replica with a machine that is at its snapshot. Older snapshots
// are what a crash left. It has waited for a leader since this actor was started,
// however long the snapshot took to restore: whoever it may be bound to was promised
// that before.
func (p *Peer) begin(ctx actors.Context) {
	s := p.config.State
	if s.Snapshot.Index > 0 {
		ctx.Send(p.config.Snapshots, snapshot.Keep{Group: p.config.Group, Index: s.Snapshot.Index, Term: s.Snapshot.Term})
	}
	p.damaged = s.Damaged
	if s.Damaged {
		ctx.Mark(markBeginsDamaged)
		ctx.Log().Error("a replica has lost a part of its memory; it votes for nobody until the others have repaired it",
			p.config.Label)
	}
	p.ctx = ctx
	p.replica = raft.New(p.config.Raft, s, p.started, p.rand)
	p.ctx = nil
	p.belief = p.replica.Status()
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
func (p *Peer) ignore(ctx actors.Context, from actors.Ref, m actors.Message) {
	p.ignored++
	if bits.OnesCount64(p.ignored) == 1 {
		ctx.Log().Warn("ignored a message that no replica of this group sent",
			"from", from, "message", m, "ignored", p.ignored)
	}
}

// step hands over what was collected.
func (p *Peer) step(ctx actors.Context) (out raft.Output) {
	p.turn.Now, p.turn.Wall = ctx.Now(), wall(ctx)
	p.ctx = ctx
	out = p.replica.Step(p.turn)
	p.ctx = nil
	p.belief = p.replica.Status()
	saved, messages := p.turn.Saved, emptied(p.turn.Messages)
	proposals, reads := emptied(p.turn.Proposals), emptied(p.turn.Reads)
	p.turn = raft.Input{Saved: saved, Messages: messages, Proposals: proposals, Reads: reads}
	return out
}

// keepSlots is the length of the longest list of a turn whose memory is kept.
const keepSlots = 1 << 8

// emptied is a list to be filled again, without anything that the old one held.
func emptied[T any](list []T) []T {
	if cap(list) > keepSlots {
		return nil
	}
	clear(list)
	return list[:0]
}

// wall is the time of day as a stamp.
func wall(ctx actors.Context) raft.Stamp { return raft.Stamp(max(ctx.Wall().UnixNano(), 0)) }

func (p *Peer) save(ctx actors.Context, s raft.Save) {
	ctx.Send(p.config.Journal, journal.Append{Group: p.config.Group, Save: s})
	p.retain(s)
}

func (p *Peer) send(ctx actors.Context, messages []raft.Message) {
	for _, m := range messages {
		ctx.Send(p.peer(ctx, m.To), m)
	}
}

// apply moves the machine forward and answers those whose commands took effect. It
// stops with the entry that shows that this machine has gone astray.
func (p *Peer) apply(ctx actors.Context, committed []raft.Entry) {
	for _, e := range committed {
		assert(e.Index == p.applied+1, "entry %d is to be applied after entry %d", e.Index, p.applied)
		result := p.machine.Apply(e)
		p.applied, p.stamp = e.Index, e.Stamp
		p.grown += len(e.Data) + entryOverhead
		if e.Kind != raft.Command {
			result = nil
		}
		if p.check(ctx, e.Index); !p.running() {
			return
		}
		p.settle(ctx, e, result)
	}
	if len(committed) > 0 {
		p.tellMachine(ctx)
	}
}

// entryOverhead is what an entry counts towards the next snapshot beside its data.
const entryOverhead = 64

// announce tells the owner when there is a new leader, or none any more, or when
// others vote; and people, when this replica has been repaired.
func (p *Peer) announce(ctx actors.Context) {
	s := &p.belief
	if p.damaged && !s.Damaged {
		p.damaged = false
		ctx.Log().Warn("the others have repaired a replica; it votes again", p.config.Label)
	}
	sameLeader := s.Leader == p.led.Leader && (s.Leader == raft.None || s.Vote.Term == p.led.Term)
	if sameLeader && slices.Equal(s.Configuration.Voters, p.led.Voters) {
		return
	}
	p.led = Led{Group: p.config.Group, Leader: s.Leader, Term: s.Vote.Term, Voters: s.Configuration.Voters}
	ctx.Send(p.config.Owner, p.led)
}

// assert panics unless ok: to go on would be to break a promise.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("peer: " + fmt.Sprintf(format, args...))
	}
}
