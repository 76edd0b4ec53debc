// Package actorstest is the contract of package actors as a test suite.
//
// Every sentence of the contract that a program can observe is a [Check]. A world
// that passes them all may stand below the actors; two worlds that both pass are
// interchangeable, which is what makes a simulation say something about
// production.
package actorstest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// A World is an implementation of package actors with nodes 1, 2 and 3 running,
// connected, and empty. The suite calls it from one goroutine.
type World interface {
	// Spawn starts a on a running node, on behalf of nobody.
	Spawn(node actors.NodeID, name string, a actors.Actor)
	// Post hands m to the node that to lives on, as nobody.
	Post(to actors.Ref, m actors.Message)
	// Settle lets the world run until done reports true, and reports whether it ever
	// did. A simulation asks done after each event, a real world every moment. Both
	// give up only after much more time than a minute's worth of retries needs in
	// theirs: seconds of real time, minutes of simulated time.
	Settle(done func() bool) bool
	// Crash ends a running node at once: its actors are gone, and its disk may lose
	// what no sync has covered.
	Crash(node actors.NodeID)
	// Restart starts a node that crashed or halted, without actors and on the disk
	// that it left.
	Restart(node actors.NodeID)
	// Damage flips a bit of content where the disk of a node that is down holds it: as
	// a record of the log or a piece of the file of that name, synced or sealed.
	Damage(node actors.NodeID, name string, content []byte)
	// Halted returns what an actor of the node gave to Halt, or nil while the node
	// has not halted. Once it is not nil the node is as ended as after a crash.
	Halted(node actors.NodeID) error
	// Marked returns how often actors of the node marked that name since it was
	// started.
	Marked(node actors.NodeID, name string) int
}

// A Check holds a world to one claim of the contract.
type Check struct {
	Name string
	// Run uses up a fresh world and returns how it broke the claim.
	Run func(w World) error
}

// Checks returns the whole suite. Its last part, [DiskChecks], needs no more of a
// world than one node at a time.
func Checks() []Check {
	return slices.Concat(lifeChecks, messageChecks, flushChecks, timerChecks, nodeChecks, markChecks, DiskChecks())
}

// DiskChecks returns the checks of [actors.Disk]. They neither set timers nor send
// messages between nodes.
func DiskChecks() []Check { return slices.Concat(diskChecks, logChecks, fileChecks) }

// Run holds every claim of the contract against worlds made by newWorld, one fresh
// world for each.
func Run(t *testing.T, newWorld func(t *testing.T) World) { run(t, Checks(), newWorld) }

// RunDisk is [Run] for the claims about disks alone.
func RunDisk(t *testing.T, newWorld func(t *testing.T) World) { run(t, DiskChecks(), newWorld) }

func run(t *testing.T, checks []Check, newWorld func(t *testing.T) World) {
	for _, check := range checks {
		t.Run(check.Name, func(t *testing.T) {
			if err := check.Run(newWorld(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// settle lets the world run until done, and names what was missed if it never is.
func settle(w World, what string, done func() bool) error {
	if !w.Settle(done) {
		return fmt.Errorf("waited in vain for %s", what)
	}
	return nil
}
