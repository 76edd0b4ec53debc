package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/actors"
)

// A segment is one file of a log.
type segment struct {
	path  string
	first uint64 // the number of its first frame, which is its name
}

// segmentDigits is the length of a segment's name.
const segmentDigits = 20

// segmentName is what the segment is called that begins with the frame of that number.
func segmentName(first uint64) string { return fmt.Sprintf("%0*d", segmentDigits, first) }

// listSegments returns the segments in a log's directory, in order.
func listSegments(dir string) ([]segment, error) {
	files, err := os.ReadDir(dir) // sorted, and names of equal length sort like numbers
	if err != nil {
		return nil, err
	}
	var found []segment
	for _, file := range files {
		name := file.Name()
		if len(name) != segmentDigits || file.IsDir() {
			continue
		}
		if first, err := strconv.ParseUint(name, 10, 64); err == nil && first > 0 {
			found = append(found, segment{path: filepath.Join(dir, name), first: first})
		}
	}
	return found, nil
}

// checkNames refuses the leavings of a truncation, which the wal would act on.
func checkNames(dir string) error {
	files, err := os.ReadDir(dir)
	for _, file := range files {
		if name := file.Name(); strings.HasSuffix(name, ".START") || strings.HasSuffix(name, ".END") {
			return corrupt("%s: a log is never truncated, so this file is not part of it", filepath.Join(dir, name))
		}
	}
	return err
}

// corrupt returns an error that wraps [actors.ErrCorrupt].
func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %w", actors.ErrCorrupt, fmt.Errorf(format, args...))
}

// A scan is what a segment holds.
type scan struct {
	records [][]byte // without the seals; they alias the content
	next    uint64   // the number after the last intact frame
	end     int      // where the intact frames end
}

// scanSegment reads frames from the content of a segment, the first of which must
// have that number, up to the end or the first that is damaged.
func scanSegment(content []byte, salt, first uint64) scan {
	s := scan{next: first}
	for s.end < len(content) {
		entry, size := cutEntry(content[s.end:])
		f, ok := decodeFrame(entry, salt)
		if !ok || f.number != s.next {
			break
		}
		if f.kind == recordKind {
			s.records = append(s.records, f.body)
		}
		s.end += size
		s.next++
	}
	return s
}

// cutEntry returns the wal entry at the front of b and its size with its length
// before it. An entry that is not there in full is returned as nil.
func cutEntry(b []byte) (entry []byte, size int) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > frameHeader+MaxRecordBytes || length > uint64(len(b)-n) {
		return nil, 0
	}
	size = n + int(length)
	return b[n:size:size], size
}

// entrySize is the size of a wal entry of that length with its length before it.
func entrySize(length int) int {
	var b [binary.MaxVarintLen64]byte
	return binary.PutUvarint(b[:], uint64(length)) + length
}

// claimed reports whether an intact header anywhere in b, which begins with damage,
// claims that the frame of that number had been synced.
func claimed(b []byte, salt, number uint64) bool {
	for {
		at := bytes.Index(b, []byte(magic))
		if at < 0 {
			return false
		}
		if f, ok := decodeHeader(b[at:], salt); ok && f.claim >= number {
			return true
		}
		b = b[at+1:]
	}
}
