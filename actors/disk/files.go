package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/understudy-kv/understudy/actors"
)

// filesDirectory is the part of a data directory that holds the files.
const filesDirectory = "files"

// A cabinet holds the files of a [Store]. One goroutine changes files and one reads
// them, so that neither holds up a log.
type cabinet struct {
	volume  volume
	dir     string
	changes *worker
	reads   *worker

	drafts  map[string]*draft // belongs to changes
	handles handles           // belongs to reads
}

// openCabinet prepares the files in dir and removes what a crash left of those that
// were not sealed.
func openCabinet(v volume, dir string, newWorker func() *worker) (*cabinet, error) {
	if err := makeDirectory(v, dir); err != nil {
		return nil, err
	}
	if err := removeLeftovers(v, dir); err != nil {
		return nil, err
	}
	// A file that is here may have got its name from a process that died before it synced
	// that: whoever is shown it relies on it.
	if err := v.SyncDirectory(dir); err != nil {
		return nil, err
	}
	return &cabinet{
		volume: v, dir: dir, changes: newWorker(), reads: newWorker(),
		drafts: map[string]*draft{},
	}, nil
}

// close abandons the files that are not sealed.
func (c *cabinet) close() error {
	var errs []error
	c.changes.close(func() {
		for _, d := range c.drafts {
			errs = append(errs, d.abandon())
		}
	})
	c.reads.close(func() { c.handles.keep(0) })
	return errors.Join(errs...)
}

func (c *cabinet) path(name string) string { return filepath.Join(c.dir, name) }

// list returns the names of the sealed files.
func (c *cabinet) list() (names []string, err error) {
	files, err := os.ReadDir(c.dir) // sorted
	for _, file := range files {
		if file.Type().IsRegular() && actors.CheckName(file.Name()) == nil {
			names = append(names, file.Name())
		}
	}
	return names, err
}

// write adds a piece to a file that is being written, or begins one, and returns how
// many pieces it has.
func (c *cabinet) write(name string, piece []byte) (pieces int, err error) {
	d := c.drafts[name]
	if d == nil {
		if err := c.free(name); err != nil {
			return 0, err
		}
		d = newDraft(c.volume, c.path(name))
		c.drafts[name] = d
	}
	err = d.write(piece)
	return len(d.index.entries), err
}

// free describes why no file can be begun under that name.
func (c *cabinet) free(name string) error {
	if err := actors.CheckName(name); err != nil {
		return err
	}
	_, err := os.Lstat(c.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s is sealed", c.path(name))
	}
	return err
}

// seal makes a file whole and durable and returns how many pieces it has.
func (c *cabinet) seal(name string) (pieces int, err error) {
	d := c.drafts[name]
	if d == nil {
		return 0, fmt.Errorf("%s: %w is being written", c.path(name), actors.ErrNoFile)
	}
	if err = d.seal(name); err == nil {
		delete(c.drafts, name)
	}
	return len(d.index.entries), err
}

// remove removes a file, sealed or not, for good.
func (c *cabinet) remove(name string) error {
	if err := actors.CheckName(name); err != nil {
		return err
	}
	c.reads.do(func() { c.handles.drop(name) }) // it would keep the space taken
	if d := c.drafts[name]; d != nil {
		delete(c.drafts, name)
		if err := d.abandon(); err != nil {
			return err
		}
	}
	return removeDurably(c.volume, c.path(name))
}

// read returns a piece of a sealed file.
func (c *cabinet) read(name string, piece int) actors.FileRead {
	answer := actors.FileRead{File: name, Piece: piece}
	h, err := c.handles.get(c.dir, name)
	if err != nil {
		answer.Err = err
		return answer
	}
	answer.Pieces = len(h.index.entries)
	answer.Data, answer.Err = h.read(piece)
	return answer
}
