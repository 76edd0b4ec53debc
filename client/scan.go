package client

import (
	"context"
	"iter"

	"github.com/understudy-kv/understudy/kv"
)

// A Range says which keys to scan.
type Range struct {
	// From is the first key, and To the one to stop before: none if empty.
	From, To string
	// Match is a pattern as Redis has it, such as "user:*"; all keys if empty.
	Match string
	// Values asks for the values as well.
	Values bool
}

// An Entry is a key that a scan found.
type Entry struct {
	Key   string
	Value []byte // if asked for
	// Long is how many bytes the value has if it was asked for and is too long to be told
	// here; see [Client.Download].
	Long int64
}

// Scan goes over the keys of a range: those of one partition after the other, within
// each in byte order. Keys that are there all the time are found once; those that
// come or go meanwhile may be found or not. After an error, the scan ends.
func (c *Client) Scan(ctx context.Context, r Range) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for p := range c.Map().Partitions() {
			if !c.scanPartition(ctx, p, r, yield) {
				return
			}
		}
	}
}

// scanPartition reports whether to go on.
func (c *Client) scanPartition(
	ctx context.Context, p int, r Range, yield func(Entry, error) bool,
) bool {
	for next := []byte(r.From); next != nil; {
		op := kv.Op{Kind: kv.Scan, Key: next, End: []byte(r.To), Match: []byte(r.Match), WithValues: r.Values}
		results, err := c.run(ctx, &Call{Ops: []kv.Op{op}, Partition: p})
		if err != nil {
			yield(Entry{}, err)
			return false
		}
		if !yieldAll(results[0], yield) {
			return false
		}
		next = results[0].Next
	}
	return true
}

func yieldAll(r kv.Result, yield func(Entry, error) bool) bool {
	for i, key := range r.Keys {
		e := Entry{Key: string(key)}
		if i < len(r.Values) {
			e.Value = r.Values[i]
		}
		if r.Code == kv.OnlyRanges {
			e.Long = r.Number
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}
