package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tidwall/wal"
)

// A change is one thing that was done to a data directory.
type change struct {
	kind changeKind
	path string // below the data directory
	to   string // of a rename
	at   int    // where it is written, or cut
	data []byte
}

type changeKind int

const (
	makes changeKind = iota // a directory
	creates
	writes
	cuts
	syncs
	renames
	removes
	syncsNames // of a directory
)

// String prints the change in a line.
func (c change) String() string {
	kinds := []string{"mkdir", "create", "write", "cut", "sync", "rename", "remove", "sync names of"}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s at %d, %d bytes", kinds[c.kind], c.path, c.to, c.at, len(c.data)))
}

// A recorder is the volume of the operating system and tells what is done to it, one
// change after the other. It also tells what the wal does, judging by its files. It
// leaves out the syncs themselves: what they would make durable is believed, not needed.
type recorder struct {
	local
	root string

	mu   sync.Mutex
	seen func(change)
}

// note tells of c once do has done it.
func (r *recorder) note(c change, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	r.tell(c)
	return nil
}

// tell tells of c, which was done. The caller holds the lock.
func (r *recorder) tell(c change) {
	c.path = r.relative(c.path)
	if c.to != "" {
		c.to = r.relative(c.to)
	}
	r.seen(c)
}

func (r *recorder) relative(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, r.root), "/")
}

func done() error { return nil }

// Create implements volume.
func (r *recorder) Create(path string) (out output, err error) {
	err = r.note(change{kind: creates, path: path}, func() error {
		out, err = r.local.Create(path)
		return err
	})
	return &recordedOutput{output: out, recorder: r, path: path}, err
}

// Mkdir implements volume.
func (r *recorder) Mkdir(path string) error {
	return r.note(change{kind: makes, path: path}, func() error { return r.local.Mkdir(path) })
}

// Rename implements volume.
func (r *recorder) Rename(from, to string) error {
	return r.note(change{kind: renames, path: from, to: to}, func() error { return r.local.Rename(from, to) })
}

// RemoveAll implements volume: it removes one name after the other.
func (r *recorder) RemoveAll(path string) error {
	inside, err := os.ReadDir(path)
	if err == nil {
		for _, file := range inside {
			if err := r.RemoveAll(filepath.Join(path, file.Name())); err != nil {
				return err
			}
		}
	}
	if _, err := os.Lstat(path); err != nil {
		return nil // there is nothing to be removed
	}
	return r.note(change{kind: removes, path: path}, func() error { return os.Remove(path) })
}

// SyncDirectory implements volume.
func (r *recorder) SyncDirectory(path string) error {
	return r.note(change{kind: syncsNames, path: path}, done)
}

// SyncData implements volume.
func (r *recorder) SyncData(f *os.File) error {
	return r.note(change{kind: syncs, path: f.Name()}, done)
}

type recordedOutput struct {
	output
	recorder *recorder
	path     string
	size     int
}

func (o *recordedOutput) Write(b []byte) (n int, err error) {
	err = o.recorder.note(change{kind: writes, path: o.path, at: o.size, data: bytes.Clone(b)}, func() error {
		n, err = o.output.Write(b)
		return err
	})
	o.size += n
	return n, err
}

func (o *recordedOutput) Sync() error {
	return o.recorder.note(change{kind: syncs, path: o.path}, done)
}

// A recordedWAL is a real wal of which the recorder sees the files.
type recordedWAL struct {
	segments
	recorder     *recorder
	dir          string
	segmentBytes int
	known        map[string][]byte // of the segments, as far as they are told of
	tail         string            // the last one
	tailFile     *os.File          // the same to read from, once it was looked at
	end          int               // of the frames in it
	buffer       []byte
}

func (r *recorder) openWAL(dir string, segmentBytes int) (segments, error) {
	return r.record(dir, segmentBytes)
}

// record opens a wal and sees its files from now on.
func (r *recorder) record(dir string, segmentBytes int) (_ *recordedWAL, err error) {
	w := &recordedWAL{
		recorder: r, dir: dir, segmentBytes: segmentBytes, known: map[string][]byte{}, buffer: make([]byte, 4<<10),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before, err := listSegments(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range before {
		if w.known[s.path], err = os.ReadFile(s.path); err != nil {
			return nil, err
		}
		w.tail, w.end = s.path, len(w.known[s.path])
	}
	if w.segments, err = openWAL(dir, segmentBytes); err != nil {
		return nil, err
	}
	return w, w.look()
}

func (w *recordedWAL) WriteBatch(b *wal.Batch) error {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	if err := w.segments.WriteBatch(b); err != nil {
		return err
	}
	return w.look()
}

func (w *recordedWAL) Sync() error { return w.syncAfter(done) }

// Close gives the files back; the wal syncs them before.
func (w *recordedWAL) Close() error {
	defer w.tailFile.Close() // nothing was written
	return w.syncAfter(w.segments.Close)
}

func (w *recordedWAL) syncAfter(do func() error) error {
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	if err := w.lookAtMargin(); err != nil {
		return err
	}
	w.recorder.tell(change{kind: syncs, path: w.tail})
	return nil
}

// look tells what the wal did since the last look: it writes frames to its last segment,
// and when that is full it syncs it and creates another.
func (w *recordedWAL) look() error {
	if w.tail != "" {
		if err := w.lookAtFrames(); err != nil || w.end < w.segmentBytes {
			return err
		}
	}
	all, err := listSegments(w.dir)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.path <= w.tail {
			continue
		}
		if w.tail != "" {
			w.recorder.tell(change{kind: syncs, path: w.tail})
		}
		w.recorder.tell(change{kind: creates, path: s.path})
		w.tail, w.end = s.path, 0
		if err := w.lookAtFrames(); err != nil {
			return err
		}
	}
	return nil
}

// lookAtFrames tells of new frames in the last segment.
func (w *recordedWAL) lookAtFrames() error {
	if err := w.openTail(); err != nil {
		return err
	}
	for {
		n, err := w.tailFile.ReadAt(w.buffer, int64(w.end))
		if err != nil && err != io.EOF {
			return err
		}
		size, more := framesIn(w.buffer[:n])
		if more && n == len(w.buffer) {
			w.buffer = make([]byte, 4*len(w.buffer))
			continue
		}
		if size > 0 {
			w.wrote(w.tail, w.end, bytes.Clone(w.buffer[:size]))
			w.end += size
		}
		return nil
	}
}

// openTail opens the last segment, unless it is open already.
func (w *recordedWAL) openTail() (err error) {
	if w.tailFile != nil {
		if w.tailFile.Name() == w.tail {
			return nil
		}
		w.tailFile.Close() // nothing was written
	}
	w.tailFile, err = os.Open(w.tail)
	return err
}

// framesIn returns how much of b is whole frames, and whether there may be more of them
// behind it.
func framesIn(b []byte) (size int, more bool) {
	for size < len(b) {
		length, n := binary.Uvarint(b[size:])
		if n > 0 && length < frameHeader {
			return size, false // a margin
		}
		if n <= 0 || length > uint64(len(b)-size-n) {
			return size, true
		}
		size += n + int(length)
	}
	return size, true
}

// wrote tells of data that was written to a segment.
func (w *recordedWAL) wrote(path string, at int, data []byte) {
	before := w.known[path]
	inside := copy(before[at:], data)
	w.known[path] = append(before, data[inside:]...)
	w.recorder.tell(change{kind: writes, path: path, at: at, data: data})
}

// lookAtMargin tells how the last segment has become longer or shorter.
func (w *recordedWAL) lookAtMargin() error {
	if err := w.openTail(); err != nil {
		return err
	}
	info, err := w.tailFile.Stat()
	if err != nil || int(info.Size()) == len(w.known[w.tail]) {
		return err
	}
	return w.lookAtAll()
}

// lookAtAll tells how the last segment has become different.
func (w *recordedWAL) lookAtAll() error {
	content, err := os.ReadFile(w.tail)
	if err != nil {
		return err
	}
	before := w.known[w.tail]
	if len(content) < len(before) {
		w.recorder.tell(change{kind: cuts, path: w.tail, at: len(content)})
		before = before[:len(content)]
	}
	if from, to := difference(before, content); from < to {
		w.recorder.tell(change{kind: writes, path: w.tail, at: from, data: bytes.Clone(content[from:to])})
	}
	w.known[w.tail] = content
	return nil
}
