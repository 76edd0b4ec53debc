package main

import (
	"context"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A restartRow is one restart.
type restartRow struct {
	Nodes int `json:"nodes"` // of the cluster
	// Log says how much of it there was beside the snapshots: little, or as much as there
	// may be. Restarted is how many nodes were killed and started again at one time.
	Log       string `json:"log"`
	Restarted int    `json:"restarted"`
	// What one node has to read: the journal, and snapshots. LogBytes is what of the
	// journal is of use, as its replicas hold it in memory.
	footprint
	LogBytes int64 `json:"logBytes"`
	// All times are in seconds from the start of the process, or of the last of them:
	// until its journal was read, until a key of any partition was read by a client, until
	// keys of all were, and until its replicas were as far as their leaders.
	Recovered float64 `json:"recoveredSeconds"`
	First     float64 `json:"firstReadSeconds"`
	Reads     float64 `json:"readsSeconds"`
	CaughtUp  float64 `json:"caughtUpSeconds"`
	// Resident is the memory of a process afterwards, and Peak the most it was, in bytes.
	Resident int64   `json:"residentBytes"`
	Peak     int64   `json:"peakBytes"`
	CPU      float64 `json:"cpuSeconds"` // of all processes that were restarted
}

// A restartRun is the benchmark on one cluster.
type restartRun struct {
	restartFlags
	watch
	filler   filler
	probes   [][]byte // a key of each partition
	progress io.Writer
}

// run fills the cluster, and restarts it with much and with little log.
func (r *restartRun) run(ctx context.Context, each func(restartRow)) error {
	if err := r.fill(ctx); err != nil {
		return err
	}
	for _, log := range []struct {
		name  string
		reach func(context.Context) error
	}{{"full", r.growLogs}, {"fresh", r.snapshotAll}} {
		if err := log.reach(ctx); err != nil {
			return err
		}
		restarts := []int{1, r.nodes()}
		if r.nodes() == 1 {
			restarts = restarts[:1]
		}
		for _, n := range restarts {
			row, err := r.restart(ctx, n)
			if err != nil {
				return err
			}
			row.Log = log.name
			each(row)
		}
	}
	return nil
}

func (r *restartRun) nodes() int { return len(r.cluster.commands) }

// fill writes every key once and picks the probes.
func (r *restartRun) fill(ctx context.Context) error {
	places := r.client.Map()
	r.probes = make([][]byte, places.Partitions())
	for n, missing := 0, len(r.probes); missing > 0 && n < r.keys; n++ {
		key := keyNumber(n)
		if p := places.Locate(key); r.probes[p] == nil {
			r.probes[p] = key
			missing--
		}
	}
	r.filler = filler{addresses: r.cluster.redis, keys: r.keys, valueBytes: r.value}
	bar := newCountBar(r.progress, r.keys, "filling")
	defer bar.Finish()
	return r.filler.write(ctx, r.keys, func(n int) { _ = bar.Add(n) })
}

// growLogs overwrites keys until a log is nearly so long that its partition is captured.
func (r *restartRun) growLogs(ctx context.Context) error {
	return r.overwrite(ctx, "growing the logs", func(logs []replicaLog) bool {
		for _, l := range logs {
			if 10*l.bytes >= 9*(r.limit()+int64(r.snapshots)*mib/4) { // a quarter is from before
				return true
			}
		}
		return false
	})
}

// snapshotAll overwrites keys until every partition has been captured once more.
func (r *restartRun) snapshotAll(ctx context.Context) error {
	before := r.logs(ctx)
	return r.overwrite(ctx, "capturing all", func(logs []replicaLog) bool {
		for p, l := range logs {
			if p >= len(before) || l.snapshot <= before[p].snapshot {
				return false
			}
		}
		return len(logs) > 0
	})
}

// overwrite writes keys until enough is true of the logs of the first node.
func (r *restartRun) overwrite(ctx context.Context, name string, enough func([]replicaLog) bool) error {
	bar := newCountBar(r.progress, -1, name)
	defer bar.Finish()
	for !enough(r.logs(ctx)) {
		if err := r.filler.write(ctx, max(r.keys/100, r.snapshots*mib/r.value/4), func(n int) { _ = bar.Add(n) }); err != nil {
			return err
		}
	}
	return nil
}

// A replicaLog is the log of one replica.
type replicaLog struct {
	bytes    int64
	snapshot uint64 // the index of the newest
}

// logs returns the logs of the first node, by partition; none if it does not answer.
func (r *restartRun) logs(ctx context.Context) (list []replicaLog) {
	s, err := r.status(ctx, 0)
	if err != nil {
		return nil
	}
	for _, replica := range s.Replicas {
		list = append(list, replicaLog{int64(replica.Raft.LogBytes), uint64(replica.Raft.Snapshot)})
	}
	return list
}

// limit is how much is written to a partition before it is captured again.
func (r *restartRun) limit() (bytes int64) {
	bytes = int64(r.snapshots) * mib
	for group := range uint64(len(r.probes)) {
		for _, f := range snapshotsOf(r.cluster.dir(0), group+1) {
			bytes = max(bytes, f.bytes)
		}
	}
	return bytes
}

// restart kills n nodes at one time, starts them again, and looks at the first of them.
func (r *restartRun) restart(ctx context.Context, n int) (row restartRow, err error) {
	row = restartRow{Nodes: r.nodes(), Restarted: n}
	for _, l := range r.logs(ctx) {
		row.LogBytes += l.bytes
	}
	for i := range n {
		r.cluster.end(i, os.Kill)
	}
	if row.footprint, err = footprintOf(r.cluster.dir(0)); err != nil {
		return row, err
	}
	for i := range n {
		if err := r.cluster.start(i); err != nil {
			return row, err
		}
	}
	return row, r.follow(ctx, n, &row)
}

// follow waits until the nodes do all they did before.
func (r *restartRun) follow(ctx context.Context, n int, row *restartRow) error {
	began := time.Now()
	reads := make([]time.Duration, len(r.probes))
	var wait sync.WaitGroup
	for i, key := range r.probes {
		wait.Go(func() {
			for ctx.Err() == nil && !readable(ctx, r.cluster.redis[0], key) {
				sleep(ctx, 10*time.Millisecond)
			}
			reads[i] = time.Since(began)
		})
	}
	for ; ctx.Err() == nil; sleep(ctx, 10*time.Millisecond) {
		s, err := r.status(ctx, 0)
		if err == nil && s.Recovered && row.Recovered == 0 {
			row.Recovered = time.Since(began).Seconds()
		}
		if row.Recovered > 0 && r.caughtUp(ctx, n) {
			break
		}
	}
	row.CaughtUp = time.Since(began).Seconds()
	wait.Wait()
	row.First, row.Reads = slices.Min(reads).Seconds(), slices.Max(reads).Seconds()
	for i := range n {
		row.CPU += r.cluster.cpuOf(i).Seconds()
	}
	row.Resident, row.Peak = r.cluster.resident(0), r.cluster.procStatus(0, "VmHWM:")
	return context.Cause(ctx)
}

// caughtUp reports whether the replicas of the nodes that were restarted have applied
// all that any replica knows to be decided.
func (r *restartRun) caughtUp(ctx context.Context, n int) bool {
	views := r.views(ctx)
	decided := map[journal.GroupID]raft.Index{}
	for _, s := range views { // any order: a maximum
		for _, replica := range s.Replicas {
			decided[replica.Group] = max(decided[replica.Group], replica.Raft.Commit)
		}
	}
	for i := range n {
		if len(views[i].Replicas) < len(r.probes) {
			return false
		}
		for _, replica := range views[i].Replicas {
			if replica.Raft.Leader == raft.None || replica.Raft.Delivered < decided[replica.Group] {
				return false
			}
		}
	}
	return true
}

// readable reports whether a node answers a read.
func readable(ctx context.Context, address string, key []byte) bool {
	c, err := dialRedis(ctx, address)
	if err != nil {
		return false
	}
	defer c.Close()
	return c.do(appendCommand(nil, []byte("GET"), key), 1) == nil
}
