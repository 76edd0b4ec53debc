package kv

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/google/btree"
)

// A Capture is the whole state of a store as it was at one moment, on its way into
// bytes: keys, values, versions, sessions, stamp and hash. The store works on
// meanwhile, and keeps for the capture what it changes and the capture has not yet
// come by. The same state always gives the same bytes, whatever happens in between;
// docs/wire.md specifies them, and a [Loader] reads them.
//
// A capture is for the goroutine of its store.
type Capture struct {
	store    *Store // nil when nothing more is to be read from it
	sessions sessionCapture
	records  recordCapture

	buffer  []byte // written and not yet handed out
	sum     uint32 // of everything written
	written bool   // to the end
}

// Capture begins to capture the state as it is now. It takes the same time whatever
// the number of keys, and a few nanoseconds and 8 bytes for each session. A store
// makes one capture at a time: the one before must have been read to its end or closed.
func (s *Store) Capture() *Capture {
	if s.capture != nil {
		panic("kv: a capture is begun and the one before it is not closed")
	}
	c := &Capture{
		store:    s,
		sessions: s.sessions.captured(s.stamp),
		records: recordCapture{
			stamp: s.stamp,
			order: s.order.Clone(),
			kept:  make(map[*record]record),
		},
	}
	c.header()
	s.capture, s.sessions.capture = &c.records, &c.sessions
	return c
}

func (c *Capture) header() {
	b := make([]byte, 0, stateHeaderBytes)
	b = append(b, stateMagic...)
	b = binary.LittleEndian.AppendUint32(b, stateVersion)
	b = binary.LittleEndian.AppendUint64(b, c.store.stamp)
	b = binary.LittleEndian.AppendUint64(b, c.store.hash)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(c.sessions.left)))
	b = binary.LittleEndian.AppendUint64(b, uint64(c.store.Len()))
	c.buffer = b
	c.sum = crc32.Checksum(b, castagnoli)
}

// Next returns the next piece, of limit bytes (at least one) unless it is the last,
// and whether there is more. After the last piece, or Close, it returns nothing. The
// piece is the caller's.
func (c *Capture) Next(limit int) (piece []byte, more bool) {
	limit = max(limit, 1)
	if len(c.buffer) < limit && !c.written {
		c.fill(limit)
	}
	n := min(limit, len(c.buffer))
	piece = bytes.Clone(c.buffer[:n])
	c.buffer = c.buffer[:copy(c.buffer, c.buffer[n:])]
	return piece, len(c.buffer) > 0 || !c.written
}

// Close gives up what was not read. It does nothing after the last piece, or when it
// is called again.
func (c *Capture) Close() {
	c.release()
	c.buffer, c.written = nil, true
}

// release makes the store keep nothing for c any more.
func (c *Capture) release() {
	if c.store == nil {
		return
	}
	c.store.capture, c.store.sessions.capture = nil, nil
	c.store, c.sessions, c.records = nil, sessionCapture{}, recordCapture{}
}

// fill writes until the buffer has limit bytes, and up to a key and a chunk more, or
// the state is at its end.
func (c *Capture) fill(limit int) {
	before := len(c.buffer)
	b := c.sessions.appendTo(c.buffer, limit)
	b = c.records.appendTo(b, limit)
	c.sum = crc32.Update(c.sum, castagnoli, b[before:])
	if len(b) < limit {
		b = binary.LittleEndian.AppendUint32(b, c.sum)
		c.written = true
		c.release()
	}
	c.buffer = b
}

// A recordCapture is the part of a [Capture] that is about records.
type recordCapture struct {
	stamp  uint64 // of the last command that is in the state
	order  *btree.BTreeG[item]
	next   string // no record before it is still to be written
	passed bool   // no record at all is
	// kept holds records that were changed before they were written, as they were.
	kept map[*record]record
	rest [][]byte // chunks still to be written of the last value
}

// keep must be called before the record at key is changed. A record that was deleted
// is not changed, and the captured order still leads to it.
func (c *recordCapture) keep(key []byte, r *record) {
	if r.version <= c.stamp && string(key) >= c.next && !c.passed {
		c.kept[r] = record{r.version, r.value.frozen()}
	}
}

// appendTo writes records until b has limit bytes.
func (c *recordCapture) appendTo(b []byte, limit int) []byte {
	b = c.appendRest(b, limit)
	if len(b) >= limit || c.passed {
		return b
	}
	c.passed = true
	c.order.AscendGreaterOrEqual(item{key: c.next}, func(i item) bool {
		if len(b) >= limit {
			c.next, c.passed = i.key, false
			return false
		}
		b = c.appendRest(c.appendRecord(b, i), limit)
		return true
	})
	return b
}

// appendRecord writes the record at i as it was captured; a value of several chunks
// becomes the rest.
func (c *recordCapture) appendRecord(b []byte, i item) []byte {
	r, changed := c.kept[i.record]
	if changed {
		delete(c.kept, i.record)
	} else {
		r = *i.record
	}
	b = binary.AppendUvarint(b, uint64(len(i.key)))
	b = append(b, i.key...)
	b = binary.LittleEndian.AppendUint64(b, r.version)
	b = binary.AppendUvarint(b, uint64(r.value.len()))
	if r.value.full == nil {
		return append(b, r.value.last...)
	}
	c.rest = append(slices.Clone(*r.value.full), r.value.last)
	return b
}

// appendRest writes what is left of the last value until b has limit bytes.
func (c *recordCapture) appendRest(b []byte, limit int) []byte {
	for len(c.rest) > 0 && len(b) < limit {
		b = append(b, c.rest[0]...)
		c.rest = c.rest[1:]
	}
	return b
}
