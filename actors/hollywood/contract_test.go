package hollywood_test

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/actorstest"
	"github.com/understudy-kv/understudy/actors/disk"
	"github.com/understudy-kv/understudy/actors/hollywood"
	"github.com/understudy-kv/understudy/actors/tcp"
)

// TestContract holds the real world to the contract of the seam: this engine, the
// real network and the real disk together.
func TestContract(t *testing.T) {
	actorstest.Run(t, func(t *testing.T) actorstest.World { return newWorld(t) })
}

// patience is how long a world settles. Only a check that fails waits that long.
const patience = 20 * time.Second

// A world has its nodes in one process and everything else as in production.
type world struct {
	t         *testing.T
	dir       string
	addresses map[actors.NodeID]string
	nodes     map[actors.NodeID]*life
}

// A life of a node lasts from a start to the next crash or halt.
type life struct {
	engine    *hollywood.Engine
	transport *tcp.Transport
	store     *disk.Store
	halted    atomic.Pointer[error]
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, dir: t.TempDir(),
		addresses: make(map[actors.NodeID]string), nodes: make(map[actors.NodeID]*life),
	}
	listeners := make(map[actors.NodeID]net.Listener)
	for id := actors.NodeID(1); id <= 3; id++ {
		listeners[id] = w.listen("127.0.0.1:0")
		w.addresses[id] = listeners[id].Addr().String()
	}
	for id := actors.NodeID(1); id <= 3; id++ {
		w.start(id, listeners[id])
	}
	t.Cleanup(func() {
		for id := actors.NodeID(1); id <= 3; id++ {
			w.Crash(id)
		}
	})
	return w
}

func (w *world) listen(addr string) net.Listener {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) start(id actors.NodeID, l net.Listener) {
	n := &life{}
	log := slog.New(slog.DiscardHandler)
	var err error
	if n.store, err = disk.Open(w.path(id), disk.Identity{Cluster: 7, Node: id}); err != nil {
		w.t.Fatal(err)
	}
	n.engine, err = hollywood.New(hollywood.Config{
		Node: id, Storage: n.store, Log: log,
		Halt:  func(err error) { n.halted.Store(&err) },
		Panic: func(p hollywood.Panic) { w.t.Errorf("%v", p) },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n.transport, err = tcp.New(tcp.Config{
		Node: id, Cluster: 7, Incarnation: n.store.Incarnation(), Listener: l, Peers: w.others(id),
		Codec: actorstest.Codec{}, Deliver: n.engine.Deliver, Log: log,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n.engine.SetTransport(n.transport)
	w.nodes[id] = n
}

func (w *world) path(id actors.NodeID) string { return filepath.Join(w.dir, id.String()) }

func (w *world) others(id actors.NodeID) map[actors.NodeID]string {
	others := make(map[actors.NodeID]string)
	// any order: a map is made of a map
	for other, addr := range w.addresses {
		if other != id {
			others[other] = addr
		}
	}
	return others
}

func (w *world) Spawn(id actors.NodeID, name string, a actors.Actor) {
	w.nodes[id].engine.Spawn(name, a)
}

func (w *world) Post(to actors.Ref, m actors.Message) {
	if n := w.nodes[to.Node]; n != nil {
		n.engine.Send(to, m)
	}
}

func (w *world) Settle(done func() bool) bool {
	for end := time.Now().Add(patience); !done(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// Crash may be called for a node that has halted, to clean up what is left of it.
func (w *world) Crash(id actors.NodeID) {
	n := w.nodes[id]
	if n == nil {
		return
	}
	w.nodes[id] = nil
	n.engine.Stop()
	n.transport.Close()
	if err := n.store.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) Restart(id actors.NodeID) {
	w.Crash(id)
	w.start(id, w.listen(w.addresses[id]))
}

// Damage looks for content in the segments of the log and in the file of that name.
func (w *world) Damage(id actors.NodeID, name string, content []byte) {
	paths, err := filepath.Glob(filepath.Join(w.path(id), "logs", name, "[0-9]*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range append(paths, filepath.Join(w.path(id), "files", name)) {
		b, err := os.ReadFile(path)
		at := bytes.Index(b, content)
		if err != nil || at < 0 {
			continue
		}
		b[at+len(content)/2] ^= 4
		if err := os.WriteFile(path, b, 0o600); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	w.t.Fatalf("nothing to damage in %s of node %v", name, id)
}

func (w *world) Marked(id actors.NodeID, name string) int {
	n := w.nodes[id]
	if n == nil {
		return 0
	}
	return int(n.engine.Marks()[name])
}

func (w *world) Halted(id actors.NodeID) error {
	n := w.nodes[id]
	if n == nil {
		return nil
	}
	if err := n.halted.Load(); err != nil {
		return *err
	}
	return nil
}
