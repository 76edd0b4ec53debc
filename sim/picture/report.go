package picture

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/sim/cluster"
)

// facts says in a few lines what a run was.
func facts(r cluster.Report) []string {
	list := []string{
		fmt.Sprintf("%s, %s of %s, %s", count(r.Plan.Cluster.Nodes, "node"), count(r.Plan.Cluster.Partitions, "partition"),
			count(r.Plan.Cluster.Replication, "replica"), count(r.Plan.Work.Clients, "client")),
		fmt.Sprintf("%v simulated", r.Simulated.Round(time.Millisecond)),
		fmt.Sprintf("%s answered, %d failed for certain, %d unknown", count(r.Answered, "operation"), r.Failed, r.Unknown),
		fmt.Sprintf("%d entries decided in %s", r.Decided, count(r.Terms, "term")),
	}
	for _, f := range r.Faults {
		list = append(list, fmt.Sprintf("%s × %d", f.Name, f.Count))
	}
	for _, m := range r.Missing {
		list = append(list, "missing: "+m)
	}
	return append(list, fmt.Sprintf("trace %016x", r.Hash))
}

// count prints a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
