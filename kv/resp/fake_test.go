package resp

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/ring"
)

// A fake is a whole cluster in memory: real stores, run in the order of the calls.
type fake struct {
	mu     sync.Mutex
	nodes  node.ClusterMap
	stores []*kv.Store
	stamp  uint64

	// verdict, if set, decides which calls fail instead.
	verdict func(*client.Call) error
	// late, if set, gets the calls that would be done, and finishes them at will.
	late func(done []*client.Call)
	// batches counts the operations of each Submit.
	batches []int
}

func newFake() *fake {
	f := &fake{nodes: testMap()}
	for range f.nodes.Owners {
		f.stores = append(f.stores, kv.New())
	}
	return f
}

// testMap has three nodes and four partitions; node 1 leads the first two.
func testMap() node.ClusterMap {
	return node.ClusterMap{
		Map: ring.Map{
			Cluster: 7,
			Epoch:   3,
			Members: []ring.Member{
				{ID: 1, Address: "10.0.0.1:17000", Redis: "10.0.0.1:7000"},
				{ID: 2, Address: "10.0.0.2:17000", Redis: "10.0.0.2:7000"},
				{ID: 3, Address: "10.0.0.3:17000", Redis: "10.0.0.3:7000"},
			},
			Owners: [][]ring.NodeID{{1, 2, 3}, {1, 2, 3}, {2, 3, 1}, {3, 1, 2}},
		},
		Leaders: []ring.NodeID{1, 1, 2, 3},
	}
}

func (f *fake) Map() node.ClusterMap {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes
}

func (f *fake) Submit(calls []*client.Call) {
	f.mu.Lock()
	ops := 0
	for _, c := range calls {
		f.run(c)
		ops += len(c.Ops)
	}
	f.batches = append(f.batches, ops)
	late := f.late
	f.mu.Unlock()
	calls = append([]*client.Call(nil), calls...)
	if late != nil {
		late(calls)
		return
	}
	finish(calls)
}

func finish(calls []*client.Call) {
	for _, c := range calls {
		c.Done(c)
	}
}

// run does what a cluster would do about a call.
func (f *fake) run(c *client.Call) {
	c.Results, c.Err = nil, nil
	if f.verdict != nil {
		if c.Err = f.verdict(c); c.Err != nil {
			return
		}
	}
	p := c.Partition
	if kind := c.Ops[0].Kind; kind != kv.Scan && kind != kv.Size {
		p = f.nodes.Locate(c.Ops[0].Key)
	}
	f.stamp++
	command := kv.Command{Ops: c.Ops}
	var reply []byte
	if command.IsWrite() {
		command.Session = kv.Session{ID: 1, Serial: f.stamp, Acked: f.stamp - 1}
		reply = f.stores[p].Apply(f.stamp, command.AppendTo(nil))
	} else {
		reply = f.stores[p].Read(command.AppendTo(nil))
	}
	decoded, err := kv.DecodeReply(reply)
	if err != nil || decoded.Verdict != kv.Applied {
		c.Err = &client.Error{Code: client.Invalid, Op: "call", Err: kvRefusal(command)}
		return
	}
	c.Results = decoded.Results
}

func kvRefusal(c kv.Command) error { return c.Validate() }

// shuffled finishes calls in any order, some of them later than others.
func shuffled(calls []*client.Call) {
	go func() {
		for _, i := range rand.Perm(len(calls)) {
			calls[i].Done(calls[i])
		}
	}()
}

// start serves a fake on loopback as node 1 and returns the address.
func start(t testing.TB, c Config) (*Server, string) {
	t.Helper()
	c.Self = 1
	if c.Store == nil {
		c.Store = newFake()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(c)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != ErrClosed {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s, l.Addr().String()
}

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	if err := socket.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return socket.(*net.TCPConn)
}

// exchange sends bytes on a connection of its own, says that there are no more, and
// returns everything that comes back.
func exchange(t testing.TB, address, request string) string {
	t.Helper()
	socket := dial(t, address)
	go func() {
		_, _ = io.WriteString(socket, request) // a server may hang up before the end
		_ = socket.CloseWrite()
	}()
	reply, err := io.ReadAll(socket)
	if err != nil {
		t.Fatalf("after %q: %v", reply, err)
	}
	return string(reply)
}

func (f *fake) batchesSoFar() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]int(nil), f.batches...)
}

func (f *fake) opsSoFar() (total int) {
	for _, calls := range f.batchesSoFar() {
		total += calls
	}
	return total
}

// waitForBatches returns once so many batches were submitted.
func (f *fake) waitForBatches(t *testing.T, count int) {
	t.Helper()
	for range 10_000 {
		if len(f.batchesSoFar()) >= count {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("only %d batches", len(f.batchesSoFar()))
}

// holding finishes calls once release is closed.
func holding(release chan struct{}) func([]*client.Call) {
	return func(calls []*client.Call) {
		go func() {
			<-release
			finish(calls)
		}()
	}
}
