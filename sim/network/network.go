// Package network decides what becomes of packets between simulated nodes. A
// [Network] is a list of rules; each says what it does to one packet, and what
// they say adds up.
//
// Without rules every packet arrives once and at once. Packets of one node to
// itself are never judged.
package network

import (
	"iter"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A Packet is what a rule may know of a message between two nodes.
type Packet struct {
	From, To actors.NodeID
	Size     int           // bytes
	At       time.Duration // world time at which it leaves
}

// A Decision is what one rule does to a packet. The zero Decision does nothing.
type Decision struct {
	Lost bool
	// Wait is added to the travel time of every copy.
	Wait time.Duration
	// Again, if positive, makes one more copy arrive that much later than the first.
	Again time.Duration
}

// A Stream is where a rule takes its chance from.
type Stream interface {
	// Chance returns true with probability p.
	Chance(p float64) bool
	// Exp returns an exponentially distributed duration.
	Exp(mean time.Duration) time.Duration
	// Between returns a duration in [low, high].
	Between(low, high time.Duration) time.Duration
}

// A Rule judges packets. It is asked about each packet of each link, even one that
// another rule has lost: so it draws the same from its streams whatever the other
// rules are.
type Rule interface {
	Judge(p Packet, s Stream) Decision
}

// A Tally counts what rules of one name did.
type Tally struct {
	Name                              string
	Judged, Lost, Delayed, Duplicated uint64
}

// A Network is a list of rules in force.
type Network struct {
	streams func(purpose string, keys ...uint64) Stream
	rules   []*placed
	names   map[string]int // name of a rule to its place in tallies
	tallies []Tally
	links   map[link][]Stream // by place in tallies; nil until used
}

type placed struct {
	rule Rule
	name int
}

type link struct{ from, to actors.NodeID }

// New returns a network without rules, which takes a stream for each name of a
// rule and each link from streams.
func New(streams func(purpose string, keys ...uint64) Stream) *Network {
	return &Network{streams: streams, names: make(map[string]int), links: make(map[link][]Stream)}
}

// Add puts a rule in force and returns the function that lifts it. Rules of one
// name share its tally, and continue one another's streams.
func (n *Network) Add(name string, r Rule) (lift func()) {
	i, known := n.names[name]
	if !known {
		i = len(n.tallies)
		n.names[name] = i
		n.tallies = append(n.tallies, Tally{Name: name})
	}
	p := &placed{rule: r, name: i}
	n.rules = append(n.rules, p)
	return func() { n.remove(p) }
}

func (n *Network) remove(p *placed) {
	for i, q := range n.rules {
		if p == q {
			n.rules = append(n.rules[:i:i], n.rules[i+1:]...)
			return
		}
	}
}

// InForce ranges over the rules that are not lifted, with their names, in the order they
// were added.
func (n *Network) InForce() iter.Seq2[string, Rule] {
	return func(yield func(string, Rule) bool) {
		for _, p := range n.rules {
			if !yield(n.tallies[p.name].Name, p.rule) {
				return
			}
		}
	}
}

// Tallies returns what the rules did, by name, in the order the names were first
// added, including those that are lifted.
func (n *Network) Tallies() []Tally { return append([]Tally(nil), n.tallies...) }

// Judge decides on a packet that leaves at now: it appends to delays how long each
// copy travels, and if none does, returns the name of the rule that lost it.
func (n *Network) Judge(now time.Duration, from, to actors.NodeID, size int,
	delays []time.Duration) (_ []time.Duration, blame string) {
	if from == to || len(n.rules) == 0 {
		return append(delays, 0), ""
	}
	p := Packet{From: from, To: to, Size: size, At: now}
	streams := n.link(link{from, to})
	first := len(delays)
	delays = append(delays, 0)
	var wait time.Duration
	for _, r := range n.rules {
		s := streams[r.name]
		if s == nil {
			s = n.streams(n.tallies[r.name].Name, uint64(from), uint64(to))
			streams[r.name] = s
		}
		t := &n.tallies[r.name]
		t.Judged++
		d := r.rule.Judge(p, s)
		if d == (Decision{}) {
			continue
		}
		t.count(d)
		if d.Lost && blame == "" {
			blame = t.Name
		}
		if d.Again > 0 {
			delays = append(delays, d.Again)
		}
		wait += d.Wait
	}
	if blame != "" {
		return delays[:first], blame
	}
	for i := first; i < len(delays); i++ {
		delays[i] += wait
	}
	return delays, ""
}

// link returns the streams of a link, with room for those of every name.
func (n *Network) link(l link) []Stream {
	s := n.links[l]
	if len(s) < len(n.tallies) {
		s = append(s, make([]Stream, len(n.tallies)-len(s))...)
		n.links[l] = s
	}
	return s
}

// count takes note of what a rule did to a packet.
func (t *Tally) count(d Decision) {
	if d.Lost {
		t.Lost++
	}
	if d.Wait > 0 {
		t.Delayed++
	}
	if d.Again > 0 {
		t.Duplicated++
	}
}
