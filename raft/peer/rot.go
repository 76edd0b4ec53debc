package peer

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// rotten has a snapshot captured at once in the place of one that is damaged: until
// then a follower that is far behind cannot catch up, and a crash here loses what the
// log rests on. A snapshot needs something that was applied since the last one; in a
// group without work a leader appends an entry that changes nothing. Any other replica
// can wait: nobody fetches from it before it leads, and then its term begins with such
// an entry.
func (p *Peer) rotten(ctx actors.Context, m snapshot.Damaged) {
	if m.Index != p.captured || p.capturing != nil {
		return // another one took its place, or is about to
	}
	if !p.pressed {
		ctx.Mark(markRotten)
		ctx.Log().Error("the snapshot that a log rests on is damaged; another one is captured in its place",
			p.config.Label, "index", m.Index, "term", m.Term)
	}
	p.pressed = true
	p.turn.Barrier = p.applied == p.captured
}
