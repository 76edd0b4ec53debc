package peer

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

// A restoration is a machine being built from a snapshot that this node holds,
// piece by piece between other work.
type restoration struct {
	index    raft.Index
	term     raft.Term
	restorer Restorer
	bytes    int // added so far
	// With the last piece it is known what the snapshot says about itself, and the
	// machine is there.
	snapshot raft.Snapshot
	machine  StateMachine
}

// errUnusable says that the pieces of a snapshot, each as it was written, are no
// state of this machine: it may be of another version of the program.
var errUnusable = errors.New("the snapshot cannot be restored")

// lost reports whether err says that a snapshot is not there any more.
func lost(err error) bool {
	return errors.Is(err, actors.ErrNoFile) || errors.Is(err, actors.ErrCorrupt)
}

// fetch asks for the snapshot that a leader has offered: again and again, because
// that is how the keeper of snapshots learns of newer ones.
func (p *Peer) fetch(ctx actors.Context, o raft.Offer) {
	if o.Index > 0 && p.restoring == nil {
		ctx.Send(p.config.Snapshots, snapshot.Fetch{
			Group: p.config.Group, Index: o.Index, Term: o.Term, From: actors.NodeID(o.From),
		})
	}
}

// fetched begins to build the machine, unless one is being built or the log has
// overtaken it. A fetch that failed is offered again.
func (p *Peer) fetched(ctx actors.Context, m snapshot.Fetched) {
	if m.Err != nil {
		ctx.Mark(markFetchFailed)
	}
	if m.Err == nil && p.restoring == nil && m.Snapshot.Index > p.applied {
		p.beginRestore(ctx, m.Snapshot)
	}
}

func (p *Peer) beginRestore(ctx actors.Context, s raft.Snapshot) {
	p.restoring = &restoration{index: s.Index, term: s.Term, restorer: p.machine.Restore()}
	p.load(ctx, 0)
}

func (p *Peer) load(ctx actors.Context, piece int) {
	ctx.Send(p.config.Snapshots, snapshot.Load{
		Group: p.config.Group, Index: p.restoring.index, Term: p.restoring.term, Piece: piece,
	})
}

// loaded adds a piece to the machine, and ends the restoration with the last one or
// at the first failure.
func (p *Peer) loaded(ctx actors.Context, m snapshot.Loaded) {
	r := p.restoring
	if r == nil || m.Snapshot.Index != r.index || m.Snapshot.Term != r.term {
		return
	}
	err := r.add(m)
	switch {
	case err == nil && !m.Last:
		p.load(ctx, m.Piece+1)
	case p.replica == nil:
		p.recover(ctx, err)
	case err != nil:
		p.spoiled(ctx, err)
	default:
		p.turn.Installed = r.snapshot
	}
}

func (r *restoration) add(m snapshot.Loaded) error {
	if m.Err != nil {
		return m.Err
	}
	r.bytes += len(m.Data)
	if err := r.restorer.Add(m.Data); err != nil {
		return fmt.Errorf("%w: %w", errUnusable, err)
	}
	if !m.Last {
		return nil
	}
	var err error
	r.snapshot = m.Snapshot
	if r.machine, err = r.restorer.Machine(); err != nil {
		return fmt.Errorf("%w: %w", errUnusable, err)
	}
	return nil
}

// spoiled drops a snapshot that was fetched and could not be used. If its bytes are
// those that were captured, another fetch will not make them better.
func (p *Peer) spoiled(ctx actors.Context, err error) {
	p.restoring = nil
	if errors.Is(err, errUnusable) {
		p.stop(ctx, err.Error())
		return
	}
	ctx.Log().Warn("could not read a snapshot that was fetched", p.config.Label, "error", err)
}

// recover starts the replica with the machine of its snapshot; or, if that is lost,
// with nothing but its vote, to be repaired by the others. If the snapshot is there
// and cannot be read, by this program or at this time, it is not for this process to
// throw it away: all replicas of the group may be in the same situation.
func (p *Peer) recover(ctx actors.Context, err error) {
	r := p.restoring
	p.restoring = nil
	if err == nil && !r.snapshot.Equal(p.config.State.Snapshot) {
		err = fmt.Errorf("%w: it says that it is %v, and the journal knows %v", errUnusable, r.snapshot, p.config.State.Snapshot)
	}
	switch {
	case err == nil:
		p.replace(r)
	case lost(err):
		p.lose(ctx, err)
	default:
		p.stop(ctx, err.Error())
		return
	}
	p.begin(ctx)
}

// lose begins anew, with the vote alone. What the entries in the journal follow is
// gone, so they are of no use.
func (p *Peer) lose(ctx actors.Context, err error) {
	ctx.Mark(markSnapshotLost)
	ctx.Log().Error("the snapshot of a replica is lost", p.config.Label,
		"snapshot", p.config.State.Snapshot, "error", err)
	p.config.State = raft.State{Vote: p.config.State.Vote, Floor: p.config.State.Floor, Damaged: true}
	ctx.Send(p.config.Journal, journal.Append{
		Group: p.config.Group, Lost: true,
		Save: raft.Save{Vote: p.config.State.Vote, Floor: p.config.State.Floor, Damaged: true},
	})
}

// install puts the restored machine in place if the replica has taken its snapshot
// for the beginning of its log, and otherwise drops it: the log has overtaken it.
func (p *Peer) install(ctx actors.Context, s raft.Snapshot) {
	r := p.restoring
	if r == nil || r.machine == nil {
		assert(s.Index == 0, "snapshot %d is to be put in place; there is none", s.Index)
		return
	}
	p.restoring = nil
	if s.Index == 0 {
		ctx.Mark(markRestoredInVain)
		return
	}
	ctx.Mark(markRestored)
	assert(s.Index == r.index && s.Index > p.applied, "snapshot %d is to be put in place of the state at %d", s.Index, p.applied)
	assert(len(p.commands) == 0, "entry %d was proposed by a leader that takes a snapshot of another", s.Index)
	p.giveUpCapture(ctx)
	p.replace(r)
}

// replace makes the restored machine the machine.
func (p *Peer) replace(r *restoration) {
	p.machine = r.machine
	p.applied, p.stamp = r.snapshot.Index, r.snapshot.Stamp
	p.captured, p.weight, p.grown = r.snapshot.Index, r.bytes, 0
	p.checks.own = nil
}
