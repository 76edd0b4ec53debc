package raft

import (
	"errors"
	"fmt"
	"slices"
)

// Validate says what is wrong with c, if anything.
func (c Config) Validate() error {
	return errors.Join(c.validateVoters(), c.validateTimes(), c.validateLimits())
}

func (c Config) validateVoters() error {
	if c.ID == None {
		return errors.New("ID is zero")
	}
	if !slices.Contains(c.Voters, c.ID) {
		return fmt.Errorf("Voters %d do not contain ID %d", c.Voters, c.ID)
	}
	seen := slices.Sorted(slices.Values(c.Voters))
	if seen[0] == None || len(slices.Compact(seen)) != len(c.Voters) {
		return fmt.Errorf("Voters %d contain zero or somebody twice", c.Voters)
	}
	return nil
}

func (c Config) validateTimes() error {
	if c.Heartbeat <= 0 || c.Election <= c.Heartbeat {
		return fmt.Errorf("want 0 < Heartbeat < Election, not %v and %v", c.Heartbeat, c.Election)
	}
	if !(c.Drift >= 0 && c.Drift < 1) {
		return fmt.Errorf("Drift %v is not in [0, 1)", c.Drift)
	}
	return nil
}

func (c Config) validateLimits() error {
	if min(c.BatchBytes, c.InflightMessages, c.InflightBytes, c.UncommittedBytes) <= 0 {
		return fmt.Errorf("a limit is not positive: BatchBytes %d, InflightMessages %d, "+
			"InflightBytes %d, UncommittedBytes %d",
			c.BatchBytes, c.InflightMessages, c.InflightBytes, c.UncommittedBytes)
	}
	return nil
}
