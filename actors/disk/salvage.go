package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/understudy-kv/understudy/actors"
)

// A salvage is what can still be read of a log that is corrupt.
type salvage struct {
	records [][]byte
	holes   []int // where records may be missing, as in [actors.LogOpened]
}

// salvageLog reads whatever frames of the log of that salt are intact, wherever in dir
// they stand. It changes nothing.
func salvageLog(dir string, salt uint64, sizeMax int64) (salvage, error) {
	segments, err := listSegments(dir)
	if errors.Is(err, os.ErrNotExist) {
		return salvage{holes: []int{0}}, nil
	}
	if err != nil {
		return salvage{}, err
	}
	var d debris
	for _, s := range segments {
		content, err := readUpTo(s.path, sizeMax)
		if err != nil {
			return salvage{}, err
		}
		d.sift(content, salt)
		d.synced = max(d.synced, s.first-1) // the wal syncs a segment before it begins the next
	}
	promised, err := readFloor(dir, salt)
	if err != nil && !errors.Is(err, actors.ErrCorrupt) {
		return salvage{}, err
	}
	d.synced = max(d.synced, promised.number)
	left := d.sort()
	if endless := err != nil; endless || len(left.holes) == 0 {
		left.hole() // nobody knows what was there
	}
	return left, nil
}

// readUpTo reads the first limit bytes of a file, as far as the disk gives them.
func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return readAround(f, min(info.Size(), limit))
}

// blockBytes is how much is lost with a place that cannot be read.
const blockBytes = 4 << 10

// readAround reads size bytes, with zeros for the blocks that cannot be read.
func readAround(r io.ReaderAt, size int64) ([]byte, error) {
	content := make([]byte, size)
	for at := int64(0); at < size; at += blockBytes {
		block := content[at:min(at+blockBytes, size)]
		_, err := r.ReadAt(block, at)
		switch {
		case unreadable(err):
			clear(block)
		case err != nil:
			return nil, err
		}
	}
	return content, nil
}

// unreadable reports whether err says that what was stored cannot be had any more: the
// disk, or a file system with checksums of its own, has found that out before us.
func unreadable(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EBADMSG)
}

// Debris is what is found in the segments of a corrupt log.
type debris struct {
	frames []frame
	synced uint64 // every frame up to here had been synced
}

// sift collects the intact frames in the content of a segment.
func (d *debris) sift(content []byte, salt uint64) {
	for from := 0; ; {
		at := bytes.Index(content[from:], []byte(magic))
		if at < 0 {
			return
		}
		at += from
		from = at + 1
		if f, ok := decodeHeader(content[at:], salt); ok {
			d.synced = max(d.synced, f.claim)
			if f, end, ok := frameAt(content, at, salt); ok {
				d.frames = append(d.frames, f)
				from = end
			}
		}
	}
}

// frameAt decodes the frame whose magic is at that offset, and reports whether it is
// intact. How long it is stands before it, in a uvarint of one to four bytes: which of
// them belong to it, the checksum tells.
func frameAt(content []byte, at int, salt uint64) (f frame, end int, ok bool) {
	for start := at - 1; start >= max(at-4, 0); start-- {
		entry, size := cutEntry(content[start:])
		if start+size-len(entry) != at {
			continue
		}
		if f, ok := decodeFrame(entry, salt); ok {
			return f, start + size, true
		}
	}
	return frame{}, 0, false
}

// sort puts the frames in order and finds what is missing between them.
func (d *debris) sort() salvage {
	slices.SortStableFunc(d.frames, func(a, b frame) int { return int(int64(a.number - b.number)) })
	var left salvage
	last := uint64(0)
	for _, f := range d.frames {
		if f.number == last {
			continue // the same again, in a place where it does not belong
		}
		if f.number != last+1 {
			left.hole()
		}
		if f.kind == recordKind {
			left.records = append(left.records, f.body)
		}
		last = f.number
	}
	if last < d.synced {
		left.hole()
	}
	return left
}

// hole notes that something is missing behind the last record found.
func (s *salvage) hole() {
	if n := len(s.holes); n == 0 || s.holes[n-1] != len(s.records) {
		s.holes = append(s.holes, len(s.records))
	}
}
