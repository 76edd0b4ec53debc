package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
)

// bulkTag is what the keys of the large partition have in common.
const bulkTag = "{bulk}"

// How many connections of the steady load read, and how many write, in the partitions
// that are left alone; how many keys it has, and how often one is sent to the large
// partition.
const (
	steadyConnections = 32
	steadyKeys        = 1000
	sameConnections   = 4
	sameInterval      = 200 * time.Millisecond
)

// A catchUpRun is the benchmark under way.
type catchUpRun struct {
	catchUpFlags
	watch
	bulk      bulk
	partition int // that is filled
	group     uint64
	leads     int // the node that leads it
	victim    int // the one that is stopped
	had       uint64
	started   time.Time
	report    catchUpReport
	progress  io.Writer
}

func newCatchUpRun(f catchUpFlags, p *processes, c *client.Client, progress io.Writer) *catchUpRun {
	return &catchUpRun{
		catchUpFlags: f, watch: watch{cluster: p, client: c}, progress: progress,
		report: catchUpReport{
			Size: int64(f.size), ValueBytes: int64(f.value), LongBytes: int64(f.long), Partitions: f.partitions,
		},
	}
}

// run goes through the phases.
func (r *catchUpRun) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	go r.watch.run(ctx)
	r.others.start(ctx, steadyConnections)
	defer r.others.stop()
	r.same.start(ctx, sameConnections)
	defer r.same.stop()
	if err := r.steps(ctx, step{"quiet", r.quietly}, step{"filling", r.fill}); err != nil {
		return err
	}
	if err := r.stop(ctx); err != nil {
		return err
	}
	for before := r.report.Phases; !r.outOfReach(ctx); {
		r.report.Phases = before
		if err := r.steps(ctx, step{"rewriting", r.rewrite}, step{"capturing", r.capture}); err != nil {
			return err
		}
	}
	return r.steps(ctx, step{"restarting", r.restart}, step{"streaming", r.stream})
}

// A step is a part of the benchmark that is reported as a phase.
type step struct {
	name string
	do   func(context.Context) error
}

func (r *catchUpRun) steps(ctx context.Context, list ...step) error {
	for _, s := range list {
		if err := r.step(ctx, s.name, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (r *catchUpRun) step(ctx context.Context, name string, do func(context.Context) error) error {
	p := r.begin(ctx, name)
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p = r.end(ctx, p)
	fmt.Fprintf(r.progress, "%-10s %6.1f s\n", name, p.Seconds)
	r.report.Phases = append(r.report.Phases, p)
	return nil
}

// prepare finds out who leads and who shall be stopped, and makes the loads.
func (r *catchUpRun) prepare(ctx context.Context) error {
	places := r.client.Map()
	r.partition = places.Locate([]byte(bulkTag))
	r.group = uint64(node.Group(r.partition))
	if err := r.led(ctx, r.partitions); err != nil {
		return err
	}
	r.leads = r.leader(ctx, r.partition)
	var stay []string
	for i, address := range r.cluster.redis {
		if i == r.leads || i != r.victimOf(r.leads) {
			stay = append(stay, address)
		}
	}
	r.victim = r.victimOf(r.leads)
	r.others = &steady{
		addresses: stay, value: make([]byte, 256),
		interval: 2 * steadyConnections * time.Second / time.Duration(r.rate),
	}
	for i := 0; len(r.others.keys) < steadyKeys; i++ {
		if key := fmt.Appendf(nil, "key:%d", i); places.Locate(key) != r.partition {
			r.others.keys = append(r.others.keys, key)
		}
	}
	r.same = &steady{
		addresses: stay, value: make([]byte, 256), keys: [][]byte{[]byte(bulkTag + "small")}, interval: sameInterval,
	}
	r.bulk = bulk{
		client: r.client, tag: bulkTag, value: int(r.value), long: int(r.long), rate: int(r.fillRate),
	}
	if err := r.others.settle(ctx); err != nil {
		return err
	}
	return r.same.settle(ctx)
}

// victimOf returns a node that follows.
func (r *catchUpRun) victimOf(leader int) int { return (leader + 1) % len(r.cluster.commands) }

func (r *catchUpRun) quietly(ctx context.Context) error {
	bar := newBytesBar(r.progress, 0, "quiet")
	defer bar.Finish()
	sleep(ctx, r.quiet)
	return ctx.Err()
}

func (r *catchUpRun) fill(ctx context.Context) error {
	bar := newBytesBar(r.progress, int64(r.size), "filling")
	defer bar.Finish()
	began := time.Now()
	err := r.bulk.fill(ctx, int64(r.size), func(n int) { bar.Add(n) })
	r.report.Filled = float64(r.size) / time.Since(began).Seconds()
	return err
}

// stop stops the node that shall fetch the state, and waits until others lead what it
// led.
func (r *catchUpRun) stop(ctx context.Context) error {
	s, found := r.replica(ctx, r.victim, r.partition)
	if !found {
		return fmt.Errorf("node %d does not say how far it is", r.victim+1)
	}
	r.had = uint64(s.Raft.Last)
	_ = r.change(func() error { r.cluster.end(r.victim, os.Interrupt); return nil }) // nothing fails
	return r.led(ctx, r.partitions)
}

// rewrite writes until a state is being captured by the leader.
func (r *catchUpRun) rewrite(ctx context.Context) error {
	bar := newBytesBar(r.progress, -1, "rewriting")
	defer bar.Finish()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		for ctx.Err() == nil && r.draft(r.leads) == nil {
			sleep(ctx, sampleEvery)
		}
	}()
	return r.bulk.more(ctx, func(n int) { bar.Add(n) })
}

// draft returns the snapshot of the partition that a node is writing, or nil.
func (r *catchUpRun) draft(i int) *snapshotFile {
	for _, f := range snapshotsOf(r.cluster.dir(i), r.group) {
		if !f.complete {
			return &f
		}
	}
	return nil
}

// outOfReach reports whether the leader has dropped entries that the stopped node lacks.
func (r *catchUpRun) outOfReach(ctx context.Context) bool {
	s, found := r.replica(ctx, r.leads, r.partition)
	return found && uint64(s.Raft.First) > r.had+1
}

// capture waits until the leader has written its state.
func (r *catchUpRun) capture(ctx context.Context) error {
	bar := newBytesBar(r.progress, int64(r.size), "capturing")
	defer bar.Finish()
	began := time.Now()
	for ; ctx.Err() == nil; sleep(ctx, sampleEvery) {
		if d := r.draft(r.leads); d != nil {
			bar.Set64(min(d.bytes, int64(r.size)))
			continue
		}
		r.report.Captured = time.Since(began).Seconds()
		sleep(ctx, time.Second) // the log is dropped when the journal has it
		return ctx.Err()
	}
	return context.Cause(ctx)
}

// restart starts the node and waits until its replica runs.
func (r *catchUpRun) restart(ctx context.Context) error {
	bar := newBytesBar(r.progress, -1, "restarting")
	defer bar.Finish()
	r.started = time.Now()
	if err := r.change(func() error { return r.cluster.start(r.victim) }); err != nil {
		return err
	}
	for ; ctx.Err() == nil; sleep(ctx, sampleEvery) {
		if _, runs := r.replica(ctx, r.victim, r.partition); runs {
			r.report.Restarted = time.Since(r.started).Seconds()
			return nil
		}
	}
	return context.Cause(ctx)
}

// stream waits until the node is as far as its leader.
func (r *catchUpRun) stream(ctx context.Context) error {
	bar := newBytesBar(r.progress, int64(r.size), "streaming")
	defer bar.Finish()
	began, arrived := time.Now(), time.Time{}
	for ; ctx.Err() == nil; sleep(ctx, sampleEvery) {
		if d := r.draft(r.victim); d != nil {
			arrived = time.Now()
			bar.Set64(min(d.bytes, int64(r.size)))
			continue
		}
		if r.caughtUp(ctx) {
			break
		}
	}
	if arrived.IsZero() {
		arrived = began
	}
	for _, f := range snapshotsOf(r.cluster.dir(r.victim), r.group) {
		r.report.Snapshot = max(r.report.Snapshot, f.bytes)
	}
	r.report.Fetched, r.report.Restored = arrived.Sub(began).Seconds(), time.Since(arrived).Seconds()
	r.report.CaughtUp = time.Since(r.started).Seconds()
	return context.Cause(ctx)
}

// caughtUp reports whether the node has applied all that its leader knew to be decided
// just before.
func (r *catchUpRun) caughtUp(ctx context.Context) bool {
	leader, leads := r.replica(ctx, r.leads, r.partition)
	follower, follows := r.replica(ctx, r.victim, r.partition)
	return leads && follows && follower.Raft.Delivered >= leader.Raft.Commit
}
