package plan

import (
	"fmt"
	"slices"
)

// Validate says what is wrong with a plan, if anything: a [FieldError].
func (p Plan) Validate() error {
	if p.Format != Format {
		return badField("plan", "must be %d, the only version there is, not %d", Format, p.Format)
	}
	numbers := []struct {
		name            string
		value, min, max int
	}{
		{"cluster.nodes", p.Cluster.Nodes, 1, MaxNodes},
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
		{"sizes.session", p.Limits.Session, 0, maxSession},
		{"sizes.segment", p.Limits.Segment, 0, maxSegment},
		{"sizes.flight", p.Limits.Flight, 0, maxSize},
		{"sizes.patience", p.Limits.Patience, 0, maxPatience},
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
	if err := validateRates(p.Work.Reads, p.Work.Pause, p.Network, p.Disk.Sync, p.Disk.Torn); err != nil {
		return err
	}
	if f := p.Disk.Files; f != ModelFiles && f != RealFiles {
		return badField("disk.files", "must be %q, or be left out, not %q", RealFiles, f)
	}
	if err := p.validateMachines(); err != nil {
		return err
	}
	if err := p.validateAbsences(); err != nil {
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
		if err := p.server(path+".a", pair.A); err != nil {
			return err
		}
		if err := p.server(path+".b", pair.B); err != nil {
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
