package disk

import (
	"bytes"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

func TestLargestRecordReturns(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 64 MiB a few times over")
	}
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	c.mustOpen()
	large := bytes.Repeat([]byte("understudy"), MaxRecordBytes/10+1)[:MaxRecordBytes]
	c.append("before")
	c.disk.AppendLog(logName, large)
	c.append("behind")
	c.mustSync()
	c.mustClose()
	got := start(t, dir, segmentBytes).mustOpen()
	if len(got) != 3 || string(got[0]) != "before" || !bytes.Equal(got[1], large) || string(got[2]) != "behind" {
		t.Errorf("the log holds %d records, want a large one between two small ones", len(got))
	}
}

// TestLargeRoundIsWrittenInParts appends more in one round than a batch takes.
func TestLargeRoundIsWrittenInParts(t *testing.T) {
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	f := faulty(c)
	f.gate, f.syncing = make(chan struct{}), make(chan struct{}, 10)
	c.mustOpen()
	c.append("one")
	c.disk.SyncLog(logName, 1)
	<-f.syncing
	for range 10 {
		c.disk.AppendLog(logName, make([]byte, batchBytes/3))
	}
	c.disk.SyncLog(logName, 2)
	close(f.gate)
	for range 2 {
		if synced := c.answer().(actors.LogSynced); synced.Err != nil {
			t.Fatal(synced.Err)
		}
	}
	if writes, syncs := f.writes.Load(), f.syncs.Load(); writes < 4 || syncs != 2 {
		t.Errorf("%d writes and %d syncs, want 4 or more and 2", writes, syncs)
	}
	c.mustClose()
	if got := start(t, dir, segmentBytes).mustOpen(); len(got) != 11 {
		t.Errorf("the log holds %d records, want 11", len(got))
	}
}

func TestNextOwnerOfALogGetsItsAnswers(t *testing.T) {
	dir := fastDirectory(t)
	first := start(t, dir, segmentBytes)
	first.mustOpen()
	first.append("one") // not synced: the next owner's opening does it
	second := newClient(t, first.store)
	if got := texts(second.mustOpen()); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the next owner reads %q", got)
	}
	second.append("two")
	second.mustSync()
	if len(first.answers) > 0 {
		t.Error("the last owner got an answer that was not for it")
	}
	second.mustClose()
	if got := texts(start(t, dir, segmentBytes).mustOpen()); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the log holds %q", got)
	}
}

// TestSealIsWrittenOnce looks at a log at rest: it holds a seal behind what was
// synced, and no more of them however often a sync finds nothing new.
func TestSealIsWrittenOnce(t *testing.T) {
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	f := faulty(c)
	c.mustOpen()
	c.append("one")
	c.mustSync()
	awaitFrames(t, dir, 2)
	for range 5 {
		c.mustSync()
	}
	if n := f.syncs.Load(); n != 1 {
		t.Errorf("the wal was synced %d times, want once", n)
	}
	c.mustClose()
	if n := countFrames(t, dir); n != 2 {
		t.Errorf("the log has %d frames, want a record and a seal", n)
	}
}
