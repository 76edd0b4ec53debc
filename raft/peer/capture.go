package peer

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// A capture is a snapshot being written, piece by piece between other work.
type capture struct {
	snapshot raft.Snapshot
	state    Capture
	pieces   int // written so far
	bytes    int
}

// A ledge is how far the log may be forgotten: a snapshot, and the Save that says
// so. Older ones are needed until it is durable.
type ledge struct {
	save     uint64
	snapshot raft.Snapshot
}

// considerCapture begins a snapshot when the entries applied since the last one
// weigh more than it does, within limits: so the work of writing snapshots is in
// proportion to what is written, and so is the time that recovery takes.
func (p *Peer) considerCapture(ctx actors.Context) {
	if p.capturing != nil || p.restoring != nil || p.applied == p.captured {
		return
	}
	enough := min(max(p.config.SnapshotBytes, p.weight), maxSnapshotFactor*p.config.SnapshotBytes)
	if p.grown < enough && !p.pressed {
		return
	}
	mark := p.replica.Mark()
	if len(mark.Configuration.Voters) == 0 {
		return // who it is a state of is not known here yet
	}
	if p.grown < enough {
		ctx.Mark(markPressed)
	}
	p.pressed, p.grown = false, 0
	p.capturing = &capture{snapshot: mark, state: p.machine.Capture()}
	p.writePiece(ctx)
}

// maxSnapshotFactor limits how long the log grows for the sake of a large state.
const maxSnapshotFactor = 16

func (p *Peer) writePiece(ctx actors.Context) {
	c := p.capturing
	piece, more := c.state.Next(p.config.PieceBytes)
	ctx.Send(p.config.Snapshots, snapshot.Write{
		Group: p.config.Group, Snapshot: c.snapshot, Number: c.pieces, Piece: piece, Last: !more,
	})
	c.pieces++
	c.bytes += len(piece)
}

// written goes on with the next piece, or reports the whole to the replica.
func (p *Peer) written(ctx actors.Context, m snapshot.Written) {
	c := p.capturing
	if c == nil || !m.Snapshot.Equal(c.snapshot) || m.Pieces != c.pieces {
		return // of a capture that was given up
	}
	switch {
	case m.Err != nil: // the keeper has said so; the next one is due when as much has grown again
		p.endCapture()
	case m.Done:
		p.endCapture()
		p.captured, p.weight = c.snapshot.Index, c.bytes
		p.turn.Captured = c.snapshot
	default:
		p.writePiece(ctx)
	}
}

func (p *Peer) endCapture() {
	p.capturing.state.Close()
	p.capturing = nil
}

// giveUpCapture makes room for a state that is newer anyway.
func (p *Peer) giveUpCapture(ctx actors.Context) {
	if c := p.capturing; c != nil {
		ctx.Mark(markCaptureGivenUp)
		ctx.Send(p.config.Snapshots, snapshot.Abandon{Group: p.config.Group, Snapshot: c.snapshot})
		p.endCapture()
	}
}

// retain remembers which Save makes older snapshots useless.
func (p *Peer) retain(s raft.Save) {
	if s.Snapshot.Index > 0 {
		p.ledge = ledge{s.Number, s.Snapshot}
	}
}

// discard forgets older snapshots once that Save is durable.
func (p *Peer) discard(ctx actors.Context, saved uint64) {
	if l := p.ledge; l.save > 0 && l.save <= saved {
		ctx.Send(p.config.Snapshots, snapshot.Keep{Group: p.config.Group, Index: l.snapshot.Index, Term: l.snapshot.Term})
		p.ledge = ledge{}
	}
}
