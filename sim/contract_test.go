package sim_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/actorstest"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
)

// lab assembles worlds for tests: three empty nodes, a network that delays, and
// disks that take their time.
type lab struct {
	*sim.World
	network *network.Network
	disks   map[actors.NodeID]*disk.Disk
	halted  map[actors.NodeID]error
	marked  map[actors.NodeID]map[string]int
}

func newLab(seed sim.Seed) *lab {
	l := &lab{
		network: network.New(func(purpose string, keys ...uint64) network.Stream {
			return seed.Stream(purpose, keys...)
		}),
		disks:  map[actors.NodeID]*disk.Disk{},
		halted: map[actors.NodeID]error{},
		marked: map[actors.NodeID]map[string]int{1: {}, 2: {}, 3: {}},
	}
	l.network.Add("delay", network.Delay{Floor: 200 * time.Microsecond, Mean: 500 * time.Microsecond,
		TailChance: 0.01, Tail: 50 * time.Millisecond})
	l.World = sim.New(sim.Config{Seed: seed, Network: l.network, Codec: actorstest.Codec{},
		NewDisk: func(node actors.NodeID, after func(time.Duration, func())) sim.Disk {
			l.disks[node] = newDisk(seed, node, after, nil)
			return l.disks[node]
		}})
	l.Observe(sim.Of(sim.Halted), func(e *sim.Event) { l.halted[e.Node] = e.Err })
	l.Observe(sim.Of(sim.Marked), func(e *sim.Event) { l.marked[e.Node][e.Text]++ })
	return l
}

func newDisk(seed sim.Seed, node actors.NodeID, after func(time.Duration, func()),
	o disk.Observer) *disk.Disk {
	return disk.New(disk.Config{After: after, Observer: o, TornChance: 0.5,
		Pace: seed.Stream("disk pace", uint64(node)), Fate: seed.Stream("disk fate", uint64(node)),
		Sync: disk.Latency{Floor: 100 * time.Microsecond, Mean: 300 * time.Microsecond},
		Open: disk.Latency{Mean: time.Millisecond},
		File: disk.Latency{Mean: time.Millisecond}, BytesPerSecond: 100 << 20})
}

// add adds an empty node.
func (l *lab) add(ids ...actors.NodeID) *lab {
	for _, id := range ids {
		l.AddNode(id, func(func(string, actors.Actor) actors.Ref) {})
	}
	return l
}

// suite is a lab as the contract suite wants it.
type suite struct{ *lab }

func (s suite) Spawn(node actors.NodeID, name string, a actors.Actor) { s.lab.Spawn(node, name, a) }

func (s suite) Post(to actors.Ref, m actors.Message) { s.Send(to, m) }

func (s suite) Settle(done func() bool) bool { return s.RunUntil(done, 5*time.Minute) }

func (s suite) Restart(node actors.NodeID) {
	delete(s.halted, node)
	clear(s.marked[node])
	s.World.Restart(node)
}

func (s suite) Marked(node actors.NodeID, name string) int { return s.marked[node][name] }

func (s suite) Damage(node actors.NodeID, name string, content []byte) {
	d := s.disks[node]
	same := func(other []byte) bool { return bytes.Equal(other, content) }
	if at := slices.IndexFunc(d.Durable(name), same); at >= 0 {
		d.FlipBit(name, at, 11)
	} else if at := slices.IndexFunc(d.Pieces(name), same); at >= 0 {
		d.FlipPiece(name, at, 11)
	} else {
		panic("there is nothing to damage")
	}
}

func (s suite) Halted(node actors.NodeID) error {
	if s.Up(node) {
		return nil
	}
	return s.halted[node]
}

func TestTheSimulatedWorldKeepsTheContract(t *testing.T) {
	for seed := range sim.Seed(4) {
		actorstest.Run(t, func(*testing.T) actorstest.World { return suite{newLab(seed).add(1, 2, 3)} })
	}
}

func TestTheContractHoldsOnABadNetwork(t *testing.T) {
	for seed := range sim.Seed(2) {
		actorstest.Run(t, func(*testing.T) actorstest.World {
			l := newLab(seed).add(1, 2, 3)
			l.network.Add("loss", network.Loss{Chance: 0.3})
			l.network.Add("twice", network.Duplicate{Chance: 0.3, Late: time.Second})
			l.network.Add("reorder", network.Reorder{Chance: 0.3, Max: 100 * time.Millisecond})
			return suite{l}
		})
	}
}
