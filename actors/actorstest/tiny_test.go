package actorstest

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// tiny is a world of one queue that keeps the contract, unless a test bends one of
// its joints.
type tiny struct {
	bent   joints
	now    time.Duration
	random *rand.Rand
	queue  []*packet
	nodes  map[actors.NodeID]*tinyNode
}

// joints are the places at which a tiny world can be broken. Each zero value means
// that the world works there.
type joints struct {
	route      func(w *tiny, p *packet) bool // reports whether to take p
	clock      func(w *tiny) time.Duration
	due        func(d time.Duration) time.Duration
	rand       func(w *tiny) uint64
	reentrant  bool // deliver inside Send
	neverFlush bool
	overFlush  bool
	flushFirst bool
	noCodec    bool
	noCancel   bool
	noStart    bool
	early      bool // deliver what was sent before Started
	wrongSelf  bool
	immortal   bool // timers outlive actors
	undead     bool // actors outlive crashes
	unstopped  bool
	deafHalt   bool
	undeadMark bool // nodes that have halted go on marking
	oneMark    bool // all marks are one
	shareMarks bool // nodes have their marks in common
	wrongHalt  bool
	disk       func(l *tinyLog, op string)
	unsealed   bool                                        // sealed files can be written
	store      func(w *tiny, n *tinyNode, op, name string) // instead of what the disk does
	answer     func(w *tiny, answers []actors.Message) []actors.Message
}

type packet struct {
	from, to actors.Ref
	m        actors.Message
	at       time.Duration
	life     *tinyActor // whose timer it is
	cancel   bool
}

type tinyNode struct {
	id     actors.NodeID
	down   bool
	halted error
	actors map[string]*tinyActor
	logs   map[string]*tinyLog
	drafts map[string][][]byte // files that are not sealed
	sealed map[string][][]byte
	bad    map[string]bool // records and pieces that are damaged
	marks  map[string]int
}

type tinyLog struct{ records, synced [][]byte }

type tinyActor struct {
	w     *tiny
	node  *tinyNode
	ref   actors.Ref
	actor actors.Actor
	awake bool // has received Started
	dead  bool
}

func newTiny(bent joints) *tiny {
	w := &tiny{bent: bent, random: rand.New(rand.NewPCG(1, 2)), nodes: map[actors.NodeID]*tinyNode{}}
	for id := actors.NodeID(1); id <= 3; id++ {
		w.nodes[id] = &tinyNode{id: id, actors: map[string]*tinyActor{}, logs: map[string]*tinyLog{},
			drafts: map[string][][]byte{}, sealed: map[string][][]byte{}, bad: map[string]bool{}, marks: map[string]int{}}
	}
	return w
}

func (w *tiny) Spawn(node actors.NodeID, name string, a actors.Actor) {
	w.spawn(actors.Ref{}, w.nodes[node], name, a)
}

func (w *tiny) spawn(from actors.Ref, node *tinyNode, name string, a actors.Actor) actors.Ref {
	ref := actors.Ref{Node: node.id, Name: name}
	node.actors[name] = &tinyActor{w: w, node: node, ref: ref, actor: a, awake: w.bent.noStart || w.bent.early}
	if !w.bent.noStart {
		w.push(&packet{from: from, to: ref, m: actors.Started{}, at: w.now})
	}
	return ref
}

func (w *tiny) Post(to actors.Ref, m actors.Message) { w.push(&packet{to: to, m: m, at: w.now}) }

// push keeps the queue in the order of time.
func (w *tiny) push(p *packet) {
	if w.bent.route != nil && !w.bent.route(w, p) {
		return
	}
	at := len(w.queue)
	for at > 0 && w.queue[at-1].at > p.at {
		at--
	}
	w.queue = slices.Insert(w.queue, at, p)
}

func (w *tiny) Settle(done func() bool) bool {
	for range 20_000 {
		if done() {
			return true
		}
		if len(w.queue) == 0 {
			return false
		}
		w.step()
	}
	return false
}

// step delivers a run: the first packet and those to the same actor behind it.
func (w *tiny) step() {
	first := w.queue[0]
	a := w.lookup(first)
	received := 0
	for range 1 + w.random.IntN(4) {
		if len(w.queue) == 0 || w.queue[0].to != first.to {
			break
		}
		p := w.queue[0]
		w.queue = w.queue[1:]
		w.now = max(w.now, p.at)
		if w.deliver(a, p) {
			received++
		}
	}
	if received > 0 {
		w.flush(a)
	}
}

func (w *tiny) lookup(p *packet) *tinyActor {
	node := w.nodes[p.to.Node]
	if node == nil || node.down {
		return nil
	}
	return node.actors[p.to.Name]
}

func (w *tiny) deliver(a *tinyActor, p *packet) bool {
	stale := p.life != nil && p.life != a && !w.bent.immortal
	if a == nil || a.dead || p.cancel || stale {
		return false
	}
	if _, ok := p.m.(actors.Started); ok {
		a.awake = true
	}
	if !a.awake {
		return false // sent before there was such an actor
	}
	if w.bent.flushFirst {
		w.flush(a)
	}
	a.actor.Receive(a, p.from, p.m)
	return true
}

func (w *tiny) flush(a *tinyActor) {
	f, ok := a.actor.(actors.Flusher)
	if !ok || w.bent.neverFlush || a.dead {
		return
	}
	f.Flush(a)
	if w.bent.overFlush {
		f.Flush(a)
	}
}

func (w *tiny) Crash(node actors.NodeID) {
	n := w.nodes[node]
	n.down = true
	if !w.bent.undead {
		n.lose()
	}
	w.store(n, "crash", "")
	for _, l := range n.logs {
		kept := len(l.synced) + w.random.IntN(len(l.records)-len(l.synced)+1)
		l.records = l.records[:kept]
		if w.bent.disk != nil {
			w.bent.disk(l, "crash")
		}
		l.synced = slices.Clone(l.records)
	}
}

func (n *tinyNode) lose() {
	for _, a := range n.actors {
		a.dead = true
	}
	n.actors = map[string]*tinyActor{}
}

func (w *tiny) Restart(node actors.NodeID) {
	w.nodes[node].down, w.nodes[node].halted = false, nil
	clear(w.nodes[node].marks)
}

func (w *tiny) Marked(node actors.NodeID, name string) int { return w.nodes[node].marks[name] }

func (w *tiny) Halted(node actors.NodeID) error { return w.nodes[node].halted }

func (a *tinyActor) Self() actors.Ref {
	if a.w.bent.wrongSelf {
		return actors.Ref{Node: a.ref.Node, Name: a.ref.Name + "?"}
	}
	return a.ref
}

func (a *tinyActor) Now() time.Duration {
	if a.w.bent.clock != nil {
		return a.w.bent.clock(a.w)
	}
	return a.w.now
}

func (a *tinyActor) Rand() uint64 {
	if a.w.bent.rand != nil {
		return a.w.bent.rand(a.w)
	}
	return a.w.random.Uint64()
}

func (a *tinyActor) Send(to actors.Ref, m actors.Message) {
	p := &packet{from: a.ref, to: to, m: m, at: a.w.now}
	if to.Node != a.ref.Node {
		p.at += time.Millisecond
		p.m = a.w.travel(m)
	}
	if target := a.w.lookup(p); a.w.bent.reentrant && target != nil {
		a.w.deliver(target, p)
		return
	}
	a.w.push(p)
}

func (w *tiny) travel(m actors.Message) actors.Message {
	if w.bent.noCodec {
		return m
	}
	b, err := Codec{}.Append(nil, m)
	if err != nil {
		panic(err)
	}
	if m, err = (Codec{}).Decode(b); err != nil {
		panic(err)
	}
	return m
}

func (a *tinyActor) After(d time.Duration, m actors.Message) func() {
	if a.w.bent.due != nil {
		d = a.w.bent.due(d)
	}
	p := &packet{from: a.ref, to: a.ref, m: m, at: a.w.now + d, life: a}
	a.w.push(p)
	return func() { p.cancel = !a.w.bent.noCancel }
}

func (a *tinyActor) Spawn(name string, actor actors.Actor) actors.Ref {
	return a.w.spawn(a.ref, a.node, name, actor)
}

func (a *tinyActor) Stop(ref actors.Ref) {
	if target := a.node.actors[ref.Name]; target != nil && !a.w.bent.unstopped {
		target.dead = true
		delete(a.node.actors, ref.Name)
	}
}

func (a *tinyActor) Halt(err error) {
	a.node.halted = err
	if a.w.bent.wrongHalt {
		a.node.halted = fmt.Errorf("halted: %v", err)
	}
	if !a.w.bent.deafHalt {
		a.node.down = true
		a.node.lose()
	}
}

func (a *tinyActor) Mark(name string) {
	if a.w.bent.oneMark {
		name = "world/first"
	}
	for _, n := range a.w.nodes {
		if (n == a.node || a.w.bent.shareMarks) && (!a.node.down || a.w.bent.undeadMark) {
			n.marks[name]++
		}
	}
}

func (a *tinyActor) Wall() time.Time   { return time.Unix(0, 0).Add(a.w.now) }
func (a *tinyActor) Log() *slog.Logger { return slog.New(slog.DiscardHandler) }
func (a *tinyActor) Disk() actors.Disk { return tinyDisk{a} }
