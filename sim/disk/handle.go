package disk

import (
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// A handle is the disk as one actor sees it.
type handle struct {
	disk *Disk
	post func(actors.Message)
}

var _ actors.Disk = (*handle)(nil)

// OpenLog implements [actors.Logs].
func (h *handle) OpenLog(name string) {
	d := h.disk
	d.counts.Opens++
	made := d.backOpen(name)
	d.later(d.config.Open, func() { h.post(d.compareOpened(made, d.open(name))) })
}

// AppendLog implements [actors.Logs].
func (h *handle) AppendLog(name string, data []byte) {
	d := h.disk
	l := d.logs[name]
	if l == nil || !l.open || l.err != nil {
		return // the next sync tells
	}
	d.counts.Appends++
	if err := d.room(len(data), &d.failAdd); err != nil {
		d.counts.WriteFailures++
		d.leavePart(l, len(data))
		l.err = failed(name, err)
		d.backAppend(l, handover{data, err})
		return
	}
	r := record{number: uint64(len(l.records)) + 1, data: data, sum: checksum(data)}
	l.records = append(l.records, r)
	d.used += r.size()
	if o := d.config.Observer; o != nil {
		o.Appended(name, len(l.records)-1, data)
	}
	d.backAppend(l, handover{data, nil})
}

// ListLogs implements [actors.Logs].
func (h *handle) ListLogs() {
	d := h.disk
	d.later(d.config.File, func() {
		h.post(actors.LogsListed{Logs: slices.Sorted(slices.Values(d.names))})
	})
}

// RemoveLog implements [actors.Logs].
func (h *handle) RemoveLog(name string) {
	d := h.disk
	d.doomed = append(d.doomed, name)
	made := d.backRemove(name)
	d.later(d.config.File, func() {
		err := d.remove(name)
		if d.tell(made) {
			d.agree("the removal of log "+name, made.err, err)
		}
		h.post(actors.LogRemoved{Log: name, Err: err})
	})
}

// SyncLog implements [actors.Logs].
func (h *handle) SyncLog(name string, mark uint64) {
	d := h.disk
	d.counts.Syncs++
	w := waiter{h.post, mark}
	l := d.logs[name]
	switch {
	case l == nil || !l.open:
		err := failed(name, ErrNotOpen)
		d.later(Latency{}, func() { w.post(actors.LogSynced{Log: name, Mark: mark, Err: err}) })
	default:
		l.next = append(l.next, w)
		d.startSync(l)
	}
}

// ListFiles implements [actors.Files].
func (h *handle) ListFiles() {
	d := h.disk
	d.later(d.config.File, func() { h.post(actors.FilesListed{Files: d.Files()}) })
}

// WriteFile implements [actors.Files].
func (h *handle) WriteFile(name string, piece []byte) {
	if len(piece) == 0 || len(piece) > actors.MaxPieceBytes {
		panic(fmt.Sprintf("a piece of %d bytes is written to file %s", len(piece), name))
	}
	d := h.disk
	d.counts.Files.Writes++
	d.queue(task{file: name, bytes: len(piece), do: func() {
		pieces, err := d.write(name, piece)
		h.post(actors.FileWritten{File: name, Pieces: pieces, Err: err})
	}})
}

// SealFile implements [actors.Files].
func (h *handle) SealFile(name string) {
	d := h.disk
	d.counts.Files.Seals++
	var made deed
	d.queue(task{
		file:  name,
		begin: func() { made = d.backSeal(name) },
		do: func() {
			pieces, err := d.seal(name, made)
			h.post(actors.FileSealed{File: name, Pieces: pieces, Err: err})
		},
		interrupted: func() { d.seal(name, deed{}) },
	})
}

// ReadFile implements [actors.Files].
func (h *handle) ReadFile(name string, piece int) {
	d := h.disk
	d.counts.Files.Reads++
	d.reading[name]++
	d.later(d.pace(d.size(name, piece)), func() {
		if d.reading[name]--; d.reading[name] == 0 {
			delete(d.reading, name)
		}
		h.post(d.compareRead(d.read(name, piece)))
	})
}

// RemoveFile implements [actors.Files].
func (h *handle) RemoveFile(name string) {
	d := h.disk
	d.counts.Files.Removals++
	var made deed
	d.queue(task{
		file:  name,
		begin: func() { made = d.backRemoveFile(name) },
		do: func() {
			d.removeFile(name)
			if d.tell(made) {
				d.agree("the removal of file "+name, made.err, nil)
			}
			h.post(actors.FileRemoved{File: name})
		},
		interrupted: func() { d.removeFile(name) },
	})
}
