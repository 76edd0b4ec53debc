package foreign

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

const (
	nodeName = "replica"
	logName  = "raft"
	// tickEvery is the tick of all libraries.
	tickEvery = Tick
	// askAgain is how long a read waits for its index before it asks once more.
	askAgain = 5 * tickEvery
)

// Tick is how often [Core.Tick] is called, as a node measures time.
const Tick = 10 * time.Millisecond

type (
	tick     struct{}
	transfer struct{ to raft.ID }
)

// A witness is the harness, which sees what all nodes do.
type witness interface {
	// Applied is told of every entry as it is applied, with the hash of the state after.
	Applied(id raft.ID, e raft.Entry, state uint64)
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

// A write waits to be applied.
type write struct {
	serial uint64
	from   actors.Ref
}

// A read waits for its index, and then for the machine to get there.
type read struct {
	name    []byte
	key     []byte
	serial  uint64
	from    actors.Ref
	asked   time.Duration
	known   bool
	index   raft.Index
	decided raft.Index // when it was asked
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
		ctx.After(tickEvery, tick{})
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
	ctx.After(tickEvery, tick{})
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

// serve begins what a client asked for, or refuses it.
func (n *node) serve(ctx actors.Context, from actors.Ref, c command) {
	var taken bool
	if c.op.Kind == kv.Get {
		taken = n.beginRead(ctx, from, c)
	} else {
		taken = n.core.Propose(c.appendTo(nil))
		n.writes[c.client] = write{c.serial, from}
	}
	if !taken {
		ctx.Send(from, response{serial: c.serial})
	}
}

func (n *node) beginRead(ctx actors.Context, from actors.Ref, c command) bool {
	n.named++
	name := binary.LittleEndian.AppendUint64(nil, n.lives)
	name = binary.LittleEndian.AppendUint64(name, n.named)
	r := &read{name: name, key: c.op.Key, serial: c.serial, from: from, asked: ctx.Now(), decided: n.witness.Decided()}
	if !n.core.ReadIndex(name) {
		return false
	}
	n.reads = append(n.reads, r)
	return true
}

// askAgain repeats the reads that had no answer for a while, under their names, as a
// library that may forget a request wants it.
func (n *node) askAgain(now time.Duration) {
	n.reads = slices.DeleteFunc(n.reads, func(r *read) bool { return now-r.asked > callTimeout })
	for _, r := range n.reads {
		if waited := (now - r.asked) / tickEvery * tickEvery; !r.known && waited > 0 && waited%askAgain == 0 {
			n.core.ReadIndex(r.name)
		}
	}
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
		n.apply(ctx, r)
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
		if w, waits := n.writes[c.client]; done && waits && w.serial == c.serial {
			delete(n.writes, c.client)
			ctx.Send(w.from, response{c.serial, result})
		}
	}
	for _, s := range r.Reads {
		n.allow(s)
	}
	n.reads = slices.DeleteFunc(n.reads, func(r *read) bool {
		served := r.known && r.index <= n.machine.applied
		if served {
			ctx.Send(r.from, response{r.serial, n.machine.read(r.key)})
		}
		return served
	})
}

// allow gives a read its index.
func (n *node) allow(s ReadState) {
	for _, r := range n.reads {
		if !r.known && string(r.name) == string(s.Name) {
			r.known, r.index = true, s.Index
			n.witness.Allowed(n.config.ID, r.decided, r.index)
		}
	}
}
