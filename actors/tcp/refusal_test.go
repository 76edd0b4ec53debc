package tcp

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// Two processes that do not belong together both say so, in the same words.
func TestBothSidesSayWhyTheyPart(t *testing.T) {
	tests := []struct {
		name              string
		dialler, acceptor Config
		dialled           actors.NodeID
		want              string
	}{
		{
			"wrong cluster", Config{Node: 2, Cluster: 9}, Config{Node: 1}, 1,
			"node 2 is of cluster 9, node 1 of cluster 7: give each node and client addresses of its own cluster only",
		}, {
			"wrong node", Config{Node: 2}, Config{Node: 1}, 3,
			"node 2 dialled node 3, but node 1 answers at this address: correct the address of node 3",
		}, {
			"wrong cluster of a client", Config{Node: actors.ClientBit | 6, Cluster: 9}, Config{Node: 1}, 1,
			"client c6 is of cluster 9, node 1 of cluster 7",
		}, {
			"crowded", Config{Node: actors.ClientBit | 6}, Config{Node: 1, Limits: Limits{Connections: -1}}, 1,
			"node 1 has as many connections as it takes",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acceptor := start(t, test.acceptor)
			test.dialler.Peers = map[actors.NodeID]string{test.dialled: acceptor.addr()}
			dialler := start(t, test.dialler)
			dialler.Send(dialler.ref("a"), actors.Ref{Node: test.dialled, Name: "b"}, "m")
			acceptor.logs(test.want)
			dialler.logs(test.want)
			eventually(t, "the failures to be counted", func() bool {
				return acceptor.Stats().Refused > 0 && dialler.Stats().FailedDials > 0
			})
			if len(acceptor.letters) > 0 {
				t.Error("the message was delivered all the same")
			}
		})
	}
}

func TestAnOldIncarnationIsRefusedByThoseItDials(t *testing.T) {
	const want = "node 2 in incarnation 4 talked to node 1 in incarnation 1, but a later incarnation"
	a := start(t, Config{Node: 1})
	peers := map[actors.NodeID]string{1: a.addr()}
	current := start(t, Config{Node: 2, Incarnation: 5, Peers: peers})
	current.talk(a, "I am node 2")
	old := start(t, Config{Node: 2, Incarnation: 4, Peers: peers})
	old.Send(old.ref("a"), a.ref("b"), "so am I")
	a.logs(want)
	old.logs(want, "never run a copy of a data directory")
	current.talk(a, "still here")
}

func TestAnOldIncarnationIsRefusedByThoseWhoDialIt(t *testing.T) {
	old := start(t, Config{Node: 2, Incarnation: 4})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: old.addr()}})
	current := start(t, Config{Node: 2, Incarnation: 5, Peers: map[actors.NodeID]string{1: a.addr()}})
	current.talk(a, "I am node 2")
	a.Send(a.ref("a"), old.ref("b"), "are you?")
	a.logs("node 1 in incarnation 1 talked to node 2 in incarnation 4, but a later incarnation")
	if len(old.letters) > 0 {
		t.Error("a message went to the older process")
	}
}

// An older process may come when the current one is away for a moment.
func TestIncarnationsOfPeersAreRememberedAndOfStrangersForgotten(t *testing.T) {
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: "127.0.0.1:1"}})
	for _, node := range []actors.NodeID{2, 3} {
		h := hello{Identity: Identity{Node: node, Cluster: 7, Incarnation: 5}, version: Version, class: small}
		welcomed(t, a.addr(), h).Close()
	}
	eventually(t, "both to have left", func() bool {
		a.mu.RLock()
		defer a.mu.RUnlock()
		return len(a.guests.links) == 0
	})
	for _, test := range []struct {
		node actors.NodeID
		want Verdict
	}{{2, StaleIncarnation}, {3, Welcome}} {
		h := hello{Identity: Identity{test.node, 7, 4, 0}, version: Version, class: small}
		if answer, err := readHello(raw(t, a.addr(), h.append(nil))); err != nil || answer.verdict != test.want {
			t.Errorf("node %v: verdict %d, want %d; %v", test.node, answer.verdict, test.want, err)
		}
	}
}

// A directory that is new in the place of another counts from one again. Who is right
// the nodes find out by other means, and those do not work without connections.
func TestIncarnationsOfDifferentDirectoriesDoNotCompare(t *testing.T) {
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: "127.0.0.1:1"}})
	var last net.Conn
	for _, step := range []struct {
		incarnation uint64
		directory   uint32
		want        Verdict
	}{{5, 1, Welcome}, {1, 2, Welcome}, {9, 2, Welcome}, {6, 1, Welcome}, {5, 1, StaleIncarnation}, {6, 1, Welcome}} {
		h := hello{Identity: Identity{2, 7, step.incarnation, step.directory}, version: Version, class: small}
		conn := raw(t, a.addr(), h.append(nil))
		if answer, err := readHello(conn); err != nil || answer.verdict != step.want {
			t.Fatalf("%+v: verdict %d, %v", step, answer.verdict, err)
		}
		if step.want != Welcome {
			continue
		}
		if last != nil {
			ends(t, last)
		}
		last = conn
	}
}

func TestTheIncarnationOfADialledPeerIsRemembered(t *testing.T) {
	dialled := make(chan bool, 1000)
	addr := host(t, func(conn net.Conn) {
		answer(conn, Identity{Node: 2, Cluster: 7, Incarnation: 5})
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			dialled <- true
		}
	})
	a := start(t, Config{Node: 1, Peers: map[actors.NodeID]string{2: addr}})
	a.Send(a.ref("a"), actors.Ref{Node: 2, Name: "b"}, "m")
	<-dialled
	h := hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 4}, version: Version, class: small}
	if answer, err := readHello(raw(t, a.addr(), h.append(nil))); err != nil || answer.verdict != StaleIncarnation {
		t.Errorf("answer %+v, %v", answer, err)
	}
}

// Closing a connection with bytes unread resets it, which would take the answer from
// a dialler that has said more than was read.
func TestARefusalCanBeReadByOneWhoSaidMore(t *testing.T) {
	a := start(t, Config{Node: 1})
	later := hello{version: Version + 1, class: small}.append(nil)
	conn := raw(t, a.addr(), append(later, "what a later version has to add"...))
	a.logs("connection refused")
	a.Close() // so the connection is closed before the answer is read
	if answer, err := readHello(conn); err != nil || answer.verdict != WrongVersion {
		t.Errorf("answer %+v, %v", answer, err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection ended with %v, want %v", err, io.EOF)
	}
}

func TestTheSameIdOnBothSidesIsRefused(t *testing.T) {
	a := start(t, Config{Node: 1})
	h := hello{Identity: Identity{Node: 1, Cluster: 7, Incarnation: 9}, version: Version, class: small, peer: 1}
	conn := raw(t, a.addr(), h.append(nil))
	if answer, err := readHello(conn); err != nil || answer.verdict != SameNode {
		t.Errorf("answer %+v, %v", answer, err)
	}
	a.logs("both sides are node 1: give each node an id and a data directory of its own")
}

func TestAnotherVersionIsRefusedByBothSides(t *testing.T) {
	const want = "the dialler speaks version 4 of the peer protocol, the acceptor version 3: run releases that speak the same version"
	a := start(t, Config{Node: 1})
	later := hello{Identity: Identity{Node: 2, Cluster: 7}, version: Version + 1, class: small}.append(nil)
	conn := raw(t, a.addr(), append(later, "what a later version has to add"...))
	answer, err := readHello(conn)
	if err != nil || answer.verdict != WrongVersion || answer.Node != 1 {
		t.Errorf("answer %+v, %v", answer, err)
	}
	ends(t, conn)
	a.logs(want)

	addr := host(t, func(conn net.Conn) {
		readHello(conn)
		conn.Write(hello{version: Version + 1, verdict: WrongVersion}.append(nil)[:prefixBytes])
	})
	b := start(t, Config{Node: 2, Peers: map[actors.NodeID]string{1: addr}})
	b.Send(b.ref("a"), a.ref("b"), "m")
	b.logs("the dialler speaks version 3 of the peer protocol, the acceptor version 4")
}

func TestNonsenseIsRefused(t *testing.T) {
	a := start(t, Config{Node: 1})
	client := actors.ClientBit | 5
	tests := map[string]hello{
		"a class that does not exist": {Identity: Identity{Node: 2, Cluster: 7}, version: Version, class: 9},
		"a server without cluster":    {Identity: Identity{Node: 2}, version: Version, class: small},
		"nobody":                      {Identity: Identity{Cluster: 7}, version: Version, class: bulk},
		"a client without a class":    {Identity: Identity{Node: client}, version: Version, class: 3},
	}
	// any order: each case stands alone
	for name, h := range tests {
		conn := raw(t, a.addr(), h.append(nil))
		if answer, err := readHello(conn); err != nil || answer.verdict != Malformed {
			t.Errorf("%s: answer %+v, %v", name, answer, err)
		}
	}
	damaged := hello{Identity: Identity{Node: 2, Cluster: 7}, version: Version, class: small}.append(nil)
	damaged[20]++
	if answer, err := readHello(raw(t, a.addr(), damaged)); err != nil || answer.verdict != Malformed {
		t.Errorf("wrong checksum: answer %+v, %v", answer, err)
	}
	a.logs("makes no sense")
}

// The dialler does not rely on the acceptor to find out what is wrong.
func TestAWelcomeByTheWrongProcessIsDeclined(t *testing.T) {
	tests := []struct {
		name   string
		answer hello
		want   Verdict
	}{
		{"for another class", hello{Identity: Identity{1, 7, 3, 0}, class: bulk}, Malformed},
		{"from a client", hello{Identity: Identity{actors.ClientBit | 1, 7, 3, 0}, class: small}, Malformed},
		{"from nobody", hello{class: small}, Malformed},
		{"from another cluster", hello{Identity: Identity{1, 9, 3, 0}, class: small}, WrongCluster},
		{"from another node", hello{Identity: Identity{3, 7, 3, 0}, class: small}, WrongNode},
		{"to another node", hello{Identity: Identity{1, 7, 3, 0}, class: small, peer: 3}, WrongNode},
		{"from an older process", hello{Identity: Identity{1, 7, 2, 0}, class: small}, StaleIncarnation},
		{"from the right one", hello{Identity: Identity{1, 7, 3, 0}, class: small, peer: 2}, Welcome},
	}
	for _, test := range tests {
		addr := host(t, func(conn net.Conn) {
			readHello(conn)
			test.answer.version = Version
			conn.Write(test.answer.append(nil))
		})
		mine := hello{Identity: Identity{Node: 2, Cluster: 7}, version: Version, class: small, peer: 1}
		conn, _, err := dial(t.Context(), addr, nil, quick.withDefaults(), mine, Identity{1, 7, 3, 0})
		got := Welcome
		if refused := (*Refusal)(nil); errors.As(err, &refused) {
			got = refused.Verdict
		}
		if got != test.want || (conn != nil) != (test.want == Welcome) {
			t.Errorf("%s: verdict %d, want %d; %v", test.name, got, test.want, err)
		}
		if conn != nil {
			conn.Close()
		}
	}
}

// Whatever comes over the port, one line says what it was, and the node goes on.
func TestGarbageHarmsNobody(t *testing.T) {
	limits := quick
	limits.HandshakeTime = 50 * time.Millisecond
	a := start(t, Config{Node: 1, Limits: limits})
	b := start(t, Config{Node: 2, Peers: map[actors.NodeID]string{1: a.addr()}})
	tests := map[string]string{
		"http":       "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"random":     "\x8f\x13\xa7\x00\xff\xee\x01\x02\x99\x98\x97",
		"tls":        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"slow":       string(specHello[:30]), // and no more
		"nothing":    "",
		"long":       strings.Repeat("A", 1<<20),
		"magic only": "USTY",
	}
	// any order: the node survives them in any
	for name, bytes := range tests {
		conn := raw(t, a.addr(), nil)
		io.WriteString(conn, bytes) // may fail half way: the node has seen enough
		ends(t, conn)
		b.talk(a, "after "+name)
	}
	a.logs("connection refused", "reason=")
	if n := strings.Count(a.log.String(), "connection refused"); n != 1 {
		t.Errorf("%d lines for one host and minute:\n%s", n, a.log)
	}
	if n := a.Stats().Refused; n != uint64(len(tests)) {
		t.Errorf("%d refused, want %d", n, len(tests))
	}
}

func TestWhyAConnectionWasRefusedIsClear(t *testing.T) {
	limits := quick
	limits.HandshakeTime = time.Second / 2 // a busy machine needs some time to see what was sent
	tests := []struct{ bytes, want string }{
		{"GET / HTTP/1.1\r\n\r\n", "does not speak the peer protocol: is this the right address?"},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "the other side uses TLS: give a certificate to both sides or to neither"},
		{string(specHello[:30]), "did not finish its handshake in time"},
	}
	for _, test := range tests {
		a := start(t, Config{Node: 1, Limits: limits})
		raw(t, a.addr(), []byte(test.bytes))
		a.logs(test.want)
	}
}

func TestHandshakesAreFew(t *testing.T) {
	a := start(t, Config{Node: 1, Limits: Limits{Handshakes: 2}})
	for range 2 {
		raw(t, a.addr(), specHello[:10])
	}
	ends(t, raw(t, a.addr(), nil))
	a.logs("too many connections that have not said who they are")
}

func TestWhatCannotBeDecodedEndsTheConnection(t *testing.T) {
	damaged := append([]byte(nil), specFrame...)
	damaged[12] ^= 0x10
	tests := []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"flipped bit", damaged, "wrong checksum"},
		{"giant length", []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, "length 4294967295, at most 33619968"},
		{"message without meaning", frames("undecodable"), "not a text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := start(t, Config{Node: 1})
			h := hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 1}, version: Version, class: small}
			conn := welcomed(t, a.addr(), h)
			conn.Write(specFrame)
			if got := a.receive(); got.m != "hi" {
				t.Errorf("got %v", got)
			}
			conn.Write(append(append([]byte(nil), specFrame...), test.bytes...))
			if got := a.receive(); got.m != "hi" {
				t.Errorf("got %v", got)
			}
			ends(t, conn)
			a.logs("it carried what cannot be decoded", test.want, `peer="node 2"`)
			if a.Stats().Broken != 1 || len(a.letters) > 0 {
				t.Errorf("%+v, %d letters", a.Stats(), len(a.letters))
			}
			welcomed(t, a.addr(), h)
		})
	}
}

func TestProbeTellsWhoAnswers(t *testing.T) {
	a := start(t, Config{Node: 1, Incarnation: 6})
	got, err := Probe(t.Context(), a.addr(), nil)
	if want := (Identity{Node: 1, Cluster: 7, Incarnation: 6}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if s := a.Stats(); s.Accepted != 0 || s.Refused != 0 {
		t.Errorf("the probe left traces: %+v", s)
	}
}

func TestProbeSaysWhatElseAnswers(t *testing.T) {
	redis := host(t, func(conn net.Conn) { io.WriteString(conn, "-ERR unknown command\r\n") })
	_, err := Probe(t.Context(), redis, nil)
	if !errors.Is(err, errForeign) || !strings.Contains(err.Error(), redis) {
		t.Errorf("got %v", err)
	}
}

func TestACancelledHandshakeEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := host(t, func(conn net.Conn) {
		readHello(conn)
		cancel()
	})
	limits := Limits{HandshakeTime: time.Hour}.withDefaults()
	_, _, err := dial(ctx, silent, nil, limits, hello{version: Version, class: probe}, Identity{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWarningsAreFew(t *testing.T) {
	log := &logbook{}
	n := newNotices(slogTo(log))
	for range 100 {
		n.warn("a", "trouble")
	}
	n.warn("b", "other trouble")
	n.forget("a")
	n.warn("a", "trouble")
	if got := strings.Count(log.String(), "trouble"); got != 3 {
		t.Errorf("%d lines:\n%s", got, log)
	}
	now := time.Now()
	if !n.fresh("a", now.Add(2*noticeInterval)) || n.fresh("a", now.Add(2*noticeInterval+1)) {
		t.Error("a warning does not come back after its interval, once")
	}
	for i := range 3 * maxNotices {
		n.fresh(strings.Repeat("x", i), now)
	}
	if len(n.last) > maxNotices {
		t.Errorf("%d warnings remembered", len(n.last))
	}
}
