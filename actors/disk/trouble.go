package disk

import (
	"errors"
	"os"
	"syscall"

	"github.com/tidwall/wal"
)

// A trouble is a recorder whose disk fails when it is told to. Each order is for one
// failure; those that have not happened are forgotten when the next one is given.
type trouble struct {
	recorder
	fuse     int // which change of a name or a file from now on fails; 0: none
	sync     bool
	shorten  bool            // whether a batch is written in part
	keep     int             // how many bytes of it then are
	cause    syscall.Errno   // of the write that fails
	failures int             // that happened
	lost     map[string]bool // the files of which a sync failed: no later one proves anything
	open     []segments      // every wal, to give its files back
}

// ignite counts down to the failure of a change.
func (t *trouble) ignite() error {
	if t.fuse == 0 {
		return nil
	}
	t.fuse--
	if t.fuse > 0 {
		return nil
	}
	t.failures++
	return t.cause
}

// Create implements volume.
func (t *trouble) Create(path string) (output, error) {
	if err := t.ignite(); err != nil {
		return nil, err
	}
	out, err := t.recorder.Create(path)
	return &troubledOutput{out, t}, err
}

// Rename implements volume.
func (t *trouble) Rename(from, to string) error {
	if err := t.ignite(); err != nil {
		return err
	}
	return t.recorder.Rename(from, to)
}

// SyncDirectory implements volume.
func (t *trouble) SyncDirectory(path string) error {
	if err := t.ignite(); err != nil {
		return err
	}
	return t.recorder.SyncDirectory(path)
}

// SyncData implements volume.
func (t *trouble) SyncData(f *os.File) error {
	return t.syncOf(f.Name(), func() error { return t.recorder.SyncData(f) })
}

// syncOf syncs a file, unless that is to fail. After a failure a sync succeeds and
// proves nothing.
func (t *trouble) syncOf(path string, sync func() error) error {
	if t.sync {
		t.sync = false
		t.failures++
		t.lost[path] = true
		return syscall.EIO
	}
	if t.lost[path] {
		return nil
	}
	return sync()
}

type troubledOutput struct {
	output
	trouble *trouble
}

func (o *troubledOutput) Write(b []byte) (int, error) {
	if err := o.trouble.ignite(); err != nil {
		n, _ := o.output.Write(b[:len(b)/2]) // the rest finds no room
		return n, err
	}
	return o.output.Write(b)
}

func (o *troubledOutput) Sync() error {
	if err := o.trouble.ignite(); err != nil {
		return err
	}
	return o.output.Sync()
}

// A troubledWAL is a recorded wal on a disk that may fail.
type troubledWAL struct {
	*recordedWAL
	trouble *trouble
	short   bool // a batch was written in part
}

func (t *trouble) openWAL(dir string, segmentBytes int) (segments, error) {
	w, err := t.record(dir, segmentBytes)
	if err != nil {
		return nil, err
	}
	t.open = append(t.open, w.segments)
	return &troubledWAL{recordedWAL: w, trouble: t}, nil
}

func (w *troubledWAL) Sync() error { return w.trouble.syncOf(w.tail, w.recordedWAL.Sync) }

// WriteBatch writes a batch, or a part of one. Whoever writes on after that is told that all
// is well, as by a disk on which there is room again.
func (w *troubledWAL) WriteBatch(b *wal.Batch) error {
	if w.short {
		return nil
	}
	if !w.trouble.shorten {
		return w.recordedWAL.WriteBatch(b)
	}
	w.trouble.shorten, w.short = false, true
	w.trouble.failures++
	return errors.Join(w.trouble.cause, w.writePart(b, w.trouble.keep))
}

// writePart lets only the first bytes of a batch reach the last segment.
func (w *troubledWAL) writePart(b *wal.Batch, keep int) error {
	path := w.tail
	before := w.known[path]
	if err := w.segments.WriteBatch(b); err != nil {
		return err
	}
	after, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if from, _ := difference(before, after); from+keep < len(after) {
		copy(after[from+keep:], before[min(from+keep, len(before)):])
		after = after[:max(from+keep, len(before))]
	}
	return errors.Join(w.forget(path), os.WriteFile(path, after, fileMode), w.lookAtAll())
}

// forget removes the segments that the wal began behind the one of that path.
func (w *troubledWAL) forget(path string) error {
	all, err := listSegments(w.dir)
	for _, s := range all {
		if s.path > path {
			err = errors.Join(err, os.Remove(s.path))
		}
	}
	return err
}
