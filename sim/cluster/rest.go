package cluster

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/sim/check"
)

const (
	// restTime is how long nobody may stand for election in a cluster at rest: longer
	// than anybody waits for a leader.
	restTime = 3 * time.Second
	// restTries is how often that may fail before it is a violation.
	restTries = 5
	// keptFiles is how many generations of its journal, or snapshots of one group, a
	// server at rest may hold: one, and one more to take its place.
	keptFiles = 2
)

// demandRest waits until nothing goes on but heartbeats: no new terms, no mail that
// waits, no disk at work, no files that nobody needs.
func (r *run) demandRest() {
	var terms []check.Group
	for range restTries {
		if terms = r.restless(); len(terms) == 0 || r.over() {
			break
		}
	}
	r.watch.protocol.Settle()
	if len(terms) > 0 {
		r.accuse(check.TermsAtRest, "%v still begins new terms, %v after it converged", terms[0], restTries*restTime)
	}
	var piled error
	if !r.await(func() bool { piled = r.piled(); return piled == nil }, healLimit) {
		r.accuse(check.NothingPilesUp, "%v", piled)
	}
}

// restless lets some time pass and returns the groups that began a term in it.
func (r *run) restless() (groups []check.Group) {
	before := r.newestTerms()
	r.await(func() bool { return false }, restTime)
	for p, term := range r.newestTerms() {
		if term != before[p] {
			groups = append(groups, groupAt(p))
		}
	}
	return groups
}

// newestTerms returns the newest term of each partition.
func (r *run) newestTerms() []uint64 {
	terms := make([]uint64, r.plan.Cluster.Partitions)
	for p := range terms {
		terms[p] = uint64(r.watch.consensus.Newest(groupAt(p)))
	}
	return terms
}

// piled finds something of which there is too much, if there is such a thing.
func (r *run) piled() error {
	for _, n := range r.servers {
		if !r.world.Up(n) {
			continue // its disk was wiped
		}
		if waiting := r.world.Waiting(n); waiting > 0 {
			return fmt.Errorf("%d messages wait in the mailboxes of node %v", waiting, n)
		}
		if err := r.piledOn(n); err != nil {
			return err
		}
	}
	return nil
}

// piledOn looks at the disk of a node.
func (r *run) piledOn(n actors.NodeID) error {
	d, generations := r.disks[n], 0
	if waiting := d.Waiting(); waiting > 0 {
		return fmt.Errorf("the disk of node %v has %d operations to end", n, waiting)
	}
	for _, l := range d.Logs() {
		if strings.HasPrefix(l, journal.Name+"-") {
			generations++
		}
	}
	if generations > keptFiles {
		return fmt.Errorf("node %v holds %d generations of its journal", n, generations)
	}
	if drafts := d.Drafts(); len(drafts) > 0 {
		return fmt.Errorf("node %v never finished or removed %s", n, drafts[0])
	}
	snapshots := map[string]int{}
	for _, f := range d.Files() {
		if parts := strings.SplitN(f, "-", 3); len(parts) == 3 && parts[0] == "snapshot" {
			if snapshots[parts[1]]++; snapshots[parts[1]] > keptFiles {
				return fmt.Errorf("node %v holds %d snapshots of the partition of %s", n, snapshots[parts[1]], f)
			}
		}
	}
	return nil
}
