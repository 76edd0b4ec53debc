package client

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// An atlas keeps the cluster map up to date.
type atlas struct {
	current node.ClusterMap
	fresh   time.Duration // when current was last confirmed
	asking  bool
	tries   int
	alarm   alarm
	survey  alarm
}

// knows reports whether id is a member of the cluster.
func (t *atlas) knows(id actors.NodeID) bool {
	_, member := t.current.Member(uint64(id))
	return member
}

// askForMap begins to ask for the map unless that is going on.
func (a *Actor) askForMap(ctx actors.Context) {
	if !a.atlas.asking {
		a.atlas.asking, a.atlas.tries = true, 0
		a.requestMap(ctx)
	}
}

// requestMap asks all contacts while there is no map, and afterwards one member
// after the other, beginning anywhere.
func (a *Actor) requestMap(ctx actors.Context) {
	t := &a.atlas
	pause := a.backoff(ctx, t.tries)
	if len(t.current.Members) == 0 {
		for _, contact := range a.config.Contacts {
			ctx.Send(actors.Ref{Node: contact, Name: node.Name}, node.MapRequest{})
		}
	} else {
		i := ctx.Rand() % uint64(len(t.current.Members))
		ctx.Send(actors.Ref{Node: actors.NodeID(t.current.Members[i].ID), Name: node.Name}, node.MapRequest{})
		pause = max(pause, a.config.Silence)
	}
	t.tries++
	a.wheel.set(&t.alarm, mapTimer{a}, a.now+pause)
}

// mapTimer asks again when no map came.
type mapTimer struct{ actor *Actor }

func (m mapTimer) expire(ctx actors.Context) {
	if m.actor.held == 0 && len(m.actor.partitions) > 0 {
		m.actor.atlas.asking = false // nobody is interested
		return
	}
	m.actor.note(markMapAgain)
	m.actor.requestMap(ctx)
}

// refresh asks for the map when it has become old, while there are calls. It also
// brings a stamp that is not far behind, for the sessions that begin.
func (a *Actor) refresh(ctx actors.Context) {
	if a.held > 0 && len(a.partitions) > 0 && a.now-a.atlas.fresh > a.config.Refresh {
		a.askForMap(ctx)
	}
}

// learn adopts a map, unless it is older than ours or not one of this cluster.
func (a *Actor) learn(from actors.NodeID, m node.ClusterMap) {
	t := &a.atlas
	if len(a.partitions) > 0 {
		if !succeeds(m, t.current) {
			return
		}
		m.Leaders = a.leaders(from, m)
	}
	t.current, t.fresh, t.asking = m, a.now, false
	t.alarm.leave()
	a.seen = max(a.seen, m.Stamp)
	a.redraw(m)
	if a.config.OnMap != nil {
		a.config.OnMap(m)
	}
	for a.homeless.first != nil {
		c := a.homeless.first.value
		c.stepOut()
		a.place(c)
	}
}

// leaders returns who leads now that a node has told its map. A client that lives on
// a node hears about each partition from those that hold it, from its own node if
// that does; of others it keeps what it knew.
func (a *Actor) leaders(from actors.NodeID, m node.ClusterMap) []ring.NodeID {
	home := ring.NodeID(a.config.Home)
	if home == 0 {
		return m.Leaders
	}
	leaders := slices.Clone(a.atlas.current.Leaders)
	for p := range leaders {
		if m.Owns(ring.NodeID(from), p) && (ring.NodeID(from) == home || !m.Owns(home, p)) {
			leaders[p] = m.Leaders[p]
		}
	}
	return leaders
}

// A survey asks who leads, over and over: the node that the client lives on, and one
// other at a time if there are partitions that it does not hold.
type survey struct{ actor *Actor }

func (s survey) expire(ctx actors.Context) {
	a := s.actor
	a.wheel.set(&a.atlas.survey, s, a.now+a.config.Survey)
	ctx.Send(actors.Ref{Node: a.config.Home, Name: node.Name}, node.MapRequest{})
	m := a.atlas.current
	if len(m.PartitionsOf(ring.NodeID(a.config.Home))) < m.Partitions() {
		i := ctx.Rand() % uint64(len(m.Members))
		ctx.Send(actors.Ref{Node: actors.NodeID(m.Members[i].ID), Name: node.Name}, node.MapRequest{})
	}
}

// succeeds reports whether m may take the place of old.
func succeeds(m, old node.ClusterMap) bool {
	return m.Cluster == old.Cluster && m.Partitions() == old.Partitions() && m.Epoch >= old.Epoch
}

// redraw brings the partitions in line with a map. Its leaders are only believed
// where nothing better is known.
func (a *Actor) redraw(m node.ClusterMap) {
	for i := len(a.partitions); i < m.Partitions(); i++ {
		a.partitions = append(a.partitions, &partition{
			actor: a, peer: peer.Name(node.Group(i)), allowed: a.config.Limit,
		})
	}
	for i, p := range a.partitions {
		p.owners = m.Owners[i]
		if p.leader == 0 && p.search.number == 0 && slices.Contains(p.owners, m.Leaders[i]) {
			p.leader, p.heard = actors.NodeID(m.Leaders[i]), a.now
		}
	}
}

// locate returns the partition of a call, or why there is none.
func (a *Actor) locate(c *Call) (*partition, error) {
	if c.keyless() {
		return a.numbered(c.Partition)
	}
	number := a.partitionOf(c.Ops[0].Key)
	for i := 1; i < len(c.Ops); i++ {
		if c.Ops[i].Kind != kv.Size && a.partitionOf(c.Ops[i].Key) != number {
			return nil, errScattered
		}
	}
	return a.numbered(number)
}

func (a *Actor) partitionOf(key []byte) int {
	return ring.Partition(ring.Slot(key), len(a.partitions))
}

func (a *Actor) numbered(number int) (*partition, error) {
	if number < 0 || number >= len(a.partitions) {
		return nil, errNoPartition
	}
	return a.partitions[number], nil
}
