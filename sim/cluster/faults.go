package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/network"
)

// slowFactor is how much slower a slow disk syncs.
const slowFactor = 100

// aimedEffects bounds how many effects a node still has after an aimed crash is
// ordered, so that crashes fall between a write and its sync, or a vote and its
// message.
const aimedEffects = 64

// strike carries out one strike of the plan.
func (r *run) strike(s Strike) {
	for _, n := range r.aim(s) {
		if n = r.runningFrom(n); n == 0 {
			r.idle[s.Kind]++ // nobody runs
			continue
		}
		lift := r.inflict(s, n)
		if lift == nil {
			continue // the fault finds nothing to do, such as a split of one node
		}
		r.strikes[s.Kind]++
		r.annotate(s, n)
		r.later(s.For, lift)
	}
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

// runningFrom returns n, or if it is down or paused the next server that runs, or
// zero: a fault of what is not running shows nothing.
func (r *run) runningFrom(n actors.NodeID) actors.NodeID {
	first := slices.Index(r.servers, n)
	for i := range r.servers {
		n := r.servers[(first+i)%len(r.servers)]
		if r.world.Up(n) && !r.world.Paused(n) {
			return n
		}
	}
	return 0
}

// aim resolves the target of a strike to nodes.
func (r *run) aim(s Strike) []actors.NodeID {
	pick := func(draw uint64) actors.NodeID { return r.servers[draw%uint64(len(r.servers))] }
	switch s.Target {
	case All:
		if s.Kind == Split {
			return r.servers[:1] // one split concerns everybody
		}
		return r.servers
	case Leader:
		return []actors.NodeID{actors.NodeID(r.watch.leaders[groupAt(int(s.Draw%uint64(r.plan.Partitions)))])}
	case Next:
		r.next++
		return []actors.NodeID{r.servers[r.next%len(r.servers)]}
	}
	return []actors.NodeID{pick(s.Draw)}
}

// inflict makes a fault happen to n and returns what lifts it, or nil if it finds
// nothing to do.
func (r *run) inflict(s Strike, n actors.NodeID) (lift func()) {
	others := slices.DeleteFunc(slices.Clone(r.servers), func(o actors.NodeID) bool { return o == n })
	me := []actors.NodeID{n}
	switch s.Kind {
	case Crash:
		return r.crash(s, n)
	case Stop:
		return r.stop(s, n)
	case Pause:
		return r.pause(n)
	case Isolate:
		return r.isolate(s, me, others)
	case Split:
		return r.split(s)
	case CutLink:
		return r.cut(s, n, others)
	case Clog:
		return r.network.Add(string(Clog), network.Clog{From: others, To: me, Until: r.world.Now() + s.For})
	case SlowDisk:
		return r.slow(n)
	case FailSync:
		return r.failSync(n)
	case StickDisk:
		return r.disks[n].Stick()
	case Corrupt, CorruptSnapshot:
		return r.corrupt(s, n)
	case Transfer:
		return r.transfer(s)
	case ChangeMembers:
		return r.changeMembers(s)
	case JumpClock:
		r.world.Clock(n).ShiftWall(time.Duration(int64(s.Draw%uint64(2*maxJump))) - maxJump)
		return func() {}
	}
	panic(fmt.Sprintf("no fault of kind %q", s.Kind))
}

// isolate cuts a node off from the other servers, and for every other draw from the
// clients as well. A leader whom only clients reach is the one to tell them lies.
func (r *run) isolate(s Strike, me, others []actors.NodeID) func() {
	if s.Draw>>32%2 == 0 {
		others = append(others, r.clientNodes()...)
	}
	return r.network.Add(string(Isolate), network.Partition{me, others})
}

// maxJump is how far the time of day jumps at most.
const maxJump = 10 * time.Second

func (r *run) clientNodes() (ids []actors.NodeID) {
	for _, c := range r.clients {
		ids = append(ids, c.Node)
	}
	return ids
}

// crash crashes a node at once, or for every other draw a few effects later.
func (r *run) crash(s Strike, n actors.NodeID) func() {
	if s.Draw>>32%2 == 0 {
		r.world.Crash(n)
	} else {
		r.world.CrashAfter(n, 1+int(s.Draw>>33%aimedEffects))
	}
	return func() { r.restart(n) }
}

// stop lets a node hand over and ends its process, for half of the strikes perhaps
// before it is done.
func (r *run) stop(s Strike, n actors.NodeID) func() {
	r.world.Send(actors.Ref{Node: n, Name: node.Name}, node.Leave{})
	grace := s.For / 2
	if s.Draw>>32%2 == 0 {
		grace = time.Duration(s.Draw >> 33 % uint64(grace+1))
	}
	r.later(grace, func() {
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

// split divides the servers at a drawn place of a drawn order.
func (r *run) split(s Strike) func() {
	if len(r.servers) < 2 {
		return nil
	}
	var sides network.Partition = make([][]actors.NodeID, 2)
	for i, n := range r.servers {
		side := s.Draw >> i & 1
		sides[side] = append(sides[side], n)
	}
	if len(sides[0]) == 0 || len(sides[1]) == 0 {
		sides = network.Partition{r.servers[:1], r.servers[1:]}
	}
	return r.network.Add(string(Split), sides)
}

// cut stops the packets from n to one other server.
func (r *run) cut(s Strike, n actors.NodeID, others []actors.NodeID) func() {
	if len(others) == 0 {
		return nil
	}
	to := others[s.Draw>>32%uint64(len(others))]
	return r.network.Add(string(CutLink), network.Cut{From: []actors.NodeID{n}, To: []actors.NodeID{to}})
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
func (r *run) annotate(s Strike, n actors.NodeID) {
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
