package snapshot

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A fetch is a snapshot that a peer of this node wants from another node.
type fetch struct {
	key
	keeper *Keeper
	from   actors.NodeID // who has it
	to     actors.Ref    // who wants it

	// The rest is of a fetch whose turn has come.
	file   *file
	header header // zero until the first piece came
	pieces int    // that the file will have; 0 until the first came
	next   int    // the first piece that the draft was not given
	window []part // from next on, in order

	moved time.Duration // when something came, or was written, last
	retry time.Duration // how long to wait for an answer
	vain  bool          // the last question had no answer in time
}

// fetch begins to get a snapshot, unless it is here or on its way, or could not be had
// just now.
func (k *Keeper) fetch(ctx actors.Context, from actors.Ref, m Fetch) {
	assert(m.Group != 0 && m.Index != 0, "fetch of snapshot %v", m.key())
	wanted := &fetch{key: m.key(), keeper: k, from: m.From, to: from}
	i := slices.IndexFunc(k.fetches, func(f *fetch) bool { return f.group == m.Group })
	switch f := k.files[m.key()]; {
	case f.good():
		ctx.Mark(markHereAlready)
		k.found(ctx, f, from)
	case k.pausing(ctx.Now(), wanted):
		ctx.Mark(markPauses)
	case i < 0:
		if len(k.fetches) >= k.config.Downloads {
			ctx.Mark(markWaitsItsTurn)
		}
		k.fetches = append(k.fetches, wanted)
	default:
		k.refetch(ctx, i, wanted)
	}
}

// refetch decides between a fetch and another of the same group. One that gets on is
// left alone, even by a newer one: a state that takes longer to send than the time
// until the next is captured would never arrive.
func (k *Keeper) refetch(ctx actors.Context, i int, wanted *fetch) {
	f := k.fetches[i]
	switch {
	case f.key == wanted.key && f.from == wanted.from:
		f.to = wanted.to
	case f.getsOn():
		ctx.Mark(markNewerIgnored)
	case f.key == wanted.key && f.file != nil:
		ctx.Mark(markOtherSender)
		f.dismiss(ctx)
		f.from, f.to = wanted.from, wanted.to
		f.askAgain(ctx)
	default:
		ctx.Mark(markNewerInstead)
		f.stop(ctx)
		k.fetches[i] = wanted
	}
}

// getsOn reports whether pieces come.
func (f *fetch) getsOn() bool { return f.pieces > 0 && !f.vain }

// running returns the fetches whose turn it is.
func (k *Keeper) running() []*fetch { return k.fetches[:min(len(k.fetches), k.config.Downloads)] }

// begin starts the fetches whose turn has come.
func (k *Keeper) begin(ctx actors.Context) {
	for i := 0; i < len(k.running()); {
		if f := k.fetches[i]; f.file != nil || f.start(ctx) {
			i++
		} else {
			k.fetches = slices.Delete(k.fetches, i, i+1)
		}
	}
}

// start asks for the first piece. It reports whether there is anything to fetch:
// much may have happened while f was waiting.
func (f *fetch) start(ctx actors.Context) bool {
	switch there := f.keeper.files[f.key]; {
	case there.good():
		f.keeper.found(ctx, there, f.to)
		return false
	case captureOf(there) != nil:
		f.refuse(ctx, ErrBusy)
		return false
	}
	f.file = f.keeper.newDraft(f.key, f)
	f.keeper.advance(ctx, f.file)
	f.moved, f.retry = ctx.Now(), f.keeper.config.Retry
	f.extend(ctx)
	return true
}

// tend asks again for what did not come, and gives up what does not come at all.
func (k *Keeper) tend(ctx actors.Context) {
	now := ctx.Now()
	for _, f := range slices.Clone(k.running()) {
		switch {
		case !f.waits():
		case now-f.moved >= k.config.Patience:
			ctx.Mark(markSilent)
			f.giveUp(ctx, fmt.Errorf("node %v: %w", f.from, ErrSilent))
		case now >= f.askedFirst()+f.retry:
			f.retryMissing(ctx)
		}
	}
}

// deadline is when tend must look at f.
func (f *fetch) deadline() time.Duration {
	if !f.waits() {
		return never
	}
	return min(f.moved+f.keeper.config.Patience, f.askedFirst()+f.retry)
}

// cancel ends a fetch that nobody wants any more.
func (k *Keeper) cancel(ctx actors.Context, f *fetch) {
	k.forget(f)
	f.stop(ctx)
}

// stop leaves nothing of f but its place in the queue.
func (f *fetch) stop(ctx actors.Context) {
	if f.file != nil {
		f.dismiss(ctx)
		f.keeper.discard(ctx, f.file)
	}
}

// giveUp ends f with an error and leaves nothing of what came.
func (f *fetch) giveUp(ctx actors.Context, err error) {
	f.keeper.cancel(ctx, f)
	f.refuse(ctx, err)
}

func (f *fetch) refuse(ctx actors.Context, err error) {
	if f.keeper.setBack(ctx, f) {
		ctx.Log().Warn("could not fetch a snapshot", "file", f.key.name(), "from", f.from,
			"err", err, "failures", f.keeper.setbacks[f.group].times)
	}
	ctx.Send(f.to, Fetched{Group: f.group, Snapshot: f.position(), Err: err})
}

func (k *Keeper) forget(f *fetch) {
	k.fetches = slices.DeleteFunc(k.fetches, func(g *fetch) bool { return f == g })
}

// fetchOf returns the fetch of a group, or nil.
func (k *Keeper) fetchOf(g journal.GroupID) *fetch {
	for _, f := range k.fetches {
		if f.group == g {
			return f
		}
	}
	return nil
}

// fetchInto returns the fetch that writes f, or nil.
func fetchInto(f *file) *fetch {
	if f == nil || f.draft == nil {
		return nil
	}
	into, _ := f.draft.author.(*fetch)
	return into
}

// wrote implements author. A slow disk is not held against the other node.
func (f *fetch) wrote(ctx actors.Context) {
	f.moved = ctx.Now()
	f.extend(ctx)
}

// sealed implements author.
func (f *fetch) sealed(ctx actors.Context) {
	assert(f.file.pieces == f.pieces, "%d of %d pieces of %v came", f.file.pieces, f.pieces, f.key)
	f.keeper.forget(f)
	f.keeper.succeeded(f.group)
	f.dismiss(ctx)
	f.keeper.found(ctx, f.file, f.to)
}

// failed implements author.
func (f *fetch) failed(ctx actors.Context, err error) {
	f.keeper.forget(f)
	f.dismiss(ctx)
	f.refuse(ctx, err)
}
