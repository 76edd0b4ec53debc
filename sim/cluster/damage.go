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
	if !r.expendable(n) || !r.damage(s.Kind, s.Pick, n) {
		return nil
	}
	r.world.Crash(n) // what it spares was saved before anybody could notice
	r.watch.consensus.Hurt(check.Node(n))
	r.harm.damaged[n] = true
	return func() { r.restart(n) }
}

// expendable reports whether every group can do without what n holds of it. After a disk
// was wiped none can.
func (r *run) expendable(n actors.NodeID) bool {
	if len(r.harm.wiped) > 0 {
		return false
	}
	for p := range r.plan.Cluster.Partitions {
		if !r.watch.consensus.Expendable(groupAt(p), check.Node(n)) {
			return false
		}
	}
	return true
}

// damage does to the disk of n what the kind says, and reports whether it found
// something to damage.
func (r *run) damage(kind plan.FaultKind, pick uint64, n actors.NodeID) bool {
	d := r.disks[n]
	switch kind {
	case plan.CorruptSnapshot:
		return r.flipPiece(pick, n) != ""
	case plan.LoseSnapshot:
		file := r.snapshotOn(n, pick)
		return file != "" && d.LoseFile(file)
	case plan.LoseLog:
		return d.LoseLog(r.newestJournal(n))
	case plan.Misdirect:
		return d.Misdirect(r.newestJournal(n), int(pick%(1<<20)), int(pick>>32%(1<<20)))
	}
	log, record := r.damageable(pick, n), int(pick>>8%(1<<20))
	if pick%4 == 0 && r.plan.Disk.Files == plan.ModelFiles {
		return d.LoseRecord(log, record)
	}
	return d.FlipBit(log, record, int(pick>>32%(1<<20)))
}

// snapshotOn returns one of the snapshots on a disk; none if there is none.
func (r *run) snapshotOn(n actors.NodeID, pick uint64) string {
	files := slices.DeleteFunc(r.disks[n].Files(), func(f string) bool { return !strings.HasPrefix(f, "snapshot-") })
	if len(files) == 0 {
		return ""
	}
	return files[pick%uint64(len(files))]
}

// flipPiece flips a bit of a snapshot, and returns the name of its file, or none if
// there is no snapshot.
func (r *run) flipPiece(pick uint64, n actors.NodeID) string {
	file := r.snapshotOn(n, pick)
	if file == "" || !r.disks[n].FlipPiece(file, int(pick>>16%1024), int(pick>>32%(1<<20))) {
		return ""
	}
	return file
}

// rot damages a snapshot of a node that runs on, under the same condition as corrupt:
// a crash, perhaps before anybody notices, turns it into a replica that has lost its
// memory. Nothing lifts it but another snapshot.
func (r *run) rot(s *plan.Strike, n actors.NodeID) func() {
	file := ""
	if r.expendable(n) {
		file = r.flipPiece(s.Pick, n)
	}
	if file == "" {
		return nil
	}
	var group, index, term uint64
	if _, err := fmt.Sscanf(file, "snapshot-%d-%d-%d", &group, &index, &term); err != nil {
		panic(fmt.Sprintf("a snapshot is called %q", file))
	}
	r.watch.consensus.Rotten(check.Group(group), check.Node(n), raft.Index(index))
	r.watch.transfers.Spoiled(check.Node(n), file)
	r.harm.damaged[n] = true
	return func() {}
}

// births is the log in which a node notes whose disk this is and whom it has met.
const births = "births"

// damageable returns the log that a strike is for: the newest of the journal, or for
// one of eight strikes that of births. That one is never repaired, and a node that has
// lost two notes of it may have lost itself: it is struck once, when everybody has noted
// everybody and that it was admitted.
func (r *run) damageable(pick uint64, n actors.NodeID) string {
	if pick>>61 == 0 && r.plan.Disk.Files == plan.ModelFiles && !r.strangers() && !r.harm.marred[n] {
		r.harm.marred[n] = true
		return births
	}
	return r.newestJournal(n)
}

// strangers reports whether a server has not noted yet everybody and that it was
// admitted.
func (r *run) strangers() bool {
	return slices.ContainsFunc(r.servers, func(o actors.NodeID) bool {
		return len(r.disks[o].Durable(births)) <= len(r.servers)
	})
}

// newestJournal is the log of the newest generation of the journal on a disk; none if
// there is none.
func (r *run) newestJournal(n actors.NodeID) string {
	logs := slices.DeleteFunc(r.disks[n].Logs(), func(l string) bool { return !strings.HasPrefix(l, journal.Name+"-") })
	if len(logs) == 0 {
		return ""
	}
	return logs[len(logs)-1]
}
