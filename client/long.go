package client

import (
	"context"
	"errors"
	"io"

	"github.com/understudy-kv/understudy/kv"
)

// Values longer than kv.MaxValueBytes are written and read piece by piece.

// pieceBytes is how much of a long value travels at once.
const pieceBytes = 4 << 20

// Why a long value is not to be had.
var (
	// ErrLong says that a value is too long to be told at once: [Client.Download] reads it.
	ErrLong = errors.New("the value is too long to be told at once")
	// ErrChanged says that somebody else has changed a value while it was on its way.
	ErrChanged = errors.New("the value was changed by somebody else meanwhile")
)

// Download writes the value of a key to w, however long it is, and returns how long it
// is and whether the key is there. What is written is the value at one moment: if it
// changes meanwhile, the error wraps [ErrChanged], and what was written is a part of the
// value before.
func (c *Client) Download(ctx context.Context, key string, w io.Writer) (size int64, found bool, err error) {
	var version uint64
	for at := int64(0); at < size || !found; at += pieceBytes {
		op := kv.Op{Kind: kv.Range, Key: []byte(key), Offset: at, Until: at + pieceBytes}
		part, err := c.one(ctx, op)
		switch {
		case err != nil:
			return 0, false, err
		case part.Code == kv.Absent && !found:
			return 0, false, nil
		case found && part.Version != version:
			return 0, false, &Error{Code: Unavailable, Op: op.Kind.String(), Key: key, Err: ErrChanged}
		}
		size, version, found = part.Number, part.Version, true
		if _, err := w.Write(part.Value); err != nil {
			return 0, false, err
		}
	}
	return size, true, nil
}

// Upload makes what r yields, to its end, the value of a key and returns how long that
// is. It is written piece by piece: until Upload returns, others see the beginning of it,
// and if it fails, that is what remains. Nothing is mixed with what others write: if they
// do, the error wraps [ErrChanged].
func (c *Client) Upload(ctx context.Context, key string, r io.Reader) (size int64, err error) {
	op := kv.Op{Kind: kv.Put, Key: []byte(key)}
	for {
		// Each piece has memory of its own: a call that was given up may still hold it.
		piece := make([]byte, pieceBytes)
		n, err := io.ReadFull(r, piece)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return size, err
		}
		if n == 0 && size > 0 {
			return size, nil
		}
		op.Value = piece[:n]
		result, err := c.one(ctx, op)
		switch {
		case err != nil:
			return size, err
		case result.Code == kv.Mismatch:
			return size, &Error{Code: Unknown, Op: op.Kind.String(), Key: key, Err: ErrChanged}
		}
		if size += int64(n); last {
			return size, nil
		}
		op = kv.Op{Kind: kv.Append, Key: op.Key, Long: true, If: kv.IfVersion, Version: result.Version}
	}
}
