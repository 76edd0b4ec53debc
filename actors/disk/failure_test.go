package disk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/wal"

	"github.com/understudy-kv/understudy/actors"
)

var errDisk = errors.New("input/output error")

// A faultyWAL is a real wal on real files, in which writes and syncs can be made to
// fail or to wait.
type faultyWAL struct {
	segments
	dir string

	writes, syncs, closes atomic.Int64
	failures              atomic.Int64 // of writes and syncs

	// failWrite fails a write after that many bytes of it reached the file; -1 is
	// never.
	failWrite atomic.Int64
	failSync  atomic.Bool
	gate      chan struct{} // if not nil, each sync takes one from it
	syncing   chan struct{} // and announces itself here before
}

// faulty makes the logs of c's store fail as the result is told to.
func faulty(c *client) *faultyWAL {
	f := &faultyWAL{}
	f.failWrite.Store(-1)
	c.store.openWAL = func(dir string, segmentBytes int) (segments, error) {
		var err error
		f.dir = dir
		f.segments, err = openWAL(dir, segmentBytes)
		return f, err
	}
	return f
}

func (f *faultyWAL) WriteBatch(b *wal.Batch) error {
	f.writes.Add(1)
	keep := f.failWrite.Load()
	if keep < 0 {
		return f.segments.WriteBatch(b)
	}
	f.failures.Add(1)
	tail, before := f.tail()
	return errors.Join(errDisk, f.segments.WriteBatch(b), os.Truncate(tail, before+keep))
}

// tail returns the last segment and its size.
func (f *faultyWAL) tail() (path string, size int64) {
	all, err := listSegments(f.dir)
	if err != nil {
		panic(err)
	}
	path = all[len(all)-1].path
	info, err := os.Stat(path)
	if err != nil {
		panic(err)
	}
	return path, info.Size()
}

func (f *faultyWAL) Sync() error {
	f.syncs.Add(1)
	if f.gate != nil {
		f.syncing <- struct{}{}
		<-f.gate
	}
	if f.failSync.Load() {
		f.failures.Add(1)
		return errDisk
	}
	return f.segments.Sync()
}

func (f *faultyWAL) Close() error {
	f.closes.Add(1)
	return f.segments.Close()
}

// wantDead demands that the log fails with cause whatever it is asked, that what failed
// was not tried again, and that the log no longer touches the files.
func wantDead(t *testing.T, c *client, f *faultyWAL, cause error) {
	t.Helper()
	if n := f.failures.Load(); n > 1 {
		t.Errorf("what failed was tried %d times", n)
	}
	f.failWrite.Store(-1)
	f.failSync.Store(false)
	writes, syncs := f.writes.Load(), f.syncs.Load()
	before := read(t, segmentPath(c.store.dir, 1))
	for range 3 {
		c.append("after the failure")
		if err := c.sync(2); !errors.Is(err, cause) {
			t.Errorf("a sync after the failure answered %v, want %v", err, cause)
		}
	}
	if opened := c.open(); !errors.Is(opened.Err, cause) {
		t.Errorf("opening after the failure answered %v, want %v", opened.Err, cause)
	}
	if err := c.store.Close(); !errors.Is(err, cause) {
		t.Errorf("Close returned %v, want %v", err, cause)
	}
	if w, s, n := f.writes.Load()-writes, f.syncs.Load()-syncs, f.closes.Load(); w+s+n > 0 {
		t.Errorf("after the failure the wal was written %d times, synced %d times and closed %d times", w, s, n)
	}
	if !slices.Equal(before, read(t, segmentPath(c.store.dir, 1))) {
		t.Error("the file changed after the failure")
	}
}

func TestFailedSyncIsFinal(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	f := faulty(c)
	c.mustOpen()
	c.append("one")
	c.mustSync()
	f.failSync.Store(true)
	c.append("two")
	err := c.sync(1)
	if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), c.store.dir) || !strings.Contains(err.Error(), logName) {
		t.Errorf("the failed sync answered %v", err)
	}
	wantDead(t, c, f, errDisk)
	got := texts(start(t, c.store.dir, segmentBytes).mustOpen())
	if !slices.Equal(got, []string{"one", "two"}) && !slices.Equal(got, []string{"one"}) {
		t.Errorf("the log holds %q", got)
	}
}

// TestShortWriteIsFinal fails a write after each number of its bytes.
func TestShortWriteIsFinal(t *testing.T) {
	whole := entrySize(frameHeader+len("two")) + entrySize(frameHeader+len("three"))
	for keep := range whole {
		c := start(t, fastDirectory(t), segmentBytes)
		f := faulty(c)
		c.mustOpen()
		c.append("one")
		c.mustSync()
		awaitFrames(t, c.store.dir, 2)
		f.failWrite.Store(int64(keep))
		c.append("two", "three")
		if err := c.sync(1); !errors.Is(err, errDisk) {
			t.Fatalf("the short write of %d bytes answered %v", keep, err)
		}
		wantDead(t, c, f, errDisk)
		next := start(t, c.store.dir, segmentBytes)
		got := texts(next.mustOpen())
		if all := []string{"one", "two", "three"}; len(got) < 1 || len(got) > 2 || !slices.Equal(got, all[:len(got)]) {
			t.Errorf("after a short write of %d bytes the log holds %q", keep, got)
		}
		next.append("again")
		next.mustSync()
		next.mustClose()
	}
}

func TestFailedFloorIsFinal(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	f := faulty(c)
	c.mustOpen()
	// A directory in the way of the temporary file fails the first floor.
	obstacle := filepath.Join(logDirectory(c.store.dir), floorFile+temporary)
	if err := os.Mkdir(obstacle, directoryMode); err != nil {
		t.Fatal(err)
	}
	c.append("one")
	err := c.sync(1)
	if err == nil {
		t.Fatal("a sync was answered although the floor could not be raised")
	}
	remove(t, obstacle)
	wantDead(t, c, f, errors.Unwrap(err))
}

func TestFailedSealIsFinal(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	f := faulty(c)
	f.gate, f.syncing = make(chan struct{}), make(chan struct{}, 1)
	c.mustOpen()
	c.append("one")
	c.disk.SyncLog(logName, 1)
	<-f.syncing
	f.failWrite.Store(3)
	close(f.gate)
	if synced := c.answer().(actors.LogSynced); synced.Err != nil {
		t.Fatal(synced.Err)
	}
	for f.writes.Load() < 2 {
		time.Sleep(time.Millisecond) // the seal follows by itself
	}
	c.append("two")
	if err := c.sync(2); !errors.Is(err, errDisk) {
		t.Errorf("a sync after the failed seal answered %v", err)
	}
	f.gate = nil
	wantDead(t, c, f, errDisk)
	if got := texts(start(t, c.store.dir, segmentBytes).mustOpen()); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the log holds %q", got)
	}
}

func TestFailedOpenIsFinal(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	c.store.openWAL = func(string, int) (segments, error) { return nil, errDisk }
	if opened := c.open(); !errors.Is(opened.Err, errDisk) {
		t.Errorf("opened with %v", opened.Err)
	}
	c.store.openWAL = openWAL
	if opened := c.open(); !errors.Is(opened.Err, errDisk) {
		t.Errorf("opened again with %v", opened.Err)
	}
	c.append("one")
	if err := c.sync(1); !errors.Is(err, errDisk) {
		t.Errorf("a sync answered %v", err)
	}
}

func TestWALThatDisagreesIsRefused(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	c.store.openWAL = func(dir string, segmentBytes int) (segments, error) {
		return openWAL(filepath.Join(dir, "elsewhere"), segmentBytes)
	}
	c.mustOpen() // both are empty
	c.append("one")
	c.mustSync()
	c.mustClose()
	next := start(t, c.store.dir, segmentBytes)
	if opened := next.open(); !errors.Is(opened.Err, actors.ErrCorrupt) {
		t.Errorf("without its segments the log opened with %v", opened.Err)
	}
	r := recovered{floor: floor{number: 4}}
	if r.agrees(4) != nil || r.agrees(5) == nil {
		t.Error("recovery and the wal may disagree")
	}
}

func TestTooLargeRecordFailsTheLog(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	c.mustOpen()
	c.disk.AppendLog(logName, make([]byte, MaxRecordBytes+1))
	if err := c.sync(1); err == nil || !strings.Contains(err.Error(), "longer than a log takes") {
		t.Errorf("the sync answered %v", err)
	}
}

// TestSyncsDuringASyncShareTheNext counts the syncs of the wal.
func TestSyncsDuringASyncShareTheNext(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	f := faulty(c)
	f.gate, f.syncing = make(chan struct{}), make(chan struct{}, 10)
	c.mustOpen()
	c.append("one")
	c.disk.SyncLog(logName, 1)
	<-f.syncing // the first sync is running
	for mark := uint64(2); mark <= 20; mark++ {
		c.append("more")
		c.disk.SyncLog(logName, mark)
	}
	close(f.gate)
	for mark := uint64(1); mark <= 20; mark++ {
		if synced := c.answer().(actors.LogSynced); synced.Mark != mark || synced.Err != nil {
			t.Errorf("got %+v, want mark %d", synced, mark)
		}
	}
	if n := f.syncs.Load(); n != 2 {
		t.Errorf("the wal was synced %d times, want 2", n)
	}
}

// TestFloorReachesIntoEverySegment looks at the floor at the moment a sync is
// answered: with it the name of the segment is durable, and a loss is noticed.
func TestFloorReachesIntoEverySegment(t *testing.T) {
	s, err := Open(fastDirectory(t), us)
	if err != nil {
		t.Fatal(err)
	}
	s.segmentBytes = 200
	defer s.Close()
	done := make(chan struct{}, 1)
	disk := s.For(actors.Ref{}, func(m actors.Message) {
		if _, synced := m.(actors.LogSynced); synced { // in the goroutine of the log
			checkFloor(t, s.logs[logName])
		}
		done <- struct{}{}
	})
	disk.OpenLog(logName)
	<-done
	for i := range 60 {
		for range i % 7 {
			disk.AppendLog(logName, make([]byte, i))
		}
		disk.SyncLog(logName, 1)
		<-done
	}
}

// checkFloor demands that the floor reaches into each segment with a synced frame.
func checkFloor(t *testing.T, l *log) {
	if l.err != nil {
		t.Error(l.err)
		return
	}
	all, err := listSegments(l.dir)
	if err != nil {
		t.Error(err)
	}
	f, ok := decodeFloor(read(t, filepath.Join(l.dir, floorFile)))
	for _, s := range all {
		if synced := l.writer.synced; s.first <= synced && (!ok || f.number < s.first) {
			t.Errorf("frame %d is synced, but the floor is %d and a segment begins with %d", synced, f.number, s.first)
		}
	}
}
