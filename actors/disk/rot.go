package disk

import (
	"os"
	"path/filepath"
)

// FlipBit flips a bit of the byte at a place in a sealed file, for good.
func (r *Rehearsal) FlipBit(name string, at, bit int) error {
	return r.plain(r.flip(r.store.cabinet.path(name), int64(at), bit))
}

// FlipRecord flips a bit of a record of a log that is open, for good, and reports whether it
// did: it spares what recovery may take for a write that a crash cut short, because neither
// the floor nor a later frame of the segment says yet that it was synced.
func (r *Rehearsal) FlipRecord(name string, record, bit int) (flipped bool, err error) {
	l := r.logs[name]
	if l == nil {
		return false, nil
	}
	b, err := os.ReadFile(filepath.Join(l.dir, floorFile))
	if err != nil {
		return false, r.plain(err)
	}
	promised, _ := decodeFloor(b)
	segments, err := listSegments(l.dir)
	for _, s := range segments {
		content, err := os.ReadFile(s.path)
		if err != nil {
			return false, r.plain(err)
		}
		frames := scanSegment(content, promised.salt, s.first)
		if record >= len(frames.records) {
			record -= len(frames.records)
			continue
		}
		at, size, number := locate(content, promised.salt, record)
		if number > promised.number && !claimed(content[at+size:], promised.salt, number) {
			return false, nil
		}
		return true, r.plain(r.flip(s.path, int64(at+bit/8%size), bit))
	}
	return false, r.plain(err)
}

// locate returns where in the content of a segment the frame of a record is, how long it is,
// and its number. All frames up to it are intact.
func locate(content []byte, salt uint64, record int) (at, size int, number uint64) {
	for {
		entry, length := cutEntry(content[at:])
		f, _ := decodeFrame(entry, salt)
		at += length
		if f.kind != recordKind {
			continue
		}
		if record == 0 {
			return at - len(entry), len(entry), f.number
		}
		record--
	}
}

// flip flips a bit of the byte at a place in a file. What was done so far has happened then.
func (r *Rehearsal) flip(path string, at int64, bit int) error {
	f, err := os.OpenFile(path, os.O_RDWR, fileMode)
	if err != nil {
		return err
	}
	defer f.Close() // it is never synced
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	b[0] ^= 1 << (bit % 8)
	if _, err := f.WriteAt(b, at); err != nil {
		return err
	}
	name, err := filepath.Rel(r.trouble.root, path)
	if err != nil {
		return err
	}
	r.see(change{kind: writes, path: name, at: int(at), data: b})
	r.see(change{kind: syncs, path: name})
	r.Promise(r.Moment())
	return nil
}
