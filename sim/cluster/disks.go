package cluster

import (
	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// slowDisk slows a disk down, once at a time: twice would be slower than any patience.
func (r *run) slowDisk(_ *plan.Strike, n actors.NodeID) func() {
	if r.harm.slowed[n] {
		return nil
	}
	r.harm.slowed[n] = true
	r.watch.tardy(check.Node(n))
	lift := r.disks[n].Slow(slowFactor)
	return func() {
		r.harm.slowed[n] = false
		lift()
	}
}

func (r *run) stickDisk(_ *plan.Strike, n actors.NodeID) func() {
	r.watch.tardy(check.Node(n))
	return r.disks[n].Stick()
}

// failSync makes the next sync of a node fail. The node must halt; a new process
// finds a disk that works.
func (r *run) failSync(_ *plan.Strike, n actors.NodeID) func() {
	r.watch.excused[n] = true
	r.disks[n].FailSync()
	return r.mend(n)
}

// failAppend makes the next append of a node fail, of which the sync after it tells.
func (r *run) failAppend(_ *plan.Strike, n actors.NodeID) func() {
	r.watch.excused[n] = true
	r.disks[n].FailAppend()
	return r.mend(n)
}

// failFile makes the next write or seal of a file fail. That is no reason to halt.
func (r *run) failFile(_ *plan.Strike, n actors.NodeID) func() {
	r.disks[n].FailFile()
	return r.disks[n].Mend
}

// failRead restarts a node whose disk then fails to read a piece of a file, and restarts
// it again with one that works: what a replica could not read is there.
func (r *run) failRead(s *plan.Strike, n actors.NodeID) func() {
	r.world.Crash(n)
	r.disks[n].FailRead()
	r.later(s.For/2, func() { r.restart(n) })
	return func() {
		r.disks[n].Mend()
		r.world.Crash(n)
		r.restart(n)
	}
}

// mend lets a new process find a disk that works.
func (r *run) mend(n actors.NodeID) func() {
	return func() {
		r.disks[n].Mend()
		r.renew(n)
	}
}

// renew starts a process that halted, or is going to: it only has not been told yet that
// a log failed.
func (r *run) renew(n actors.NodeID) {
	if r.disks[n].Failed() {
		r.world.Crash(n)
	}
	r.world.Restart(n)
}

// fillDisk leaves room for a few bytes more on a disk, until somebody makes space. A node
// whose log finds none must halt.
func (r *run) fillDisk(s *plan.Strike, n actors.NodeID) func() {
	if r.harm.filled[n] {
		return nil
	}
	r.harm.filled[n], r.watch.excused[n] = true, true
	d := r.disks[n]
	d.Limit(d.Used() + int64(s.After) + 1)
	return func() {
		r.harm.filled[n] = false
		d.Limit(0)
		r.renew(n)
	}
}
