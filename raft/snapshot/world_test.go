package snapshot_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
)

// A lab is a world of nodes with a keeper and a clerk each.
type lab struct {
	*sim.World
	t       testing.TB
	network *network.Network
	disks   map[actors.NodeID]*disk.Disk
	clerks  map[actors.NodeID]*clerk
	keepers map[actors.NodeID]*snapshot.Keeper
	given   []gift
	asked   []snapshot.AskPiece // by keepers, in order
}

// A gift is a piece that a keeper sent, without what is in it.
type gift struct {
	snapshot.Piece
	from, to actors.NodeID
	at       time.Duration
	bytes    int
	again    bool // it had reached the same node before
}

// newLab returns a lab of that many nodes, all of which have looked at their disks.
func newLab(t testing.TB, seed sim.Seed, nodes int, config snapshot.Config) *lab {
	l := &lab{t: t, disks: map[actors.NodeID]*disk.Disk{}, clerks: map[actors.NodeID]*clerk{},
		keepers: map[actors.NodeID]*snapshot.Keeper{}}
	l.network = network.New(func(purpose string, keys ...uint64) network.Stream {
		return seed.Stream(purpose, keys...)
	})
	l.network.Add("delay", network.Delay{Floor: 200 * time.Microsecond, Mean: 300 * time.Microsecond})
	l.World = sim.New(sim.Config{Seed: seed, Network: l.network, Codec: codec{},
		NewDisk: func(node actors.NodeID, after func(time.Duration, func())) sim.Disk {
			l.disks[node] = newDisk(seed, node, after)
			return l.disks[node]
		}})
	l.Observe(sim.Of(sim.Sent, sim.Delivered), l.watch())
	l.Observe(sim.Of(sim.Halted, sim.Panicked), func(e *sim.Event) { t.Errorf("%v", e) })
	for id := range actors.NodeID(nodes) {
		l.AddNode(id+1, func(spawn func(string, actors.Actor) actors.Ref) {
			l.clerks[id+1], l.keepers[id+1] = &clerk{}, snapshot.New(config)
			spawn("clerk", l.clerks[id+1])
			spawn(snapshot.Name, l.keepers[id+1])
		})
	}
	l.Run(time.Second)
	return l
}

func newDisk(seed sim.Seed, node actors.NodeID, after func(time.Duration, func())) *disk.Disk {
	return disk.New(disk.Config{After: after,
		Pace: seed.Stream("disk pace", uint64(node)), Fate: seed.Stream("disk fate", uint64(node)),
		File: disk.Latency{Floor: 100 * time.Microsecond, Mean: 300 * time.Microsecond}, BytesPerSecond: 1 << 28})
}

// watch returns an observer that notes what keepers ask and give.
func (l *lab) watch() func(*sim.Event) {
	type gone struct {
		to     actors.NodeID
		group  journal.GroupID
		number int
	}
	arrived := map[gone]bool{}
	return func(e *sim.Event) {
		switch m := e.Message.(type) {
		case snapshot.Piece:
			g := gone{e.To.Node, m.Group, m.Number}
			if m.Answer != snapshot.Given {
				return
			}
			if e.Kind == sim.Delivered {
				arrived[g] = true
				return
			}
			l.given = append(l.given, gift{m, e.From.Node, e.To.Node, l.Now(), len(m.Data), arrived[g]})
			l.given[len(l.given)-1].Data = nil
		case snapshot.AskPiece:
			if e.Kind == sim.Sent {
				l.asked = append(l.asked, m)
			}
		}
	}
}

// order makes the clerk of a node send a message to its keeper.
func (l *lab) order(node actors.NodeID, m actors.Message) {
	l.Send(actors.Ref{Node: node, Name: "clerk"}, order{m})
}

// capture writes a state on a node and waits until it is there.
func (l *lab) capture(node actors.NodeID, s state) {
	l.t.Helper()
	l.Send(actors.Ref{Node: node, Name: "clerk"}, s)
	w := await[snapshot.Written](l, node)
	if w.Err != nil || !w.Done {
		l.t.Fatalf("writing %v gave %+v", s.snapshot, w)
	}
}

// fetch makes a node fetch a state from another and waits for the answer.
func (l *lab) fetch(to, from actors.NodeID, s state) snapshot.Fetched {
	l.t.Helper()
	l.order(to, s.fetch(from))
	return await[snapshot.Fetched](l, to)
}

// load reads all of a state on a node.
func (l *lab) load(node actors.NodeID, s state) ([]byte, error) {
	l.t.Helper()
	var all []byte
	for piece := 0; ; piece++ {
		l.order(node, snapshot.Load{Group: s.group, Index: s.snapshot.Index, Term: s.snapshot.Term, Piece: piece})
		m := await[snapshot.Loaded](l, node)
		if m.Err == nil && (!m.Snapshot.Configuration.Equal(s.snapshot.Configuration) || m.Snapshot.Stamp != s.snapshot.Stamp) {
			l.t.Errorf("the header of %v says %v", s.snapshot, m.Snapshot)
		}
		if all = append(all, m.Data...); m.Err != nil || m.Last {
			return all, m.Err
		}
	}
}

// holds fails the test unless a node has exactly that state.
func (l *lab) holds(node actors.NodeID, s state) {
	l.t.Helper()
	if got, err := l.load(node, s); err != nil || !bytes.Equal(got, s.bytes()) {
		l.t.Errorf("node %v loaded %d of %d bytes of %v, error %v", node, len(got), len(s.bytes()), s.snapshot, err)
	}
}

// files returns what a disk holds, as index@term of all groups.
func (l *lab) files(node actors.NodeID) []string { return l.disks[node].Files() }

// cut separates two nodes, both ways.
func (l *lab) cut(a, b actors.NodeID) (heal func()) {
	return l.network.Add("cut", network.Partition{{a}, {b}})
}

// untilGiven runs the world until so many pieces have been given.
func (l *lab) untilGiven(n int) {
	l.t.Helper()
	if !l.RunUntil(func() bool { return len(l.given) >= n }, time.Minute) {
		l.t.Fatalf("only %d pieces were given", len(l.given))
	}
}

// quiet fails the test unless nothing is left to happen after a while.
func (l *lab) quiet() {
	l.t.Helper()
	l.Run(time.Minute)
	if !l.Quiet() {
		l.t.Error("an idle keeper keeps a timer")
	}
}

// await runs the world until the clerk of a node has received an M, and takes it.
func await[M actors.Message](l *lab, node actors.NodeID) M {
	l.t.Helper()
	var none M
	at := -1
	is := func(m actors.Message) bool { _, ok := m.(M); return ok }
	if !l.RunUntil(func() bool { at = slices.IndexFunc(l.clerks[node].got, is); return at >= 0 }, 10*time.Minute) {
		l.t.Fatalf("no %T came to node %v", none, node)
	}
	m := l.clerks[node].got[at].(M)
	l.clerks[node].got = slices.Delete(l.clerks[node].got, at, at+1)
	return m
}

// A state is what is captured, cut into pieces.
type state struct {
	group    journal.GroupID
	snapshot raft.Snapshot
	pieces   [][]byte
}

// newState returns a state whose bytes depend on the group and the index alone, cut
// into pieces of the given sizes.
func newState(g journal.GroupID, index raft.Index, sizes ...int) state {
	s := state{group: g, snapshot: raft.Snapshot{Index: index, Term: 3, Stamp: raft.Stamp(index) * 10,
		Configuration: raft.Configuration{Voters: []raft.ID{1, 2, 3}}}}
	offset := 0
	for _, size := range sizes {
		piece := make([]byte, size)
		for i := range piece {
			x := uint64(offset+i)*0x9e3779b97f4a7c15 + uint64(g)<<32 + uint64(index)
			piece[i] = byte(x * x >> 56)
		}
		s.pieces = append(s.pieces, piece)
		offset += size
	}
	return s
}

func (s state) bytes() []byte { return bytes.Join(s.pieces, nil) }

func (s state) name() string {
	return fmt.Sprintf("snapshot-%d-%d-%d", s.group, s.snapshot.Index, s.snapshot.Term)
}

func (s state) fetch(from actors.NodeID) snapshot.Fetch {
	return snapshot.Fetch{Group: s.group, Index: s.snapshot.Index, Term: s.snapshot.Term, From: from}
}

func (s state) keep() snapshot.Keep {
	return snapshot.Keep{Group: s.group, Index: s.snapshot.Index, Term: s.snapshot.Term}
}

func (s state) write(n int) snapshot.Write {
	return snapshot.Write{Group: s.group, Snapshot: s.snapshot, Number: n, Piece: s.pieces[n], Last: n == len(s.pieces)-1}
}

// A clerk is what a peer is to a keeper. It does what it is ordered, writes states
// piece by piece, and collects the answers, of a capture only the last.
type clerk struct {
	got     []actors.Message
	writing []draft
}

// A draft is a state of which so many pieces have been handed over.
type draft struct {
	state
	sent int
}

type order struct{ message actors.Message }

func (c *clerk) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	keeper := actors.Ref{Node: ctx.Self().Node, Name: snapshot.Name}
	switch m := m.(type) {
	case actors.Started:
	case order:
		ctx.Send(keeper, m.message)
	case state:
		c.writing = slices.DeleteFunc(c.writing, func(d draft) bool { return d.name() == m.name() })
		c.writing = append(c.writing, draft{m, 1})
		ctx.Send(keeper, m.write(0))
	case snapshot.Written:
		if next, more := c.written(m); more {
			ctx.Send(keeper, next)
		}
	default:
		c.got = append(c.got, m)
	}
}

// written returns what is to be written next, if anything is.
func (c *clerk) written(m snapshot.Written) (next snapshot.Write, more bool) {
	i := slices.IndexFunc(c.writing, func(d draft) bool {
		return d.group == m.Group && d.snapshot.Index == m.Snapshot.Index
	})
	if i >= 0 && m.Pieces != c.writing[i].sent && !m.Done {
		return next, false // of an earlier capture
	}
	if i >= 0 && m.Err == nil && !m.Done {
		c.writing[i].sent++
		return c.writing[i].write(m.Pieces), true
	}
	if i >= 0 {
		c.writing = slices.Delete(c.writing, i, i+1)
	}
	c.got = append(c.got, m)
	return next, false
}

// codec encodes the two messages between keepers.
type codec struct{}

func (codec) Append(b []byte, m actors.Message) ([]byte, error) {
	switch m := m.(type) {
	case snapshot.AskPiece:
		return m.AppendTo(append(b, 1)), nil
	case snapshot.Piece:
		return m.AppendTo(append(b, 2)), nil
	}
	return b, fmt.Errorf("%T does not leave a node", m)
}

func (codec) Decode(b []byte) (actors.Message, error) {
	if b[0] == 1 {
		m, err := snapshot.DecodeAskPiece(b[1:])
		return m, err
	}
	m, err := snapshot.DecodePiece(b[1:])
	return m, err
}
