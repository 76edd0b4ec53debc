package client

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// A search finds out who leads a partition: it asks all nodes that hold it to serve
// an empty read, which only a leader that is sure of it does. Writes wait meanwhile.
// One search serves all calls of the partition.
type search struct {
	number uint64 // of its requests; zero while there is no search
	rounds int
	next   time.Duration // when to ask again
}

// seek begins a search unless one is on. If leaders were found and lost in quick
// succession it begins with a pause.
func (p *partition) seek(ctx actors.Context) {
	if p.search.number != 0 {
		return
	}
	p.search = search{number: p.actor.slots.take(slot{search: p})}
	if p.hops > len(p.owners) {
		p.search.next = p.actor.now + p.actor.backoff(ctx, p.hops-len(p.owners))
		return
	}
	p.ask(ctx)
}

// ask begins a round, or ends the search if no call is interested any more. After a
// round without success the map may be out of date.
func (p *partition) ask(ctx actors.Context) {
	if p.held.calls == 0 {
		p.rest()
		return
	}
	if p.search.rounds > 0 {
		p.actor.askForMap(ctx)
	}
	p.search.next = p.actor.now + p.actor.backoff(ctx, p.search.rounds)
	p.search.rounds++
	for _, owner := range p.owners {
		p.inquire(ctx, actors.NodeID(owner))
	}
}

// inquire asks one node whether it leads.
func (p *partition) inquire(ctx actors.Context, n actors.NodeID) {
	ctx.Send(actors.Ref{Node: n, Name: p.peer},
		peer.Request{ID: p.search.number, Read: true, Seen: p.actor.seen})
}

// rest ends a search.
func (p *partition) rest() {
	p.actor.slots.give(p.search.number)
	p.search = search{}
}

// found ends a search with a leader. What was sent to another goes to this one.
func (p *partition) found(leader actors.NodeID) {
	p.rest()
	p.leader, p.heard = leader, p.actor.now
	for k := p.flying.first; k != nil; {
		c := k.value
		k = k.next
		if c.sentTo != leader {
			p.actor.note(markElsewhere)
			p.retry(c)
		}
	}
	p.touch()
}

// follow asks a leader that was named and is not among the owners: the group may
// have moved since the map was drawn.
func (p *partition) follow(ctx actors.Context, leader actors.NodeID) {
	if leader == 0 || slices.Contains(p.owners, ring.NodeID(leader)) || !p.actor.atlas.knows(leader) {
		return
	}
	p.actor.note(markStranger)
	p.owners = append(slices.Clone(p.owners), ring.NodeID(leader))
	p.inquire(ctx, leader)
}

// answerSearch takes one answer to a search.
func (p *partition) answerSearch(ctx actors.Context, from actors.NodeID, r peer.Response) {
	switch r.Outcome {
	case peer.Done:
		p.found(from)
	case peer.NotLeader, peer.Unknown:
		p.follow(ctx, actors.NodeID(r.Leader))
	case peer.Overloaded: // only a leader is
		p.found(from)
		p.push(ctx, from, 0)
	}
}
