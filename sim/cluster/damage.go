package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// corrupt damages something durable on the disk of a node and crashes it, so that it
// must notice when it starts again. It does nothing while another replica of the
// same groups is not whole: then the last sound copy could be hit.
func (r *run) corrupt(s *plan.Strike, n actors.NodeID) func() {
	if !r.expendable(n) || !r.damage(s, n) {
		return nil
	}
	r.world.Crash(n) // what it spares was saved before anybody could notice
	r.watch.consensus.Hurt(check.Node(n))
	return func() { r.restart(n) }
}

// expendable reports whether every group can do without what n holds of it.
func (r *run) expendable(n actors.NodeID) bool {
	for p := range r.plan.Cluster.Partitions {
		if !r.watch.consensus.Expendable(groupAt(p), check.Node(n)) {
			return false
		}
	}
	return true
}

// damage flips a bit, or loses a record, of a log or of a snapshot.
func (r *run) damage(s *plan.Strike, n actors.NodeID) bool {
	d := r.disks[n]
	if s.Kind == plan.CorruptSnapshot {
		return r.flipPiece(s, n) != ""
	}
	log := r.damageable(s, n)
	if log == "" {
		return false
	}
	record := int(s.Pick >> 8 % (1 << 20))
	if s.Pick%4 == 0 {
		return d.LoseRecord(log, record)
	}
	return d.FlipBit(log, record, int(s.Pick>>32%(1<<20)))
}

// flipPiece flips a bit of a snapshot, and returns the name of its file, or none if
// there is no snapshot.
func (r *run) flipPiece(s *plan.Strike, n actors.NodeID) string {
	d := r.disks[n]
	files := slices.DeleteFunc(d.Files(), func(f string) bool { return !strings.HasPrefix(f, "snapshot-") })
	if len(files) == 0 {
		return ""
	}
	file := files[s.Pick%uint64(len(files))]
	d.FlipPiece(file, int(s.Pick>>16%1024), int(s.Pick>>32%(1<<20)))
	return file
}

// rot damages a snapshot of a node that runs on, under the same condition as corrupt:
// a crash, perhaps before anybody notices, turns it into a replica that has lost its
// memory. Nothing lifts it but another snapshot.
func (r *run) rot(s *plan.Strike, n actors.NodeID) func() {
	file := ""
	if r.expendable(n) {
		file = r.flipPiece(s, n)
	}
	if file == "" {
		return nil
	}
	var group, index, term uint64
	if _, err := fmt.Sscanf(file, "snapshot-%d-%d-%d", &group, &index, &term); err != nil {
		panic(fmt.Sprintf("a snapshot is called %q", file))
	}
	r.watch.consensus.Rotten(check.Group(group), check.Node(n), raft.Index(index))
	return func() {}
}

// births is the log in which a node notes whose disk this is and whom it has met.
const births = "births"

// damageable returns the log that a strike is for: the newest of the journal, or for
// one of eight strikes that of births. That one is never repaired, and a node that has
// lost two notes of it may have lost itself: it is struck once, when everybody has noted
// everybody and that it was admitted.
func (r *run) damageable(s *plan.Strike, n actors.NodeID) string {
	met := func(o actors.NodeID) bool { return len(r.disks[o].Durable(births)) > len(r.servers) }
	strangers := slices.ContainsFunc(r.servers, func(o actors.NodeID) bool { return !met(o) })
	if s.Pick>>61 == 0 && !strangers && !r.marred[n] {
		r.marred[n] = true
		return births
	}
	logs := slices.DeleteFunc(r.disks[n].Logs(), func(l string) bool { return !strings.HasPrefix(l, journal.Name+"-") })
	if len(logs) == 0 {
		return ""
	}
	return logs[len(logs)-1]
}
