package disk

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/actorstest"
)

// TestContract holds the disk to the contract of the seam, in a world that has real
// disks and not much else. Its segments are small, so that every check crosses some.
func TestContract(t *testing.T) {
	actorstest.RunDisk(t, func(t *testing.T) actorstest.World { return newWorld(t) })
}

// A world delivers messages one after the other, in the test's goroutine.
type world struct {
	t     *testing.T
	nodes map[actors.NodeID]*node

	mu    sync.Mutex
	queue []func()
}

type node struct {
	id     actors.NodeID
	dir    string
	store  *Store
	actors map[string]*resident
}

type resident struct {
	w     *world
	node  *node
	ref   actors.Ref
	actor actors.Actor
	disk  actors.Disk
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, nodes: map[actors.NodeID]*node{}}
	for id := actors.NodeID(1); id <= 3; id++ {
		w.nodes[id] = &node{id: id, dir: t.TempDir()}
		w.Restart(id)
	}
	return w
}

func (w *world) Restart(id actors.NodeID) {
	n := w.nodes[id]
	store, err := Open(n.dir, Identity{Cluster: 1, Node: id})
	if err != nil {
		w.t.Fatal(err)
	}
	store.segmentBytes = 8 << 10
	n.store, n.actors = store, map[string]*resident{}
	w.t.Cleanup(func() {
		if err := store.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

// Crash leaves to the next life what the files hold at this moment. What the store
// still does afterwards, it does to files that nobody reads any more.
func (w *world) Crash(id actors.NodeID) {
	n := w.nodes[id]
	n.actors = nil
	n.dir = crash(w.t, n.dir)
}

// Damage looks for content in the segments of the log and in the file of that name.
func (w *world) Damage(id actors.NodeID, name string, content []byte) {
	dir := w.nodes[id].dir
	paths := []string{filepath.Join(dir, filesDirectory, name)}
	segments, _ := listSegments(filepath.Join(dir, logsDirectory, name))
	for _, s := range segments {
		paths = append(paths, s.path)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if at := bytes.Index(b, content); err == nil && at >= 0 {
			overwrite(w.t, path, flipped(b, at+len(content)/2))
			return
		}
	}
	w.t.Fatalf("nothing to damage in %s of node %v", name, id)
}

func (w *world) Halted(actors.NodeID) error { return nil }

func (w *world) Marked(actors.NodeID, string) int { return 0 }

func (w *world) Spawn(id actors.NodeID, name string, a actors.Actor) {
	w.spawn(actors.Ref{}, w.nodes[id], name, a)
}

func (w *world) spawn(from actors.Ref, n *node, name string, a actors.Actor) actors.Ref {
	r := &resident{w: w, node: n, ref: actors.Ref{Node: n.id, Name: name}, actor: a}
	r.disk = n.store.For(r.ref, func(m actors.Message) { w.push(func() { r.receive(actors.Ref{}, m) }) })
	n.actors[name] = r
	w.push(func() { r.receive(from, actors.Started{}) })
	return r.ref
}

func (r *resident) receive(from actors.Ref, m actors.Message) {
	if r.node.actors[r.ref.Name] == r {
		r.actor.Receive(r, from, m)
	}
}

func (w *world) Post(to actors.Ref, m actors.Message) {
	w.push(func() {
		if r := w.nodes[to.Node].actors[to.Name]; r != nil {
			r.actor.Receive(r, actors.Ref{}, m)
		}
	})
}

func (w *world) push(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, f)
}

func (w *world) pop() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil
	}
	f := w.queue[0]
	w.queue = w.queue[1:]
	return f
}

func (w *world) Settle(done func() bool) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if done() {
			return true
		}
		if f := w.pop(); f != nil {
			f()
		} else {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return false
}

func (r *resident) Self() actors.Ref   { return r.ref }
func (r *resident) Now() time.Duration { return time.Since(began) }
func (r *resident) Wall() time.Time    { return time.Now() }
func (r *resident) Rand() uint64       { return rand.Uint64() }
func (r *resident) Disk() actors.Disk  { return r.disk }
func (r *resident) Log() *slog.Logger  { return slog.New(slog.DiscardHandler) }
func (r *resident) Halt(err error)     { r.w.t.Error(err) }
func (r *resident) Mark(string)        { r.w.t.Error("a check of disks marks nothing") }

func (r *resident) Spawn(name string, a actors.Actor) actors.Ref {
	return r.w.spawn(r.ref, r.node, name, a)
}

func (r *resident) Stop(ref actors.Ref) { delete(r.node.actors, ref.Name) }

func (r *resident) Send(actors.Ref, actors.Message) {
	r.w.t.Error("a check of disks sends no messages")
}

func (r *resident) After(time.Duration, actors.Message) func() {
	r.w.t.Error("a check of disks sets no timers")
	return func() {}
}

var began = time.Now()
