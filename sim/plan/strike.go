package plan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Strike is one fault at one time. Which of the fields below Target mean something
// depends on the kind; [FaultKind] says.
type Strike struct {
	At     time.Duration `yaml:"at"`
	For    time.Duration `yaml:"for"` // how long until it is lifted
	Kind   FaultKind     `yaml:"kind"`
	Target Target        `yaml:"target"`

	After    int           `yaml:"after,omitempty"`   // effects, or bytes, that still happen
	Grace    time.Duration `yaml:"grace,omitempty"`   // until the process ends
	Clients  bool          `yaml:"clients,omitempty"` // these are cut off, too
	Sides    [][]int       `yaml:"sides,omitempty"`   // who can talk to each other, or orders of servers
	To       int           `yaml:"to,omitempty"`      // the other server
	By       time.Duration `yaml:"by,omitempty"`      // how far a clock jumps
	Drift    int           `yaml:"drift,omitempty"`   // the new rate of a clock, in millionths
	Voters   []int         `yaml:"voters,omitempty"`
	Learners []int         `yaml:"learners,omitempty"`
	// Pick says which of the things that are there is damaged, and how. What is there
	// is known only when the time comes.
	Pick uint64 `yaml:"pick,omitempty"`

	// Struck is whom a run found to be the target, or zero. It is a record: who is
	// struck when the plan runs again is found out anew.
	Struck int `yaml:"struck,omitempty"`
}

// A Target is who is struck: a server, a client, or who leads a partition when the time
// comes.
type Target struct {
	Node     int // unless zero
	Client   int // unless zero
	LeaderOf int // a partition, from 0
}

// On is the server of that number.
func On(node int) Target { return Target{Node: node} }

// LeaderOf is who leads a partition when the time comes.
func LeaderOf(partition int) Target { return Target{LeaderOf: partition} }

// OnClient is the client of that number.
func OnClient(client int) Target { return Target{Client: client} }

// Symbolic reports whether it is known only when the time comes who is struck.
func (t Target) Symbolic() bool { return t.Node == 0 && t.Client == 0 }

const (
	leaderOf = "leader of "
	clientAt = "client "
)

// String prints a target as it stands in a file.
func (t Target) String() string {
	switch {
	case t.Node != 0:
		return strconv.Itoa(t.Node)
	case t.Client != 0:
		return clientAt + strconv.Itoa(t.Client)
	}
	return leaderOf + strconv.Itoa(t.LeaderOf)
}

// ParseTarget reads what String prints.
func ParseTarget(text string) (Target, error) {
	if rest, leads := strings.CutPrefix(text, leaderOf); leads {
		if p, err := strconv.Atoi(rest); err == nil && p >= 0 {
			return LeaderOf(p), nil
		}
	} else if rest, works := strings.CutPrefix(text, clientAt); works {
		if c, err := strconv.Atoi(rest); err == nil && c > 0 {
			return OnClient(c), nil
		}
	} else if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return On(n), nil
	}
	return Target{}, fmt.Errorf("%q is neither the number of a server nor one such as %q or %q", text, LeaderOf(2), OnClient(1))
}
