package journal

import (
	"cmp"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A rewrite is the next generation while the past is copied into it, piece by piece.
// The generation before it takes all appends meanwhile; those of groups whose past
// has been copied are written here too. When nothing is left to copy, and no sync is
// under way, the record that completes it is written, and all that follows goes here
// alone: one sync makes both durable. Until then, and after a crash before that, the
// generation before it is the one that counts, and it has everything.
type rewrite struct {
	generation
	open bool
	busy bool      // a sync of a piece runs
	mark uint64    // of the newest one
	todo []GroupID // groups whose past is not here, or not whole, and perhaps others
	owed int       // what was appended since the last piece
}

// isOpen reports whether there is a next generation to write to.
func (n *rewrite) isOpen() bool { return n != nil && n.open }

// holds reports whether all of the past of g has been written here.
func (n *rewrite) holds(g *group) bool { return n.isOpen() && g.home == n.number && g.whole }

// ready reports whether nothing is left to copy.
func (n *rewrite) ready() bool { return n.isOpen() && !n.busy && len(n.todo) == 0 }

// rewrite takes one step towards the next generation, if there is one to take.
func (j *Journal) rewrite(ctx actors.Context) {
	switch n := j.next; {
	case n == nil && j.recovery == nil:
		if j.grown(1) {
			ctx.Mark(markBegun)
			j.begin(ctx.Disk())
		} else if !j.asked && j.grown(2) {
			j.asked = true
			j.ask(ctx)
		}
	case n.isOpen() && !n.busy && len(n.todo) > 0:
		j.copy(ctx)
	}
}

// grown reports whether the current generation has grown by one part in so many of
// what it may grow by. A past that is longer than a generation is not copied more
// often than it is doubled.
func (j *Journal) grown(parts int) bool {
	return j.current.bytes-j.current.past >= max(j.config.GenerationBytes, j.current.past)/parts
}

// ask asks the peers of the groups that take most for snapshots, if all together
// take more than half a generation: enough of them to halve that.
func (j *Journal) ask(ctx actors.Context) {
	live := j.replay.live()
	if live <= j.config.GenerationBytes/2 {
		return
	}
	ids := j.replay.ids()
	slices.SortStableFunc(ids, func(a, b GroupID) int {
		return cmp.Compare(j.replay.groups[b].bytes, j.replay.groups[a].bytes)
	})
	excess := live - j.config.GenerationBytes/4
	for _, id := range ids {
		g := j.replay.groups[id]
		if excess <= 0 || len(g.state.Entries) == 0 {
			return
		}
		excess -= g.bytes
		to := g.sender
		if to == (actors.Ref{}) {
			to = j.config.Owner
		}
		ctx.Mark(markAsked)
		ctx.Send(to, Compact{id})
	}
}

// begin opens the log of the next generation.
func (j *Journal) begin(disk actors.Disk) {
	j.highest++
	j.next = &rewrite{generation: newGeneration(j.highest)}
	disk.OpenLog(j.next.log)
}

// begun begins to copy.
func (j *Journal) begun(ctx actors.Context, m actors.LogOpened) {
	n := j.next
	assert(m.Log == n.log && len(m.Records) == 0, "a new log is not the one asked for, or not new")
	n.append(ctx.Disk(), appendHeader(nil, n.number, j.replay.lossy))
	n.open, n.todo = true, j.replay.ids()
}

// copy writes a piece of the past. It is never called while an append waits: the
// past is what was written.
func (j *Journal) copy(ctx actors.Context) {
	n := j.next
	room := max(j.config.PieceBytes, n.owed)
	n.owed = 0
	for room > 0 && len(n.todo) > 0 {
		g := j.replay.groups[n.todo[0]]
		if g == nil || n.holds(g) {
			n.todo = n.todo[1:]
			continue
		}
		c := g.piece(n.todo[0], n.number, room)
		if !g.whole {
			ctx.Mark(markGroupCopiedInPieces)
		}
		room -= sizeOf(c)
		j.packer.add(c)
	}
	n.write(ctx.Disk(), j.packer.finish())
	n.mark++
	if n.mark == 2 {
		ctx.Mark(markCopiedInPieces)
	}
	n.busy = true
	ctx.Disk().SyncLog(n.log, n.mark)
}

// piece returns the next part of the past of g for a generation, of at most room
// bytes if it has more than one entry.
func (g *group) piece(id GroupID, generation uint64, room int) change {
	if g.tombstone != nil {
		g.home, g.whole = generation, true
		return change{Append: Append{Group: id}, Removed: g.tombstone}
	}
	if g.home != generation {
		g.home, g.copied, g.base = generation, g.state.Snapshot.Index, g.state.Floor
	}
	c := change{Append: Append{Group: id, Save: raft.Save{
		Vote: g.state.Vote, Snapshot: g.state.Snapshot, Damaged: g.state.Damaged,
	}}}
	rest := g.state.Entries[g.copied-g.state.Snapshot.Index:]
	if len(rest) > 0 {
		n := 1
		for room -= sizeOfEntry(rest[0]); n < len(rest) && room >= sizeOfEntry(rest[n]); n++ {
			room -= sizeOfEntry(rest[n])
		}
		c.Save.Entries, c.Before = rest[:n], g.termAt(g.copied)
		g.copied += raft.Index(n)
	}
	g.whole = g.copied == g.last()
	c.Save.Floor = g.floorOfCopy()
	return c
}

// floorOfCopy is the floor of a group at the end of what was copied of it. Where the log
// has risen above its floor since the first piece, the copy may not have yet.
func (g *group) floorOfCopy() raft.Floor {
	if end := max(g.copied, g.state.Snapshot.Index); !g.base.Under(end, g.termAt(end)) {
		return g.base
	}
	return g.state.Floor
}

// synced is told that a piece is durable.
func (n *rewrite) synced(mark uint64) {
	assert(n.busy && mark == n.mark, "a sync of the past is done that was not asked for")
	n.busy = false
}

// switchOver goes on in the next generation, if all of the past is there. What is written
// now is the first that goes there alone, and its sync makes that generation count.
func (j *Journal) switchOver(ctx actors.Context) {
	n := j.next
	if !n.ready() {
		return
	}
	ctx.Mark(markSwitched)
	n.append(ctx.Disk(), appendComplete(nil))
	n.past = n.bytes
	if j.recovery != nil {
		j.obsolete = j.logs()
	} else {
		j.obsolete = []string{j.current.log}
	}
	j.current, j.next, j.asked = n.generation, nil, false
}
