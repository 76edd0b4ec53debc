package resp

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
)

// A talk is a connection on which one command is typed at a time.
type talk struct {
	t      *testing.T
	socket net.Conn
	input  *bufio.Reader
}

// say types a command and returns the whole reply.
func (c *talk) say(command string) string {
	c.t.Helper()
	if c.input == nil {
		c.input = bufio.NewReader(c.socket)
	}
	if _, err := io.WriteString(c.socket, command+"\r\n"); err != nil {
		c.t.Fatalf("%s: %v", command, err)
	}
	return c.hear()
}

// hear returns the next reply, with all that belongs to it.
func (c *talk) hear() string {
	c.t.Helper()
	line, err := c.input.ReadString('\n')
	if err != nil {
		c.t.Fatalf("after %q: %v", line, err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return line
		}
		body := make([]byte, n+2)
		if _, err := io.ReadFull(c.input, body); err != nil {
			c.t.Fatal(err)
		}
		return line + string(body)
	case '%':
		n *= 2
	case '*', '~':
	default:
		return line
	}
	for range n {
		line += c.hear()
	}
	return line
}
