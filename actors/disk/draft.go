package disk

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"path/filepath"
)

// behindBytes is how much of a file is written before it is synced along the way, so
// that there is never much for the last sync to do, nor for that of a log to wait for.
const behindBytes = 8 << 20

// A draft is a file that is being written. After its first failure it can only be
// abandoned.
type draft struct {
	volume volume
	path   string // once it is sealed
	file   output
	index  index
	dirty  int // bytes written and not synced
	err    error
}

// newDraft begins a file. If that fails, so does everything else: the pieces that follow
// must not become a file without the first ones.
func newDraft(v volume, path string) *draft {
	var salt [8]byte
	rand.Read(salt[:]) // never fails: it ends the process instead
	d := &draft{volume: v, path: path, index: index{salt: binary.LittleEndian.Uint64(salt[:])}}
	d.file, d.err = v.Create(path + temporary)
	return d
}

// write adds a piece.
func (d *draft) write(piece []byte) error {
	if d.err == nil {
		d.err = d.append(piece)
	}
	return d.err
}

func (d *draft) append(piece []byte) error {
	if len(d.index.entries) == maxPieces {
		return fmt.Errorf("%s has %d pieces already", d.path, maxPieces)
	}
	if _, err := d.file.Write(piece); err != nil {
		return err
	}
	d.index.add(piece)
	d.dirty += len(piece)
	if d.dirty < behindBytes {
		return nil
	}
	d.dirty = 0
	return d.file.Sync()
}

// seal gives the file its name once it is whole and durable.
func (d *draft) seal(name string) error {
	if d.err == nil {
		d.err = d.finish(name)
	}
	return d.err
}

func (d *draft) finish(name string) error {
	if _, err := d.file.Write(d.index.appendTo(nil, name)); err != nil {
		return err
	}
	if err := d.file.Sync(); err != nil {
		return err
	}
	if err := d.file.Close(); err != nil {
		return err
	}
	if err := d.volume.Rename(d.path+temporary, d.path); err != nil {
		return err
	}
	return d.volume.SyncDirectory(filepath.Dir(d.path))
}

// abandon removes the file.
func (d *draft) abandon() error {
	if d.file != nil {
		d.file.Close() // perhaps a second time; nothing of it is needed any more
	}
	return d.volume.RemoveAll(d.path + temporary)
}
