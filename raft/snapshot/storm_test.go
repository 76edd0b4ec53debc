package snapshot_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

const (
	stormNodes  = 4
	stormGroups = 3
)

// A storm captures, fetches and removes at random while everything fails, and
// checks whatever a keeper says is there.
type storm struct {
	*lab
	chance *sim.Stream
	newest map[journal.GroupID]raft.Index
	lift   []func() // faults in force

	fetched, refused int
}

func newStorm(t *testing.T, seed sim.Seed) *storm {
	chance := seed.Stream("storm")
	config := snapshot.Config{Uploads: 1 + chance.IntN(3), Downloads: 1 + chance.IntN(3),
		BytesPerSecond: []int{0, 20_000, 1_000_000}[chance.IntN(3)]}
	return &storm{lab: newLab(t, seed, stormNodes, config), chance: chance, newest: map[journal.GroupID]raft.Index{}}
}

func (s *storm) node() actors.NodeID    { return actors.NodeID(1 + s.chance.IntN(stormNodes)) }
func (s *storm) group() journal.GroupID { return journal.GroupID(1 + s.chance.IntN(stormGroups)) }

// state returns one of the last snapshots of a group, cut at random.
func (s *storm) state(g journal.GroupID, back int) state {
	index := max(s.newest[g], 1)
	index -= min(index-1, raft.Index(s.chance.IntN(back+1)))
	total := 1000 * (1 + int(index)%20)
	var sizes []int
	for total > 0 {
		size := min(total, 1+s.chance.IntN(2000))
		sizes = append(sizes, size)
		total -= size
	}
	return newState(g, index, sizes...)
}

// strike does one thing, to the keepers or to the world they are in.
func (s *storm) strike() {
	node, g := s.node(), s.group()
	switch s.chance.IntN(20) {
	case 0, 1, 2:
		s.newest[g]++
		s.try(node, s.state(g, 0))
	case 3:
		s.try(node, s.state(g, 2))
	case 4, 5, 6, 7, 8, 9:
		wanted := s.state(g, 2)
		s.try(node, order{wanted.fetch(s.source(wanted))})
	case 10:
		s.try(node, order{s.state(g, 2).keep()})
	case 11:
		s.try(node, order{snapshot.Drop{Group: g}})
	case 12:
		s.try(node, order{snapshot.Abandon{Group: g, Snapshot: s.state(g, 0).snapshot}})
	case 13, 14:
		s.CrashAfter(node, 1+s.chance.IntN(30))
	case 15, 16:
		s.Restart(node)
	default:
		s.fault(node)
	}
}

// source returns a node, mostly one that has a snapshot.
func (s *storm) source(wanted state) actors.NodeID {
	for range 10 {
		if id := s.node(); slices.Contains(s.files(id), wanted.name()) {
			return id
		}
	}
	return s.node()
}

// try lets the clerk of a node do something, if it is up.
func (s *storm) try(node actors.NodeID, m actors.Message) {
	if s.Up(node) {
		s.Send(actors.Ref{Node: node, Name: "clerk"}, m)
	}
}

// fault begins or ends one.
func (s *storm) fault(node actors.NodeID) {
	d := s.disks[node]
	add := func(name string, r network.Rule) { s.lift = append(s.lift, s.network.Add(name, r)) }
	switch s.chance.IntN(11) {
	case 0:
		add("loss", network.Loss{Chance: 0.3})
	case 1:
		add("twice", network.Duplicate{Chance: 0.3, Late: 10 * time.Second})
	case 2:
		add("reorder", network.Reorder{Chance: 0.3, Max: 10 * time.Second})
	case 3:
		add("cut", network.Cut{From: []actors.NodeID{node}, To: []actors.NodeID{s.node()}})
	case 4:
		s.lift = append(s.lift, d.Stick())
	case 5:
		d.FailFile()
	case 6:
		d.Limit(d.Used() + int64(s.chance.IntN(20_000)))
	case 7:
		if files := d.Files(); len(files) > 0 {
			d.FlipPiece(files[s.chance.IntN(len(files))], s.chance.IntN(20), s.chance.IntN(8000))
		}
	case 8:
		s.heal()
	case 9:
		s.Pause(node)
	case 10:
		s.Resume(node)
	}
}

// heal ends all faults but those of what is down or damaged.
func (s *storm) heal() {
	for _, lift := range s.lift {
		lift()
	}
	s.lift = nil
	for id := range actors.NodeID(stormNodes) {
		s.disks[id+1].Mend()
		s.disks[id+1].Limit(0)
		s.Resume(id + 1)
	}
}

// judge looks at the answers that came since it was last called.
func (s *storm) judge() {
	for id := range actors.NodeID(stormNodes) {
		c := s.clerks[id+1]
		for _, m := range c.got {
			if f, ok := m.(snapshot.Fetched); ok && f.Err == nil {
				s.fetched++
			} else if ok {
				s.refused++
			}
		}
		c.got = nil
	}
}

// check loads everything that is on the disks. What can be read is what was written.
func (s *storm) check() {
	for id := range actors.NodeID(stormNodes) {
		for g := range journal.GroupID(stormGroups) {
			for index := raft.Index(1); index <= s.newest[g+1]; index++ {
				whole := newState(g+1, index, 1000*(1+int(index)%20))
				got, err := s.load(id+1, whole)
				if err == nil && !bytes.Equal(got, whole.bytes()) {
					s.t.Errorf("node %v loaded %d bytes of %v that were never written", id+1, len(got), whole.snapshot)
				}
				if err != nil && !errors.Is(err, actors.ErrNoFile) && !errors.Is(err, actors.ErrCorrupt) {
					s.t.Errorf("node %v, %v: %v", id+1, whole.snapshot, err)
				}
			}
		}
	}
}

// settle makes everything whole and asks every node to fetch what another has.
func (s *storm) settle() {
	s.heal()
	for id := range actors.NodeID(stormNodes) {
		s.CrashAfter(id+1, 1<<30)
		s.Restart(id + 1)
	}
	s.Run(2 * time.Minute) // what is late arrives, what is in vain is given up
	s.judge()
	for g := range journal.GroupID(stormGroups) {
		s.spread(g + 1)
	}
}

// spread captures a state on one node and fetches it to all others.
func (s *storm) spread(g journal.GroupID) {
	s.newest[g]++
	last := s.state(g, 0)
	source := s.node()
	s.capture(source, last)
	for id := range actors.NodeID(stormNodes) {
		s.order(id+1, last.fetch(source))
	}
	for id := range actors.NodeID(stormNodes) {
		if f := await[snapshot.Fetched](s.lab, id+1); f.Err != nil || f.Snapshot.Index != last.snapshot.Index {
			s.t.Errorf("after everything was healed node %v fetched %+v", id+1, f)
		}
		s.holds(id+1, last)
	}
}

func TestWhateverFailsWhatIsThereIsWhatWasWritten(t *testing.T) {
	seeds := sim.Seed(60)
	if testing.Short() {
		seeds = 10
	}
	var fetched, refused, given, again int
	for seed := range seeds {
		s := newStorm(t, seed)
		for range 300 {
			s.strike()
			s.Run(s.chance.Exp(500 * time.Millisecond))
			s.judge()
		}
		s.settle()
		s.check()
		s.quiet()
		fetched, refused = fetched+s.fetched, refused+s.refused
		given += len(s.given)
		for _, g := range s.given {
			if g.again {
				again++
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d fetched, %d refused, %d pieces given, %d of them again", fetched, refused, given, again)
	if fetched < 5*int(seeds) || refused < 5*int(seeds) || again == 0 {
		t.Errorf("in %d storms %d snapshots were fetched and %d were not", seeds, fetched, refused)
	}
}
