package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// A phase is what was seen of a cluster during one part of a benchmark.
type phase struct {
	Name    string  `json:"phase"`
	Seconds float64 `json:"seconds"`
	// Reads and Writes are those of the partitions that the benchmark leaves alone, Same
	// those of the one that it is about.
	Reads      latency `json:"reads"`
	Writes     latency `json:"writes"`
	SameReads  latency `json:"sameReads"`
	SameWrites latency `json:"sameWrites"`
	// Elections counts the terms that began, in all groups.
	Elections int `json:"elections"`
	// Late counts the Beats between nodes that came late, as the nodes heard them; see
	// [node.Hearing].
	Late [len(node.Lateness)]uint64 `json:"lateBeats"`
	// Resident is the most memory that each process occupied, in bytes.
	Resident []int64 `json:"residentBytes"`
	// CPU is what the processes used of it, in seconds.
	CPU float64 `json:"cpuSeconds"`

	begin  time.Time
	before views
	cpu    time.Duration
}

// views is what the nodes that answered said of themselves, by their index.
type views map[int]node.NodeStatus

// terms returns the newest term of each group that any node knows of.
func (v views) terms() map[journal.GroupID]raft.Term {
	terms := map[journal.GroupID]raft.Term{}
	for _, s := range v {
		for _, r := range s.Replicas {
			terms[r.Group] = max(terms[r.Group], r.Raft.Vote.Term)
		}
	}
	return terms
}

// elections counts the terms that began since the views before.
func (v views) elections(before views) (n int) {
	old := before.terms()
	for group, term := range v.terms() {
		n += int(term - min(old[group], term))
	}
	return n
}

// late counts the Beats that came late since the views before.
func (v views) late(before views) (late [len(node.Lateness)]uint64) {
	for i, s := range v {
		for j, h := range s.Hearings {
			for k, n := range h.Late {
				if old := before[i].Hearings; j < len(old) && old[j].Late[k] <= n {
					n -= old[j].Late[k] // unless the process is a new one
				}
				late[k] += n
			}
		}
	}
	return late
}

// A watch looks at a cluster from outside.
type watch struct {
	cluster *processes
	client  *client.Client
	others  *steady // load on the partitions that are left alone
	same    *steady

	mu       sync.Mutex
	resident []int64 // the most since the phase began
}

// sampleEvery is how often the memory of processes is looked at.
const sampleEvery = 50 * time.Millisecond

// change starts or stops a node: not while somebody looks which processes there are.
func (w *watch) change(do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return do()
}

// run samples until ctx ends.
func (w *watch) run(ctx context.Context) {
	for ; ctx.Err() == nil; sleep(ctx, sampleEvery) {
		w.sample()
	}
}

func (w *watch) sample() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.resident {
		w.resident[i] = max(w.resident[i], w.cluster.resident(i))
	}
}

// begin begins a phase.
func (w *watch) begin(ctx context.Context, name string) phase {
	w.mu.Lock()
	w.resident = make([]int64, len(w.cluster.commands))
	w.mu.Unlock()
	w.sample()
	return phase{Name: name, begin: time.Now(), before: w.views(ctx), cpu: w.cluster.cpu()}
}

// end fills in what a phase has been.
func (w *watch) end(ctx context.Context, p phase) phase {
	end := time.Now()
	w.sample()
	p.CPU = max(w.cluster.cpu()-p.cpu, 0).Seconds()
	after := w.views(ctx)
	p.Elections, p.Late = after.elections(p.before), after.late(p.before)
	p.Seconds = end.Sub(p.begin).Seconds()
	p.Reads, p.Writes = w.others.between(p.begin, end, false), w.others.between(p.begin, end, true)
	p.SameReads, p.SameWrites = w.same.between(p.begin, end, false), w.same.between(p.begin, end, true)
	w.mu.Lock()
	defer w.mu.Unlock()
	p.Resident = w.resident
	w.resident = make([]int64, len(w.resident))
	return p
}

// errDown is why a node that was stopped has no status.
var errDown = errors.New("it does not run")

// views asks the nodes that run. One that does not answer is missing.
func (w *watch) views(ctx context.Context) views {
	all := views{}
	for i := range w.cluster.commands {
		if s, err := w.status(ctx, i); err == nil {
			all[i] = s
		}
	}
	return all
}

func (w *watch) status(ctx context.Context, i int) (node.NodeStatus, error) {
	if w.cluster.commands[i] == nil {
		return node.NodeStatus{}, errDown
	}
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	return w.client.Status(ctx, actors.NodeID(i+1))
}

// replica returns what one node says of its replica of a partition, if it answers
// and has one that runs.
func (w *watch) replica(ctx context.Context, i, partition int) (peer.Status, bool) {
	s, err := w.status(ctx, i)
	if err != nil {
		return peer.Status{}, false
	}
	for _, r := range s.Replicas {
		if r.Group == node.Group(partition) {
			return r, r.Raft.Role != 0
		}
	}
	return peer.Status{}, false
}

// leader returns the node that leads a partition, or -1.
func (w *watch) leader(ctx context.Context, partition int) int {
	leader, term := -1, raft.Term(0)
	for i, s := range w.views(ctx) { // any order: one leader in a term
		for _, r := range s.Replicas {
			if r.Group == node.Group(partition) && uint64(r.Raft.Leader) == uint64(i+1) && r.Raft.Vote.Term > term {
				leader, term = i, r.Raft.Vote.Term
			}
		}
	}
	return leader
}

// led waits until all partitions have leaders among the nodes that run.
func (w *watch) led(ctx context.Context, partitions int) error {
	for p := 0; p < partitions; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if w.leader(ctx, p) >= 0 {
			p++
			continue
		}
		sleep(ctx, 50*time.Millisecond)
	}
	return nil
}
