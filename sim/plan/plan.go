// Package plan says what a run of the simulator shall be.
//
// A [Scenario] is a family of runs, written by people. A seed makes a [Plan] of it:
// one run, with every number in it. The plan is what runs, and it is a file: it
// outlives the code that drew it, and it is what a shrinker edits.
package plan

import (
	"time"

	"github.com/understudy-kv/understudy/sim"
)

// Format is the version of the files that hold plans.
const Format = 1

// A Plan is one run: every choice that is not left to the streams of the running
// world. Those are drawn from Seed, each for one purpose and thing, so that leaving
// something out of a plan changes nothing else.
type Plan struct {
	Format   int           `yaml:"plan"`
	Scenario string        `yaml:"scenario"` // that it was drawn from
	Seed     sim.Seed      `yaml:"seed"`
	Duration time.Duration `yaml:"duration"` // how long clients work and faults strike
	Cluster  Cluster       `yaml:"cluster"`
	Work     Work          `yaml:"workload"`
	Network  Network       `yaml:"network"`
	Disk     Disk          `yaml:"disk"`
	Clocks   []Skew        `yaml:"clocks"` // of servers; others are exact
	Pairs    []Pair        `yaml:"pairs"`  // of servers that are far from each other
	Machines []Machine     `yaml:"machines"`
	Limits   Limits        `yaml:"sizes"`
	Absent   []Absence     `yaml:"absent"`
	Strikes  []Strike      `yaml:"faults"` // in order of time
}

// A Disk says how the disks fare at all times.
type Disk struct {
	Sync  time.Duration `yaml:"sync"`            // the mean time of a sync
	Torn  float64       `yaml:"torn"`            // as in [Disks]
	Files Files         `yaml:"files,omitempty"` // where servers keep what they keep
}

// Files say what a disk is made of.
type Files string

// The kinds of [Files].
const (
	// ModelFiles are in the memory of the simulator, which knows what a crash may leave.
	ModelFiles Files = ""
	// RealFiles are those of the real implementation of disks. A crash damages them, byte by
	// byte, and the real recovery says what they hold then.
	RealFiles Files = "real"
)

// A Cluster says how large the cluster is.
type Cluster struct {
	Nodes       int  `yaml:"nodes"` // numbered from 1
	Partitions  int  `yaml:"partitions"`
	Replication int  `yaml:"replication"`
	Leases      bool `yaml:"leases"` // whether leaders may answer reads by lease
}

// Work says what the clients do.
type Work struct {
	Clients int           `yaml:"clients"` // numbered from 1
	Keys    int           `yaml:"keys"`
	Pause   time.Duration `yaml:"pause"` // mean time between two operations of a lane
	Reads   float64       `yaml:"reads"` // share of operations that only read
	// Only lists the operations that are done, if it is not empty. Each lane counts
	// its operations from 1; one that is not done still takes its turn.
	Only []Selection `yaml:"only,omitempty"`
}

// A Selection is some operations of one lane.
type Selection struct {
	Client     int     `yaml:"client"`
	Lane       int     `yaml:"lane"` // from 0
	Operations []Range `yaml:"operations"`
}

// Does reports whether a lane does its operation of that number.
func (w Work) Does(client, lane, operation int) bool {
	if len(w.Only) == 0 {
		return true
	}
	for _, s := range w.Only {
		if s.Client != client || s.Lane != lane {
			continue
		}
		for _, r := range s.Operations {
			if r.Min <= operation && operation <= r.Max {
				return true
			}
		}
	}
	return false
}

// A Skew says how far the clocks of a server are from the truth.
type Skew struct {
	Node   int           `yaml:"node"`
	Drift  int           `yaml:"drift"`  // of the rate, in millionths; negative is slow
	Offset time.Duration `yaml:"offset"` // of the time of day
}

// A Pair is two servers between which every packet takes longer, both ways.
type Pair struct {
	A    int           `yaml:"a"`
	B    int           `yaml:"b"`
	Wait time.Duration `yaml:"wait"`
}

// A Machine says how slow a server is. Others take [sim.DefaultCost].
type Machine struct {
	Node int           `yaml:"node"`
	Cost time.Duration `yaml:"cost"` // of a call of an actor, on average
}

// Limits are those of the servers and links, in bytes where not said otherwise. Zero is what
// production has, which is too large for anything to happen in a short run.
type Limits struct {
	Snapshot   int `yaml:"snapshot,omitempty"`   // applied between two snapshots
	Trailing   int `yaml:"trailing,omitempty"`   // kept of the log before a snapshot
	Generation int `yaml:"generation,omitempty"` // of the journal
	Batch      int `yaml:"batch,omitempty"`      // in one message
	Inflight   int `yaml:"inflight,omitempty"`   // messages to one follower, by number
	Bandwidth  int `yaml:"bandwidth,omitempty"`  // of each link, in bytes per second
	Queue      int `yaml:"queue,omitempty"`      // that wait for a link that has a bandwidth
	Run        int `yaml:"run,omitempty"`        // messages that an actor gets before it is flushed, by number
	Mailbox    int `yaml:"mailbox,omitempty"`    // messages that wait for an actor, by number
	// Uncommitted is what a leader takes beyond what is committed.
	Uncommitted int `yaml:"uncommitted,omitempty"`
	// Piece is what is written of a snapshot, or of the past of a journal, at a time.
	Piece int `yaml:"piece,omitempty"`
	// Session is how long the stores keep a session after its last command, in milliseconds.
	Session int `yaml:"session,omitempty"`
	// Segment is that of a log, where disks are real files.
	Segment int `yaml:"segment,omitempty"`
	// Flight is what is sent to one follower and not answered.
	Flight int `yaml:"flight,omitempty"`
	// Patience is how long a fetch of a snapshot goes on while nothing comes, in
	// milliseconds. The other times of a keeper are to it as in production.
	Patience int `yaml:"patience,omitempty"`
}
