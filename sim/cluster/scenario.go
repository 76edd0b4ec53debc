package cluster

import (
	"fmt"
	"slices"
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
	Disk     Disk     `yaml:"disk"`
	Clock    Clock    `yaml:"clock"`
	Sizes    Sizes    `yaml:"sizes"`
	Faults   []Fault  `yaml:"faults"`
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
}

// A Disk says how the disks fare at all times.
type Disk struct {
	Sync time.Duration `yaml:"sync"` // the mean time of a sync
	// Torn is the chance that the record in flight at a crash is left half written.
	Torn float64 `yaml:"torn"`
}

// A Clock says how far the clocks of nodes may be from the truth.
type Clock struct {
	Drift  float64       `yaml:"drift"`  // of the rate, as a fraction, either way
	Offset time.Duration `yaml:"offset"` // of the time of day, either way
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
}

// A Fault strikes again and again while the scenario lasts.
type Fault struct {
	Kind   FaultKind     `yaml:"kind"`
	Target Target        `yaml:"target"`
	Every  time.Duration `yaml:"every"` // the mean time between two strikes
	For    time.Duration `yaml:"for"`   // the mean time until it is lifted
}

// A FaultKind is what a fault does.
type FaultKind string

// The kinds of fault.
const (
	// Crash ends a process: what its disk had not synced may be lost.
	Crash FaultKind = "crash"
	// Stop tells a node that it is going to be stopped, so that it hands over, and stops
	// it a while later.
	Stop FaultKind = "stop"
	// Pause stops a process for a while; its messages wait.
	Pause FaultKind = "pause"
	// Isolate cuts all links of a node, both ways.
	Isolate FaultKind = "isolate"
	// Split divides the servers into two sides that cannot talk.
	Split FaultKind = "split"
	// CutLink stops packets from one node to another, in that direction only.
	CutLink FaultKind = "cut-link"
	// Clog holds the packets to a node back and then lets them go all at once.
	Clog FaultKind = "clog"
	// SlowDisk makes the syncs of a node a hundred times slower.
	SlowDisk FaultKind = "slow-disk"
	// FailSync makes the next sync of a node fail. The node must stop.
	FailSync FaultKind = "fail-sync"
	// StickDisk lets nothing that the disk of a node was asked for end for a while.
	StickDisk FaultKind = "stick-disk"
	// Corrupt damages something durable in the journal of a node and restarts it.
	// The node must notice, and its replicas must be repaired by the others.
	Corrupt FaultKind = "corrupt"
	// CorruptSnapshot does the same to a snapshot.
	CorruptSnapshot FaultKind = "corrupt-snapshot"
	// JumpClock moves the time of day of a node.
	JumpClock FaultKind = "jump-clock"
	// Transfer asks the leader of a partition to hand over to another.
	Transfer FaultKind = "transfer"
	// ChangeMembers asks the leader of a partition for other members.
	ChangeMembers FaultKind = "change-members"
)

// faultKinds lists the kinds in the order in which they are explained.
var faultKinds = []FaultKind{
	Crash, Stop, Pause, Isolate, Split, CutLink, Clog, SlowDisk, FailSync, StickDisk, Corrupt, CorruptSnapshot,
	JumpClock, Transfer, ChangeMembers,
}

// needsPeers reports whether a fault means nothing to a server without others.
func (k FaultKind) needsPeers() bool {
	switch k {
	case Isolate, Split, CutLink, Clog, Transfer, ChangeMembers, Corrupt, CorruptSnapshot:
		return true
	}
	return false
}

// A Target says which node a fault strikes.
type Target string

// The targets.
const (
	Any    Target = "any"    // a server drawn anew each time
	Leader Target = "leader" // the leader of a partition drawn anew each time
	Next   Target = "next"   // the servers in turn
	All    Target = "all"    // every server at once
)

var targets = []Target{Any, Leader, Next, All}

// A Range is a whole number drawn by the seed, both ends included. In a file it is
// written 3 or 1..7.
type Range struct{ Min, Max int }

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

// Limits of what a scenario may ask for.
const (
	maxNodes      = 15
	maxPartitions = 64
	maxClients    = 64
	maxKeys       = 10_000
	maxDuration   = time.Hour
	maxSize       = 1 << 30
)

// A FieldError says what is wrong with one field of a scenario.
type FieldError struct {
	Path string // of the field, such as cluster.nodes or faults[2].kind
	Text string
}

// Error prints the path and what is wrong there.
func (e *FieldError) Error() string { return e.Path + " " + e.Text }

func badField(path, format string, args ...any) error {
	return &FieldError{Path: path, Text: fmt.Sprintf(format, args...)}
}

// Validate says what is wrong with a scenario, if anything: a [FieldError].
func (s Scenario) Validate() error {
	if s.Name == "" {
		return badField("name", "is missing")
	}
	ranges := []struct {
		name string
		r    Range
		max  int
	}{
		{"cluster.nodes", s.Cluster.Nodes, maxNodes},
		{"cluster.partitions", s.Cluster.Partitions, maxPartitions},
		{"cluster.replication", s.Cluster.Replication, maxNodes},
		{"workload.clients", s.Workload.Clients, maxClients},
		{"workload.keys", s.Workload.Keys, maxKeys},
	}
	for _, c := range ranges {
		if c.r.Min < 1 || c.r.Max > c.max {
			return badField(c.name, "must lie in 1..%d, not %d..%d", c.max, c.r.Min, c.r.Max)
		}
	}
	if err := s.Sizes.validate(); err != nil {
		return err
	}
	if s.Duration <= 0 || s.Duration > maxDuration {
		return badField("duration", "must be above 0 and at most %v, not %v", maxDuration, s.Duration)
	}
	if err := s.validateRates(); err != nil {
		return err
	}
	for i, f := range s.Faults {
		if err := f.validate(fmt.Sprintf("faults[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (z Sizes) validate() error {
	for _, c := range []struct {
		name string
		r    Range
		min  int
	}{
		{"sizes.snapshot", z.Snapshot, 1}, {"sizes.trailing", z.Trailing, 0}, {"sizes.generation", z.Generation, 1},
		{"sizes.batch", z.Batch, 1}, {"sizes.inflight", z.Inflight, 1},
	} {
		if c.r != (Range{}) && (c.r.Min < c.min || c.r.Max > maxSize) {
			return badField(c.name, "must lie in %d..%d, not %d..%d", c.min, maxSize, c.r.Min, c.r.Max)
		}
	}
	return nil
}

func (s Scenario) validateRates() error {
	chances := []struct {
		name  string
		value float64
		max   float64
	}{
		{"workload.reads", s.Workload.Reads, 1},
		{"network.loss", s.Network.Loss, 0.9},
		{"network.duplicate", s.Network.Duplicate, 0.9},
		{"network.reorder", s.Network.Reorder, 1},
		{"network.tail", s.Network.Tail, 0.5},
		{"disk.torn", s.Disk.Torn, 1},
		{"clock.drift", s.Clock.Drift, 0.5},
	}
	for _, c := range chances {
		if c.value < 0 || c.value > c.max {
			return badField(c.name, "must lie between 0 and %v, not %v", c.max, c.value)
		}
	}
	times := []struct {
		name  string
		value time.Duration
	}{
		{"workload.pause", s.Workload.Pause},
		{"network.latency", s.Network.Latency},
		{"disk.sync", s.Disk.Sync},
	}
	for _, t := range times {
		if t.value <= 0 {
			return badField(t.name, "must be above 0")
		}
	}
	return nil
}

func (f Fault) validate(path string) error {
	if !slices.Contains(faultKinds, f.Kind) {
		return badField(path+".kind", "%q is none of %v", f.Kind, faultKinds)
	}
	if !slices.Contains(targets, f.Target) {
		return badField(path+".target", "%q is none of %v", f.Target, targets)
	}
	if f.Every <= 0 {
		return badField(path+".every", "must be above 0")
	}
	if f.For <= 0 {
		return badField(path+".for", "must be above 0")
	}
	return nil
}
