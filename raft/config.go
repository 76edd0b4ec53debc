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
		return errors.New("no ID")
	}
	if len(c.Voters) > 0 && !slices.Contains(c.Voters, c.ID) {
		return fmt.Errorf("replica %[2]d is not among the voters %[1]d", c.Voters, c.ID)
	}
	if err := validateMembers(slices.Sorted(slices.Values(c.Voters))); err != nil {
		return fmt.Errorf("voters %d: %w", c.Voters, err)
	}
	return nil
}

func (c Config) validateTimes() error {
	if c.Heartbeat <= 0 || c.Election <= c.Heartbeat {
		return fmt.Errorf("want 0 < Heartbeat < Election, not %v and %v", c.Heartbeat, c.Election)
	}
	if !(c.Drift >= 0 && c.Drift < 1) {
		return fmt.Errorf("want 0 <= Drift < 1, not %v", c.Drift)
	}
	return nil
}

func (c Config) validateLimits() error {
	if min(c.BatchBytes, c.InflightMessages, c.InflightBytes, c.UncommittedBytes) <= 0 {
		return fmt.Errorf("a limit is not positive: BatchBytes %d, InflightMessages %d, "+
			"InflightBytes %d, UncommittedBytes %d",
			c.BatchBytes, c.InflightMessages, c.InflightBytes, c.UncommittedBytes)
	}
	if c.Trailing < 0 || c.Rest < 0 {
		return fmt.Errorf("want Trailing and Rest >= 0, not %d and %d", c.Trailing, c.Rest)
	}
	return nil
}
