package foreign

import (
	"fmt"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// see tells the oracles what happens in the world.
func (r *run) see(e *sim.Event) {
	switch e.Kind {
	case sim.Sent:
		if p, ok := e.Message.(Packet); ok {
			r.claimed(raft.ID(e.Node), p)
		}
	case sim.Restarted:
		r.consensus.Restarted(raft.ID(e.Node))
	case sim.Halted:
		r.violate(check.Violation{Oracle: check.Recovery, At: e.At, Text: fmt.Sprintf("%v halted: %v", e.From, e.Err)})
	case sim.Panicked:
		r.violate(check.Violation{Oracle: check.NoPanic, At: e.At, Text: fmt.Sprintf("%v: %s\n%s", e.From, e.Text, e.Stack)})
	}
}

// claimed tells the oracles what a message of from claims or promises.
func (r *run) claimed(from raft.ID, p Packet) {
	c := p.Claim
	switch c.Kind {
	case Leads:
		r.leader = refOf(from).Node
		r.consensus.Led(theGroup, from, c.Term)
		r.report.Leaders[c.Term] = from
	case Stands:
		r.consensus.Voted(theGroup, from, c.Term, from)
	case Votes:
		r.consensus.Voted(theGroup, from, c.Term, p.To)
	case Acknowledges:
		r.consensus.Acknowledged(theGroup, from, c.Term, c.Index)
	}
}

// Applied implements [witness].
func (r *run) Applied(id raft.ID, e raft.Entry, state uint64) {
	r.consensus.Applied(theGroup, id, e, state)
	r.hold(e)
	if e.Kind == raft.Membership && e.Index > r.changed {
		r.changed = e.Index
		r.report.Changes++
	}
}

// Configured implements [witness].
func (r *run) Configured(id raft.ID, i raft.Index) { r.configured[id] = max(r.configured[id], i) }

// Resumed implements [witness].
func (r *run) Resumed(id raft.ID, i raft.Index, state uint64) {
	r.consensus.Restored(theGroup, id, i, state)
}

// Restored implements [witness].
func (r *run) Restored(id raft.ID) { r.report.Restored[id]++ }

// Decided implements [witness].
func (r *run) Decided() raft.Index { return raft.Index(r.consensus.Decided(theGroup)) }

// Allowed implements [witness]: what was applied anywhere before a read was asked for
// was committed before, so the read must see it.
func (r *run) Allowed(id raft.ID, decided, index raft.Index) {
	if index < decided {
		r.violate(check.Violation{Oracle: FreshRead, At: r.world.Now(), Text: fmt.Sprintf(
			"node %d may serve a read from index %d; %d was applied before it was asked for", id, index, decided)})
	}
}

// A platter watches one disk.
type platter struct {
	*run
	id raft.ID
}

// Durable tells the oracles of saves that survive any crash from now on.
func (p platter) Durable(_ string, _ int, records [][]byte) {
	for _, record := range records {
		r, err := decodeRecord(record)
		if err != nil {
			panic(err)
		}
		p.holding.durable(p.id, r.Entries)
		if r.image.snapshot.Index == 0 {
			p.consensus.Synced(theGroup, p.id, raft.Save{Vote: r.Vote, Snapshot: r.Snapshot, Entries: r.Entries})
		}
	}
}

// Appended, Cut, Damaged, Removed, Sealed and Discarded complete [disk.Observer]; what is
// not durable promises nothing, nothing is damaged or removed here, and there are no files.
func (p platter) Appended(string, int, []byte) {}

// Cut is explained at Appended.
func (p platter) Cut(string, int) {}

// Damaged is explained at Appended.
func (p platter) Damaged(string) {}

// Removed is explained at Appended.
func (p platter) Removed(string) {}

// Sealed is explained at Appended.
func (p platter) Sealed(string) {}

// Discarded is explained at Appended.
func (p platter) Discarded(string, int) {}
