package client

import (
	"sync"

	"github.com/understudy-kv/understudy/actors"
)

// A gate collects the calls of many goroutines for one actor. While the actor has
// not come for what is there, further calls join it without another message.
type gate struct {
	mu     sync.Mutex
	calls  []*Call
	spare  []*Call              // the other of two buffers
	called bool                 // a message is on its way
	closed bool                 // nothing passes
	send   func(actors.Message) // to the actor; never blocks
}

// gathered tells an [Actor] that calls wait in a gate. What take returns is valid
// until the next take.
type gathered struct{ take func() []*Call }

// enter hands over calls, in their order, and reports whether the gate is open.
func (g *gate) enter(calls []*Call) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.calls = append(g.calls, calls...)
	if !g.called {
		g.called = true
		g.send(gathered{g.take})
	}
	return true
}

// take is called by the actor.
func (g *gate) take() []*Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.spare)
	taken := g.calls
	g.calls, g.spare = g.spare[:0], taken
	g.called = false
	return taken
}

// pass sends a message to the actor and reports whether the gate is open.
func (g *gate) pass(m actors.Message) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.send(m)
	return true
}

// shut sends the last message, after everything that entered, and closes the gate.
// It reports false, and sends nothing, if the gate was closed before.
func (g *gate) shut(last actors.Message) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.closed = true
	g.send(last)
	return true
}
