package plan

import (
	"fmt"
	"slices"
	"time"
)

// MaxNodes is how many servers a scenario may ask for.
const MaxNodes = 15

// Other limits of what it may ask for.
const (
	maxPartitions = 64
	maxClients    = 64
	maxKeys       = 10_000
	maxDuration   = time.Hour
	maxSize       = 1 << 30
	maxPiece      = 256 << 10 // as in production; a disk takes no much longer ones
	maxSegment    = 16 << 20  // as in production
	minSession    = 100       // in less no answer comes, and nothing but sessions is begun
	maxSession    = 600_000   // as in production
	minPatience   = 100       // milliseconds
	maxPatience   = 600_000
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
		{"cluster.nodes", s.Cluster.Nodes, MaxNodes},
		{"cluster.partitions", s.Cluster.Partitions, maxPartitions},
		{"cluster.replication", s.Cluster.Replication, MaxNodes},
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
	if err := validateRates(s.Workload.Reads, s.Workload.Pause, s.Network, s.Disk.Sync, s.Disk.Torn); err != nil {
		return err
	}
	for _, share := range []struct {
		name  string
		value float64
	}{{"disk.real", s.Disk.Real}, {"absent", s.Absent}} {
		if share.value < 0 || share.value > 1 {
			return badField(share.name, "must lie between 0 and 1, not %v", share.value)
		}
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
	for i, f := range s.Without {
		if _, err := ParseFamily(string(f)); err != nil {
			return badField(fmt.Sprintf("without[%d]", i), "is wrong: %v", err)
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
		{"sizes.session", z.Session, minSession, maxSession},
		{"sizes.segment", z.Segment, 1, maxSegment},
		{"sizes.flight", z.Flight, 1, maxSize},
		{"sizes.patience", z.Patience, minPatience, maxPatience},
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
func validateRates(reads float64, pause time.Duration, n Network, sync time.Duration, torn float64) error {
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
		{"disk.torn", torn, 1},
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
		{"disk.sync", sync},
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
