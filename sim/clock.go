package sim

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// bootEpoch is what the wall clocks say when a world begins.
var bootEpoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// A Clock is the pair of clocks of one node: a monotonic one, which begins
// somewhere else at every start of the node, and the time of day. Both run at the
// same rate, which need not be that of the world.
type Clock struct {
	node  *node
	drift int64         // ns gained in each ms of the world: parts per million
	since time.Duration // world time at which the rate last changed
	mono  time.Duration // monotonic reading then
	wall  time.Duration // time since bootEpoch, by this node, then
}

// Clock returns the clocks of a node.
func (w *World) Clock(id actors.NodeID) *Clock { return &w.mustNode(id).clock }

// Now returns the monotonic reading.
func (c *Clock) Now() time.Duration { return c.mono + c.elapsed() }

// Wall returns the time of day.
func (c *Clock) Wall() time.Time { return bootEpoch.Add(c.wall + c.elapsed()) }

// Drift returns by how many parts per million the clocks run fast.
func (c *Clock) Drift() int64 { return c.drift }

// SetDrift makes the clocks run fast by that many parts per million, or slow if
// it is negative. Timers that wait follow. The drift outlives restarts: it is the
// crystal's.
func (c *Clock) SetDrift(ppm int64) {
	if ppm <= -million {
		panic("sim: a clock cannot run backwards")
	}
	c.rebase()
	c.drift = ppm
	c.node.world.traceNode(Drifted, c.node, uint64(ppm))
	c.node.retime()
}

// ShiftWall makes the time of day jump by d. The monotonic clock does not notice.
func (c *Clock) ShiftWall(d time.Duration) {
	c.wall += d
	c.node.world.traceNode(WallShifted, c.node, uint64(d))
}

// restart lets the monotonic clock begin anew at start.
func (c *Clock) restart(start time.Duration) {
	c.rebase()
	c.mono = start
}

func (c *Clock) rebase() {
	e := c.elapsed()
	c.mono, c.wall, c.since = c.mono+e, c.wall+e, c.node.world.now
}

const million = 1_000_000

// elapsed is the time by this clock since its rate last changed.
func (c *Clock) elapsed() time.Duration {
	d := c.node.world.now - c.since
	return d + d/million*time.Duration(c.drift) + d%million*time.Duration(c.drift)/million
}

// until is the world time that passes until the monotonic reading is at least
// mono.
func (c *Clock) until(mono time.Duration) time.Duration {
	d := mono - c.Now()
	if d <= 0 {
		return 0
	}
	if c.drift == 0 {
		return d
	}
	rate := time.Duration(million + c.drift)
	return d/rate*million + (d%rate*million+rate-1)/rate
}
