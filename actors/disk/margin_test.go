package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// padded starts a log that has just got a margin.
func padded(t *testing.T, segmentBytes int) (*client, *faultyWAL, []string) {
	t.Helper()
	c := start(t, fastDirectory(t), segmentBytes)
	f := faulty(c)
	c.mustOpen()
	records := []string{strings.Repeat("first", marginFrom/5)}
	c.append(records...)
	c.mustSync()
	return c, f, records
}

// write appends short records, each with a sync of its own.
func write(c *client, n int, records []string) []string {
	for range n {
		record := fmt.Sprintf("record %d%s", len(records), strings.Repeat("\x00", len(records)%5))
		c.append(record)
		c.mustSync()
		records = append(records, record)
	}
	return records
}

func TestSyncsWithinTheMarginDoNotGrowTheFile(t *testing.T) {
	c, f, records := padded(t, segmentBytes)
	size := len(read(t, segmentPath(c.store.dir, 1)))
	syncs := f.syncs.Load()
	records = write(c, 100, records)
	if after := len(read(t, segmentPath(c.store.dir, 1))); after != size {
		t.Errorf("the segment had %d bytes and has %d", size, after)
	}
	if n := f.syncs.Load() - syncs; n != 0 {
		t.Errorf("the whole file was synced %d times", n)
	}
	opened := start(t, crash(t, c.store.dir), segmentBytes).open()
	if opened.Err != nil || opened.Repaired != 0 || !slices.Equal(texts(opened.Records), records) {
		t.Errorf("after a crash: %v, %d records of %d, repaired %d bytes",
			opened.Err, len(opened.Records), len(records), opened.Repaired)
	}
}

func TestOnlyTheLastSegmentHasAMargin(t *testing.T) {
	const small = 3 * marginFrom
	c, _, records := padded(t, small)
	for range 12 {
		record := strings.Repeat("x", marginFrom/2-len(records))
		c.append(record)
		c.mustSync()
		records = write(c, 3, append(records, record))
		opened := start(t, crash(t, c.store.dir), small).open()
		if opened.Err != nil || !slices.Equal(texts(opened.Records), records) {
			t.Fatalf("after %d records: %v, %d records", len(records), opened.Err, len(opened.Records))
		}
	}
	segments, err := listSegments(logDirectory(c.store.dir))
	if err != nil || len(segments) < 3 {
		t.Fatalf("%d segments, %v: nothing was shown", len(segments), err)
	}
}

func TestAClosedLogHasNoMargin(t *testing.T) {
	c, _, records := padded(t, segmentBytes)
	write(c, 3, records)
	before := len(read(t, segmentPath(c.store.dir, 1)))
	c.mustClose()
	if after := len(read(t, segmentPath(c.store.dir, 1))); before-after < marginBytes/2 {
		t.Errorf("the segment had %d bytes, and has %d", before, after)
	}
}

// TestACrashWithinTheMarginLosesNothingSynced leaves any beginning of the last frame,
// with the margin behind it or without.
func TestACrashWithinTheMarginLosesNothingSynced(t *testing.T) {
	c, _, records := padded(t, segmentBytes)
	records = write(c, 2, records)
	whole := crash(t, c.store.dir)
	content := read(t, segmentPath(whole, 1))
	end := bytes.LastIndex(content, []byte(magic)) // of a seal, or of the last record
	for n := end; n < end+frameHeader; n++ {
		for _, margin := range []int{0, 1, 511, len(content) - n} {
			dir := crash(t, whole)
			overwrite(t, segmentPath(dir, 1), append(slices.Clone(content[:n]), make([]byte, margin)...))
			opened := start(t, dir, segmentBytes).open()
			if got := texts(opened.Records); opened.Err != nil || len(got) < 2 || !slices.Equal(got, records[:len(got)]) {
				t.Fatalf("cut at %d with %d zeros: %v, %d records", n, margin, opened.Err, len(got))
			}
		}
	}
}

func TestDamageBeforeTheMarginIsNoticed(t *testing.T) {
	c, _, records := padded(t, segmentBytes)
	write(c, 2, records)
	dir := crash(t, c.store.dir)
	content := read(t, segmentPath(dir, 1))
	content[marginFrom/2] ^= 1
	overwrite(t, segmentPath(dir, 1), content)
	if opened := start(t, dir, segmentBytes).open(); !errors.Is(opened.Err, actors.ErrCorrupt) {
		t.Errorf("opened with %v", opened.Err)
	}
}

func TestAFailedSyncWithinTheMarginIsTheLastWord(t *testing.T) {
	c, f, records := padded(t, segmentBytes)
	write(c, 1, records)
	c.store.logs[logName].writer.margin.datasync = func(*os.File) error { return errDisk }
	c.append("lost")
	if err := c.sync(2); !errors.Is(err, errDisk) {
		t.Fatalf("a failed sync was answered with %v", err)
	}
	writes := f.writes.Load()
	c.append("later")
	if err := c.sync(3); !errors.Is(err, errDisk) || f.writes.Load() != writes {
		t.Errorf("the log went on after a failed sync: %v", err)
	}
}
