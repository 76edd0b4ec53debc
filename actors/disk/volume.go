package disk

import (
	"io"
	"os"
)

// A volume is where a data directory lies. All that this package changes there, it
// changes through these methods; only the wal has its own ways. Reading needs no
// volume.
type volume interface {
	// Create creates a file or empties it.
	Create(path string) (output, error)
	Mkdir(path string) error
	Rename(from, to string) error
	// RemoveAll removes a file, or a directory with all that is in it. To remove what
	// does not exist succeeds.
	RemoveAll(path string) error
	// SyncDirectory makes the names in a directory durable.
	SyncDirectory(path string) error
	// SyncData makes the content of a file durable whose size has not changed.
	SyncData(f *os.File) error
}

// An output is a file that is being written.
type output interface {
	io.WriteCloser
	Sync() error
}

// local is the volume of the operating system.
type local struct{}

// Create implements volume.
func (local) Create(path string) (output, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
}

// Mkdir implements volume.
func (local) Mkdir(path string) error { return os.Mkdir(path, directoryMode) }

// Rename implements volume.
func (local) Rename(from, to string) error { return os.Rename(from, to) }

// RemoveAll implements volume.
func (local) RemoveAll(path string) error { return os.RemoveAll(path) }

// SyncDirectory implements volume.
func (local) SyncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		d.Close() // it failed as a whole; how it closes is of no interest
		return err
	}
	return d.Close()
}

// SyncData implements volume.
func (local) SyncData(f *os.File) error { return datasync(f) }
