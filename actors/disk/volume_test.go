package disk

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// A faultyVolume is the volume of the operating system, on which one operation on a
// path that contains a word fails or waits.
type faultyVolume struct {
	local
	mu    sync.Mutex
	word  string
	after int           // how many such operations succeed before one fails; -1: all
	gate  chan struct{} // if not nil, each such sync of a file takes one from it
}

func (v *faultyVolume) fails(path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.after < 0 || !strings.Contains(path, v.word) {
		return nil
	}
	v.after--
	if v.after < 0 {
		return errDisk
	}
	return nil
}

// fail makes the operation fail before which n others on such paths succeed.
func (v *faultyVolume) fail(word string, n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.word, v.after = word, n
}

// spent reports whether the failure has happened.
func (v *faultyVolume) spent() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.after < 0
}

func (v *faultyVolume) Create(path string) (output, error) {
	if err := v.fails(path); err != nil {
		return nil, err
	}
	out, err := v.local.Create(path)
	return &faultyOutput{out, v, path}, err
}

func (v *faultyVolume) Mkdir(path string) error {
	return errors.Join(v.fails(path), v.local.Mkdir(path))
}

func (v *faultyVolume) Rename(from, to string) error {
	if err := v.fails(to); err != nil {
		return err
	}
	return v.local.Rename(from, to)
}

func (v *faultyVolume) RemoveAll(path string) error {
	if err := v.fails(path); err != nil {
		return err
	}
	return v.local.RemoveAll(path)
}

func (v *faultyVolume) SyncDirectory(path string) error {
	return errors.Join(v.fails(path), v.local.SyncDirectory(path))
}

type faultyOutput struct {
	output
	volume *faultyVolume
	path   string
}

func (o *faultyOutput) Write(b []byte) (int, error) {
	if err := o.volume.fails(o.path); err != nil {
		n, _ := o.output.Write(b[:len(b)/2])
		return n, err
	}
	return o.output.Write(b)
}

func (o *faultyOutput) Sync() error {
	if gate := o.volume.gate; gate != nil && strings.Contains(o.path, o.volume.word) {
		<-gate
	}
	return errors.Join(o.volume.fails(o.path), o.output.Sync())
}

func (o *faultyOutput) Close() error {
	return errors.Join(o.volume.fails(o.path), o.output.Close())
}

// onFaultyVolume opens a store on a volume that can be made to fail.
func onFaultyVolume(t *testing.T) (*client, *faultyVolume) {
	t.Helper()
	v := &faultyVolume{after: -1}
	s, err := openOn(v, fastDirectory(t), us)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // what it says of failed logs is no news
	return newClient(t, s), v
}

// TestAFailureOfAFileIsItsOwn fails each operation in turn by which a file is written
// and sealed.
func TestAFailureOfAFileIsItsOwn(t *testing.T) {
	for n := 0; ; n++ {
		c, v := onFaultyVolume(t)
		c.mustOpen()
		c.storeFile("other", threePieces...)
		v.fail(filesDirectory, n)
		var failed []error
		for _, piece := range threePieces {
			failed = append(failed, c.write(fileName, piece).Err)
		}
		failed = append(failed, c.seal(fileName).Err)
		if !v.spent() {
			if n < 8 {
				t.Errorf("only %d operations make a file", n)
			}
			return
		}
		first := slices.IndexFunc(failed, func(err error) bool { return err != nil })
		if first < 0 || slices.ContainsFunc(failed[first:], func(err error) bool { return !errors.Is(err, errDisk) }) {
			t.Errorf("operation %d failed, and the answers were %v", n, failed)
		}
		wantFileOrNothing(t, c)
		if err := c.removeFile(fileName); err != nil {
			t.Errorf("operation %d: removed with %v", n, err)
		}
		c.storeFile(fileName, "again")
		c.append("the log goes on")
		c.mustSync()
		if got := c.read("other", 1); string(got.Data) != threePieces[1] {
			t.Errorf("operation %d: another file reads as %q, %v", n, got.Data, got.Err)
		}
	}
}

// wantFileOrNothing demands that the file is whole if it is there, also after a crash.
func wantFileOrNothing(t *testing.T, c *client) {
	t.Helper()
	for _, c := range []*client{c, start(t, crash(t, c.store.dir), segmentBytes)} {
		for i, want := range threePieces {
			got := c.read(fileName, i)
			if there := got.Err == nil && string(got.Data) == want; !there && !errors.Is(got.Err, actors.ErrNoFile) {
				t.Errorf("piece %d reads as %q, %v", i, got.Data, got.Err)
			}
		}
	}
}

func TestAFailedRemovalOfAFileCanBeRepeated(t *testing.T) {
	for n := range 2 {
		c, v := onFaultyVolume(t)
		c.storeFile(fileName, "one")
		v.fail(filesDirectory, n)
		if err := c.removeFile(fileName); !errors.Is(err, errDisk) {
			t.Errorf("the removal answered %v", err)
		}
		if err := c.removeFile(fileName); err != nil {
			t.Errorf("the second removal answered %v", err)
		}
		if got := c.read(fileName, 0); !errors.Is(got.Err, actors.ErrNoFile) {
			t.Errorf("a removed file reads as %q, %v", got.Data, got.Err)
		}
	}
}

// TestAFileHoldsUpNoLogAndNoRead has a file whose sync does not end.
func TestAFileHoldsUpNoLogAndNoRead(t *testing.T) {
	c, v := onFaultyVolume(t)
	c.storeFile("other", "one")
	c.mustOpen()
	v.fail(fileName, -1)
	v.gate = make(chan struct{})
	c.write(fileName, "piece")
	c.disk.SealFile(fileName)
	for range 10 {
		c.append("record")
		c.mustSync()
		if got := c.read("other", 0); string(got.Data) != "one" {
			t.Errorf("read %q, %v", got.Data, got.Err)
		}
	}
	close(v.gate)
	if sealed := c.answer().(actors.FileSealed); sealed.Err != nil {
		t.Error(sealed.Err)
	}
}

// TestALargeFileIsSyncedAlongTheWay counts the syncs by letting each of them pass.
func TestALargeFileIsSyncedAlongTheWay(t *testing.T) {
	c, v := onFaultyVolume(t)
	v.fail(fileName, -1)
	const syncs = 3
	v.gate = make(chan struct{}, syncs)
	for range syncs {
		v.gate <- struct{}{}
	}
	piece := string(make([]byte, actors.MaxPieceBytes))
	for range syncs * behindBytes / actors.MaxPieceBytes {
		if written := c.write(fileName, piece); written.Err != nil {
			t.Fatal(written.Err)
		}
	}
	if len(v.gate) != 0 {
		t.Errorf("%d syncs of %d were left over", len(v.gate), syncs)
	}
	close(v.gate) // for the seal
	c.seal(fileName)
}

// TestAFailedRemovalOfALogIsFinal fails each operation by which a log is removed. What
// is left is as it was, or gone once the directory is opened again.
func TestAFailedRemovalOfALogIsFinal(t *testing.T) {
	for n := 0; ; n++ {
		c, v := onFaultyVolume(t)
		c.mustOpen()
		c.append("one")
		c.mustSync()
		awaitFrames(t, c.store.dir, 2)
		v.fail("", n)
		err := c.removeLog()
		if !v.spent() {
			if err != nil || n < 6 {
				t.Errorf("%d operations removed a log, with %v", n, err)
			}
			return
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("operation %d failed, and the removal answered %v", n, err)
		}
		if opened := c.open(); !errors.Is(opened.Err, errDisk) {
			t.Errorf("operation %d failed, and then the log opened with %v", n, opened.Err)
		}
		next := start(t, crash(t, c.store.dir), segmentBytes)
		listed := len(next.listLogs()) > 0
		if got := texts(next.mustOpen()); listed != slices.Equal(got, []string{"one"}) || !listed && len(got) != 0 {
			t.Errorf("operation %d failed; then the log, listed: %v, held %q", n, listed, got)
		}
	}
}

func (c *client) removeLog() error {
	c.t.Helper()
	c.disk.RemoveLog(logName)
	return c.answer().(actors.LogRemoved).Err
}

func (c *client) listLogs() []string {
	c.t.Helper()
	c.disk.ListLogs()
	return c.answer().(actors.LogsListed).Logs
}

func TestARemovedLogLeavesNothingBehind(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	for range 3 {
		c.mustOpen()
		c.append("one")
		c.mustSync()
		if err := c.removeLog(); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(c.store.dir, logsDirectory, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if got := texts(c.mustOpen()); len(got) != 0 {
		t.Errorf("the log holds %q", got)
	}
}

// TestRequestsBehindARemovalFindANewLog asks for all of it at once.
func TestRequestsBehindARemovalFindANewLog(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	c.mustOpen()
	const rounds = 20
	for range rounds {
		c.append("one")
		c.disk.SyncLog(logName, 1)
		c.disk.RemoveLog(logName)
		c.disk.OpenLog(logName)
	}
	for range rounds {
		synced, removed, opened := c.answer().(actors.LogSynced), c.answer().(actors.LogRemoved), c.answer().(actors.LogOpened)
		if err := errors.Join(synced.Err, removed.Err, opened.Err); err != nil || len(opened.Records) != 0 {
			t.Errorf("opened with %d records, %v", len(opened.Records), err)
		}
	}
	c.mustClose()
	if next := start(t, c.store.dir, segmentBytes); !slices.Equal(next.listLogs(), []string{logName}) {
		t.Errorf("the logs are %q", next.listLogs())
	}
}

func TestLogsThatAreNotListedAreRemovedAtOpen(t *testing.T) {
	dir := newSpecimen(t).dir
	overwrite(t, filepath.Join(dir, identityFile), label{Identity: us, incarnation: 1}.appendTo(nil))
	c := start(t, dir, segmentBytes)
	if left, err := filepath.Glob(filepath.Join(dir, logsDirectory, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if got := c.mustOpen(); len(got) != 0 {
		t.Errorf("a new log holds %q", got)
	}
}
