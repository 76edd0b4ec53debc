package tcp

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

func TestMessagesArriveInOrder(t *testing.T) {
	const messages = 20_000
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: b.addr()}, Limits: Limits{QueueMessages: messages}})
	for i := range messages {
		a.Send(a.ref("x"), b.ref("y"), fmt.Sprint(i))
	}
	for i := range messages {
		want := letter{a.ref("x"), b.ref("y"), fmt.Sprint(i)}
		if got := b.receive(); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	eventually(t, "both to have counted the same", func() bool {
		sent, received := a.Stats(), b.Stats()
		return sent.Sent == messages && received.Received == messages && sent.SentBytes == received.ReceivedBytes
	})
}

func TestMessagesOfEveryLengthArrive(t *testing.T) {
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: b.addr()}})
	for _, n := range []int{0, 1, BulkBytes, BulkBytes + 1, frameBytes, 3 << 20, MaxMessageBytes} {
		m := strings.Repeat("x", n)
		a.Send(a.ref("x"), b.ref("y"), m)
		if got := b.receive(); got.m != m {
			t.Errorf("a message of %d bytes arrived as one of %d", n, len(got.m.(string)))
		}
	}
}

func TestWhatCannotBeSentIsCountedAndNamed(t *testing.T) {
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: b.addr()}})
	a.Send(a.ref("x"), b.ref("y"), 42)
	a.Send(a.ref("x"), b.ref("y"), strings.Repeat("x", MaxMessageBytes+1))
	a.Send(a.ref("x"), b.ref(strings.Repeat("y", 256)), "name")
	a.Send(a.ref("x"), b.ref("y"), "good")
	if got := b.receive(); got.m != "good" {
		t.Errorf("got %v", got)
	}
	if n := a.Stats().Unencodable; n != 3 {
		t.Errorf("%d counted", n)
	}
	a.logs("type=int", "not a text", "33554433 bytes, at most 33554432")
}

func TestMessagesToUnknownNodesAreCounted(t *testing.T) {
	a := start(t, Config{Node: 1})
	for _, to := range []actors.NodeID{0, 1, 9, actors.ClientBit | 9} {
		a.Send(a.ref("x"), actors.Ref{Node: to, Name: "y"}, "m")
	}
	if n := a.Stats().Unroutable; n != 4 {
		t.Errorf("%d counted", n)
	}
}

func TestWhatWaitedForAnAddressGoesOutInOneWrite(t *testing.T) {
	const messages = 100
	nobody := listen(t, "127.0.0.1:0")
	nobody.Close()
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: nobody.Addr().String()}})
	for i := range messages {
		a.Send(a.ref("x"), b.ref("y"), fmt.Sprint(i))
	}
	a.Learn(2, b.addr())
	for range messages {
		b.receive()
	}
	eventually(t, "all to be counted", func() bool { return a.Stats().Sent == messages })
	if n := a.Stats().Writes; n != 1 {
		t.Errorf("%d writes for what waited together", n)
	}
}

func TestAMovedPeerIsFollowed(t *testing.T) {
	old := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: old.addr()}})
	a.talk(old, "there")
	moved := start(t, Config{Node: 2, Incarnation: 2})
	a.Learn(2, moved.addr())
	a.talk(moved, "and there")
}

// A peer may move while it is being dialled at its old address.
func TestAPeerThatMovesDuringTheHandshakeIsFollowed(t *testing.T) {
	dialled, release := make(chan bool), make(chan bool)
	old := host(t, func(conn net.Conn) {
		dialled <- true
		<-release
		answer(conn, Identity{Node: 2, Cluster: 7, Incarnation: 1})
	})
	moved := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: old}})
	a.Send(a.ref("a"), moved.ref("b"), "sent once")
	<-dialled
	a.Learn(2, moved.addr())
	release <- true
	if got := moved.receive(); got.m != "sent once" {
		t.Errorf("got %v", got)
	}
}

func TestARestartedPeerIsMetAgain(t *testing.T) {
	first := start(t, Config{Node: 2, Incarnation: 4})
	addr := first.addr()
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: addr}})
	a.talk(first, "hello")
	first.Close()
	a.Send(a.ref("a"), first.ref("b"), "nobody hears this")
	second := start(t, Config{Node: 2, Incarnation: 5, Listener: listen(t, addr), Peers: map[actors.NodeID]string{1: a.addr()}})
	a.talk(second, "hello again")
	second.talk(a, "hello to you")
}

// The last words of a process that is gone must not be taken for those of the one
// that runs.
func TestAHigherIncarnationEndsTheConnectionsOfTheLower(t *testing.T) {
	a := start(t, Config{Node: 1})
	h := hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 4}, version: Version, class: small}
	oldSmall := welcomed(t, a.addr(), h)
	h.class = bulk
	oldBulk := welcomed(t, a.addr(), h)
	h.Incarnation = 5
	welcomed(t, a.addr(), h)
	ends(t, oldSmall)
	ends(t, oldBulk)
}

// A node that was restarted without a word leaves connections that look alive.
func TestAHigherIncarnationEndsWhatWasDialledToTheLower(t *testing.T) {
	dialled := make(chan net.Conn, 10)
	addr := host(t, func(conn net.Conn) {
		if _, err := answer(conn, Identity{Node: 2, Cluster: 7, Incarnation: 4}); err == nil {
			dialled <- conn
		}
	})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: addr}})
	a.Send(a.ref("a"), actors.Ref{Node: 2, Name: "b"}, "m")
	conn := <-dialled
	if _, err := conn.Read(make([]byte, 1)); err != nil { // so the connection is in use
		t.Fatal(err)
	}
	welcomed(t, a.addr(), hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 5}, version: Version, class: small})
	ends(t, conn)
}

// A flaky listener fails once, as one does that is out of file descriptors.
type flakyListener struct {
	net.Listener
	failed bool
}

func (l *flakyListener) Accept() (net.Conn, error) {
	if !l.failed {
		l.failed = true
		return nil, errText
	}
	return l.Listener.Accept()
}

func TestAFailedAcceptIsNotTheLast(t *testing.T) {
	b := start(t, Config{Node: 2, Listener: &flakyListener{Listener: listen(t, "127.0.0.1:0")}})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: b.addr()}})
	a.talk(b, "hello")
	b.logs("cannot accept connections")
}

func TestASecondConnectionReplacesTheFirst(t *testing.T) {
	a := start(t, Config{Node: 1})
	h := hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 4}, version: Version, class: small}
	first := welcomed(t, a.addr(), h)
	second := welcomed(t, a.addr(), h)
	ends(t, first)
	if _, err := second.Write(specFrame); err != nil {
		t.Fatal(err)
	}
	if got := a.receive(); got.m != "hi" || got.from != (actors.Ref{Node: 2, Name: "node"}) {
		t.Errorf("got %v", got)
	}
}

func TestAClientIsAnsweredOnItsOwnConnection(t *testing.T) {
	server := start(t, Config{Node: 1})
	client := start(t, Config{
		Node:  actors.ClientBit | 5,
		Peers: map[actors.NodeID]string{1: server.addr()},
	})
	if client.Addr() != nil {
		t.Errorf("the client listens at %v", client.Addr())
	}
	client.talk(server, "question")
	server.Learn(actors.ClientBit|5, "127.0.0.1:1") // a client is never dialled
	server.talk(client, "answer")
	long := strings.Repeat("x", 2*BulkBytes)
	server.Send(server.ref("a"), client.ref("b"), long) // it has no bulk connection
	for got := client.receive(); got.m != long; got = client.receive() {
		if got.m != "answer" {
			t.Fatalf("got %.20v", got.m)
		}
	}
	if s := server.Stats(); s.Dials != 0 {
		t.Errorf("the server dialled: %+v", s)
	}
	client.Close()
	eventually(t, "the client to be forgotten", func() bool {
		server.Send(server.ref("a"), client.ref("b"), "anybody?")
		return server.Stats().Unroutable > 0
	})
}

func TestClosedMeansSilent(t *testing.T) {
	b := start(t, Config{Node: 2})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: b.addr()}})
	a.talk(b, "hello")
	b.Close()
	for len(b.letters) > 0 {
		<-b.letters
	}
	a.Send(a.ref("a"), b.ref("b"), "too late")
	b.Send(b.ref("b"), a.ref("a"), "too late as well")
	b.Learn(1, a.addr())
	if b.Close(); len(b.letters) > 0 || b.Stats().Unroutable != 1 {
		t.Errorf("%d messages delivered, %+v", len(b.letters), b.Stats())
	}
	if _, err := net.DialTimeout("tcp", b.addr(), patience); err == nil {
		t.Error("a closed transport still listens")
	}
}

func TestCloseDoesNotWaitForWhatCannotBeSent(t *testing.T) {
	gone := listen(t, "127.0.0.1:0")
	gone.Close()
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: gone.Addr().String()}})
	a.Send(a.ref("a"), actors.Ref{Node: 2, Name: "b"}, "never read")
	eventually(t, "a failed dial", func() bool { return a.Stats().FailedDials > 0 })
	closed := make(chan error, 1)
	go func() { closed <- a.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits for a peer that cannot be reached")
	}
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	taken := listen(t, "127.0.0.1:0")
	defer taken.Close()
	deliver := func(_, _ actors.Ref, _ actors.Message) {}
	tests := []struct {
		config Config
		want   string
	}{
		{Config{Cluster: 7, Codec: text{}, Deliver: deliver}, "node id 0 names nobody"},
		{Config{Node: 1, Codec: text{}, Deliver: deliver}, "cluster id 0 is for clients"},
		{Config{Node: 1, Cluster: 7}, "a codec"},
		{Config{Node: 1, Cluster: 7, Codec: text{}, Deliver: deliver,
			Peers: map[actors.NodeID]string{actors.ClientBit | 1: "x:1"}}, "c1 is not the id of a server"},
		{Config{Node: 1, Cluster: 7, Codec: text{}, Deliver: deliver, Listen: taken.Addr().String()},
			"end the process that uses this address, or choose another"},
	}
	for _, test := range tests {
		if _, err := New(test.config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}
