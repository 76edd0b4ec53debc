package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// openHandles is how many sealed files are kept open for the next read.
const openHandles = 8

// A handle is a sealed file, open for reading.
type handle struct {
	name  string
	path  string
	file  *os.File
	info  os.FileInfo
	index index
}

// openHandle opens a sealed file and reads its index.
func openHandle(dir, name string) (*handle, error) {
	if err := actors.CheckName(name); err != nil {
		return nil, err
	}
	h := &handle{name: name, path: filepath.Join(dir, name)}
	var err error
	h.file, err = os.Open(h.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", h.path, actors.ErrNoFile)
	}
	if err != nil {
		return nil, err
	}
	if err := h.load(); err != nil {
		return nil, errors.Join(err, h.file.Close())
	}
	return h, nil
}

// load reads the index from the end of the file.
func (h *handle) load() error {
	var err error
	if h.info, err = h.file.Stat(); err != nil {
		return err
	}
	end := h.info.Size()
	footer := make([]byte, footerBytes)
	if end < footerBytes {
		return corrupt("%s has %d bytes, less than its footer", h.path, end)
	}
	if err := h.readAt(footer, end-footerBytes); err != nil {
		return err
	}
	size, ok := indexBytes(footer)
	if !ok || int64(size) > end {
		return corrupt("%s: its footer is damaged", h.path)
	}
	content := make([]byte, size)
	if err := h.readAt(content, end-int64(size)); err != nil {
		return err
	}
	h.index, ok = decodeIndex(content, h.name)
	if !ok || h.index.size+int64(size) != end {
		return corrupt("%s: its index is damaged", h.path)
	}
	return nil
}

// read returns a piece.
func (h *handle) read(number int) ([]byte, error) {
	if number < 0 || number >= len(h.index.entries) {
		return nil, fmt.Errorf("%s has no piece %d, only %d pieces", h.path, number, len(h.index.entries))
	}
	e := h.index.entries[number]
	data := make([]byte, e.length)
	if err := h.readAt(data, e.start); err != nil {
		return nil, err
	}
	if pieceSum(h.index.salt, number, data) != e.sum {
		return nil, corrupt("%s: piece %d at byte %d is damaged", h.path, number, e.start)
	}
	return data, nil
}

// readAt fills b from that place on. That the file has become shorter, or cannot be read
// there, is damage too.
func (h *handle) readAt(b []byte, at int64) error {
	_, err := h.file.ReadAt(b, at)
	if unreadable(err) || errors.Is(err, io.EOF) {
		return corrupt("%s: %d bytes at %d: %w", h.path, len(b), at, err)
	}
	return err
}

// current reports whether the file still bears its name.
func (h *handle) current() bool {
	info, err := os.Lstat(h.path)
	return err == nil && os.SameFile(info, h.info)
}

// Handles are the files that are open; the one used last stands last.
type handles []*handle

// get returns the handle of a file, and closes the one not used for longest if there are
// too many.
func (all *handles) get(dir, name string) (*handle, error) {
	at := slices.IndexFunc(*all, func(h *handle) bool { return h.name == name })
	if at >= 0 && (*all)[at].current() {
		h := (*all)[at]
		*all = append(slices.Delete(*all, at, at+1), h)
		return h, nil
	}
	all.drop(name)
	h, err := openHandle(dir, name)
	if err != nil {
		return nil, err
	}
	all.keep(openHandles - 1)
	*all = append(*all, h)
	return h, nil
}

// drop closes the handle of a file, if there is one.
func (all *handles) drop(name string) {
	*all = slices.DeleteFunc(*all, func(h *handle) bool {
		if h.name == name {
			h.file.Close() // nothing was written
		}
		return h.name == name
	})
}

// keep closes all but the n handles that were used last.
func (all *handles) keep(n int) {
	for len(*all) > n {
		all.drop((*all)[0].name)
	}
}
