// Package sim is the simulated world: actors, clocks, messages and disks of many
// nodes in one thread, in virtual time, with all chance drawn from one seed.
//
// Two worlds that are built alike from equal seeds do the same things in the same
// order; [World.Hash] proves it. A [World] owns no globals, so many of them run
// side by side, each on one goroutine.
//
// What can go wrong is drawn or injected from outside: messages by a [Network],
// storage by a [Disk], the rest by the methods of World. The packages sim/network
// and sim/disk implement the two without importing this one.
package sim

import (
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A Network judges packets between nodes.
type Network interface {
	// Judge decides on a packet of size bytes that leaves at now: it appends to
	// delays how long each copy travels. No delay: the packet is lost, and blame
	// says by what.
	Judge(now time.Duration, from, to actors.NodeID, size int, delays []time.Duration) (
		_ []time.Duration, blame string)
}

// A Disk is the storage of one node.
type Disk interface {
	// For returns the disk as the actor owner sees it. Completions go to post.
	For(owner actors.Ref, post func(actors.Message)) actors.Disk
	// Crash loses what the node loses with its power. Completions that are under
	// way never come.
	Crash()
}

// A Codec turns the messages that leave a node into bytes and back. What Decode
// returns may alias its input.
type Codec interface {
	Append(b []byte, m actors.Message) ([]byte, error)
	Decode(b []byte) (actors.Message, error)
}

// A Config says what a [World] is made of. Only Seed is required.
type Config struct {
	Seed Seed
	// Network judges packets; nil delivers each once, at once.
	Network Network
	// Codec encodes packets; nil forbids messages between nodes.
	Codec Codec
	// NewDisk returns the disk of a node, which calls after to act later; nil
	// forbids actors to use their disk. It is called once for each node.
	NewDisk func(node actors.NodeID, after func(d time.Duration, f func())) Disk
	// Cost is how long, by the world's time, a node is busy with one call of
	// Receive or Flush on average. Zero means [DefaultCost].
	Cost time.Duration
	// RunMax is the most messages an actor receives before it is flushed; each run
	// draws its own limit below it. Zero means [DefaultRunMax].
	RunMax int
	// MailMax is how many messages may wait in a mailbox before packets to it are
	// lost, as when the queues between two processes are full. Zero means
	// [DefaultMailMax].
	MailMax int
	// Log takes what actors say to people; nil discards it.
	Log *slog.Logger
}

// Defaults of [Config].
const (
	DefaultCost    = 5 * time.Microsecond
	DefaultRunMax  = 64
	DefaultMailMax = 1 << 14
)

// A World runs nodes in virtual time. Its methods must not be called from within
// an actor, but may be called from an observer or a callback.
type World struct {
	config Config
	now    time.Duration
	queue  queue
	seq    uint64 // of the last item put into the queue

	nodes  []*node // in the order added
	byID   map[actors.NodeID]*node
	acting *actor // whose code is being called

	packets   table[packet]
	timers    table[timer]
	timerID   uint64
	dead      int // items in the queue whose timer was cancelled
	callbacks table[callback]

	buffer bytesArena
	delays []time.Duration

	trace trace
	stats Stats
	marks map[string]int
}

// Stats counts what happened in a world.
type Stats struct {
	Events     uint64        // everything in the trace
	Steps      uint64        // calls of Receive and Flush
	Busy       time.Duration // how long nodes were busy with them, altogether
	Sent       uint64        // messages to other nodes
	Delivered  uint64        // copies of them that reached a mailbox
	Lost       uint64        // by the network, by dead receivers and by dying senders
	Refused    uint64        // of the lost ones: for want of room in a mailbox
	Duplicated uint64        // copies beyond the first
	Timers     uint64        // fired
	Crashes    uint64
	Restarts   uint64 // not counting first starts
	Pauses     uint64
	Halts      uint64
	Panics     uint64
	ClockTurns uint64 // changes of drift and jumps of wall clocks
}

// New returns a world without nodes at time zero.
func New(c Config) *World {
	if c.Cost == 0 {
		c.Cost = DefaultCost
	}
	if c.RunMax == 0 {
		c.RunMax = DefaultRunMax
	}
	if c.MailMax == 0 {
		c.MailMax = DefaultMailMax
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &World{config: c, byID: make(map[actors.NodeID]*node), marks: map[string]int{}}
}

// Now returns how much virtual time has passed.
func (w *World) Now() time.Duration { return w.now }

// Stats returns what has happened so far.
func (w *World) Stats() Stats {
	w.stats.Events = w.trace.seq
	return w.stats
}

// Marks returns how often actors reached the branches of the marks by these names.
func (w *World) Marks() map[string]int { return maps.Clone(w.marks) }

// Stream returns the generator of one purpose; see [Seed.Stream].
func (w *World) Stream(purpose string, keys ...uint64) *Stream {
	return w.config.Seed.Stream(purpose, keys...)
}

// After calls f once d has passed, outside of any actor.
func (w *World) After(d time.Duration, f func()) { w.At(w.now+d, f) }

// At calls f at time t, or at once if that is past.
func (w *World) At(t time.Duration, f func()) {
	w.callAt(t, callback{f: f})
}

// A callback is something outside of the actors that is to happen.
type callback struct {
	f    func()
	node *node // whose machine it belongs to; nil for the harness
}

func (w *World) callAt(t time.Duration, c callback) {
	slot, p := w.callbacks.take()
	*p = c
	w.schedule(max(t, w.now), callbackRuns, slot)
}

// Send puts m into the mailbox of an actor, from nobody. It passes no network and
// no codec. If there is no such actor now, m vanishes.
func (w *World) Send(to actors.Ref, m actors.Message) {
	n := w.mustNode(to.Node)
	w.markSent(n, actors.Ref{}, nobody, to, m)
	if a := n.actors[to.Name]; a != nil {
		a.post(envelope{sender: nobody, message: m})
	}
}

// Run lets d pass.
func (w *World) Run(d time.Duration) {
	w.RunUntil(func() bool { return false }, d)
}

// RunUntil runs until done, which is asked after each happening, and reports
// whether it came true before limit had passed.
func (w *World) RunUntil(done func() bool, limit time.Duration) bool {
	end := w.now + limit
	for !done() {
		if w.queue.len() == 0 || w.queue.soonest() > end {
			w.now = end
			return false
		}
		w.next()
	}
	return true
}

// Quiet reports whether nothing is going to happen any more unless the harness
// acts.
func (w *World) Quiet() bool { return w.queue.len() == w.dead }

// next makes the earliest item happen.
func (w *World) next() {
	it := w.queue.pop()
	w.now = it.at
	switch it.kind {
	case packetArrives:
		w.arrive(it.slot)
	case timerFires:
		w.fire(it)
	case nodeSteps:
		w.nodes[it.slot].step(it.seq)
	case callbackRuns:
		c := *w.callbacks.at(it.slot)
		w.callbacks.put(it.slot)
		c.run()
	}
}

func (c callback) run() {
	if c.node != nil {
		c.node.protect("disk", c.f)
	} else {
		c.f()
	}
}

// schedule puts an item into the queue and returns its sequence number.
func (w *World) schedule(at time.Duration, kind happening, slot uint32) uint64 {
	w.seq++
	w.queue.push(item{at: at, seq: w.seq, kind: kind, slot: slot})
	return w.seq
}

func (w *World) mustNode(id actors.NodeID) *node {
	n := w.byID[id]
	if n == nil {
		panic(fmt.Sprintf("sim: there is no node %v", id))
	}
	return n
}
