package interop

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
)

// Ours is a replica of our core. What happens to it gathers until it is asked for its
// next Ready.
type ours struct {
	replica *raft.Replica
	in      raft.Input
	// idle says that nothing has happened since the last Step.
	idle  bool
	save  uint64            // of the Ready that is in the caller's hands
	reads map[uint64][]byte // names, by their numbers
	asked uint64
}

func newOurs(c foreign.Config, s foreign.Saved) *ours {
	voters := c.Voters
	if !slices.Contains(voters, c.ID) {
		voters = nil // it is told once it is added
	}
	config := raft.Config{
		ID: c.ID, Voters: voters, Drift: 0.1,
		Election:         time.Duration(c.Election) * foreign.Tick,
		Heartbeat:        time.Duration(c.Heartbeat) * foreign.Tick,
		BatchBytes:       int(c.MessageBytes),
		InflightMessages: c.Inflight,
		InflightBytes:    1 << 20,
		UncommittedBytes: 1 << 20,
		Trailing:         200,
	}
	state := raft.State{Vote: s.Vote, Snapshot: s.Snapshot, Entries: s.Entries}
	return &ours{replica: raft.New(config, state, 0, chance(c.ID, s)), reads: map[uint64][]byte{}}
}

// chance returns the random numbers of one life of a replica. What it found tells its
// lives apart well enough.
func chance(id raft.ID, s foreign.Saved) func(int) int {
	h := fnv.New64a()
	for _, n := range []uint64{uint64(id), uint64(s.Vote.Term), uint64(s.Vote.For), uint64(len(s.Entries))} {
		h.Write(binary.LittleEndian.AppendUint64(nil, n))
	}
	return sim.Seed(h.Sum64()).Stream("ours").IntN
}

// Tick implements [foreign.Core].
func (o *ours) Tick() {
	o.in.Now += foreign.Tick
	o.in.Wall = raft.Stamp(o.in.Now)
	o.idle = false
}

// leads reports whether this replica leads and takes proposals.
func (o *ours) leads() bool {
	s := o.replica.Status()
	return s.Role == raft.Leader && s.Transferring == raft.None
}

// Propose implements [foreign.Core].
func (o *ours) Propose(data []byte) bool {
	if !o.leads() {
		return false
	}
	o.in.Proposals = append(o.in.Proposals, raft.Proposal{Data: data})
	o.idle = false
	return true
}

// ReadIndex implements [foreign.Core].
func (o *ours) ReadIndex(name []byte) bool {
	if !o.leads() {
		return false
	}
	o.asked++
	o.reads[o.asked] = name
	o.in.Reads = append(o.in.Reads, o.asked)
	o.idle = false
	return true
}

// Step implements [foreign.Core].
func (o *ours) Step(b []byte) {
	m, err := raft.DecodeMessage(b)
	must(err)
	o.in.Messages = append(o.in.Messages, m)
	o.idle = false
}

// Ready implements [foreign.Core].
func (o *ours) Ready() (foreign.Ready, bool) {
	if o.idle {
		return foreign.Ready{}, false
	}
	out := o.replica.Step(o.in)
	o.in = raft.Input{Now: o.in.Now, Wall: o.in.Wall, Saved: o.in.Saved}
	o.idle, o.save = true, out.Save.Number
	r := foreign.Ready{
		Changed:   o.save > 0,
		MustSync:  o.save > 0,
		Saved:     foreign.Saved{Vote: out.Save.Vote, Snapshot: out.Save.Snapshot, Entries: out.Save.Entries},
		Restored:  out.Restored,
		Committed: out.Committed,
		Fetch:     out.Fetch,
		Reads:     o.answered(out),
	}
	members := o.replica.Status().Configuration
	for _, m := range out.Messages {
		if m.Kind != raft.AppendEntries || members.Has(m.To) { // see the package comment
			r.Messages = append(r.Messages, packet(m, true))
		}
	}
	return r, true
}

// answered turns reads that may be served now into states that allow them.
func (o *ours) answered(out raft.Output) (states []foreign.ReadState) {
	delivered := o.replica.Status().Delivered
	for _, n := range out.Reads {
		states = append(states, foreign.ReadState{Index: delivered, Name: o.reads[n]})
		delete(o.reads, n)
	}
	for _, n := range out.Refused {
		delete(o.reads, n)
	}
	return states
}

// Advance implements [foreign.Core].
func (o *ours) Advance() {
	if o.save > 0 {
		o.in.Saved, o.idle = o.save, false
	}
}

// Mark implements [foreign.Keeper].
func (o *ours) Mark() raft.Snapshot { return o.replica.Mark() }

// Captured implements [foreign.Keeper].
func (o *ours) Captured(s raft.Snapshot) { o.in.Captured, o.idle = s, false }

// Install implements [foreign.Keeper].
func (o *ours) Install(s raft.Snapshot) { o.in.Installed, o.idle = s, false }

// Transfer implements [foreign.Keeper].
func (o *ours) Transfer(to raft.ID) { o.in.Transfer, o.idle = to, false }

// Change implements [foreign.Keeper]. What is under way our core pursues by itself.
func (o *ours) Change(from raft.Configuration, voters []raft.ID) {
	if from.Settled() && o.replica.Status().Configuration.Equal(from) {
		o.in.Change, o.idle = &raft.Change{Voters: voters}, false
	}
}
