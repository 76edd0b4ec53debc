package disk

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A recovered log is what [recoverLog] found and made durable.
type recovered struct {
	floor    floor // it reaches to the last frame
	records  [][]byte
	tail     segment // the last segment; zero in a log without segments
	size     int     // of the last segment, in bytes
	repaired int64   // bytes cut from the end
}

// last returns the number of the last frame, 0 if there is none.
func (r *recovered) last() uint64 { return r.floor.number }

// createLog makes a log without frames in dir, of which nothing is there: what a crash
// leaves of a log that is not listed is removed when the data directory is opened.
func createLog(v volume, dir string) (*recovered, error) {
	if err := makeDirectory(v, dir); err != nil {
		return nil, err
	}
	var salt [8]byte
	rand.Read(salt[:]) // never fails: it ends the process instead
	r := &recovered{floor: floor{salt: binary.LittleEndian.Uint64(salt[:])}}
	return r, replaceFile(v, filepath.Join(dir, floorFile), r.floor.appendTo(nil))
}

// recoverLog reads the log of that salt in dir and leaves it in a state in which the wal
// may open it. The steps are those of docs/journal.md.
func recoverLog(v volume, dir string, salt uint64, segmentBytes int) (*recovered, error) {
	// 1. Remove what an interrupted recovery left.
	err := removeLeftovers(v, dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, corrupt("%s: the directory of the log is gone", dir)
	}
	if err != nil {
		return nil, err
	}
	// 2. Read the floor.
	promised, err := readFloor(dir, salt)
	if err != nil {
		return nil, err
	}
	// 3. List the segments.
	segments, err := listSegments(dir)
	if err != nil {
		return nil, err
	}
	if err := checkNames(dir); err != nil {
		return nil, err
	}
	// 4. and 5. Read them.
	r := &recovered{floor: floor{salt: promised.salt}}
	tail, err := r.read(segments, promised, maxSegmentBytes(segmentBytes))
	if err != nil {
		return nil, err
	}
	// 6. Miss what is missing at the end.
	if r.last() < promised.number {
		return nil, corrupt("%s: frames %d to %d had been synced and are missing, with the segments they were in",
			dir, r.last()+1, promised.number)
	}
	// 7. Write the last segment anew.
	if len(segments) > 0 {
		if err := replaceFile(v, r.tail.path, tail[:r.size]); err != nil {
			return nil, err
		}
	}
	// 8. Raise the floor.
	if err := replaceFile(v, filepath.Join(dir, floorFile), r.floor.appendTo(nil)); err != nil {
		return nil, err
	}
	return r, nil
}

// readFloor returns the floor of the log of that salt.
func readFloor(dir string, salt uint64) (floor, error) {
	path := filepath.Join(dir, floorFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return floor{}, corrupt("%s is gone", path)
	}
	if unreadable(err) {
		return floor{}, corrupt("%w", err)
	}
	if err != nil {
		return floor{}, err
	}
	f, ok := decodeFloor(b)
	if !ok {
		return floor{}, corrupt("%s is damaged", path)
	}
	if f.salt != salt {
		return floor{}, corrupt("%s is that of another log", path)
	}
	return f, nil
}

// read reads the segments in order into r and returns the content of the last, of
// which the first r.size bytes are intact.
func (r *recovered) read(segments []segment, promised floor, sizeMax int64) ([]byte, error) {
	var content []byte
	for i, s := range segments {
		if s.first != r.last()+1 {
			return nil, corrupt("%s begins with frame %d, but the segment before it ends with %d", s.path, s.first, r.last())
		}
		var err error
		if content, err = readSegment(s.path, sizeMax); err != nil {
			return nil, err
		}
		found := scanSegment(content, promised.salt, s.first)
		r.records = append(r.records, found.records...)
		r.floor.number = found.next - 1
		r.tail, r.size = s, found.end
		if found.end == len(content) {
			continue
		}
		if err := judge(s, content, found, promised, i == len(segments)-1); err != nil {
			return nil, err
		}
		if rest := content[found.end:]; len(bytes.TrimLeft(rest, "\x00")) > 0 { // more than a margin
			r.repaired = int64(len(rest))
		}
	}
	return content, nil
}

// maxSegmentBytes is the size that no segment exceeds: one byte short of full, and
// then the largest record.
func maxSegmentBytes(segmentBytes int) int64 {
	return int64(segmentBytes + entrySize(frameHeader+MaxRecordBytes))
}

func readSegment(path string, sizeMax int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > sizeMax {
		return nil, corrupt("%s has %d bytes, and no segment has more than %d", path, info.Size(), sizeMax)
	}
	b, err := os.ReadFile(path)
	if unreadable(err) {
		return nil, corrupt("%w", err)
	}
	return b, err
}

// judge decides whether damage in a segment is what a crash left of frames that were
// never synced, or corruption.
func judge(s segment, content []byte, found scan, promised floor, isLast bool) error {
	why := ""
	switch {
	case !isLast:
		why = "there is another segment behind it"
	case promised.number >= found.next:
		why = "the floor says so"
	case claimed(content[found.end:], promised.salt, found.next):
		why = "a later frame says so"
	default:
		return nil
	}
	return corrupt("%s: frame %d at byte %d is damaged although it had been synced: %s",
		s.path, found.next, found.end, why)
}

// agrees checks that the wal sees what recovery saw.
func (r *recovered) agrees(last uint64) error {
	if last != r.last() {
		return fmt.Errorf("the wal ends with entry %d, recovery with %d", last, r.last())
	}
	return nil
}
