package journal

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A Journal is the actor that writes the log. Create one with [New].
type Journal struct {
	config   Config
	recovery *recovery // nil once the journal takes appends
	replay   *Replay   // of all that was handed in
	current  generation
	next     *rewrite // the generation that is to follow; nil if there is none yet
	highest  uint64   // number of a generation ever begun: none is used twice
	obsolete []string // logs to be removed when the running sync is done
	asked    bool     // for compaction, in this generation

	waiting []pending // not written yet, in the order received
	packer  packer    // at rest between two turns
	syncing []reply   // to be sent when the running sync is done
	running bool      // a sync of the current generation runs
	mark    uint64    // of the newest one
	watch   watch     // over the running sync
	failed  bool      // the disk did, and nothing is written any more
}

// A pending is a change that the next batch will hold.
type pending struct {
	change
	group  *group // nil if it is removed
	from   actors.Ref
	shared bool // the next generation needs it too
}

// A reply is what is to be said once a batch is durable, and to whom.
type reply struct {
	to      actors.Ref
	message actors.Message
}

// New returns a journal that opens its log when it is started.
func New(c Config) *Journal {
	return &Journal{config: c.withDefaults(), recovery: &recovery{}, packer: packer{limit: MaxBatchBytes}}
}

// Receive collects appends; [Journal.Flush] writes them.
func (j *Journal) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		ctx.Disk().ListLogs()
	case actors.LogsListed:
		j.listed(ctx, m)
	case actors.LogOpened:
		j.opened(ctx, m)
	case Append:
		j.gather(ctx, from, m)
	case Remove:
		j.forget(from, m)
	case actors.LogSynced:
		j.synced(ctx, m)
	case actors.LogRemoved:
		j.removed(ctx, m)
	case look:
		j.look(ctx, m)
	}
}

// Flush writes what has gathered, unless the disk is busy: then more may gather. The
// past is copied only while nothing waits: what is copied is also written.
func (j *Journal) Flush(ctx actors.Context) {
	if j.failed {
		return
	}
	if !j.running {
		j.switchOver(ctx)
		if len(j.waiting)+len(j.obsolete) > 0 {
			j.write(ctx)
			j.watch.begin(ctx, j.mark)
		}
	}
	if len(j.waiting) == 0 {
		j.rewrite(ctx)
	}
}

// gather takes an append that the next batch will hold. What it refuses here it
// would refuse at recovery, when it is too late.
func (j *Journal) gather(ctx actors.Context, from actors.Ref, a Append) {
	assert(j.recovery == nil, "an append before the journal was recovered")
	assert(a.Group != 0, "an append of no group")
	if a.Lost {
		assert(a.Save.Damaged, "a group that is lost and not damaged")
		ctx.Mark(markLost)
		delete(j.replay.groups, a.Group)
	}
	g := j.group(a.Group)
	c := change{Append: a, Before: g.before(a.Save)}
	if err := g.take(c); err != nil {
		panic(fmt.Sprintf("journal: group %d: save %d: %v", a.Group, a.Save.Number, err))
	}
	g.sender = from
	j.waiting = append(j.waiting, pending{change: c, group: g, from: from, shared: j.next.holds(g)})
}

// group finds a group. One that is new has no past to be copied.
func (j *Journal) group(id GroupID) *group {
	if g := j.replay.groups[id]; g.lives() {
		return g
	}
	g := j.replay.group(id)
	j.settleIn(g)
	return g
}

// settleIn notes that all there is of g will be written to the next generation, too.
func (j *Journal) settleIn(g *group) {
	if j.next.isOpen() {
		g.home, g.whole = j.next.number, true
	}
}

// forget takes a removal. The next generation is told in any case: what it holds of the
// group gives way there, too.
func (j *Journal) forget(from actors.Ref, m Remove) {
	assert(j.recovery == nil, "a removal before the journal was recovered")
	c := change{Append: Append{Group: m.Group}, Removed: &m.Tombstone}
	g := newTombstone(c)
	j.replay.put(m.Group, g)
	j.settleIn(g)
	j.waiting = append(j.waiting, pending{change: c, from: from, shared: j.next.isOpen()})
}

// write writes all that waits and asks for one sync.
func (j *Journal) write(ctx actors.Context) {
	disk := ctx.Disk()
	j.mark++
	written := j.put(disk, &j.current, false)
	if j.next.isOpen() {
		if j.put(disk, &j.next.generation, true) > 0 {
			ctx.Mark(markBoth)
		}
		j.next.owed += written
	}
	disk.SyncLog(j.current.log, j.mark)
	j.running = true
	j.syncing = j.replies()
	clear(j.waiting) // the entries are not to be held here any longer
	j.waiting = j.waiting[:0]
}

// put writes what waits, or only what is shared with the next generation, and returns
// how many bytes that took.
func (j *Journal) put(disk actors.Disk, to *generation, shared bool) int {
	for _, w := range j.waiting {
		if w.shared || !shared {
			j.packer.add(w.change)
		}
	}
	return to.write(disk, j.packer.finish())
}

// replies returns one reply for each group, for the last of its appends.
func (j *Journal) replies() []reply {
	list := make([]reply, 0, len(j.waiting))
	for _, w := range j.waiting {
		switch {
		case w.Removed != nil:
			list = append(list, reply{w.from, Removed{w.Group}})
		case w.group.reply == j.mark:
			list[w.group.place] = reply{w.from, Saved{w.Group, w.Save.Number}}
		default:
			w.group.reply, w.group.place = j.mark, len(list)
			list = append(list, reply{w.from, Saved{w.Group, w.Save.Number}})
		}
	}
	return list
}

// synced passes on that a batch is durable. What gathered meanwhile is written in
// the coming Flush.
func (j *Journal) synced(ctx actors.Context, m actors.LogSynced) {
	if m.Err != nil {
		ctx.Mark(markSyncFailed)
		j.fail(ctx, fmt.Errorf("sync log %s: %w", m.Log, m.Err))
		return
	}
	if j.next != nil && m.Log == j.next.log {
		j.next.synced(m.Mark)
		return
	}
	assert(j.running && m.Log == j.current.log && m.Mark == j.mark, "a sync is done that was not asked for")
	j.running = false
	j.answered(ctx)
	j.clean(ctx.Disk())
	for _, r := range j.syncing {
		ctx.Send(r.to, r.message)
	}
	j.syncing = nil
	if j.recovery != nil {
		j.finish(ctx)
	}
}

// clean removes the logs that the current generation has replaced.
func (j *Journal) clean(disk actors.Disk) {
	for _, log := range j.obsolete {
		disk.RemoveLog(log)
	}
	j.obsolete = nil
}

// removed notices a log that could not be removed. It costs room, no more: its
// number is not used again, and the next start removes it.
func (j *Journal) removed(ctx actors.Context, m actors.LogRemoved) {
	if m.Err != nil {
		ctx.Log().Error("could not remove an old log of the journal", "log", m.Log, "error", m.Err)
	}
}

// fail ends the node. Nothing is written after a failure.
func (j *Journal) fail(ctx actors.Context, err error) {
	j.failed = true
	ctx.Halt(fmt.Errorf("journal: %w", err))
}

// assert panics unless ok: to go on would be to forget a promise.
func assert(ok bool, otherwise string) {
	if !ok {
		panic("journal: " + otherwise)
	}
}
