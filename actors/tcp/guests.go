package tcp

import "github.com/understudy-kv/understudy/actors"

// guests are the connections that others opened and who is behind them. They are
// guarded by the mutex of the transport.
type guests struct {
	links map[seat]*link
	// latest is the latest process met of each server that is a peer or connected.
	latest map[actors.NodeID]Identity
}

// A seat is taken by at most one connection.
type seat struct {
	node  actors.NodeID
	class class
}

func newGuests() guests {
	return guests{links: make(map[seat]*link), latest: make(map[actors.NodeID]Identity)}
}

// admit seats l and returns the links that it replaces: the one in its seat, and
// those of other processes.
func (g *guests) admit(l *link) (replaced []*link) {
	for c := small; c < classes; c++ {
		old := g.links[seat{l.peer.Node, c}]
		if old != nil && (c == l.class || old.peer.replaced(l.peer)) {
			delete(g.links, seat{l.peer.Node, c})
			replaced = append(replaced, old)
		}
	}
	g.links[seat{l.peer.Node, l.class}] = l
	g.meet(l.peer)
	return replaced
}

// meet remembers a process.
func (g *guests) meet(id Identity) {
	if !id.before(g.latest[id.Node]) {
		g.latest[id.Node] = id
	}
}

// leave frees the seat of l, unless another link has taken it. It reports whether
// that was the last link of its node.
func (g *guests) leave(l *link) (last bool) {
	if g.links[seat{l.peer.Node, l.class}] == l {
		delete(g.links, seat{l.peer.Node, l.class})
	}
	return g.links[seat{l.peer.Node, small}] == nil && g.links[seat{l.peer.Node, bulk}] == nil
}

// route returns the queue of the connection for a class, or else of another
// connection of that node, or nil.
func (g *guests) route(to actors.NodeID, c class) *queue {
	if l := g.links[seat{to, c}]; l != nil {
		return l.queue
	}
	if l := g.links[seat{to, small + bulk - c}]; l != nil {
		return l.queue
	}
	return nil
}
