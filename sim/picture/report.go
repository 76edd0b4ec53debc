package picture

import (
	"fmt"

	"github.com/understudy-kv/understudy/sim/cluster"
)

// facts says in a few lines what a run was.
func facts(r cluster.Report) []string {
	list := []string{
		fmt.Sprintf("%d nodes, %d partitions of %d replicas, %d clients",
			r.Plan.Cluster.Nodes, r.Plan.Cluster.Partitions, r.Plan.Cluster.Replication, r.Plan.Work.Clients),
		fmt.Sprintf("%v simulated", r.Simulated),
		fmt.Sprintf("%d operations answered, %d failed for certain, %d unknown", r.Answered, r.Failed, r.Unknown),
		fmt.Sprintf("%d entries decided in %d terms", r.Decided, r.Terms),
	}
	for _, f := range r.Faults {
		list = append(list, fmt.Sprintf("%s × %d", f.Name, f.Count))
	}
	for _, m := range r.Missing {
		list = append(list, "missing: "+m)
	}
	return append(list, fmt.Sprintf("trace %016x", r.Hash))
}
