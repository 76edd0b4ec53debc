package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Limits of what a scenario may ask for.
const (
	maxNodes      = 15
	maxPartitions = 64
	maxClients    = 64
	maxKeys       = 10_000
	maxDuration   = time.Hour
	maxSize       = 1 << 30
	maxPiece      = 256 << 10 // as in production; a disk takes no much longer ones
	maxDrift      = 0.5
	maxWait       = time.Minute
	maxCost       = time.Second
	maxSlow       = 1000
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
	if err := validateRates(s.Workload.Reads, s.Workload.Pause, s.Network, s.Disk); err != nil {
		return err
	}
	if err := s.Clock.validate(); err != nil {
		return err
	}
	if err := s.Hardware.validate(); err != nil {
		return err
	}
	for i, f := range s.Faults {
		if err := f.validate(fmt.Sprintf("faults[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func (c Clock) validate() error {
	for _, d := range []struct {
		name  string
		value float64
	}{{"clock.drift", c.Drift}, {"clock.beyond", c.Beyond}} {
		if d.value < 0 || d.value > maxDrift {
			return badField(d.name, "must lie between 0 and %v, not %v", maxDrift, d.value)
		}
	}
	return nil
}

func (h Hardware) validate() error {
	switch {
	case h.Far < 0 || h.Far > maxWait:
		return badField("hardware.far", "must lie between 0 and %v, not %v", maxWait, h.Far)
	case h.Cost < 0 || h.Cost > maxCost:
		return badField("hardware.cost", "must lie between 0 and %v, not %v", maxCost, h.Cost)
	case h.Slow < 0 || h.Slow > maxSlow:
		return badField("hardware.slow", "must lie in 0..%d, not %d", maxSlow, h.Slow)
	}
	return nil
}

func (z Sizes) validate() error {
	for _, c := range []struct {
		name     string
		r        Range
		min, max int
	}{
		{"sizes.snapshot", z.Snapshot, 1, maxSize},
		{"sizes.trailing", z.Trailing, 0, maxSize},
		{"sizes.generation", z.Generation, 1, maxSize},
		{"sizes.batch", z.Batch, 1, maxSize},
		{"sizes.inflight", z.Inflight, 1, maxSize},
		{"sizes.uncommitted", z.Uncommitted, 1, maxSize},
		{"sizes.piece", z.Piece, 1, maxPiece},
		{"sizes.bandwidth", z.Bandwidth, 1, maxSize},
		{"sizes.queue", z.Queue, 1, maxSize},
		{"sizes.run", z.Run, 1, maxSize},
		{"sizes.mailbox", z.Mailbox, 1, maxSize},
	} {
		if c.r != (Range{}) && (c.r.Min < c.min || c.r.Max > c.max) {
			return badField(c.name, "must lie in %d..%d, not %d..%d", c.min, c.max, c.r.Min, c.r.Max)
		}
	}
	return nil
}

// validateRates judges what scenarios and plans have in common.
func validateRates(reads float64, pause time.Duration, n Network, d Disk) error {
	chances := []struct {
		name  string
		value float64
		max   float64
	}{
		{"workload.reads", reads, 1},
		{"network.loss", n.Loss, 0.9},
		{"network.duplicate", n.Duplicate, 0.9},
		{"network.reorder", n.Reorder, 1},
		{"network.tail", n.Tail, 0.5},
		{"disk.torn", d.Torn, 1},
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
		{"workload.pause", pause},
		{"network.latency", n.Latency},
		{"disk.sync", d.Sync},
	}
	for _, t := range times {
		if t.value <= 0 {
			return badField(t.name, "must be above 0")
		}
	}
	if n.Late < 0 || n.Late > maxDuration {
		return badField("network.late", "must lie between 0 and %v, not %v", maxDuration, n.Late)
	}
	return nil
}

func (f Fault) validate(path string) error {
	if !slices.Contains(kinds, f.Kind) {
		return badField(path+".kind", "%q is none of %v", f.Kind, kinds)
	}
	if !slices.Contains(aims, f.Target) {
		return badField(path+".target", "%q is none of %v", f.Target, aims)
	}
	if f.Every <= 0 {
		return badField(path+".every", "must be above 0")
	}
	if f.For <= 0 {
		return badField(path+".for", "must be above 0")
	}
	return nil
}

// Validate says what is wrong with a plan, if anything: a [FieldError].
func (p Plan) Validate() error {
	if p.Format != Format {
		return badField("plan", "must be %d, the only version there is, not %d", Format, p.Format)
	}
	numbers := []struct {
		name            string
		value, min, max int
	}{
		{"cluster.nodes", p.Cluster.Nodes, 1, maxNodes},
		{"cluster.partitions", p.Cluster.Partitions, 1, maxPartitions},
		{"cluster.replication", p.Cluster.Replication, 1, p.Cluster.Nodes},
		{"workload.clients", p.Work.Clients, 1, maxClients},
		{"workload.keys", p.Work.Keys, 1, maxKeys},
		{"sizes.snapshot", p.Limits.Snapshot, 0, maxSize},
		{"sizes.trailing", p.Limits.Trailing, 0, maxSize},
		{"sizes.generation", p.Limits.Generation, 0, maxSize},
		{"sizes.batch", p.Limits.Batch, 0, maxSize},
		{"sizes.inflight", p.Limits.Inflight, 0, maxSize},
		{"sizes.uncommitted", p.Limits.Uncommitted, 0, maxSize},
		{"sizes.piece", p.Limits.Piece, 0, maxPiece},
		{"sizes.bandwidth", p.Limits.Bandwidth, 0, maxSize},
		{"sizes.queue", p.Limits.Queue, 0, maxSize},
		{"sizes.run", p.Limits.Run, 0, maxSize},
		{"sizes.mailbox", p.Limits.Mailbox, 0, maxSize},
	}
	for _, n := range numbers {
		if n.value < n.min || n.value > n.max {
			return badField(n.name, "must lie in %d..%d, not %d", n.min, n.max, n.value)
		}
	}
	if p.Duration <= 0 || p.Duration > maxDuration {
		return badField("duration", "must be above 0 and at most %v, not %v", maxDuration, p.Duration)
	}
	if err := validateRates(p.Work.Reads, p.Work.Pause, p.Network, p.Disk); err != nil {
		return err
	}
	if err := p.validateMachines(); err != nil {
		return err
	}
	return p.validateStrikes()
}

// validateMachines judges what a plan says of single servers.
func (p Plan) validateMachines() error {
	for i, c := range p.Clocks {
		if err := p.server(fmt.Sprintf("clocks[%d].node", i), c.Node); err != nil {
			return err
		}
	}
	for i, pair := range p.Pairs {
		path := fmt.Sprintf("pairs[%d]", i)
		if err := errors.Join(p.server(path+".a", pair.A), p.server(path+".b", pair.B)); err != nil {
			return err
		}
		if pair.Wait < 0 || pair.Wait > maxWait {
			return badField(path+".wait", "must lie between 0 and %v, not %v", maxWait, pair.Wait)
		}
	}
	for i, m := range p.Machines {
		path := fmt.Sprintf("machines[%d]", i)
		if err := p.server(path+".node", m.Node); err != nil {
			return err
		}
		if m.Cost <= 0 || m.Cost > maxSlow*maxCost {
			return badField(path+".cost", "must lie above 0 and at most at %v, not %v", maxSlow*maxCost, m.Cost)
		}
	}
	return nil
}

// server refuses a number that no server has.
func (p Plan) server(path string, n int) error {
	if n < 1 || n > p.Cluster.Nodes {
		return badField(path, "must be a server, 1..%d, not %d", p.Cluster.Nodes, n)
	}
	return nil
}

func (p Plan) validateStrikes() error {
	for i, s := range p.Strikes {
		if err := p.validateStrike(fmt.Sprintf("faults[%d]", i), s); err != nil {
			return err
		}
		if i > 0 && s.At < p.Strikes[i-1].At {
			return badField(fmt.Sprintf("faults[%d].at", i), "must not be before the fault above it: %v, %v", p.Strikes[i-1].At, s.At)
		}
	}
	return nil
}

func (p Plan) validateStrike(path string, s Strike) error {
	switch {
	case !slices.Contains(kinds, s.Kind):
		return badField(path+".kind", "%q is none of %v", s.Kind, kinds)
	case s.At < 0 || s.For < 0 || s.Grace < 0 || s.After < 0:
		return badField(path, "has a time or a number below 0")
	case (s.Kind == CrashClient) != (s.Target.Client != 0):
		return badField(path+".target", "must be a client, such as %q, for %s and nothing else", OnClient(1), CrashClient)
	case s.Target.Client > p.Work.Clients:
		return badField(path+".target", "must be a client, 1..%d, not %d", p.Work.Clients, s.Target.Client)
	case s.Target.Node == 0 && s.Target.LeaderOf >= p.Cluster.Partitions:
		return badField(path+".target", "must name a partition, 0..%d, not %d", p.Cluster.Partitions-1, s.Target.LeaderOf)
	case s.Kind.OfPartition() && s.Target.Node != 0:
		return badField(path+".target", "must be the leader of a partition, such as %q", LeaderOf(0))
	case s.Kind == ChangeMembers && len(s.Voters) == 0:
		return badField(path+".voters", "are missing")
	case s.Kind == Split && len(s.Sides) < 2:
		return badField(path+".sides", "must be two or more")
	case s.Kind == Swizzle && (len(s.Sides) != 2 || !permuted(s.Sides[0], s.Sides[1])):
		return badField(path+".sides", "must be two orders of the same servers, each named once")
	case s.Kind == DriftClock && (s.Drift < -maxDrift*1e6 || s.Drift > maxDrift*1e6):
		return badField(path+".drift", "must lie within %v millionths either way, not be %d", maxDrift*1e6, s.Drift)
	case s.Kind.hasOther() && s.To == 0:
		return badField(path+".to", "is missing")
	}
	servers := slices.Concat(append(slices.Clip(s.Sides), s.Voters, s.Learners)...)
	for _, n := range append(servers, max(s.Target.Node, 1), max(s.To, 1)) {
		if err := p.server(path, n); err != nil {
			return err
		}
	}
	return nil
}

// permuted reports whether two lists hold the same servers, each once.
func permuted(a, b []int) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b) && len(slices.Compact(a)) == len(b)
}
