package snapshot

import (
	"github.com/understudy-kv/understudy/actors"
)

// A holding is the snapshot that the log of a group rests on, and the peer that said so.
type holding struct {
	key  key
	peer actors.Ref
}

// keep removes what is older than the snapshot that a group needs, and what is newer
// and damaged: people had time to look at it, and a good one is there.
func (k *Keeper) keep(ctx actors.Context, from actors.Ref, m Keep) {
	kept := m.key()
	if f := k.fetchOf(m.Group); f != nil && f.key.older(kept) {
		ctx.Mark(markOvertaken)
		k.cancel(ctx, f)
	}
	for _, f := range k.filesOf(m.Group) {
		if f.key.older(kept) || f.key != kept && f.usable() && f.damaged {
			k.doom(ctx, f)
		}
	}
	k.kept[m.Group] = holding{kept, from}
	k.mourn(ctx, k.files[kept]) // it may have been damaged before the group rested on it
}

// mourn tells a peer that what the log of its group rests on is damaged. It is told
// again whenever another node asks for it: what it did about it may have failed.
func (k *Keeper) mourn(ctx actors.Context, f *file) {
	if f == nil || !f.damaged || !f.usable() {
		return
	}
	if h := k.kept[f.group]; h.key == f.key {
		ctx.Mark(markKeptDamaged)
		ctx.Send(h.peer, Damaged{Group: f.group, Index: f.index, Term: f.term})
	}
}

// drop removes everything of a group.
func (k *Keeper) drop(ctx actors.Context, m Drop) {
	delete(k.kept, m.Group)
	delete(k.setbacks, m.Group)
	if f := k.fetchOf(m.Group); f != nil {
		k.cancel(ctx, f)
	}
	for _, f := range k.filesOf(m.Group) {
		k.doom(ctx, f)
	}
}
