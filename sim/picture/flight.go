package picture

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/sim"
)

// A fate says what became of one copy of a packet.
type fate uint8

const (
	arrived fate = iota
	lost
	underWay // when the run ended
)

// A copy is one journey of a packet. A packet that is lost at once has one, too.
type copied struct {
	sent    int // the row
	fate    fate
	at      time.Duration // when it arrived or was lost
	row     int           // in which it was handled, or none
	blame   int           // a number of flights.blames: by what it was lost
	another bool          // it is not the first copy of its packet to arrive
	late    bool          // it took far longer than others
}

// A flight is a packet whose copies are not all settled.
type flight struct {
	sent    int
	left    int   // copies on their way
	waiting []int // copies that arrived and were not handled
	arrived int
}

// flights follows packets.
type flights struct {
	open   map[uint64]*flight // by number
	copies []copied
	blames names
}

func (f *flights) init() {
	f.open = map[uint64]*flight{}
	f.blames.init()
}

func (f *flights) sent(e *sim.Event, row int) {
	f.open[e.Packet] = &flight{sent: row, left: max(e.Copies, 1)}
}

func (f *flights) delivered(e *sim.Event) {
	g := f.open[e.Packet]
	if g == nil {
		return
	}
	g.left--
	g.waiting = append(g.waiting, len(f.copies))
	f.copies = append(f.copies, copied{sent: g.sent, at: e.At, another: g.arrived > 0})
	g.arrived++
}

func (f *flights) lost(e *sim.Event) {
	g := f.open[e.Packet]
	if g == nil {
		return
	}
	g.left--
	f.copies = append(f.copies, copied{sent: g.sent, fate: lost, at: e.At, blame: f.blames.number(e.Text)})
	f.settle(e.Packet, g)
}

// received notes that a copy is handled in the given row, and returns the row in which
// it was sent.
func (f *flights) received(packet uint64, row int) (sent int) {
	g := f.open[packet]
	if g == nil || len(g.waiting) == 0 {
		return none
	}
	f.copies[g.waiting[0]].row = row
	g.waiting = g.waiting[1:]
	f.settle(packet, g)
	return g.sent
}

// settle forgets a packet of which nothing more can happen.
func (f *flights) settle(packet uint64, g *flight) {
	if g.left <= 0 && len(g.waiting) == 0 {
		delete(f.open, packet)
	}
}

// lateFactor is how many times longer than the median a late packet travels. Delays
// without a tail, a loss or a clog do not come near it.
const lateFactor = 8

// all returns every copy by when it was sent, with those that are under way at the
// end, and says from which time on a journey counts as late.
func (f *flights) all(r *rows, end time.Duration) (list []copied, limit time.Duration) {
	list = slices.Clone(f.copies)
	for _, g := range f.open { // any order: they are sorted below
		for range g.left {
			list = append(list, copied{sent: g.sent, fate: underWay, at: end})
		}
	}
	slices.SortStableFunc(list, func(a, b copied) int { return a.sent - b.sent })
	limit = lateFactor * f.median(r)
	for i := range list {
		c := &list[i]
		c.late = c.fate == arrived && c.at-r.list[c.sent].at > limit
	}
	return list, limit
}

// median returns how long half of the copies that arrived travelled at most.
func (f *flights) median(r *rows) time.Duration {
	var times []time.Duration
	for _, c := range f.copies {
		if c.fate == arrived {
			times = append(times, c.at-r.list[c.sent].at)
		}
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)/2]
}
