package disk

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tidwall/wal"
)

// A writer appends frames to an open wal. After its first error it must not be used
// again.
type writer struct {
	volume volume
	dir    string
	wal    segments
	salt   uint64

	batch   wal.Batch
	pending int    // bytes in batch
	buffer  []byte // reused for one frame at a time

	last    uint64 // the number of the last frame, in the batch or written
	record  uint64 // the number of the last frame that is no seal
	claimed uint64 // the highest claim written
	synced  uint64 // every frame up to here is durable
	floor   uint64 // what the floor file says
	cursor  cursor
	margin  margin
}

// newWriter opens the wal of a log that has been recovered.
func newWriter(
	v volume, dir string, r *recovered, segmentBytes int, open func(string, int) (segments, error),
) (*writer, error) {
	w := &writer{
		volume: v, dir: dir, salt: r.floor.salt,
		last: r.last(), record: r.last(), claimed: r.last(), synced: r.last(), floor: r.last(),
		cursor: newCursor(r, segmentBytes),
		margin: margin{segmentBytes: segmentBytes, datasync: v.SyncData},
	}
	var err error
	if w.wal, err = open(dir, segmentBytes); err != nil {
		return nil, err
	}
	last, err := w.wal.LastIndex()
	if err != nil {
		return nil, err
	}
	return w, r.agrees(last)
}

// append adds a record to the batch, and writes the batch out if it has grown large.
func (w *writer) append(record []byte) error {
	if len(record) > MaxRecordBytes {
		return fmt.Errorf("a record of %d bytes is longer than a log takes (%d)", len(record), MaxRecordBytes)
	}
	w.add(recordKind, record)
	w.record = w.last
	if w.pending >= batchBytes {
		return w.write()
	}
	return nil
}

// seal writes a frame that claims what has been synced, unless that is claimed
// already.
func (w *writer) seal() error {
	if w.claimed == w.synced {
		return nil
	}
	w.add(sealKind, nil)
	return w.write()
}

func (w *writer) add(kind byte, body []byte) {
	w.last++
	w.claimed = w.synced
	w.buffer = frame{kind: kind, number: w.last, claim: w.claimed, body: body}.appendTo(w.buffer[:0], w.salt)
	w.batch.Write(w.last, w.buffer)
	w.pending += len(w.buffer)
	w.cursor.add(w.last, entrySize(len(w.buffer)))
}

// write hands the batch to the wal.
func (w *writer) write() error {
	if w.pending == 0 {
		return nil
	}
	err := w.wal.WriteBatch(&w.batch)
	if w.pending >= batchBytes {
		w.batch, w.buffer = wal.Batch{}, nil // rare: do not keep that much for ever
	}
	w.pending = 0
	return err
}

// sync makes every record written durable, the names of their files included.
func (w *writer) sync() error {
	if w.record <= w.synced {
		return nil
	}
	if err := w.syncFile(); err != nil {
		return err
	}
	w.synced = w.last
	if w.floor < w.cursor.reached {
		return w.raise()
	}
	return nil
}

// syncFile syncs the last segment; the wal has synced those before it. If that has
// grown it is made larger than it need be, so that the next syncs cost less.
func (w *writer) syncFile() error {
	if done, err := w.margin.sync(w.cursor.first, w.cursor.size); done {
		return err
	}
	if err := w.margin.extend(w.dir, w.cursor.first, w.cursor.size); err != nil {
		return err
	}
	return w.wal.Sync()
}

// raise writes the floor, and with it syncs the directory. It comes with a new
// segment, so it is also the time to make the wal forget the full ones.
func (w *writer) raise() error {
	w.floor = w.synced
	err := replaceFile(w.volume, filepath.Join(w.dir, floorFile), floor{salt: w.salt, number: w.floor}.appendTo(nil))
	return errors.Join(err, w.wal.ClearCache())
}

// close makes everything durable and promises it.
func (w *writer) close() error {
	if err := w.sync(); err != nil {
		return err
	}
	if err := w.raise(); err != nil {
		return err
	}
	if err := w.margin.cut(w.cursor.first, w.cursor.size); err != nil {
		return err
	}
	return w.wal.Close()
}

// A cursor follows the wal through its segments, by the wal's own rule: an entry
// with which a segment reaches its size is the last one in it.
type cursor struct {
	segmentBytes int
	first        uint64 // the number of the first frame of the current segment
	size         int    // of the current segment
	reached      uint64 // the first frame of the segment that holds the last frame
}

func newCursor(r *recovered, segmentBytes int) cursor {
	first := max(r.tail.first, 1)
	c := cursor{segmentBytes: segmentBytes, first: first, size: r.size, reached: first}
	if r.size > segmentBytes { // the wal will begin a new one before it writes
		c.first, c.size = r.last()+1, 0
	}
	return c
}

// add takes notice of the frame of that number and its size in the wal.
func (c *cursor) add(number uint64, size int) {
	c.reached = c.first
	c.size += size
	if c.size >= c.segmentBytes {
		c.first, c.size = number+1, 0
	}
}
