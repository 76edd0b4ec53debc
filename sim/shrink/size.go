package shrink

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/sim/plan"
)

// A Size is how much there is to a plan.
type Size struct {
	Faults     int           `json:"faults"`
	Operations int           `json:"operations"` // that are named; zero if all are done
	Clients    int           `json:"clients"`
	Nodes      int           `json:"nodes"`
	Partitions int           `json:"partitions"`
	Duration   time.Duration `json:"durationNanoseconds"`
	Conditions int           `json:"conditions"` // of network, disks, clocks and sizes that are not harmless
	details    string        // of faults, which may become plainer when nothing else changes
}

// SizeOf measures a plan.
func SizeOf(p plan.Plan) Size {
	n := Size{
		Faults: len(p.Strikes), Operations: len(operationsOf(p.Work.Only)), Clients: p.Work.Clients,
		Nodes: p.Cluster.Nodes, Partitions: p.Cluster.Partitions, Duration: p.Duration,
		Conditions: len(p.Clocks) + len(p.Machines) + len(p.Pairs) + len(p.Absent), details: fmt.Sprint(p.Strikes, p.Work.Keys, p.Cluster),
	}
	for _, on := range []bool{
		p.Network.Loss > 0, p.Network.Duplicate > 0, p.Network.Reorder > 0, p.Network.Tail > 0, p.Disk.Torn > 0,
		p.Limits.Snapshot > 0, p.Limits.Trailing > 0, p.Limits.Generation > 0, p.Limits.Batch > 0, p.Limits.Inflight > 0,
		p.Limits.Piece > 0, p.Limits.Uncommitted > 0, p.Disk.Files != plan.ModelFiles, p.Limits.Segment > 0, p.Limits.Session > 0,
		p.Limits.Flight > 0, p.Limits.Patience > 0,
		p.Limits.Bandwidth > 0, p.Limits.Run > 0, p.Limits.Mailbox > 0, p.Network.Late > 0,
	} {
		if on {
			n.Conditions++
		}
	}
	return n
}

// String prints a size in one line.
func (n Size) String() string {
	return fmt.Sprintf("%s, %s, %s, %s, %s, %v", many(n.Faults, "fault"), many(n.Operations, "operation"),
		many(n.Clients, "client"), many(n.Nodes, "node"), many(n.Conditions, "condition"), n.Duration)
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
