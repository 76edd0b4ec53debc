package network

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// Delay makes every packet take its time: Floor and an exponentially distributed
// rest around Mean. With probability TailChance another one around Tail is added.
type Delay struct {
	Floor, Mean time.Duration
	TailChance  float64
	Tail        time.Duration
}

// Judge implements [Rule].
func (r Delay) Judge(_ Packet, s Stream) Decision {
	wait := r.Floor + s.Exp(r.Mean)
	if s.Chance(r.TailChance) {
		wait += s.Exp(r.Tail)
	}
	return Decision{Wait: wait}
}

// Loss loses packets with a probability.
type Loss struct{ Chance float64 }

// Judge implements [Rule].
func (r Loss) Judge(_ Packet, s Stream) Decision {
	return Decision{Lost: s.Chance(r.Chance)}
}

// Duplicate makes packets arrive twice with a probability. The second copy comes
// later by an exponentially distributed time around Late, which may be long enough
// for the world to have changed. None is made that would be under way after Until,
// unless that is zero.
type Duplicate struct {
	Chance float64
	Late   time.Duration
	Until  time.Duration
}

// Judge implements [Rule].
func (r Duplicate) Judge(p Packet, s Stream) Decision {
	if !s.Chance(r.Chance) {
		return Decision{}
	}
	again := 1 + s.Exp(r.Late)
	if r.Until > 0 && p.At+again > r.Until {
		return Decision{}
	}
	return Decision{Again: again}
}

// Reorder holds packets back with a probability, for up to Max, so that later ones
// overtake them.
type Reorder struct {
	Chance float64
	Max    time.Duration
}

// Judge implements [Rule].
func (r Reorder) Judge(_ Packet, s Stream) Decision {
	if !s.Chance(r.Chance) {
		return Decision{}
	}
	return Decision{Wait: s.Between(1, r.Max)}
}

// Cut loses every packet from any of From to any of To, and none the other way.
type Cut struct{ From, To []actors.NodeID }

// Judge implements [Rule].
func (r Cut) Judge(p Packet, _ Stream) Decision {
	return Decision{Lost: slices.Contains(r.From, p.From) && slices.Contains(r.To, p.To)}
}

// Partition loses every packet between two nodes that are on sides, but on no
// common one. A node on two sides talks with both; one on none, with everybody.
type Partition [][]actors.NodeID

// Judge implements [Rule].
func (r Partition) Judge(p Packet, _ Stream) Decision {
	apart := false
	for _, side := range r {
		from, to := slices.Contains(side, p.From), slices.Contains(side, p.To)
		if from && to {
			return Decision{}
		}
		apart = apart || from && r.elsewhere(p.To)
	}
	return Decision{Lost: apart}
}

func (r Partition) elsewhere(id actors.NodeID) bool {
	for _, side := range r {
		if slices.Contains(side, id) {
			return true
		}
	}
	return false
}

// Slow makes packets between two nodes, both ways, take longer.
type Slow struct {
	A, B actors.NodeID
	Wait time.Duration
}

// Judge implements [Rule].
func (r Slow) Judge(p Packet, _ Stream) Decision {
	if p.From == r.A && p.To == r.B || p.From == r.B && p.To == r.A {
		return Decision{Wait: r.Wait}
	}
	return Decision{}
}

// Clog holds every packet from any of From to any of To until a time of the world
// and then releases all of them in the order sent.
type Clog struct {
	From, To []actors.NodeID
	Until    time.Duration
}

// Judge implements [Rule].
func (r Clog) Judge(p Packet, _ Stream) Decision {
	if p.At >= r.Until || !slices.Contains(r.From, p.From) || !slices.Contains(r.To, p.To) {
		return Decision{}
	}
	return Decision{Wait: r.Until - p.At}
}

// Bandwidth lets each link carry so many bytes per second. Packets queue; one that
// would find more than Queue bytes before it is lost.
type Bandwidth struct {
	perSecond int
	patience  time.Duration           // how long the queue takes
	idle      map[link]*time.Duration // when the link will have sent everything
}

// NewBandwidth returns a Bandwidth whose links are idle.
func NewBandwidth(perSecond, queue int) *Bandwidth {
	r := &Bandwidth{perSecond: perSecond, idle: make(map[link]*time.Duration)}
	r.patience = r.time(queue)
	return r
}

// Judge implements [Rule].
func (r *Bandwidth) Judge(p Packet, _ Stream) Decision {
	idle := r.idle[link{p.From, p.To}]
	if idle == nil {
		idle = new(time.Duration)
		r.idle[link{p.From, p.To}] = idle
	}
	start := max(*idle, p.At)
	if start-p.At > r.patience {
		return Decision{Lost: true}
	}
	*idle = start + r.time(p.Size)
	return Decision{Wait: *idle - p.At}
}

// time is how long a link is busy with so many bytes.
func (r *Bandwidth) time(bytes int) time.Duration {
	return time.Duration(bytes) * time.Second / time.Duration(r.perSecond)
}

// Only applies a rule to the packets from any of From to any of To; nil means
// everybody.
type Only struct {
	From, To []actors.NodeID
	Rule     Rule
}

// Judge implements [Rule].
func (r Only) Judge(p Packet, s Stream) Decision {
	if r.From != nil && !slices.Contains(r.From, p.From) ||
		r.To != nil && !slices.Contains(r.To, p.To) {
		return Decision{}
	}
	return r.Rule.Judge(p, s)
}
