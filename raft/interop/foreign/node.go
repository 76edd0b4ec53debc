package foreign

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// Tick is how often [Core.Tick] is called, as a node measures time.
const Tick = 10 * time.Millisecond

const (
	nodeName = "replica"
	logName  = "raft"
)

type (
	tick     struct{}
	transfer struct{ to raft.ID }
	change   struct {
		from   raft.Configuration
		voters []raft.ID
	}
)

// A witness is the harness, which sees what all nodes do.
type witness interface {
	// Applied is told of every entry as it is applied, with the hash of the state after.
	Applied(id raft.ID, e raft.Entry, state uint64)
	// Configured is told when the last change of members that id has applied is that of
	// entry i, or a later one, and id will know it after a crash.
	Configured(id raft.ID, i raft.Index)
	// Resumed is told when id goes on from a durable state of index i, with the hash
	// state: its own of before a restart, or that of another replica.
	Resumed(id raft.ID, i raft.Index, state uint64)
	// Restored is told when a state of another replica took the place of the one before.
	Restored(id raft.ID)
	// Decided returns the last entry that any replica has applied.
	Decided() raft.Index
	// Allowed is told that a read of id, asked for when decided was the last entry that
	// any replica had applied, may be served once index is.
	Allowed(id raft.ID, decided, index raft.Index)
}

// A node drives one replica of a library, and the map it replicates.
type node struct {
	library Library
	config  Config
	// captureEvery is after how many entries the state is captured; zero is never.
	captureEvery raft.Index
	witness      witness

	core    Core // nil until the log is open
	machine *machine
	// busy says that a Ready is being synced: nothing further is taken from the core.
	busy   bool
	syncs  uint64
	after  map[uint64]func(actors.Context) // what a sync is for, by its mark
	keep   keep
	lives  uint64 // tells apart the names that different lives give to reads
	named  uint64
	writes map[uint64]write // by client: what was proposed here last
	reads  []*read          // in the order asked
}

// Receive implements [actors.Actor].
func (n *node) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	if opened, ok := m.(actors.LogOpened); ok {
		n.start(ctx, opened)
		return
	}
	if n.core == nil {
		if _, ok := m.(actors.Started); ok {
			ctx.Disk().OpenLog(logName)
		}
		return // it does not listen yet
	}
	switch m := m.(type) {
	case tick:
		n.core.Tick()
		n.askAgain(ctx.Now())
		ctx.After(Tick, tick{})
	case Packet:
		n.core.Step(m.Bytes)
	case request:
		n.serve(ctx, from, m.command)
	case wanted:
		n.hand(ctx, from, m)
	case image:
		n.receiveImage(ctx, m)
	case transfer:
		n.core.(Keeper).Transfer(m.to)
	case change:
		n.core.(Keeper).Change(m.from, m.voters)
	case actors.LogSynced:
		n.synced(ctx, m)
	}
}

// start recovers the replica from its log.
func (n *node) start(ctx actors.Context, opened actors.LogOpened) {
	if opened.Err != nil {
		ctx.Halt(opened.Err)
		return
	}
	n.keep.images = map[raft.Index]image{}
	n.after = map[uint64]func(actors.Context){}
	n.writes = map[uint64]write{}
	n.machine = newMachine()
	n.lives = ctx.Rand()
	saved := n.recover(opened.Records)
	if saved.Snapshot.Index > 0 {
		n.restore(saved.Snapshot)
	}
	n.core = n.library.New(n.config, saved)
	ctx.After(Tick, tick{})
}

// recover folds the records of a log.
func (n *node) recover(records [][]byte) (saved Saved) {
	for _, b := range records {
		r, err := decodeRecord(b)
		if err != nil {
			panic(fmt.Sprintf("a record that this harness did not write: %v", err))
		}
		if i := r.image; i.snapshot.Index > 0 {
			n.keep.images[i.snapshot.Index] = i
			continue
		}
		saved.fold(r.Saved)
	}
	return saved
}

// Flush implements [actors.Flusher]: it does what the core wants done, until a sync
// is under way.
func (n *node) Flush(ctx actors.Context) {
	for n.core != nil && !n.busy {
		ready, any := n.core.Ready()
		if !any {
			return
		}
		n.handle(ctx, ready)
	}
}

// handle saves what must be saved and does, beside the sync, what need not wait.
func (n *node) handle(ctx actors.Context, r Ready) {
	if r.Changed {
		ctx.Disk().AppendLog(logName, record{Saved: r.Saved}.appendTo(nil))
	}
	n.send(ctx, r.Messages, true)
	n.busy = r.MustSync
	if r.MustSync {
		n.sync(ctx, func(ctx actors.Context) { n.finish(ctx, r) })
	}
	if r.Restored.Index == 0 {
		n.apply(ctx, r)
	}
	n.fetch(ctx, r.Fetch)
	if !r.MustSync {
		n.finish(ctx, r)
	}
	n.capture(ctx)
}

// sync makes everything appended so far durable and then calls done.
func (n *node) sync(ctx actors.Context, done func(actors.Context)) {
	n.syncs++
	n.after[n.syncs] = done
	ctx.Disk().SyncLog(logName, n.syncs)
}

func (n *node) synced(ctx actors.Context, m actors.LogSynced) {
	if m.Err != nil {
		ctx.Halt(m.Err)
		return
	}
	done := n.after[m.Mark]
	delete(n.after, m.Mark)
	done(ctx)
}

// finish gives a Ready back that is saved.
func (n *node) finish(ctx actors.Context, r Ready) {
	n.busy = false
	if r.Restored.Index > 0 {
		n.restore(r.Restored) // now that the log begins there
		n.witness.Restored(n.config.ID)
		n.witness.Configured(n.config.ID, r.Restored.Index)
		n.apply(ctx, r)
	}
	for _, e := range r.Committed {
		if e.Kind == raft.Membership {
			n.witness.Configured(n.config.ID, e.Index)
		}
	}
	n.send(ctx, r.Messages, false)
	n.core.Advance()
}

// send sends the messages that may leave before the sync, or the others.
func (n *node) send(ctx actors.Context, packets []Packet, early bool) {
	for _, p := range packets {
		if p.Early == early {
			ctx.Send(refOf(p.To), p)
		}
	}
}

func refOf(id raft.ID) actors.Ref { return actors.Ref{Node: actors.NodeID(id), Name: nodeName} }

// apply applies what is committed and answers those who waited for it.
func (n *node) apply(ctx actors.Context, r Ready) {
	for _, e := range r.Committed {
		c, result, done := n.machine.apply(e)
		n.witness.Applied(n.config.ID, e, n.machine.hash)
		if e.Kind == raft.Membership {
			n.keep.changed = e.Index
		}
		if w, waits := n.writes[c.client]; done && waits && w.serial == c.serial {
			delete(n.writes, c.client)
			ctx.Send(w.from, response{c.serial, result})
		}
	}
	n.serveReads(ctx, r.Reads)
}
