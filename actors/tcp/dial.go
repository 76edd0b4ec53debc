package tcp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// dial opens a connection to addr and runs the handshake of mine on it. It returns
// the answer, which has been judged.
func dial(ctx context.Context, addr string, c *tls.Config, l Limits, mine hello, latest Identity) (net.Conn, hello, error) {
	dialer := net.Dialer{Timeout: l.DialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, hello{}, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	secured, theirs, err := introduce(conn, addr, c, l, mine, latest)
	if err != nil {
		conn.Close()
		return nil, hello{}, cmp.Or(ctx.Err(), err)
	}
	return secured, theirs, nil
}

// introduce is the handshake on the dialling side.
func introduce(conn net.Conn, addr string, c *tls.Config, l Limits, mine hello, latest Identity) (net.Conn, hello, error) {
	if err := conn.SetDeadline(time.Now().Add(l.HandshakeTime)); err != nil {
		return nil, hello{}, err
	}
	tune(conn)
	if c != nil {
		conn = tls.Client(conn, withServerName(c, addr))
	}
	if _, err := conn.Write(mine.append(nil)); err != nil {
		return nil, hello{}, explain(err)
	}
	theirs, err := readHello(conn)
	if err != nil && !errors.Is(err, errVersion) {
		return nil, hello{}, explain(err)
	}
	if v := mine.judgeAnswer(theirs, latest); v != Welcome {
		return nil, hello{}, refusal(v, mine, theirs)
	}
	return conn, theirs, conn.SetDeadline(time.Time{})
}

// judgeAnswer returns the verdict of the other side, or our own of it.
func (h hello) judgeAnswer(theirs hello, latest Identity) Verdict {
	switch {
	case theirs.version != Version:
		return WrongVersion
	case theirs.verdict != Welcome:
		return theirs.verdict
	case theirs.class != h.class || theirs.Node == 0 || theirs.Node.IsClient():
		return Malformed // not an answer to this, or not from a server
	}
	return h.judge(theirs, h.peer, latest)
}

func withServerName(c *tls.Config, addr string) *tls.Config {
	if c.ServerName != "" || c.InsecureSkipVerify {
		return c
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	c = c.Clone()
	c.ServerName = host
	return c
}

// Probe asks who answers at addr, without becoming anybody there. The error is a
// [*Refusal] if a node answered that speaks another version.
func Probe(ctx context.Context, addr string, c *tls.Config) (Identity, error) {
	mine := hello{version: Version, class: probe}
	conn, theirs, err := dial(ctx, addr, c, Limits{}.withDefaults(), mine, Identity{})
	if err != nil {
		return Identity{}, fmt.Errorf("tcp: probe %s: %w", addr, err)
	}
	conn.Close() // it has served its purpose
	return theirs.Identity, nil
}
