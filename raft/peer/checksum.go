package peer

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A Checksum is what the leader's state had for a hash after an entry. Followers
// compare it with their own, so that a replica that has gone astray is found while
// the others can still tell.
type Checksum struct {
	Index raft.Index
	Hash  uint64
}

// Checksums are taken whenever the index is a multiple of checkEvery; so many are
// kept.
const (
	checkEvery = 256
	keptChecks = 16
)

// A checklist holds checksums in the order of their indexes.
type checklist []Checksum

func (l *checklist) add(c Checksum) {
	if len(*l) == keptChecks {
		*l = append((*l)[:0], (*l)[1:]...)
	}
	*l = append(*l, c)
}

// at returns the hash for an index, if it is known.
func (l checklist) at(i raft.Index) (uint64, bool) {
	for _, c := range l {
		if c.Index == i {
			return c.Hash, true
		}
	}
	return 0, false
}

// check takes a checksum of its own after an entry, if it is time to, and tells the
// members if this replica leads.
func (p *Peer) check(ctx actors.Context, i raft.Index) {
	if i%checkEvery != 0 {
		return
	}
	own := Checksum{i, p.machine.Summary().Hash}
	p.checks.add(own)
	if told, known := p.told.at(i); known {
		p.compare(ctx, own, told)
	}
	if p.reign() == 0 {
		return
	}
	for _, id := range p.replica.Status().Configuration.Members() {
		if id != p.config.Raft.ID {
			ctx.Send(p.peer(ctx, id), own)
		}
	}
}

// checksum is told by a leader what to expect.
func (p *Peer) checksum(ctx actors.Context, from actors.Ref, c Checksum) {
	if from.Name != ctx.Self().Name || from.Node.IsClient() {
		return // nobody who leads this group
	}
	if own, known := p.checks.at(c.Index); known {
		p.compare(ctx, Checksum{c.Index, own}, c.Hash)
		return
	}
	if c.Index > p.applied {
		p.told.add(c)
	}
}

// compare stops this replica if its state is not the leader's. Which of the two is
// right nobody here can know; that they differ must not spread, nor be served.
func (p *Peer) compare(ctx actors.Context, own Checksum, told uint64) {
	if own.Hash == told {
		return
	}
	p.stop(ctx, fmt.Sprintf("its state after entry %d has the hash %016x and the leader's has %016x: "+
		"the replicas of this group have diverged", own.Index, own.Hash, told))
}
