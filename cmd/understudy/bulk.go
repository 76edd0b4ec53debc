package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// A bulk writes much to one partition.
type bulk struct {
	client *client.Client
	tag    string // that all keys have
	value  int    // bytes of a value, or of one append
	long   int    // bytes of a value that is built by appends; 0: values are set whole
	rate   int    // bytes a second at most; 0: as many as are taken
}

// bulkWriters is how many writes are under way at one time.
const bulkWriters = 32

// fill writes size bytes under new keys.
func (b bulk) fill(ctx context.Context, size int64, progress func(int)) error {
	return b.write(ctx, size/int64(b.value), func(n int64, value []byte) kv.Op {
		if b.long > 0 {
			key := fmt.Appendf(nil, "%slong:%d", b.tag, n/int64(b.long/b.value))
			return kv.Op{Kind: kv.Append, Key: key, Value: value, Long: true}
		}
		return kv.Op{Kind: kv.Put, Key: fmt.Appendf(nil, "%s%d", b.tag, n), Value: value}
	}, progress)
}

// more writes to few keys, again and again, until ctx ends, which is no error.
func (b bulk) more(ctx context.Context, progress func(int)) error {
	const keys, endless = 64, 1 << 40
	err := b.write(ctx, endless, func(n int64, value []byte) kv.Op {
		return kv.Op{Kind: kv.Put, Key: fmt.Appendf(nil, "%smore:%d", b.tag, n%keys), Value: value}
	}, progress)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// write carries out n operations.
func (b bulk) write(ctx context.Context, n int64, op func(int64, []byte) kv.Op, progress func(int)) error {
	var wait sync.WaitGroup
	var taken atomic.Int64
	errs := make([]error, bulkWriters)
	began := time.Now()
	for i := range errs {
		wait.Go(func() {
			for number := taken.Add(1) - 1; number < n && errs[i] == nil; number = taken.Add(1) - 1 {
				b.wait(ctx, began, number)
				value := make([]byte, b.value)
				binary.PutVarint(value, number) // all values differ
				_, errs[i] = b.client.Do(ctx, op(number, value))
				progress(b.value)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// wait lets pass the time that comes before a write by the rate.
func (b bulk) wait(ctx context.Context, began time.Time, number int64) {
	if b.rate > 0 {
		due := float64(number) * float64(b.value) / float64(b.rate)
		sleep(ctx, time.Until(began.Add(time.Duration(due*float64(time.Second)))))
	}
}
