package disk

import (
	"errors"
	"os"
	"path/filepath"
)

const (
	// marginFrom is the size from which on a segment has a margin. Smaller ones belong
	// to logs in which little happens.
	marginFrom = 16 << 10
	// marginBytes is the longest margin: what a sync costs that makes one.
	marginBytes = 256 << 10
)

// A margin is zeros behind the frames of the last segment, which the next frames
// replace. As long as they do, the file does not grow, and a sync has to write nothing
// but them: no size, no place of new blocks. It never reaches beyond the size at which
// a segment is full, so no segment but the last has one, and recovery takes it for
// what a crash may leave anyway.
type margin struct {
	segmentBytes int
	datasync     func(*os.File) error

	file  *os.File // the segment, nil while it has no margin
	first uint64   // the number of its first frame
	end   int      // of the margin; durable
}

// sync makes the frames of a segment durable, if it ends inside the margin at that
// size. It reports whether it was able to.
func (m *margin) sync(first uint64, size int) (done bool, err error) {
	if m.file == nil || first != m.first || size > m.end {
		return false, nil
	}
	return true, m.datasync(m.file)
}

// extend writes a margin behind a segment of that size. A sync of the whole file has to
// follow before [margin.sync] is asked again.
func (m *margin) extend(dir string, first uint64, size int) error {
	end := min(size+marginBytes, m.segmentBytes)
	if size < marginFrom || end <= size {
		return nil
	}
	if m.file == nil || first != m.first {
		if err := m.open(dir, first); err != nil {
			return err
		}
	}
	_, err := m.file.WriteAt(make([]byte, end-size), int64(size))
	m.end = end
	return err
}

func (m *margin) open(dir string, first uint64) error {
	if err := m.close(); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, segmentName(first)), os.O_WRONLY, fileMode)
	m.file, m.first = f, first
	return err
}

// cut removes the margin of a segment of that size.
func (m *margin) cut(first uint64, size int) error {
	if m.file == nil || first != m.first {
		return m.close() // the segment it belonged to is full
	}
	return errors.Join(m.file.Truncate(int64(size)), m.close())
}

func (m *margin) close() error {
	if m.file == nil {
		return nil
	}
	f := m.file
	m.file = nil
	return f.Close()
}
