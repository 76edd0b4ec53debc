package tcp

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// Each of these takes connections and then does something that a slow, dead or
// hostile process might do.
func TestABadPeerDelaysNobody(t *testing.T) {
	peers := map[string]func(t *testing.T) string{
		"never accepts": func(t *testing.T) string {
			l := listen(t, "127.0.0.1:0")
			t.Cleanup(func() { l.Close() })
			return l.Addr().String()
		},
		"never answers": func(t *testing.T) string {
			return host(t, func(net.Conn) {})
		},
		"never reads": func(t *testing.T) string {
			return host(t, func(conn net.Conn) { answer(conn, Identity{Node: 3, Cluster: 7, Incarnation: 1}) })
		},
		"hangs up": func(t *testing.T) string {
			return host(t, func(conn net.Conn) { conn.Close() })
		},
		"is not there": func(t *testing.T) string {
			l := listen(t, "127.0.0.1:0")
			defer l.Close()
			return l.Addr().String()
		},
		"cannot be routed": func(*testing.T) string { return "192.0.2.1:7000" },
	}
	// any order: the cases do not meet
	for name, bad := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := start(t, Config{Node: 2})
			a := start(t, Config{
				Node:   1,
				Peers:  map[actors.NodeID]string{2: good.addr(), 3: bad(t)},
				Limits: Limits{QueueMessages: 100, QueueBytes: 1 << 20, BackoffMin: time.Millisecond},
			})
			long := strings.Repeat("x", BulkBytes)
			for i := range 300 {
				a.Send(a.ref("x"), actors.Ref{Node: 3, Name: "y"}, long)
				a.Send(a.ref("x"), good.ref("y"), fmt.Sprint(i))
				if got := good.receive(); got.m != fmt.Sprint(i) {
					t.Fatalf("got %v, want %d", got.m, i)
				}
			}
			if s := a.Stats(); s.Dropped == 0 {
				t.Errorf("a full queue dropped nothing: %+v", s)
			}
		})
	}
}

// answer welcomes whoever opened conn, and goes no further.
func answer(conn net.Conn, as Identity) (hello, error) {
	theirs, err := readHello(conn)
	if err == nil {
		mine := hello{Identity: as, version: Version, class: theirs.class, peer: theirs.Node}
		_, err = conn.Write(mine.append(nil))
	}
	return theirs, err
}

func TestBulkDoesNotDelaySmall(t *testing.T) {
	arrived := make(chan actors.Message, 100)
	addr := host(t, func(conn net.Conn) {
		theirs, err := answer(conn, Identity{Node: 2, Cluster: 7, Incarnation: 1})
		if err != nil || theirs.class == bulk {
			return // and never read
		}
		r := reader{buf: make([]byte, readBytes)}
		for {
			n, err := conn.Read(r.space())
			if err != nil || r.filled(n, text{}) != nil {
				return
			}
			for _, a := range r.arrived {
				arrived <- a.message
			}
			r.arrived = nil
		}
	})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: addr}})
	to := actors.Ref{Node: 2, Name: "y"}
	for range 10 {
		a.Send(a.ref("x"), to, strings.Repeat("x", 8<<20))
	}
	for i := range 50 {
		a.Send(a.ref("x"), to, fmt.Sprint(i))
		select {
		case got := <-arrived:
			if got != fmt.Sprint(i) {
				t.Fatalf("got %.20v, want %d", got, i)
			}
		case <-time.After(patience):
			t.Fatal("a small message waits for bulk")
		}
	}
}

// A peer that takes no more bytes is given up, so that a new connection can try.
func TestAStuckConnectionIsReplaced(t *testing.T) {
	connections := make(chan bool, 1000)
	addr := host(t, func(conn net.Conn) {
		if _, err := answer(conn, Identity{Node: 2, Cluster: 7, Incarnation: 1}); err == nil {
			connections <- true
		}
	})
	limits := quick
	limits.WriteTime = 50 * time.Millisecond
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: addr}, Limits: limits})
	long := strings.Repeat("x", 8<<20)
	eventually(t, "a second connection", func() bool {
		a.Send(a.ref("x"), actors.Ref{Node: 2, Name: "y"}, long)
		return len(connections) > 1
	})
	a.logs("the other side reads nothing", `peer="node 2"`)
}

// A pipe has no buffer and no kernel that might give it up.
func TestAWriteThatNobodyTakesEnds(t *testing.T) {
	limits := quick
	limits.WriteTime = time.Millisecond
	a := start(t, Config{Node: 1, Limits: limits})
	ours, theirs := net.Pipe()
	defer theirs.Close()
	l := newLink(ours, Identity{Node: 2}, small, a.newQueue(small))
	push(l.queue, "first")
	a.write(l)
	a.logs("the other side reads nothing")
	if n := a.Stats().Dropped; n != 1 {
		t.Errorf("%d messages dropped", n)
	}
}
