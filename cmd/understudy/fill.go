package main

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
)

// A filler writes keys in their order, and again from the first one on.
type filler struct {
	addresses  []string
	keys       int
	valueBytes int
	next       int
}

// How many keys a filler sends before it reads their answers, and over how many
// connections.
const (
	fillBatch       = 128
	fillConnections = 4
)

// keyNumber is the key that loads and fillers have under a number.
func keyNumber(n int) []byte { return strconv.AppendInt([]byte("key:"), int64(n), 10) }

// write writes the next n keys.
func (f *filler) write(ctx context.Context, n int, progress func(int)) error {
	var wait sync.WaitGroup
	var taken atomic.Int64
	errs := make([]error, fillConnections)
	for i := range errs {
		wait.Go(func() { errs[i] = f.drive(ctx, f.addresses[i%len(f.addresses)], &taken, n, progress) })
	}
	wait.Wait()
	f.next = (f.next + n) % f.keys
	return errors.Join(errs...)
}

// drive is one connection, which takes a batch after the other of those that n keys are
// cut into.
func (f *filler) drive(ctx context.Context, address string, taken *atomic.Int64, n int, progress func(int)) error {
	c, err := dialRedis(ctx, address)
	if err != nil {
		return err
	}
	defer c.Close()
	value := bytes.Repeat([]byte{'x'}, f.valueBytes)
	for first := int(taken.Add(fillBatch)) - fillBatch; first < n; first = int(taken.Add(fillBatch)) - fillBatch {
		count := min(fillBatch, n-first)
		var commands []byte
		for k := range count {
			commands = appendCommand(commands, []byte("SET"), keyNumber((f.next+first+k)%f.keys), value)
		}
		if err := c.do(commands, count); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		progress(count)
	}
	return nil
}
