package resp

import (
	"errors"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// A long value is one that a store tells only in parts. The writer of the connection
// puts it together, so that a connection has one in hand at a time, and the server
// limits what all have in hand.

// partBytes is how much of a long value is asked for at once. What else goes to or
// comes from the same node waits no longer than that takes.
const partBytes = 4 << 20

// Why a long value could not be put together. Nothing happened.
var (
	errChanged = errors.New("the value is long and changed while it was read")
	errCrowded = errors.New("too many long values are being read from this node")
)

// whole answers with the value that op reads, however long it is.
func (r *request) whole(op kv.Op) {
	r.long = true
	r.do(op, renderValue)
}

// isLong reports whether the value that was asked for has to be put together.
func (r *request) isLong() bool {
	if !r.long || r.one.Err != nil {
		return false
	}
	code := r.result().Code
	return code == kv.OnlyRanges || code == kv.TooLarge
}

// span returns which part of a value of size bytes op reads.
func span(op *kv.Op, size int64) (from, to int64) {
	if op.Kind == kv.Get {
		return 0, size
	}
	at := func(position int64) int64 {
		if position < 0 {
			position += size
		}
		return min(max(position, 0), size)
	}
	from, to = at(op.Offset), size
	if op.Until != 0 {
		to = max(from, at(op.Until))
	}
	return from, to
}

// sendLong puts a long value together and sends it. It reports false if the connection
// is of no use any more.
func (s *sender) sendLong(r *request) bool {
	from, to := span(&r.op[0], r.result().Number)
	ration := &s.server.ration
	if !ration.take(nil, to-from, longPatience) {
		return s.sendError(r, errCrowded)
	}
	defer ration.give(to - from)
	value, err := s.assemble(r, from, to)
	if err != nil {
		return s.sendError(r, err)
	}
	s.out.count('$', int64(len(value)))
	if !s.flush() || !s.put(value) {
		return false
	}
	s.out.buf = append(s.out.buf, '\r', '\n')
	return true
}

// longPatience is how long a long value waits for others to be sent.
const longPatience = 5 * time.Second

func (s *sender) sendError(r *request, cause error) bool {
	var failure *client.Error
	if !errors.As(cause, &failure) {
		op := &r.op[0]
		cause = &client.Error{Code: client.Unavailable, Op: op.Kind.String(), Key: string(op.Key), Err: cause}
	}
	s.out.error(r.explain(cause))
	return true
}

// assemble reads a part of a value, all of it as it was at one moment.
func (s *sender) assemble(r *request, from, to int64) ([]byte, error) {
	version := r.result().Version
	value := make([]byte, 0, to-from)
	for at := from; at < to; at += partBytes {
		if s.queue.broken.Load() {
			return nil, errChanged // nobody hears it
		}
		part, err := s.part(r.op[0].Key, at, min(at+partBytes, to))
		switch {
		case err != nil:
			return nil, err
		case part.Code != kv.OK || part.Version != version:
			return nil, errChanged
		}
		value = append(value, part.Value...)
	}
	return value, nil
}

// part reads one part and waits for it.
func (s *sender) part(key []byte, from, to int64) (kv.Result, error) {
	done := make(chan struct{})
	call := &client.Call{
		Ops:  []kv.Op{{Kind: kv.Range, Key: key, Offset: from, Until: to}},
		Done: func(*client.Call) { close(done) },
	}
	s.server.config.Store.Submit([]*client.Call{call})
	<-done
	if call.Err != nil {
		return kv.Result{}, call.Err
	}
	return call.Results[0], nil
}
