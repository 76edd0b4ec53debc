package node

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/peer"
)

// A member is another node, as this process has heard from it.
type member struct {
	id     actors.NodeID
	life   uint64 // of its process; zero until it was heard
	number uint64 // of the latest Beat of that process
	// past is the lives of processes before that, the last of them last.
	past    []uint64
	heard   time.Duration
	beat    time.Duration // when the last Beat came
	hearing Hearing
	// vouched is the birth of the disk on which it has noted this node, zero until
	// it said so; blank, that it was blank itself then.
	vouched birth
	blank   bool
	refused birth // of the disk that a warning was last given about
}

// maxPast limits how many processes of a member are remembered that are no more.
const maxPast = 64

// take reports whether b shows that the member lives: it was sent after all that was
// heard of it, as far as can be told. A network may repeat what a node said long after
// that node died.
func (m *member) take(b Beat) bool {
	if b.Life == m.life && b.Number <= m.number || slices.Contains(m.past, b.Life) {
		return false
	}
	m.number = b.Number
	return true
}

// reborn is told that the member is another process now.
func (m *member) reborn(life uint64) {
	if m.life != 0 {
		m.past = append(m.past, m.life)
		m.past = m.past[max(0, len(m.past)-maxPast):]
	}
	m.life = life
}

// contact tells the owner of a member that is heard again, or for the first time,
// or from another process.
func (p *pulse) contact(ctx actors.Context, m *member, b Beat) {
	if !m.take(b) {
		ctx.Mark(markBeatStale)
		return
	}
	m.heard = ctx.Now()
	if m.life == b.Life {
		m.hearing.note(m.heard-m.beat, p.interval)
	}
	m.beat = m.heard
	switch {
	case m.hearing.Silent && m.life != 0:
		ctx.Mark(markMemberBack)
	case m.life != 0 && m.life != b.Life:
		ctx.Mark(markMemberReborn)
	}
	if !m.hearing.Silent && m.life == b.Life {
		return
	}
	if m.life != b.Life {
		m.reborn(b.Life)
	}
	m.hearing.Silent = false
	ctx.Send(p.owner, peer.Contact{Node: m.id})
}
