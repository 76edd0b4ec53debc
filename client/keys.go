package client

import (
	"context"
	"errors"

	"github.com/understudy-kv/understudy/kv"
)

// Why an operation on a value can never succeed. The code is [Invalid].
var (
	ErrNotANumber    = errors.New("the value is not a decimal integer of 64 bits")
	ErrOverflow      = errors.New("the sum does not fit in 64 bits")
	ErrValueTooLarge = errors.New("the value would be too long")
)

// Get returns the value of a key and whether the key is there. The error for a value
// longer than kv.MaxValueBytes wraps [ErrLong].
func (c *Client) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	r, err := c.one(ctx, kv.Op{Kind: kv.Get, Key: []byte(key)})
	return r.Value, err == nil && r.Code == kv.OK, err
}

// Exists reports whether a key is there.
func (c *Client) Exists(ctx context.Context, key string) (bool, error) {
	r, err := c.one(ctx, kv.Op{Kind: kv.Exists, Key: []byte(key)})
	return r.Number == 1, err
}

// Put makes value the value of a key.
func (c *Client) Put(ctx context.Context, key string, value []byte) error {
	_, err := c.one(ctx, kv.Op{Kind: kv.Put, Key: []byte(key), Value: value})
	return err
}

// Delete removes a key and reports whether it was there.
func (c *Client) Delete(ctx context.Context, key string) (existed bool, err error) {
	r, err := c.one(ctx, kv.Op{Kind: kv.Delete, Key: []byte(key)})
	return r.Number == 1, err
}

// CompareAndSet puts value if the key's value is expected, and reports whether it
// did. An expected of nil means that the key must be absent.
func (c *Client) CompareAndSet(
	ctx context.Context, key string, expected, value []byte,
) (swapped bool, err error) {
	op := kv.Op{Kind: kv.Put, Key: []byte(key), Value: value, If: kv.IfValue, Expected: expected}
	if expected == nil {
		op.If = kv.IfAbsent
	}
	r, err := c.one(ctx, op)
	return err == nil && r.Code == kv.OK, err
}

// Increment adds delta to the decimal integer at a key, absent counting as 0, and
// returns the sum.
func (c *Client) Increment(ctx context.Context, key string, delta int64) (sum int64, err error) {
	r, err := c.one(ctx, kv.Op{Kind: kv.Add, Key: []byte(key), Delta: delta})
	return r.Number, err
}

// Append adds value to the end of the value of a key, absent counting as empty, and
// returns the new length in bytes. It makes no value longer than kv.MaxValueBytes.
func (c *Client) Append(ctx context.Context, key string, value []byte) (length int64, err error) {
	r, err := c.one(ctx, kv.Op{Kind: kv.Append, Key: []byte(key), Value: value})
	return r.Number, err
}

// one does a single operation. Codes that are no outcome of the method become errors.
func (c *Client) one(ctx context.Context, op kv.Op) (kv.Result, error) {
	call := &Call{Ops: []kv.Op{op}}
	results, err := c.run(ctx, call)
	if err != nil {
		return kv.Result{}, err
	}
	if cause := causeOf(results[0].Code); cause != nil {
		return kv.Result{}, call.fail(Invalid, cause)
	}
	return results[0], nil
}

func causeOf(code kv.Code) error {
	switch code {
	case kv.NotANumber:
		return ErrNotANumber
	case kv.Overflow:
		return ErrOverflow
	case kv.TooLarge:
		return ErrValueTooLarge
	case kv.OnlyRanges:
		return ErrLong
	}
	return nil
}
