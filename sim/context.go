package sim

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A context is the world as one actor sees it.
type context struct {
	actor *actor
	self  actors.Ref
	rand  *Stream
	disk  actors.Disk
	log   *slog.Logger
}

var _ actors.Context = (*context)(nil)

// Self implements [actors.Context].
func (c *context) Self() actors.Ref { return c.self }

// Now implements [actors.Context].
func (c *context) Now() time.Duration { return c.actor.node.clock.Now() }

// Wall implements [actors.Context].
func (c *context) Wall() time.Time { return c.actor.node.clock.Wall() }

// Rand implements [actors.Context].
func (c *context) Rand() uint64 { return c.rand.Uint64() }

// Send implements [actors.Context].
func (c *context) Send(to actors.Ref, m actors.Message) {
	if !c.effect() {
		return
	}
	a := c.actor
	n := a.node
	if to.Node == n.id {
		a.sendLocal(to, m)
	} else if receiver := n.world.byID[to.Node]; receiver != nil {
		a.sendRemote(receiver, to, m)
	} else {
		n.world.markSent(n, c.self, a.hash, to, m) // and it vanishes
	}
}

// After implements [actors.Context].
func (c *context) After(d time.Duration, m actors.Message) (cancel func()) {
	if !c.effect() || c.actor.stopped {
		return func() {}
	}
	a := c.actor
	slot, id := a.after(d, m)
	return func() { a.cancel(slot, id) }
}

// Spawn implements [actors.Context].
func (c *context) Spawn(name string, code actors.Actor) actors.Ref {
	if !c.effect() {
		return actors.Ref{Node: c.self.Node, Name: name}
	}
	return c.actor.node.spawn(c.self, name, code)
}

// Stop implements [actors.Context].
func (c *context) Stop(ref actors.Ref) {
	if c.effect() {
		c.actor.node.stop(ref)
	}
}

// Disk implements [actors.Context].
func (c *context) Disk() actors.Disk {
	if c.disk == nil {
		c.disk = c.actor.openDisk()
	}
	return c.disk
}

// Halt implements [actors.Context].
func (c *context) Halt(err error) {
	if c.effect() {
		c.actor.node.halt(c.actor, err)
	}
}

// Log implements [actors.Context].
func (c *context) Log() *slog.Logger {
	if c.log == nil {
		c.log = c.actor.node.world.config.Log.With("node", c.self.Node, "actor", c.self.Name)
	}
	return c.log
}

// Mark implements [actors.Context]. It is no effect: at which of them a node crashes
// does not depend on what its code tells about itself.
func (c *context) Mark(name string) {
	if c.living() {
		c.actor.node.world.markReached(c.actor, name)
	}
}

// living reports whether what the actor is about to do still happens: the node may
// have been told to die in the middle of this call.
func (c *context) living() bool {
	n := c.actor.node
	if n.world.acting != c.actor {
		panic(fmt.Sprintf("%v uses its context outside of the call it was handed to", c.self))
	}
	return !n.dying
}

// effect is living for what counts towards the crash of a node.
func (c *context) effect() bool {
	n := c.actor.node
	if !c.living() {
		return false
	}
	if n.effects > 0 {
		n.effects--
		n.dying = n.effects == 0
	}
	return true
}
