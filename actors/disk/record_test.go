package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/tidwall/wal"

	"github.com/understudy-kv/understudy/actors"
)

// A change is one thing that was done to a data directory, or something that was asked
// of its store or answered.
type change struct {
	kind changeKind
	path string // below the data directory
	to   string // of a rename
	data []byte
	talk any // a promise was asked for, or given
}

type changeKind int

const (
	makes changeKind = iota // a directory
	creates
	writes // at the end
	syncs
	renames
	removes
	syncsNames // of a directory
	talks
)

// String prints the change in a line.
func (c change) String() string {
	if c.kind == talks {
		return fmt.Sprintf("%T %+v", c.talk, c.talk)
	}
	kinds := []string{"mkdir", "create", "write", "sync", "rename", "remove", "sync names of"}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %d", kinds[c.kind], c.path, c.to, len(c.data)))
}

// A recorder is the volume of the operating system and writes down what is done to it.
// It also writes down what the wal does, judging by its files.
type recorder struct {
	local
	root string

	mu      sync.Mutex
	changes []change
}

// note writes c down once do has done it.
func (r *recorder) note(c change, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.noteLocked(c, do)
}

func (r *recorder) noteLocked(c change, do func() error) error {
	if err := do(); err != nil {
		return err
	}
	c.path = r.relative(c.path)
	if c.to != "" {
		c.to = r.relative(c.to)
	}
	r.changes = append(r.changes, c)
	return nil
}

func (r *recorder) relative(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, r.root), "/")
}

// talk writes down what was asked or answered.
func (r *recorder) talk(m any) {
	r.note(change{kind: talks, talk: m}, func() error { return nil })
}

func (r *recorder) Create(path string) (out output, err error) {
	err = r.note(change{kind: creates, path: path}, func() error {
		out, err = r.local.Create(path)
		return err
	})
	return &recordedOutput{out, r, path}, err
}

func (r *recorder) Mkdir(path string) error {
	return r.note(change{kind: makes, path: path}, func() error { return r.local.Mkdir(path) })
}

func (r *recorder) Rename(from, to string) error {
	return r.note(change{kind: renames, path: from, to: to}, func() error { return r.local.Rename(from, to) })
}

// RemoveAll removes one name after the other.
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

func (r *recorder) SyncDirectory(path string) error {
	return r.note(change{kind: syncsNames, path: path}, func() error { return nil })
}

type recordedOutput struct {
	output
	recorder *recorder
	path     string
}

func (o *recordedOutput) Write(b []byte) (n int, err error) {
	err = o.recorder.note(change{kind: writes, path: o.path, data: append([]byte(nil), b...)}, func() error {
		n, err = o.output.Write(b)
		return err
	})
	return n, err
}

func (o *recordedOutput) Sync() error {
	return o.recorder.note(change{kind: syncs, path: o.path}, func() error { return nil })
}

// A recordedWAL is a real wal of which the recorder sees the files.
type recordedWAL struct {
	segments
	recorder *recorder
	dir      string
	sizes    map[string]int // of the segments, as far as they are written down
	tail     string
}

func (r *recorder) openWAL(dir string, segmentBytes int) (_ segments, err error) {
	w := &recordedWAL{recorder: r, dir: dir, sizes: map[string]int{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	before, err := listSegments(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range before {
		b, err := os.ReadFile(s.path)
		if err != nil {
			return nil, err
		}
		w.sizes[s.path], w.tail = len(b), s.path
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

func (w *recordedWAL) Sync() error {
	return w.recorder.note(change{kind: syncs, path: w.tail}, w.segments.Sync)
}

func (w *recordedWAL) Close() error {
	return w.recorder.note(change{kind: syncs, path: w.tail}, w.segments.Close)
}

// look writes down what the wal did since the last look: it writes to its last segment,
// and syncs that before it creates another.
func (w *recordedWAL) look() error {
	done := func() error { return nil }
	r := w.recorder
	all, err := listSegments(w.dir)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.path < w.tail {
			continue
		}
		b, err := os.ReadFile(s.path)
		if err != nil {
			return err
		}
		size, known := w.sizes[s.path]
		if !known {
			if w.tail != "" {
				r.noteLocked(change{kind: syncs, path: w.tail}, done)
			}
			r.noteLocked(change{kind: creates, path: s.path}, done)
			w.tail = s.path
		}
		if len(b) > size {
			r.noteLocked(change{kind: writes, path: s.path, data: b[size:]}, done)
		}
		w.sizes[s.path] = len(b)
	}
	return nil
}

// start opens a store on the recorder, with segments of that size. What the client asks
// and is answered is written down too.
func (r *recorder) start(segmentBytes int) (*Store, error) {
	s, err := openOn(r, r.root, us)
	if err != nil {
		return nil, err
	}
	s.segmentBytes, s.openWAL = segmentBytes, r.openWAL
	return s, nil
}

// A recordedDisk writes down what is asked of it and what it answers.
type recordedDisk struct {
	actors.Disk
	recorder *recorder
	answers  chan actors.Message
}

func (r *recorder) disk(s *Store) *recordedDisk {
	d := &recordedDisk{recorder: r, answers: make(chan actors.Message, 1000)}
	d.Disk = s.For(actors.Ref{Node: us.Node, Name: "recorded"}, func(m actors.Message) {
		r.talk(m)
		d.answers <- m
	})
	return d
}

// What is asked, as it is written down.
type (
	askedOpen   struct{ log string }
	askedSync   struct{ log string }
	askedAppend struct {
		log    string
		record []byte
	}
	askedRemoveLog struct{ log string }
	askedWrite     struct {
		file  string
		piece []byte
	}
	askedSeal       struct{ file string }
	askedRemoveFile struct{ file string }
)

func (d *recordedDisk) AppendLog(log string, record []byte) {
	d.recorder.talk(askedAppend{log, record})
	d.Disk.AppendLog(log, record)
}

func (d *recordedDisk) OpenLog(log string) {
	d.recorder.talk(askedOpen{log})
	d.Disk.OpenLog(log)
}

func (d *recordedDisk) SyncLog(log string, mark uint64) {
	d.recorder.talk(askedSync{log})
	d.Disk.SyncLog(log, mark)
}

func (d *recordedDisk) RemoveLog(log string) {
	d.recorder.talk(askedRemoveLog{log})
	d.Disk.RemoveLog(log)
}

func (d *recordedDisk) WriteFile(file string, piece []byte) {
	d.recorder.talk(askedWrite{file, piece})
	d.Disk.WriteFile(file, piece)
}

func (d *recordedDisk) SealFile(file string) {
	d.recorder.talk(askedSeal{file})
	d.Disk.SealFile(file)
}

func (d *recordedDisk) RemoveFile(file string) {
	d.recorder.talk(askedRemoveFile{file})
	d.Disk.RemoveFile(file)
}
