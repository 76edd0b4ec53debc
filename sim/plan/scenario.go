package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Scenario is a family of runs: what they share, and the ranges from which each
// seed draws the rest. The folder scenarios holds them as files.
type Scenario struct {
	Name string `yaml:"name"`
	// Claim is what the scenario shows, in one sentence.
	Claim string `yaml:"claim"`
	// Duration is how long clients work and faults strike. Healing and the demand
	// for progress come after it.
	Duration time.Duration `yaml:"duration"`
	// Swarm lets each seed leave out each of the faults, the network's and the disks'
	// among them, with even odds: a run with everything turned on hides the bugs that
	// need something turned off.
	Swarm    bool     `yaml:"swarm"`
	Cluster  Shape    `yaml:"cluster"`
	Workload Workload `yaml:"workload"`
	Network  Network  `yaml:"network"`
	Disk     Disks    `yaml:"disk"`
	Clock    Clock    `yaml:"clock"`
	Hardware Hardware `yaml:"hardware"`
	Sizes    Sizes    `yaml:"sizes"`
	// Absent is the share of plans in which servers stay away when all else is healed.
	Absent float64 `yaml:"absent"`
	Faults []Fault `yaml:"faults"`
	// Without lists families that are taken out of every plan. All else is drawn as if
	// they were there, so a plan differs in nothing but what is missing.
	Without []Family `yaml:"without"`
	// Servers is how many nodes every plan has, whatever Cluster.Nodes says. Zero: as it
	// says.
	Servers int `yaml:"-"`
}

// A Shape says how large the cluster is.
type Shape struct {
	Nodes       Range `yaml:"nodes"`
	Partitions  Range `yaml:"partitions"`
	Replication Range `yaml:"replication"` // at most as many as there are nodes
}

// A Workload says what the clients do.
type Workload struct {
	Clients Range `yaml:"clients"`
	Keys    Range `yaml:"keys"`
	// Pause is the mean time a client thinks between two operations.
	Pause time.Duration `yaml:"pause"`
	// Reads is the share of operations that only read.
	Reads float64 `yaml:"reads"`
}

// A Network says how packets between nodes fare at all times.
type Network struct {
	Latency   time.Duration `yaml:"latency"` // the mean; half of it is the floor
	Loss      float64       `yaml:"loss"`    // chances per packet
	Duplicate float64       `yaml:"duplicate"`
	Reorder   float64       `yaml:"reorder"`
	Tail      float64       `yaml:"tail"` // the chance of a delay a hundred times the usual
	// Late is how much later the other copy of a packet arrives, on average. Zero: 200
	// latencies.
	Late time.Duration `yaml:"late,omitempty"`
}

// Disks say how the disks fare at all times.
type Disks struct {
	Sync time.Duration `yaml:"sync"` // the mean time of a sync
	// Torn is the chance that the record in flight at a crash is left half written.
	Torn float64 `yaml:"torn"`
	// Real is the share of seeds in which the servers keep what they keep in real files.
	Real float64 `yaml:"real"`
}

// A Clock says how far the clocks of nodes may be from the truth.
type Clock struct {
	Drift  float64       `yaml:"drift"`  // of the rate, as a fraction, either way
	Offset time.Duration `yaml:"offset"` // of the time of day, either way
	// Beyond takes the place of Drift in half of the plans without leases, which are all
	// that rests on clocks that run alike.
	Beyond float64 `yaml:"beyond"`
}

// Hardware says how slow and how far from each other servers are, at all times.
type Hardware struct {
	Far  time.Duration `yaml:"far"`  // how much longer packets between one pair of servers take
	Cost time.Duration `yaml:"cost"` // how long a call of an actor takes, on average, at most
	Slow int           `yaml:"slow"` // how many times longer it takes on one of the servers
}

// Sizes are limits of the servers, in bytes where not said otherwise. What is left
// out is as in production, which is too large for anything to happen in a short
// run. A seed draws each one so that small values are as likely as large ones.
type Sizes struct {
	Snapshot   Range `yaml:"snapshot"`   // applied between two snapshots
	Trailing   Range `yaml:"trailing"`   // kept of the log before a snapshot
	Generation Range `yaml:"generation"` // of the journal
	Batch      Range `yaml:"batch"`      // in one message
	Inflight   Range `yaml:"inflight"`   // messages to one follower, by number
	Bandwidth  Range `yaml:"bandwidth"`  // of each link, in bytes per second
	Queue      Range `yaml:"queue"`      // that wait for a link that has a bandwidth
	Run        Range `yaml:"run"`        // messages that an actor gets before it is flushed, by number
	Mailbox    Range `yaml:"mailbox"`    // messages that wait for an actor, by number
	// Uncommitted is what a leader takes beyond what is committed.
	Uncommitted Range `yaml:"uncommitted"`
	// Piece is what is written of a snapshot, or of the past of a journal, at a time.
	Piece Range `yaml:"piece"`
	// Session is how long the stores keep a session after its last command, in milliseconds.
	Session Range `yaml:"session"`
	// Segment is that of a log, where disks are real files.
	Segment Range `yaml:"segment"`
	// Flight is what is sent to one follower and not answered.
	Flight Range `yaml:"flight"`
	// Patience is how long a fetch of a snapshot goes on while nothing comes, in
	// milliseconds.
	Patience Range `yaml:"patience"`
}

// A Range is a whole number drawn by the seed, both ends included. In a file it is
// written 3 or 1..7.
type Range struct{ Min, Max int }

// String prints r as it stands in a file.
func (r Range) String() string {
	if r.Min == r.Max {
		return strconv.Itoa(r.Min)
	}
	return fmt.Sprintf("%d..%d", r.Min, r.Max)
}

// ParseRange reads either form.
func ParseRange(text string) (Range, error) {
	low, high, isRange := strings.Cut(text, "..")
	if !isRange {
		high = low
	}
	first, errFirst := strconv.Atoi(low)
	last, errLast := strconv.Atoi(high)
	if errFirst != nil || errLast != nil || first > last {
		return Range{}, fmt.Errorf("%q is neither a whole number nor a range such as 1..7", text)
	}
	return Range{first, last}, nil
}
