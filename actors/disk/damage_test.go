package disk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// A specimen is a log that was left by a crash, in one segment:
//
//	frame   1   2   3     4      5    6     7      8   9
//	      one two three (seal) four five (seal)  six seven
//
// Frames up to 6 had been synced; the floor is 3.
type specimen struct {
	dir     string
	content []byte
	ends    []int // ends[n] is where frame n ends; ends[0] is 0
	records []string
}

// syncedFrames is how many frames of a specimen had been synced.
const syncedFrames = 6

func newSpecimen(t *testing.T) *specimen {
	t.Helper()
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	c.mustOpen()
	c.append("one", "two", "three")
	c.mustSync()
	awaitFrames(t, dir, 4)
	c.append("four", "five")
	c.mustSync()
	awaitFrames(t, dir, 7)
	c.append("six", "seven")
	awaitFrames(t, dir, 9)
	s := &specimen{dir: crash(t, dir), ends: []int{0}, records: []string{"one", "two", "three", "four", "five", "six", "seven"}}
	s.content = read(t, segmentPath(s.dir, 1))
	for end := 0; end < len(s.content); {
		_, size := cutEntry(s.content[end:])
		end += size
		s.ends = append(s.ends, end)
	}
	if len(s.ends) != 10 {
		t.Fatalf("the specimen has %d frames, want 9", len(s.ends)-1)
	}
	return s
}

// frames returns how many whole frames the first size bytes hold.
func (s *specimen) frames(size int) int {
	at, exact := slices.BinarySearch(s.ends, size)
	if exact {
		return at
	}
	return at - 1
}

// recordsIn returns the records among the first n frames.
func (s *specimen) recordsIn(n int) []string {
	frames := []string{"one", "two", "three", "", "four", "five", "", "six", "seven"}
	return slices.DeleteFunc(slices.Clone(frames[:n]), func(r string) bool { return r == "" })
}

// reopen opens the specimen with that content of its segment.
func (s *specimen) reopen(t *testing.T, content []byte) (actors.LogOpened, *client) {
	t.Helper()
	dir := crash(t, s.dir)
	overwrite(t, segmentPath(dir, 1), content)
	c := start(t, dir, segmentBytes)
	return c.open(), c
}

// wantCut demands that the log opens with the first n frames, and goes on from there.
func (s *specimen) wantCut(t *testing.T, content []byte, n int) {
	t.Helper()
	opened, c := s.reopen(t, content)
	if opened.Err != nil {
		t.Fatal(opened.Err)
	}
	want := s.recordsIn(n)
	if got := texts(opened.Records); !slices.Equal(got, want) {
		t.Fatalf("the log holds %q, want %q", got, want)
	}
	rest := content[s.ends[n]:]
	repaired := int64(len(rest))
	if len(bytes.TrimLeft(rest, "\x00")) == 0 {
		repaired = 0 // it may be a margin
	}
	if opened.Repaired != repaired {
		t.Errorf("repaired %d bytes, want %d", opened.Repaired, repaired)
	}
	c.append("new")
	c.mustSync()
	next := start(t, crash(t, c.store.dir), segmentBytes)
	if got := texts(next.mustOpen()); !slices.Equal(got, append(want, "new")) {
		t.Errorf("after one more record the log holds %q", got)
	}
	c.mustClose()
	next.mustClose()
}

// wantCorrupt demands that the log is refused, with those words.
func (s *specimen) wantCorrupt(t *testing.T, content []byte, words ...string) {
	t.Helper()
	opened, c := s.reopen(t, content)
	wantCorrupt(t, opened, words...)
	if !isPartOf(texts(opened.Records), s.records) {
		t.Errorf("a corrupt log gave %q, want a part of %q", texts(opened.Records), s.records)
	}
	if err := c.sync(1); !errors.Is(err, actors.ErrCorrupt) {
		t.Errorf("a sync of a corrupt log answered %v", err)
	}
}

// isPartOf reports whether all of part is in whole, in that order.
func isPartOf(part, whole []string) bool {
	for _, w := range whole {
		if len(part) > 0 && part[0] == w {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func wantCorrupt(t *testing.T, opened actors.LogOpened, words ...string) {
	t.Helper()
	if !errors.Is(opened.Err, actors.ErrCorrupt) || len(opened.Holes) == 0 {
		t.Fatalf("opened with holes at %v and %v, want ErrCorrupt", opened.Holes, opened.Err)
	}
	for _, word := range words {
		if !strings.Contains(opened.Err.Error(), word) {
			t.Errorf("the error is %q, want %q in it", opened.Err, word)
		}
	}
}

func TestTornTailIsCutAtEveryByte(t *testing.T) {
	s := newSpecimen(t)
	for size := s.ends[syncedFrames]; size <= len(s.content); size++ {
		s.wantCut(t, s.content[:size], s.frames(size))
	}
}

func TestMissingBytesBelowTheFloorAreCorruption(t *testing.T) {
	s := newSpecimen(t)
	for size := range s.ends[3] {
		want := "the floor says so"
		if n := s.frames(size); size == s.ends[n] {
			want = "are missing" // there is nothing damaged
		}
		s.wantCorrupt(t, s.content[:size], want)
	}
}

// TestRecoveryRaisesTheFloor cuts what a recovery handed out, though no sync had
// covered it before: by then the owner of the log relies on it.
func TestRecoveryRaisesTheFloor(t *testing.T) {
	s := newSpecimen(t)
	_, c := s.reopen(t, s.content)
	for _, size := range s.ends[:9] {
		dir := crash(t, c.store.dir)
		overwrite(t, segmentPath(dir, 1), s.content[:size])
		wantCorrupt(t, start(t, dir, segmentBytes).open(), "are missing")
	}
}

func TestZeroFilledTailIsCutAtEveryByte(t *testing.T) {
	s := newSpecimen(t)
	for size := s.ends[syncedFrames]; size <= len(s.content); size++ {
		zeros := make([]byte, len(s.content)-size+size%3*4000)
		content := slices.Concat(s.content[:size], zeros)
		n := s.frames(size)
		if n < 9 && bytes.Equal(content[:s.ends[n+1]], s.content[:s.ends[n+1]]) {
			n++ // what was overwritten had been zeros
		}
		s.wantCut(t, content, n)
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	s := newSpecimen(t)
	for at := range s.content {
		content := flipped(s.content, at)
		if n := s.frames(at); n < syncedFrames {
			s.wantCorrupt(t, content, fmt.Sprintf("frame %d at byte %d", n+1, s.ends[n]), segmentPath("", 1)[len(logsDirectory):])
		} else {
			s.wantCut(t, content, n)
		}
	}
}

func TestHoleIsCutWhereNoSyncCovered(t *testing.T) {
	s := newSpecimen(t)
	hole := func(frame int) []byte {
		content := bytes.Clone(s.content)
		clear(content[s.ends[frame-1]:s.ends[frame]])
		return content
	}
	s.wantCut(t, hole(8), 7) // frame 9 is intact behind it
	s.wantCut(t, hole(7), 6)
	for frame := 1; frame <= syncedFrames; frame++ {
		s.wantCorrupt(t, hole(frame), "had been synced")
	}
}

// TestAnyMixtureInTheTailIsCut leaves of the unsynced part any subset, in sectors of
// a few bytes, with zeros or garbage for what was lost.
func TestAnyMixtureInTheTailIsCut(t *testing.T) {
	const sector = 8
	s := newSpecimen(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		content := bytes.Clone(s.content)
		for at := s.ends[syncedFrames]; at < len(content); at += sector {
			lost := content[at:min(at+sector, len(content))]
			switch random.IntN(4) {
			case 0:
				clear(lost)
			case 1:
				for i := range lost {
					lost[i] = byte(random.Uint32())
				}
			}
		}
		n := syncedFrames
		for n < 9 && bytes.Equal(content[:s.ends[n+1]], s.content[:s.ends[n+1]]) {
			n++
		}
		s.wantCut(t, content, n)
	}
}

// TestForeignFramesProveNothing has a record that holds a piece of another log, torn
// so that it must be looked into.
func TestForeignFramesProveNothing(t *testing.T) {
	foreign := frame{kind: sealKind, number: 1000, claim: 999}.appendTo(nil, 1)
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	c.mustOpen()
	c.append("one")
	c.mustSync()
	awaitFrames(t, dir, 2) // an append that came before the seal would take its place
	c.append("torn" + string(foreign) + "torn")
	awaitFrames(t, dir, 3)
	dir = crash(t, dir)
	path := segmentPath(dir, 1)
	content := read(t, path)
	overwrite(t, path, content[:len(content)-1])
	if got := texts(start(t, dir, segmentBytes).mustOpen()); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the log holds %q, want one", got)
	}
}

const smallSegment = 150

// manySegments returns a directory with a log of many segments, in which all was
// synced, and its segments.
func manySegments(t *testing.T, perSync int) (dir string, records []string, all []segment) {
	t.Helper()
	dir = fastDirectory(t)
	c := start(t, dir, smallSegment)
	c.mustOpen()
	for i := range 40 {
		records = append(records, fmt.Sprintf("record %d", i))
		c.append(records[i])
		if (i+1)%perSync == 0 {
			c.mustSync()
		}
	}
	dir = crash(t, dir)
	all, err := listSegments(logDirectory(dir))
	if err != nil || len(all) < 10 {
		t.Fatalf("%d segments, %v", len(all), err)
	}
	return dir, records, all
}

func TestEveryMissingSegmentIsNoticed(t *testing.T) {
	for _, perSync := range []int{1, 5, 40} {
		dir, records, all := manySegments(t, perSync)
		if got := texts(start(t, crash(t, dir), smallSegment).mustOpen()); !slices.Equal(got, records) {
			t.Fatalf("the undamaged log holds %q", got)
		}
		for i, s := range all {
			damaged := crash(t, dir)
			missing := filepath.Join(logDirectory(damaged), filepath.Base(s.path))
			lost := read(t, missing)
			remove(t, missing)
			opened := start(t, damaged, smallSegment).open()
			synced := len(lost) > frameHeader+1 // more than a seal
			if synced || i < len(all)-1 {
				wantCorrupt(t, opened)
			} else if opened.Err != nil || len(opened.Records) != len(records) {
				t.Errorf("without its last segment, which was empty: %d records, %v", len(opened.Records), opened.Err)
			}
		}
	}
}

func TestEveryMissingEndIsNoticed(t *testing.T) {
	dir, _, all := manySegments(t, 3)
	for from := range len(all) - 1 {
		damaged := crash(t, dir)
		for _, s := range all[from:] {
			remove(t, filepath.Join(logDirectory(damaged), filepath.Base(s.path)))
		}
		wantCorrupt(t, start(t, damaged, smallSegment).open(), "are missing")
	}
}

func TestDamageBeforeTheLastSegmentIsCorruption(t *testing.T) {
	dir, _, all := manySegments(t, 1)
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range all[:len(all)-1] {
		content := read(t, s.path)
		for _, bad := range [][]byte{
			flipped(content, random.IntN(len(content))),
			content[:random.IntN(len(content))],
			append(content, 0),
			nil,
		} {
			damaged := crash(t, dir)
			overwrite(t, filepath.Join(logDirectory(damaged), filepath.Base(s.path)), bad)
			wantCorrupt(t, start(t, damaged, smallSegment).open())
		}
	}
}

func TestSwappedSegmentsAreCorruption(t *testing.T) {
	dir, _, all := manySegments(t, 1)
	one, other := read(t, all[2].path), read(t, all[5].path)
	overwrite(t, filepath.Join(logDirectory(dir), filepath.Base(all[2].path)), other)
	overwrite(t, filepath.Join(logDirectory(dir), filepath.Base(all[5].path)), one)
	wantCorrupt(t, start(t, dir, smallSegment).open())
}

// TestUnsyncedSegmentsMayBeMissing loses the names of segments that were created
// after the last sync.
func TestUnsyncedSegmentsMayBeMissing(t *testing.T) {
	dir := fastDirectory(t)
	c := start(t, dir, smallSegment)
	c.mustOpen()
	c.append("one")
	c.mustSync()
	awaitFrames(t, dir, 2)
	for i := range 20 {
		c.append(fmt.Sprint(i))
	}
	awaitFrames(t, dir, 22)
	all, err := listSegments(logDirectory(dir))
	if err != nil || len(all) < 4 {
		t.Fatalf("%d segments, %v", len(all), err)
	}
	for from := 1; from < len(all); from++ {
		left := crash(t, dir)
		for _, s := range all[from:] {
			remove(t, filepath.Join(logDirectory(left), filepath.Base(s.path)))
		}
		got := texts(start(t, left, smallSegment).mustOpen())
		if want := int(all[from].first) - 2; len(got) != want || got[0] != "one" { // one seal
			t.Errorf("without the segments from %d on the log holds %q, want %d records", all[from].first, got, want)
		}
	}
}

func TestLostAndForeignFilesAreCorruption(t *testing.T) {
	inLog := func(name string) func(string) string {
		return func(dir string) string { return filepath.Join(logDirectory(dir), name) }
	}
	gone := func(t *testing.T, path string) { remove(t, path) }
	tests := []struct {
		name  string
		path  func(dir string) string
		spoil func(t *testing.T, path string)
		want  string
	}{
		{"floor lost", inLog(floorFile), gone, "floor is gone"},
		{"floor damaged", inLog(floorFile), func(t *testing.T, path string) { overwrite(t, path, flipped(read(t, path), 17)) }, "floor is damaged"},
		{"floor emptied", inLog(floorFile), func(t *testing.T, path string) { overwrite(t, path, nil) }, "floor is damaged"},
		{"log lost", logDirectory, gone, "the directory of the log is gone"},
		{"log emptied", logDirectory, func(t *testing.T, path string) { remove(t, path); overwriteIn(t, path, "x") }, "floor is gone"},
		{"all logs lost", func(dir string) string { return filepath.Join(dir, logsDirectory) }, gone, "the directory of the log is gone"},
		{"truncation begun", inLog("00000000000000000001.START"), func(t *testing.T, path string) { overwrite(t, path, nil) }, "never truncated"},
		{"truncation ended", inLog("00000000000000000001.END"), func(t *testing.T, path string) { overwrite(t, path, nil) }, "never truncated"},
		{"segment without end", inLog("00000000000000000001"), func(t *testing.T, path string) {
			if err := os.Truncate(path, 1<<40); err != nil {
				t.Fatal(err)
			}
		}, "no segment has more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := newSpecimen(t).dir
			test.spoil(t, test.path(dir))
			wantCorrupt(t, start(t, dir, segmentBytes).open(), test.want)
		})
	}
}

func TestFailedReadIsNotCorruption(t *testing.T) {
	dir := newSpecimen(t).dir
	remove(t, segmentPath(dir, 1))
	if err := os.Symlink(segmentPath(dir, 1), segmentPath(dir, 1)); err != nil { // a loop cannot be read
		t.Fatal(err)
	}
	opened := start(t, dir, segmentBytes).open()
	if opened.Err == nil || errors.Is(opened.Err, actors.ErrCorrupt) {
		t.Errorf("opened with %v, want an error that is not ErrCorrupt", opened.Err)
	}
}

// TestInterruptedRepairIsRepeated leaves what a crash during a recovery leaves.
func TestInterruptedRepairIsRepeated(t *testing.T) {
	s := newSpecimen(t)
	overwrite(t, segmentPath(s.dir, 1)+temporary, s.content[:10])
	overwrite(t, filepath.Join(logDirectory(s.dir), floorFile+temporary), []byte("us"))
	c := start(t, s.dir, segmentBytes)
	if got := texts(c.mustOpen()); !slices.Equal(got, s.records) {
		t.Errorf("the log holds %q, want %q", got, s.records)
	}
	if left, err := filepath.Glob(filepath.Join(logDirectory(s.dir), "*"+temporary)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestInterruptedCreationIsRepeated stops the creation of a log after each step.
func TestInterruptedCreationIsRepeated(t *testing.T) {
	f := floor{salt: 1}.appendTo(nil)
	for name, files := range map[string]map[string][]byte{
		"directory":       {},
		"temporary floor": {floorFile + temporary: f[:5]},
		"floor":           {floorFile: f},
		"segment":         {floorFile: f, "00000000000000000001": {3, 'a', 'b', 'c'}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fastDirectory(t)
			start(t, dir, segmentBytes).mustClose()
			if err := os.Mkdir(logDirectory(dir), directoryMode); err != nil {
				t.Fatal(err)
			}
			for name, content := range files {
				overwrite(t, filepath.Join(logDirectory(dir), name), content)
			}
			c := start(t, dir, segmentBytes)
			if got := c.mustOpen(); len(got) != 0 {
				t.Errorf("a new log holds %q", got)
			}
			c.append("one")
			c.mustSync()
			if got := texts(start(t, crash(t, dir), segmentBytes).mustOpen()); !slices.Equal(got, []string{"one"}) {
				t.Errorf("the log holds %q, want one", got)
			}
		})
	}
}

func TestCleanCloseProtectsTheLastByte(t *testing.T) {
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	c.mustOpen()
	c.append("one")
	c.mustSync()
	c.append("two") // Close syncs it
	c.mustClose()
	path := segmentPath(dir, 1)
	content := read(t, path)
	intact := start(t, crash(t, dir), segmentBytes)
	if got := texts(intact.mustOpen()); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("the log holds %q, want one and two", got)
	}
	for size := range content {
		damaged := crash(t, dir)
		overwrite(t, segmentPath(damaged, 1), content[:size])
		wantCorrupt(t, start(t, damaged, segmentBytes).open())
	}
}
