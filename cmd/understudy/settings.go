package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/ring"
)

// settings are what may be tuned about a node. Sizes are in MiB.
type settings struct {
	leases     bool
	drift      float64
	election   time.Duration
	heartbeat  time.Duration
	snapshots  int
	rate       int // a second
	generation int
}

const mib = 1 << 20

// defaults are the settings of a node that is told none.
func defaults() settings {
	c := node.Default(ring.Map{})
	return settings{
		leases:     c.Raft.Leases,
		drift:      c.Raft.Drift,
		election:   c.Raft.Election,
		heartbeat:  c.Raft.Heartbeat,
		snapshots:  c.SnapshotBytes / mib,
		rate:       c.Snapshots.BytesPerSecond / mib,
		generation: c.GenerationBytes / mib,
	}
}

func (s *settings) add(flags *pflag.FlagSet) {
	*s = defaults()
	flags.BoolVar(&s.leases, "leases", s.leases,
		"leaders answer reads without asking the others, for as long as no other leader can have been elected;\n"+
			"without, each batch of reads costs a round of messages, and clocks may run as they like")
	flags.Float64Var(&s.drift, "clock-drift", s.drift,
		"how much faster one clock may run than another, as a fraction; with --leases reads rest on it")
	flags.DurationVar(&s.election, "election-timeout", s.election,
		"a partition whose leader is silent for once to twice this long elects another; the same on all nodes")
	flags.DurationVar(&s.heartbeat, "heartbeat", s.heartbeat, "how often a leader that has nothing to say says so")
	flags.IntVar(&s.snapshots, "snapshot-every", s.snapshots,
		"MiB written to a partition before its whole state goes to disk; as many as the state has, if more, up to 16 times this")
	flags.IntVar(&s.rate, "snapshot-rate", s.rate, "MiB of snapshots sent to other nodes each second; 0: without limit")
	flags.IntVar(&s.generation, "journal-generation", s.generation,
		"MiB that the journal grows before what is of no use in it goes; bounds the time of a start")
}

// maxSizeMiB bounds sizes: far more than makes sense, and nothing overflows.
const maxSizeMiB = 1 << 20

func (s settings) validate() error {
	return errors.Join(
		s.validateTimes(),
		inRange("snapshot-every", s.snapshots, 1),
		inRange("snapshot-rate", s.rate, 0),
		inRange("journal-generation", s.generation, 1),
	)
}

func (s settings) validateTimes() error {
	switch {
	case !(s.drift >= 0 && s.drift < 1):
		return fmt.Errorf("--clock-drift %v: choose a fraction from 0 to below 1, such as 0.05 for 5 %%", s.drift)
	case s.heartbeat < time.Millisecond:
		return fmt.Errorf("--heartbeat %v: choose 1ms or more", s.heartbeat)
	case s.election < 2*s.heartbeat:
		return fmt.Errorf("--election-timeout %v: choose at least twice the --heartbeat of %v: one that is lost "+
			"is no reason for an election", s.election, s.heartbeat)
	}
	return nil
}

func inRange(flag string, mebibytes, least int) error {
	if mebibytes < least || mebibytes > maxSizeMiB {
		return fmt.Errorf("--%s %d: choose %d to %d MiB", flag, mebibytes, least, maxSizeMiB)
	}
	return nil
}

// apply puts the settings into a configuration.
func (s settings) apply(c node.Config) node.Config {
	c.Raft.Leases, c.Raft.Drift = s.leases, s.drift
	c.Raft.Election, c.Raft.Heartbeat = s.election, s.heartbeat
	c.SnapshotBytes = s.snapshots * mib
	c.Raft.Trailing = c.SnapshotBytes / 4
	c.Snapshots.BytesPerSecond = s.rate * mib
	c.GenerationBytes = s.generation * mib
	return c
}

// patience is how long each part of an orderly end may take: the node itself stops
// trying to hand over after two election timeouts.
func (s settings) patience() time.Duration { return 3*s.election + time.Second }
