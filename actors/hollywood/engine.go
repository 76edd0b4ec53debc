// Package hollywood runs actors on the Hollywood engine: real time, real
// goroutines, all cores. It is the only package that imports that engine, and it
// uses of it what holds the contract of package actors: its engine, its registry and
// what they demand of a process and of a mailbox. The stock process of Hollywood is
// replaced, because it answers a panic with a fresh, empty actor, which a replica that
// has voted must never become; its inbox, because it starts a goroutine for nearly
// every turn; its remoting is left out, because one dead peer stalls it for all
// others.
package hollywood

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anthdm/hollywood/actor"

	"github.com/understudy-kv/understudy/actors"
)

// A Transport carries messages to other nodes. Send must not block and may be
// called by many actors at once. Messages to nodes it does not know are lost.
type Transport interface {
	Send(from, to actors.Ref, m actors.Message)
}

// Storage gives each actor its view of the node's disk. Completions go to post,
// which may be called from any goroutine and after the actor has ended.
type Storage interface {
	For(owner actors.Ref, post func(actors.Message)) actors.Disk
}

// Config says where a node runs. Node must be set; everything else has a meaning
// when it is absent.
type Config struct {
	Node actors.NodeID
	// Transport takes messages to other nodes; they are lost while it is nil. See
	// [Engine.SetTransport].
	Transport Transport
	// Storage may be nil on a node whose actors never ask for a disk.
	Storage Storage
	// Log is where actors log to, [slog.Default] if nil.
	Log *slog.Logger
	// Halt is told why an actor gave this node up. It is called from that actor,
	// after the node has gone silent, and must not wait for [Engine.Stop]. The
	// default logs the error and ends the process with code 1.
	Halt func(error)
	// Panic is told of a broken invariant, under the same rules. Only the first of
	// all failures is told, to one of the two: the others may be its consequences.
	// The default prints the panic and ends the process with code 2.
	Panic func(Panic)
}

// An Engine runs the actors of one node.
type Engine struct {
	config    Config
	hollywood *actor.Engine
	started   time.Time
	mu        sync.Mutex // held to add and remove processes
	processes registry
	crew      crew
	running   sync.RWMutex // read-held by each process that runs its actor
	silent    atomic.Bool  // stopped or failed: nothing leaves any more
	failed    atomic.Bool  // Halt or Panic has been told
	marks     marks
}

// New returns an engine without actors.
func New(c Config) (*Engine, error) {
	if c.Node == 0 {
		return nil, fmt.Errorf("hollywood: node id 0 names nobody: give this node an id of its own")
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Halt == nil {
		c.Halt = exitOnHalt(c.Log)
	}
	if c.Panic == nil {
		c.Panic = exitOnPanic
	}
	h, err := actor.NewEngine(actor.NewEngineConfig())
	if err != nil {
		return nil, fmt.Errorf("hollywood: start engine: %w", err)
	}
	return &Engine{config: c, hollywood: h, started: time.Now()}, nil
}

// SetTransport sets the transport when it can only be built after the engine,
// because it needs [Engine.Deliver]. It must be called before the first Spawn.
func (e *Engine) SetTransport(t Transport) { e.config.Transport = t }

// Spawn starts a under a name that no actor of this node has. A name that is
// taken is a mistake in the program, and Spawn panics. Its Started comes from
// nobody.
func (e *Engine) Spawn(name string, a actors.Actor) actors.Ref {
	return e.spawn(name, a, nil)
}

// Send sends m as nobody, from the outside of the engine.
func (e *Engine) Send(to actors.Ref, m actors.Message) {
	if to.Node == e.config.Node {
		e.post(to.Name, actor.Envelope{Msg: m})
		return
	}
	e.forward(actors.Ref{}, to, m)
}

// Deliver hands over a message that arrived from another node. A message that is
// not for this node, or for an actor that does not exist, vanishes.
func (e *Engine) Deliver(from, to actors.Ref, m actors.Message) {
	if to.Node == e.config.Node {
		e.post(to.Name, actor.Envelope{Msg: &inbound{from, m}})
	}
}

// Marks returns how often actors have reached the branches of the marks by these
// names.
func (e *Engine) Marks() map[string]uint64 { return e.marks.all() }

// Stop ends all actors and returns when none is running any more. What waits in
// mailboxes is lost. It must not be called by an actor.
func (e *Engine) Stop() {
	e.silence()
	e.running.Lock()
	defer e.running.Unlock()
	e.crew.close()
}

// silence ends every actor, and lets no message out and no actor be born, without
// waiting for those that are running.
func (e *Engine) silence() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent.Store(true)
	for _, p := range e.processes.clear() {
		p.end()
	}
}

func (e *Engine) spawn(name string, a actors.Actor, spawner *actor.PID) actors.Ref {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := newProcess(e, name, a)
	if e.silent.Load() {
		return p.self // a node that has ended has no new actors
	}
	if e.processes.find(name) != nil {
		panic(fmt.Sprintf("hollywood: actor %v exists already", p.self))
	}
	// Waiting in the mailbox before anybody can know the name, Started comes first.
	p.mailbox.Send(actor.Envelope{Msg: actors.Started{}, Sender: spawner})
	e.processes.add(p)
	e.hollywood.SpawnProc(p)
	return p.self
}

func (e *Engine) stop(r actors.Ref) {
	if r.Node != e.config.Node {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.processes.find(r.Name); p != nil {
		e.processes.remove(p)
		p.end()
	}
}

func (e *Engine) post(name string, m actor.Envelope) {
	if p := e.processes.find(name); p != nil {
		p.mailbox.Send(m)
	}
}

func (e *Engine) forward(from, to actors.Ref, m actors.Message) {
	if e.config.Transport != nil && to.Node != 0 && !e.silent.Load() {
		e.config.Transport.Send(from, to, m)
	}
}

// halt ends the node for a failure of the world.
func (e *Engine) halt(err error) {
	e.silence()
	if e.failed.CompareAndSwap(false, true) {
		e.config.Halt(err)
	}
}

// accuse ends the node for a broken invariant.
func (e *Engine) accuse(p Panic) {
	e.silence()
	if e.failed.CompareAndSwap(false, true) {
		e.config.Panic(p)
	}
}

func exitOnHalt(log *slog.Logger) func(error) {
	return func(err error) {
		log.Error("this node cannot go on", "error", err)
		os.Exit(1)
	}
}
