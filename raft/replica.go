package raft

import "time"

// A Replica is one member of a group.
type Replica struct{ config Config }

// New returns a replica.
func New(c Config, s State, now time.Duration, rand func(n int) int) *Replica {
	return &Replica{config: c}
}

// Step is the one verb.
func (r *Replica) Step(in Input) Output { return Output{} }

// Deadline says when to call Step although nothing happened.
func (r *Replica) Deadline() time.Duration { return 0 }

// Status says what the replica believes.
func (r *Replica) Status() Status { return Status{ID: r.config.ID} }

// Validate says what is wrong with c, if anything.
func (c Config) Validate() error { return nil }
