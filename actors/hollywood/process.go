package hollywood

import (
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"

	"github.com/anthdm/hollywood/actor"

	"github.com/understudy-kv/understudy/actors"
)

// A process is one actor as Hollywood sees it: an [actor.Processer] with a mailbox
// that calls Invoke from one goroutine at a time.
type process struct {
	engine  *Engine
	actor   actors.Actor
	flusher actors.Flusher // nil if the actor is none
	self    actors.Ref
	pid     *actor.PID
	mailbox *mailbox
	context context

	ended atomic.Bool

	// The rest is touched only by the actor while it runs.
	timers timers
	random *rand.ChaCha8
	disk   actors.Disk
	log    *slog.Logger
	from   actors.Ref     // of the message being received
	on     actors.Message // the message being received; nil in Flush
}

// inbound is a message from another node. Local messages need no wrapping: their
// sender's PID names them.
type inbound struct {
	from actors.Ref
	m    actors.Message
}

func newProcess(e *Engine, name string, a actors.Actor) *process {
	self := actors.Ref{Node: e.config.Node, Name: name}
	p := &process{
		engine:  e,
		actor:   a,
		self:    self,
		pid:     actor.NewPID(e.hollywood.Address(), name),
		mailbox: newMailbox(&e.crew),
		random:  newRandom(),
		log:     e.config.Log.With("actor", self.String()),
	}
	p.flusher, _ = a.(actors.Flusher)
	p.context.process = p
	p.timers.ring = p.ring
	return p
}

// Start is called by Hollywood when the process has been registered.
func (p *process) Start() { p.mailbox.Start(p) }

// PID is the name Hollywood knows the process by.
func (p *process) PID() *actor.PID { return p.pid }

// Send is how Hollywood itself would hand over a message.
func (p *process) Send(_ *actor.PID, m any, sender *actor.PID) {
	p.mailbox.Send(actor.Envelope{Msg: m, Sender: sender})
}

// Shutdown ends the process.
func (p *process) Shutdown() { p.engine.stop(p.self) }

// Invoke is called by the mailbox with everything that waited in it.
func (p *process) Invoke(batch []actor.Envelope) {
	p.engine.running.RLock()
	defer p.engine.running.RUnlock()
	defer p.accuse()
	received := false
	for i := range batch {
		if p.open(&batch[i]) {
			received = true
		}
	}
	if received && p.flusher != nil && !p.ended.Load() {
		p.flusher.Flush(&p.context)
	}
}

// open receives what an envelope holds and reports whether the actor received
// anything. An actor that ends in the middle of a batch receives no more of it.
func (p *process) open(e *actor.Envelope) bool {
	switch m := e.Msg.(type) {
	case alarm:
		return p.receiveTimers()
	case *inbound:
		return p.receive(m.from, m.m)
	default:
		return p.receive(p.sender(e.Sender), m)
	}
}

func (p *process) receive(from actors.Ref, m actors.Message) bool {
	if p.ended.Load() {
		return false
	}
	p.from, p.on = from, m
	p.actor.Receive(&p.context, from, m)
	p.from, p.on = actors.Ref{}, nil
	return true
}

func (p *process) receiveTimers() bool {
	received := false
	now := p.context.Now()
	for m, due := p.timers.next(now); due; m, due = p.timers.next(now) {
		if p.receive(p.self, m) {
			received = true
		}
	}
	p.timers.rearm(p.context.Now())
	return received
}

// ring is called in the goroutine of a runtime timer.
func (p *process) ring() {
	if !p.ended.Load() {
		p.mailbox.Send(actor.Envelope{Msg: alarm{}})
	}
}

func (p *process) sender(pid *actor.PID) actors.Ref {
	if pid == nil {
		return actors.Ref{}
	}
	return actors.Ref{Node: p.self.Node, Name: pid.ID}
}

// post hands a completion of the disk to the actor.
func (p *process) post(m actors.Message) {
	if !p.ended.Load() {
		p.mailbox.Send(actor.Envelope{Msg: m})
	}
}

// end lets the actor receive nothing more, without waiting for what it is doing.
func (p *process) end() {
	p.ended.Store(true)
	p.engine.hollywood.Registry.Remove(p.pid)
	_ = p.mailbox.Stop() // never fails
}

// accuse is deferred around everything the actor does.
func (p *process) accuse() {
	if v := recover(); v != nil {
		p.engine.accuse(Panic{
			Actor: p.self, From: p.from, Message: p.on, Value: v, Stack: debug.Stack(),
		})
	}
}
