package cluster

import (
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// corrupt damages something durable on the disk of a node and crashes it, so that it
// must notice when it starts again. It does nothing while another replica of the
// same groups is not whole: then the last sound copy could be hit.
func (r *run) corrupt(s *plan.Strike, n actors.NodeID) func() {
	if !r.expendable(n) || !r.damage(s, n) {
		r.idle[s.Kind]++
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
		files := slices.DeleteFunc(d.Files(), func(f string) bool { return !strings.HasPrefix(f, "snapshot-") })
		if len(files) == 0 {
			return false
		}
		return d.FlipPiece(files[s.Pick%uint64(len(files))], int(s.Pick>>16%1024), int(s.Pick>>32%(1<<20)))
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
