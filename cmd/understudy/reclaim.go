package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/ring"
)

// reclaimKeys is how many keys are overwritten.
const reclaimKeys = 4096

// A reclaimRun is the benchmark under way.
type reclaimRun struct {
	reclaimFlags
	watch
	idle     string // a key of the partition that is left alone
	keys     []string
	report   reclaimReport
	progress io.Writer
}

// relic is what the idle partition holds.
const relic = "still here"

func (r *reclaimRun) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.limit, fmt.Errorf("it took longer than %v", r.limit))
	defer cancel()
	r.choose(r.client.Map().Map)
	if err := r.client.Put(ctx, r.idle, []byte(relic)); err != nil {
		return err
	}
	if err := r.overwrite(ctx); err != nil {
		return err
	}
	for i := range r.cluster.commands {
		r.report.Disk += r.cluster.written(i)
	}
	r.report.Bound = 4*int64(r.generation)*mib + 2*r.useful(ctx)
	return r.revisit(ctx)
}

// choose picks the partition that is left alone, and keys of the others.
func (r *reclaimRun) choose(places ring.Map) {
	idle := keyNumber(0)
	r.idle = string(idle)
	for n := 1; len(r.keys) < reclaimKeys; n++ {
		if key := keyNumber(n); places.Locate(key) != places.Locate(idle) {
			r.keys = append(r.keys, string(key))
		}
	}
}

// overwrite writes until every journal has been through the generations.
func (r *reclaimRun) overwrite(ctx context.Context) error {
	var written atomic.Int64
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, r.connections)
	for i := range r.connections {
		go func() { failed <- r.write(ctx, i, &written) }()
	}
	bar := newCountBar(r.progress, r.generations, "generations")
	defer bar.Finish()
	began := time.Now()
	for least := 1; least <= r.generations; {
		select {
		case err := <-failed:
			return err
		case <-time.After(sampleEvery):
		}
		now, err := r.measure()
		if err != nil {
			return err
		}
		least = generationOf(now)
		_ = bar.Set(min(least, r.generations))
		r.note(now, time.Since(began), written.Load(), least)
	}
	r.report.Written = written.Load()
	return nil
}

// write is one client.
func (r *reclaimRun) write(ctx context.Context, number int, written *atomic.Int64) error {
	value := make([]byte, r.value)
	for n := number; ctx.Err() == nil; n += r.connections {
		if err := r.client.Put(ctx, r.keys[n%len(r.keys)], value); err != nil && ctx.Err() == nil {
			return err
		}
		written.Add(int64(len(value)))
	}
	return context.Cause(ctx)
}

// measure looks at the disks of all nodes.
func (r *reclaimRun) measure() (now []footprint, err error) {
	now = make([]footprint, len(r.cluster.commands))
	for i := range now {
		if now[i], err = footprintOf(r.cluster.dir(i)); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// generationOf is the generation that all have reached.
func generationOf(now []footprint) int {
	least := now[0].Generation
	for _, f := range now {
		least = min(least, f.Generation)
	}
	return least
}

// note takes what was seen into the row of the generation that all have reached.
func (r *reclaimRun) note(now []footprint, at time.Duration, written int64, generation int) {
	row := r.report.row(generation, len(now))
	row.Seconds, row.Written = at.Seconds(), written
	for i, f := range now {
		n := &row.Nodes[i]
		n.Generation = max(n.Generation, f.Generation)
		n.Journal, n.Snapshots = max(n.Journal, f.Journal), max(n.Snapshots, f.Snapshots)
		r.report.Longest = max(r.report.Longest, f.Journal)
	}
}

// row returns the row of a generation, which is the last one or the next.
func (r *reclaimReport) row(generation, nodes int) *reclaimRow {
	if n := len(r.Rows); n == 0 || r.Rows[n-1].Generation < generation {
		r.Rows = append(r.Rows, reclaimRow{Generation: generation, Nodes: make([]footprint, nodes)})
	}
	return &r.Rows[len(r.Rows)-1]
}

// useful is how long the logs of a node are, of which the journal must not lose any.
func (r *reclaimRun) useful(ctx context.Context) (most int64) {
	for _, s := range r.views(ctx) { // any order: a maximum
		sum := int64(0)
		for _, replica := range s.Replicas {
			sum += int64(replica.Raft.LogBytes)
		}
		most = max(most, sum)
	}
	return most
}

// revisit kills all nodes, starts them again and reads what was written at the
// beginning.
func (r *reclaimRun) revisit(ctx context.Context) error {
	for i := range r.cluster.commands {
		r.cluster.end(i, os.Kill)
	}
	for i := range r.cluster.commands {
		if err := r.cluster.start(i); err != nil {
			return err
		}
	}
	for ; ctx.Err() == nil; sleep(ctx, sampleEvery) {
		value, found, err := r.client.Get(ctx, r.idle)
		switch {
		case err != nil:
		case !found || string(value) != relic:
			return fmt.Errorf("the idle partition lost its key: it holds %q", value)
		default:
			return nil
		}
	}
	return context.Cause(ctx)
}
