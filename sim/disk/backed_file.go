package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// backWrite lets the backing write a piece of a file, and fail if it must.
func (d *Disk) backWrite(name string, data []byte, isNew bool, failure, want error) {
	d.act(func(b Backing, _ *deed) {
		if failure != nil {
			steps := 1 // to write it
			if isNew {
				steps = 2 // and to create the file
			}
			b.FailChange(1+d.config.Rolls.IntN(steps), errors.Is(failure, ErrFull))
		}
		_, err := b.WriteFile(name, data)
		b.Mend()
		d.agree("a write to file "+name, err, want)
	})
}

// stepsOfSeal are the changes that sealing a file takes: index, sync, name, sync of names.
const stepsOfSeal = 4

// backSeal lets the backing seal a file, and fail if it must: with fails, at one of the
// steps. After the last but one the file bears its name.
func (d *Disk) backSeal(name string) deed {
	return d.act(func(b Backing, to *deed) {
		f := d.drafts[name]
		before := b.Failures()
		if f != nil && f.err == nil && d.failFile > 0 {
			to.step = 1 + d.config.Rolls.IntN(stepsOfSeal)
			b.FailChange(to.step, false)
		}
		_, to.err = b.SealFile(name)
		b.Mend()
		if b.Failures() == before {
			to.step = 0
		}
	})
}

// backRemoveFile lets the backing remove a file.
func (d *Disk) backRemoveFile(name string) deed {
	return d.act(func(b Backing, to *deed) { to.err = b.RemoveFile(name) })
}

// compareRead returns what the backing reads, if that is as good as want. While a file is
// being sealed or removed the backing is ahead. A read that is to fail does not get there.
func (d *Disk) compareRead(want actors.FileRead) actors.FileRead {
	if d.backing == nil || d.ahead(want.File) || errors.Is(want.Err, ErrIO) {
		return want
	}
	got := d.backing.ReadFile(want.File, want.Piece)
	what := fmt.Sprintf("a read of piece %d of file %s", want.Piece, want.File)
	d.agree(what, got.Err, want.Err)
	switch {
	case d.backing == nil:
	case errors.Is(got.Err, actors.ErrNoFile) != errors.Is(want.Err, actors.ErrNoFile),
		errors.Is(got.Err, actors.ErrCorrupt) != errors.Is(want.Err, actors.ErrCorrupt):
		d.differ("%s failed with %v, and not with %v", what, got.Err, want.Err)
	case !bytes.Equal(got.Data, want.Data):
		d.differ("%s gave %d bytes that were never written", what, len(got.Data))
	case want.Err == nil:
		return got
	}
	return want
}

// ahead reports whether the backing may be ahead of the disk with a file.
func (d *Disk) ahead(file string) bool { return len(d.tasks) > 0 && d.tasks[0].file == file }

// backFlip lets the backing flip a bit of a sealed file.
func (d *Disk) backFlip(file string, at, bit int) {
	if d.backing == nil {
		return
	}
	if err := d.backing.FlipBit(file, at, bit); err != nil {
		d.differ("file %s cannot be damaged: %v", file, err)
	}
}

// start returns where in a real file a piece begins.
func (f *file) start(piece int) (at int) {
	for _, p := range f.pieces[:piece] {
		at += len(p.data)
	}
	return at
}

// wrongFile describes a file that a crash cannot have left, or taken away.
func (d *Disk) wrongFile(found []string) error {
	var busy string // the file that was being changed
	if len(d.tasks) > 0 {
		busy = d.tasks[0].file
	}
	for _, name := range found {
		if d.sealed[name] == nil && (d.drafts[name] == nil || name != busy) {
			return fmt.Errorf("file %s is there, and was never sealed or was removed", name)
		}
	}
	for _, name := range d.Files() {
		if !slices.Contains(found, name) && name != busy && !d.doubtful[name] {
			return fmt.Errorf("file %s is gone", name)
		}
	}
	return nil
}

// adoptFiles makes what was recovered of the files what the disk holds.
func (d *Disk) adoptFiles(found []string) {
	for _, name := range d.Files() {
		if !slices.Contains(found, name) {
			d.removeFile(name)
		}
	}
	for _, name := range found {
		if d.sealed[name] == nil {
			d.fix(name, d.drafts[name])
			delete(d.drafts, name)
		}
	}
	clear(d.doubtful)
	d.tasks = nil
	d.loseDrafts()
}
