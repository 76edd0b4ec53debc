package disk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// specimenFrames are the records of a [specimen], frame by frame; a seal has none.
var specimenFrames = []string{"one", "two", "three", "", "four", "five", "", "six", "seven"}

// wantLeft demands that a corrupt log gave what frames hold, with holes where some of
// the numbers 1 to last are missing from them. The log reached to last at least.
func wantLeft(t *testing.T, opened actors.LogOpened, last int, frames ...int) {
	t.Helper()
	var records []string
	var holes []int
	hole := func() {
		if n := len(holes); n == 0 || holes[n-1] != len(records) {
			holes = append(holes, len(records))
		}
	}
	before := 0
	for _, f := range append(frames, last+1) {
		if f > before+1 {
			hole()
		}
		if f <= last && specimenFrames[f-1] != "" {
			records = append(records, specimenFrames[f-1])
		}
		before = f
	}
	if !errors.Is(opened.Err, actors.ErrCorrupt) || !slices.Equal(texts(opened.Records), records) {
		t.Fatalf("opened with %q and %v, want %q", texts(opened.Records), opened.Err, records)
	}
	if !slices.Equal(opened.Holes, holes) {
		t.Errorf("holes at %v, want %v", opened.Holes, holes)
	}
}

// without returns the numbers 1 to 9 without those given.
func without(missing ...int) (frames []int) {
	for f := 1; f <= len(specimenFrames); f++ {
		if !slices.Contains(missing, f) {
			frames = append(frames, f)
		}
	}
	return frames
}

func TestOfADamagedLogOnlyTheDamagedFrameIsLost(t *testing.T) {
	s := newSpecimen(t)
	for at := range s.ends[syncedFrames] {
		opened, _ := s.reopen(t, flipped(s.content, at))
		wantLeft(t, opened, 9, without(s.frames(at)+1)...)
	}
}

func TestATornMiddleLosesOnlyWhatIsTorn(t *testing.T) {
	s := newSpecimen(t)
	for from := 0; from < s.ends[5]; from += 7 {
		for to := from + 1; to < s.ends[6]; to += 11 {
			content := bytes.Clone(s.content)
			clear(content[from:to])
			if bytes.Equal(content[:s.ends[syncedFrames]], s.content[:s.ends[syncedFrames]]) {
				continue // these had been zeros
			}
			opened, _ := s.reopen(t, content)
			var lost []int
			for f := 1; f <= 9; f++ {
				if a, b := s.ends[f-1], s.ends[f]; !bytes.Equal(content[a:b], s.content[a:b]) {
					lost = append(lost, f)
				}
			}
			wantLeft(t, opened, 9, without(lost...)...)
		}
	}
}

// TestBytesThatAppearOrVanishLoseOneFrame shifts what is behind the damage.
func TestBytesThatAppearOrVanishLoseOneFrame(t *testing.T) {
	s := newSpecimen(t)
	for at := 1; at < s.ends[syncedFrames]-1; at++ {
		for _, content := range [][]byte{
			slices.Concat(s.content[:at], s.content[at+1:]),
			slices.Concat(s.content[:at], []byte{s.content[at] + 1}, s.content[at:]),
			slices.Concat(s.content[:at], []byte(magic), s.content[at:]),
		} {
			opened, _ := s.reopen(t, content)
			if opened.Err == nil || len(opened.Records) < len(s.records)-1 || !isPartOf(texts(opened.Records), s.records) {
				t.Errorf("damaged at byte %d the log gave %q, %v", at, texts(opened.Records), opened.Err)
			}
		}
	}
}

func TestALogWithoutItsFloorGivesEverything(t *testing.T) {
	for name, spoil := range map[string]func(path string){
		"lost":    func(path string) { remove(t, path) },
		"damaged": func(path string) { overwrite(t, path, flipped(read(t, path), 12)) },
		"of another log": func(path string) {
			overwrite(t, path, floor{salt: 1, number: 2}.appendTo(nil))
		},
	} {
		s := newSpecimen(t)
		spoil(filepath.Join(logDirectory(s.dir), floorFile))
		opened := start(t, s.dir, segmentBytes).open()
		if !slices.Equal(texts(opened.Records), s.records) || !slices.Equal(opened.Holes, []int{len(s.records)}) {
			t.Errorf("floor %s: opened with %q, holes at %v", name, texts(opened.Records), opened.Holes)
		}
	}
}

func TestALogWithoutItsDirectoryGivesNothing(t *testing.T) {
	s := newSpecimen(t)
	remove(t, logDirectory(s.dir))
	c := start(t, s.dir, segmentBytes)
	wantLeft(t, c.open(), 9)
	if got := c.listLogs(); !slices.Equal(got, []string{logName}) {
		t.Errorf("the logs are %q", got)
	}
	if err := c.removeLog(); err != nil || len(c.listLogs()) != 0 {
		t.Errorf("removed with %v; the logs are %q", err, c.listLogs())
	}
}

// TestNothingIsMissingFromALogWhoseEndWasNeverSynced has damage both in the middle and
// in what no sync covered.
func TestNothingIsMissingFromALogWhoseEndWasNeverSynced(t *testing.T) {
	s := newSpecimen(t)
	content := flipped(s.content[:s.ends[8]+3], s.ends[1]+10)
	opened, _ := s.reopen(t, content)
	wantLeft(t, opened, 8, 1, 3, 4, 5, 6, 7, 8)
}

func TestALostSegmentLosesOnlyItsRecords(t *testing.T) {
	dir, records, all := manySegments(t, 1)
	for i, s := range all[:len(all)-1] {
		damaged := crash(t, dir)
		path := filepath.Join(logDirectory(damaged), filepath.Base(s.path))
		salt := mustFloor(t, damaged).salt
		lost := texts(scanSegment(read(t, path), salt, s.first).records)
		remove(t, path)
		opened := start(t, damaged, smallSegment).open()
		wantCorrupt(t, opened)
		before := slices.Index(records, lost[0])
		want := slices.Concat(records[:before], records[before+len(lost):])
		if !slices.Equal(texts(opened.Records), want) || !slices.Equal(opened.Holes, []int{before}) {
			t.Errorf("without segment %d: %q, holes at %v", i, texts(opened.Records), opened.Holes)
		}
	}
}

func mustFloor(t *testing.T, dir string) floor {
	t.Helper()
	f, ok := decodeFloor(read(t, filepath.Join(logDirectory(dir), floorFile)))
	if !ok {
		t.Fatal("the floor is damaged")
	}
	return f
}

// TestFramesAreFoundWhereverTheyStand swaps segments and repeats one.
func TestFramesAreFoundWhereverTheyStand(t *testing.T) {
	dir, records, all := manySegments(t, 1)
	in := func(i int) string { return filepath.Join(logDirectory(dir), filepath.Base(all[i].path)) }
	one, other := read(t, in(2)), read(t, in(5))
	overwrite(t, in(2), other)
	overwrite(t, in(5), slices.Concat(one, other, one))
	opened := start(t, dir, smallSegment).open()
	wantCorrupt(t, opened)
	if !slices.Equal(texts(opened.Records), records) || !slices.Equal(opened.Holes, []int{len(records)}) {
		t.Errorf("gave %q, holes at %v", texts(opened.Records), opened.Holes)
	}
}

// TestFramesOfOtherLogsAreNotSalvaged stores frames of another log in a record.
func TestFramesOfOtherLogsAreNotSalvaged(t *testing.T) {
	entry := frame{kind: recordKind, number: 2, body: []byte("foreign")}.appendTo(nil, 1)
	foreign := string(append([]byte{byte(len(entry))}, entry...))
	dir := fastDirectory(t)
	c := start(t, dir, segmentBytes)
	c.mustOpen()
	c.append("one", foreign, "three")
	c.mustSync()
	awaitFrames(t, dir, 4)
	dir = crash(t, dir)
	content := read(t, segmentPath(dir, 1))
	at := bytes.Index(content, []byte(foreign))
	overwrite(t, segmentPath(dir, 1), flipped(content, at-5)) // of the frame around it
	opened := start(t, dir, segmentBytes).open()
	if got := texts(opened.Records); !slices.Equal(got, []string{"one", "three"}) || !slices.Equal(opened.Holes, []int{1}) {
		t.Errorf("gave %q, holes at %v", got, opened.Holes)
	}
}

// TestSalvageNeverServesAWrongByte damages a log in many ways at once.
func TestSalvageNeverServesAWrongByte(t *testing.T) {
	dir, records, all := manySegments(t, 4)
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		damaged := crash(t, dir)
		var done []string
		for range 1 + random.IntN(4) {
			path := filepath.Join(logDirectory(damaged), filepath.Base(all[random.IntN(len(all)-1)].path))
			content := read(t, path)
			at := random.IntN(len(content))
			switch random.IntN(3) {
			case 0:
				content = flipped(content, at)
			case 1:
				content = content[:at]
			case 2:
				clear(content[at:min(at+64, len(content))])
			}
			if len(content) > 0 {
				overwrite(t, path, content)
			}
			done = append(done, fmt.Sprint(filepath.Base(path), " at ", at))
		}
		opened := start(t, damaged, smallSegment).open()
		if opened.Err != nil {
			wantHolesAt(t, opened, records, done)
		}
	}
}

// wantHolesAt demands that what opened gave are records with a hole wherever one of them
// is missing.
func wantHolesAt(t *testing.T, opened actors.LogOpened, records, damage []string) {
	t.Helper()
	next := 0
	for i, r := range texts(opened.Records) {
		at := slices.Index(records[next:], r)
		if at < 0 || at > 0 && !slices.Contains(opened.Holes, i) {
			t.Fatalf("damaged %q: record %d is %q, holes at %v", damage, i, r, opened.Holes)
		}
		next += at + 1
	}
	if n := len(opened.Records); next < len(records) && !slices.Contains(opened.Holes, n) {
		t.Errorf("damaged %q: %d records, holes at %v", damage, n, opened.Holes)
	}
	if !slices.IsSorted(opened.Holes) || len(opened.Holes) == 0 {
		t.Errorf("damaged %q: holes at %v", damage, opened.Holes)
	}
}

// A badDisk refuses to read some of its blocks.
type badDisk struct {
	content []byte
	bad     map[int64]error
}

func (d badDisk) ReadAt(b []byte, at int64) (int, error) {
	if err := d.bad[at/blockBytes]; err != nil {
		return 0, err
	}
	return copy(b, d.content[at:]), nil
}

func TestUnreadableBlocksAreReadAround(t *testing.T) {
	content := bytes.Repeat([]byte("understudy"), blockBytes)[:3*blockBytes+100]
	d := badDisk{content, map[int64]error{1: &os.PathError{Err: syscall.EIO}, 3: syscall.EBADMSG}}
	want := bytes.Clone(content)
	clear(want[blockBytes : 2*blockBytes])
	clear(want[3*blockBytes:])
	if got, err := readAround(d, int64(len(content))); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	d.bad[2] = syscall.EACCES
	if _, err := readAround(d, int64(len(content))); !errors.Is(err, syscall.EACCES) {
		t.Errorf("another error was read around: %v", err)
	}
}

func FuzzSift(f *testing.F) {
	const salt = 9
	entry := frame{kind: recordKind, number: 4, claim: 2, body: []byte("body")}.appendTo(nil, salt)
	whole := append([]byte{byte(len(entry))}, entry...)
	f.Add(whole)
	f.Add(append([]byte("uS1ruS"), whole...))
	f.Add(append(whole[:20:20], whole...))
	f.Fuzz(func(t *testing.T, content []byte) {
		var d debris
		d.sift(content, salt)
		size := 0
		for _, f := range d.frames {
			size += frameHeader + len(f.body)
		}
		left := d.sort()
		if size > len(content) || len(left.records) > len(d.frames) {
			t.Errorf("%d bytes hold %d frames of %d bytes", len(content), len(d.frames), size)
		}
	})
}
