package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// slowFactor is how much slower a slow disk syncs.
const slowFactor = 100

// strike carries out one strike of the plan, and notes in it who was struck.
func (r *run) strike(s *plan.Strike) {
	n := r.target(s)
	if n == 0 {
		r.idle[s.Kind]++
		return
	}
	lift := r.inflict(s, n)
	if lift == nil {
		r.idle[s.Kind]++
		return // there is nothing to do, such as cutting off a node from itself
	}
	s.Struck = int(n)
	r.strikes[s.Kind]++
	r.annotate(s, n)
	r.later(s.For, lift)
}

// target returns who is struck. If the target is down or paused, that is the next
// server that runs, or for what only a leader can do nobody: a fault of what is not
// running shows nothing.
func (r *run) target(s *plan.Strike) actors.NodeID {
	n := actors.NodeID(s.Target.Node)
	if n == 0 {
		n = actors.NodeID(r.watch.leaders[groupAt(s.Target.LeaderOf)])
	}
	first := slices.Index(r.servers, n)
	for i := range r.servers {
		n := r.servers[(first+i)%len(r.servers)]
		if r.world.Up(n) && !r.world.Paused(n) {
			return n
		}
		if s.Kind.OfPartition() {
			return 0
		}
	}
	return 0
}

// later lifts a fault in time, or earlier when everything is healed.
func (r *run) later(d time.Duration, lift func()) {
	lifted := false
	once := func() {
		if !lifted {
			lifted = true
			lift()
		}
	}
	r.lifts = append(r.lifts, once)
	r.world.After(d, once)
}

// inflict makes a fault happen to n and returns what lifts it, or nil if it finds
// nothing to do.
func (r *run) inflict(s *plan.Strike, n actors.NodeID) (lift func()) {
	others := slices.DeleteFunc(slices.Clone(r.servers), func(o actors.NodeID) bool { return o == n })
	me := []actors.NodeID{n}
	switch s.Kind {
	case plan.Crash:
		return r.crash(s, n)
	case plan.Stop:
		return r.stop(s, n)
	case plan.Pause:
		return r.pause(n)
	case plan.Isolate:
		return r.isolate(s, me, others)
	case plan.Split:
		return r.split(s)
	case plan.CutLink:
		return r.cut(s, n)
	case plan.Clog:
		return r.network.Add(string(plan.Clog), network.Clog{From: others, To: me, Until: r.world.Now() + s.For})
	case plan.SlowDisk:
		return r.slow(n)
	case plan.FailSync:
		return r.failSync(n)
	case plan.StickDisk:
		return r.disks[n].Stick()
	case plan.Corrupt, plan.CorruptSnapshot:
		return r.corrupt(s, n)
	case plan.RotSnapshot:
		return r.rot(s, n)
	case plan.Transfer:
		return r.transfer(s, n)
	case plan.ChangeMembers:
		return r.changeMembers(s, n)
	case plan.JumpClock:
		r.world.Clock(n).ShiftWall(s.By)
		return func() {}
	}
	panic(fmt.Sprintf("no fault of kind %q", s.Kind))
}

// isolate cuts a node off from the other servers, and perhaps from the clients as
// well. A leader whom only clients reach is the one to tell them lies.
func (r *run) isolate(s *plan.Strike, me, others []actors.NodeID) func() {
	if s.Clients {
		others = append(others, r.clientNodes()...)
	}
	return r.network.Add(string(plan.Isolate), network.Partition{me, others})
}

func (r *run) clientNodes() (ids []actors.NodeID) {
	for _, c := range r.clients {
		ids = append(ids, c.Node)
	}
	return ids
}

// crash crashes a node, at once or a few effects later.
func (r *run) crash(s *plan.Strike, n actors.NodeID) func() {
	if s.After == 0 {
		r.world.Crash(n)
	} else {
		r.world.CrashAfter(n, s.After)
	}
	return func() { r.restart(n) }
}

// stop lets a node hand over and ends its process, perhaps before it is done.
func (r *run) stop(s *plan.Strike, n actors.NodeID) func() {
	r.world.Send(actors.Ref{Node: n, Name: node.Name}, node.Leave{})
	r.later(s.Grace, func() {
		if r.world.Up(n) {
			r.world.Crash(n)
		}
	})
	return func() { r.restart(n) }
}

// restart boots a node that is down. One that was to crash and did nothing since
// crashes now.
func (r *run) restart(n actors.NodeID) {
	r.world.CrashAfter(n, noCrash)
	r.world.Restart(n)
}

// noCrash is more effects than any run has.
const noCrash = 1 << 60

func (r *run) pause(n actors.NodeID) func() {
	r.world.Pause(n)
	return func() { r.world.Resume(n) }
}

// split divides the servers.
func (r *run) split(s *plan.Strike) func() {
	var sides network.Partition
	for _, side := range s.Sides {
		sides = append(sides, nodeIDs(side))
	}
	return r.network.Add(string(plan.Split), sides)
}

func nodeIDs(servers []int) (ids []actors.NodeID) {
	for _, n := range servers {
		ids = append(ids, actors.NodeID(n))
	}
	return ids
}

// cut stops the packets from n to one other server.
func (r *run) cut(s *plan.Strike, n actors.NodeID) func() {
	if actors.NodeID(s.To) == n {
		return nil
	}
	return r.network.Add(string(plan.CutLink), network.Cut{From: []actors.NodeID{n}, To: nodeIDs([]int{s.To})})
}

// slow slows a disk down, once at a time: twice would be slower than any patience.
func (r *run) slow(n actors.NodeID) func() {
	if r.slowed[n] {
		return nil
	}
	r.slowed[n] = true
	lift := r.disks[n].Slow(slowFactor)
	return func() {
		r.slowed[n] = false
		lift()
	}
}

// failSync makes the next sync of a node fail. The node must halt; a new process
// finds a disk that works.
func (r *run) failSync(n actors.NodeID) func() {
	r.watch.excused[n] = true
	r.disks[n].FailSync()
	return func() {
		r.disks[n].Mend()
		r.world.Restart(n)
	}
}

// annotate notes a strike in the trace and as a band for the picture.
func (r *run) annotate(s *plan.Strike, n actors.NodeID) {
	text := fmt.Sprintf("%s node %v for %v", s.Kind, n, s.For)
	r.world.Note(text)
	end := min(s.At+s.For, r.plan.Duration)
	r.bands = append(r.bands, check.Band{Lane: fmt.Sprintf("node %v", n), From: s.At, To: end, Text: string(s.Kind)})
}

// ambient counts what the network and the disks did on their own.
func (r *run) ambient() (list []Count) {
	for _, t := range r.network.Tallies() {
		switch t.Name {
		case "loss":
			list = append(list, Count{t.Name, int(t.Lost)})
		case "duplicate":
			list = append(list, Count{t.Name, int(t.Duplicated)})
		case "reorder":
			list = append(list, Count{t.Name, int(t.Delayed)})
		}
	}
	torn, lost := 0, 0
	for _, n := range r.servers {
		c := r.disks[n].Counts()
		torn += int(c.Torn)
		lost += int(c.LostRecords)
	}
	return append(list, Count{"torn record", torn}, Count{"lost record", lost})
}
