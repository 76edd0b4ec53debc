package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/ring"
)

func TestSettingsReachTheNode(t *testing.T) {
	var s settings
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.add(flags)
	args := []string{"--leases=false", "--clock-drift=0.1", "--election-timeout=3s", "--heartbeat=500ms",
		"--snapshot-every=8", "--snapshot-rate=2", "--journal-generation=32"}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	c := s.apply(node.Default(ring.Map{}))
	if err := s.validate(); err != nil {
		t.Error(err)
	}
	if c.Raft.Leases || c.Raft.Drift != 0.1 || c.Raft.Election != 3*time.Second || c.Raft.Heartbeat != time.Second/2 {
		t.Errorf("the settings of groups are %+v", c.Raft)
	}
	if c.SnapshotBytes != 8*mib || c.Raft.Trailing != 2*mib || c.Snapshots.BytesPerSecond != 2*mib || c.GenerationBytes != 32*mib {
		t.Errorf("snapshots after %d bytes, and %d are kept; %d a second; generations of %d",
			c.SnapshotBytes, c.Raft.Trailing, c.Snapshots.BytesPerSecond, c.GenerationBytes)
	}
}

func TestSettingsLeftAloneAreTheDefaults(t *testing.T) {
	want := node.Default(ring.Map{})
	if c := defaults().apply(want); c.Raft.Election != want.Raft.Election || c.Raft.Trailing != want.Raft.Trailing ||
		c.SnapshotBytes != want.SnapshotBytes || c.GenerationBytes != want.GenerationBytes || c.Snapshots != want.Snapshots {
		t.Errorf("%+v, want %+v", c, want)
	}
}

// A follower that is loyal for a shorter time than its leader thinks would break leases.
func TestNodesOfAnotherElectionTimeoutAreStrangers(t *testing.T) {
	mine := serverConfig{settings: defaults()}
	other := mine
	other.settings.election *= 2
	if mine.network() == other.network() {
		t.Error("they would talk to each other")
	}
	other = mine
	other.settings.rate, other.settings.leases = 1, false
	if mine.network() != other.network() {
		t.Error("what each node may choose for itself keeps them apart")
	}
}
