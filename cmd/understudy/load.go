package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A load is a closed loop over the Redis protocol.
type load struct {
	addresses   []string
	connections int
	pipeline    int
	keys        int
	valueBytes  int
	reads       int // percent
}

// run drives all connections for d and returns the sorted times that turns took:
// from sending a pipeline to its last answer.
func (l load) run(ctx context.Context, d time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var wait sync.WaitGroup
	turns := make([][]time.Duration, l.connections)
	errs := make([]error, l.connections)
	for i := range l.connections {
		wait.Go(func() { turns[i], errs[i] = l.drive(ctx, i) })
	}
	wait.Wait()
	all := slices.Concat(turns...)
	slices.Sort(all)
	return all, errors.Join(errs...)
}

// drive is one connection: it sends a pipeline, waits for its answers, and again.
func (l load) drive(ctx context.Context, number int) (turns []time.Duration, err error) {
	c, err := dialRedis(ctx, l.addresses[number%len(l.addresses)])
	if err != nil {
		return nil, err
	}
	defer c.Close()
	random := rand.New(rand.NewPCG(uint64(number), 0))
	value := bytes.Repeat([]byte{'x'}, l.valueBytes)
	var commands []byte
	for ctx.Err() == nil {
		commands = commands[:0]
		for range l.pipeline {
			key := keyNumber(random.IntN(l.keys))
			if random.IntN(100) < l.reads {
				commands = appendCommand(commands, []byte("GET"), key)
			} else {
				commands = appendCommand(commands, []byte("SET"), key, value)
			}
		}
		start := time.Now()
		if err := c.do(commands, l.pipeline); err != nil {
			return turns, err
		}
		turns = append(turns, time.Since(start))
	}
	return turns, nil
}

// A redisConn speaks just enough RESP2 to be fast.
type redisConn struct {
	net.Conn
	replies *bufio.Reader
}

func dialRedis(ctx context.Context, address string) (*redisConn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &redisConn{Conn: c, replies: bufio.NewReaderSize(c, 64<<10)}, nil
}

func appendCommand(b []byte, words ...[]byte) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n", len(w))
		b = append(append(b, w...), "\r\n"...)
	}
	return b
}

// do sends commands and reads as many replies.
func (c *redisConn) do(commands []byte, replies int) error {
	if _, err := c.Write(commands); err != nil {
		return err
	}
	for range replies {
		if err := c.skipReply(); err != nil {
			return err
		}
	}
	return nil
}

// skipReply reads one simple reply, and fails if it is an error.
func (c *redisConn) skipReply() error {
	line, err := c.replies.ReadSlice('\n')
	if err != nil {
		return err
	}
	switch line[0] {
	case '+', ':', '_':
		return nil
	case '$':
		n, err := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
		if err != nil || n < 0 {
			return err
		}
		_, err = c.replies.Discard(n + len("\r\n"))
		return err
	}
	return fmt.Errorf("%v answered %q", c.RemoteAddr(), bytes.TrimSpace(line))
}
