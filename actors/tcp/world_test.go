package tcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// patience bounds how long a test waits for what must happen. It is long, so that
// only a test that fails ever waits for it.
const patience = 20 * time.Second

// text is a codec for strings. It refuses to encode anything else, and to decode
// "undecodable".
type text struct{}

var errText = errors.New("not a text")

func (text) Append(b []byte, m actors.Message) ([]byte, error) {
	s, ok := m.(string)
	if !ok {
		return b, errText
	}
	return append(b, s...), nil
}

func (text) Decode(b []byte) (actors.Message, error) {
	if string(b) == "undecodable" {
		return nil, errText
	}
	return string(b), nil
}

// A letter is a message that was delivered.
type letter struct {
	from, to actors.Ref
	m        actors.Message
}

// A process is a transport with its log and what it has received.
type process struct {
	*Transport
	t       *testing.T
	log     *logbook
	letters chan letter
}

// quick are limits under which tests of waiting take no time.
var quick = Limits{BackoffMin: time.Millisecond, BackoffMax: 20 * time.Millisecond}

// start runs a process. It belongs to cluster 7, in incarnation 1, and listens if
// it is a server, unless c says otherwise.
func start(t *testing.T, c Config) *process {
	t.Helper()
	p := &process{t: t, log: &logbook{}, letters: make(chan letter, 1<<17)}
	if c.Cluster == 0 && !c.Node.IsClient() {
		c.Cluster = 7
	}
	if c.Incarnation == 0 {
		c.Incarnation = 1
	}
	if c.Listener == nil && !c.Node.IsClient() {
		c.Listener = listen(t, "127.0.0.1:0")
	}
	if c.Limits == (Limits{}) {
		c.Limits = quick
	}
	c.Codec = text{}
	c.Log = slogTo(p.log)
	c.Deliver = func(from, to actors.Ref, m actors.Message) { p.letters <- letter{from, to, m} }
	transport, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Transport = transport
	t.Cleanup(func() { transport.Close() })
	return p
}

// listen returns a listener, waiting for the address if it has just been left.
func listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	var l net.Listener
	eventually(t, "listening at "+addr, func() bool {
		var err error
		l, err = net.Listen("tcp", addr)
		return err == nil
	})
	return l
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (p *process) addr() string { return p.Addr().String() }

func (p *process) ref(name string) actors.Ref {
	return actors.Ref{Node: p.config.Node, Name: name}
}

// receive waits for the next message.
func (p *process) receive() letter {
	p.t.Helper()
	select {
	case l := <-p.letters:
		return l
	case <-time.After(patience):
		p.t.Fatalf("node %v waited in vain for a message; its log:\n%s", p.config.Node, p.log)
		return letter{}
	}
}

// talk sends m to another process, again and again since it may be lost, until it
// has been received there.
func (p *process) talk(to *process, m string) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%q at node %v", m, to.config.Node), func() bool {
		p.Send(p.ref("a"), to.ref("b"), m)
		select {
		case l := <-to.letters:
			return l == letter{p.ref("a"), to.ref("b"), m}
		case <-time.After(5 * time.Millisecond):
			return false
		}
	})
}

// logs waits until the log holds each of the texts.
func (p *process) logs(texts ...string) {
	p.t.Helper()
	for _, want := range texts {
		eventually(p.t, fmt.Sprintf("%q in the log of node %v", want, p.config.Node), func() bool {
			return strings.Contains(p.log.String(), want)
		})
	}
}

// A logbook is a log that can be read while it is written.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func slogTo(l *logbook) *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// raw opens a bare connection and sends b on it.
func raw(t *testing.T, addr string, b []byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
	return conn
}

// welcomed opens a connection as h and expects to be let in.
func welcomed(t *testing.T, addr string, h hello) net.Conn {
	t.Helper()
	conn := raw(t, addr, h.append(nil))
	if answer, err := readHello(conn); err != nil || answer.verdict != Welcome {
		t.Fatalf("answer %+v, %v", answer, err)
	}
	return conn
}

// ends waits until the other side has closed conn.
func ends(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the connection was not closed")
	}
}

// host accepts connections at an address of its own and serves each in serve.
func host(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l := listen(t, "127.0.0.1:0")
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go serve(conn)
		}
	}()
	return l.Addr().String()
}
