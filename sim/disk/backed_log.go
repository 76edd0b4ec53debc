package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// A handover is a record that waits for a sync to end before the backing gets it, as the
// real disk would not look at it earlier either.
type handover struct {
	record []byte
	err    error // for which it cannot be written
}

// backOpen lets the backing open a log.
func (d *Disk) backOpen(name string) deed {
	return d.act(func(b Backing, to *deed) {
		d.opening = append(d.opening, name)
		to.opened = b.OpenLog(name)
	})
}

// compareOpened returns what the backing answers, if that is as good as want.
func (d *Disk) compareOpened(made deed, want actors.LogOpened) actors.LogOpened {
	if at := slices.Index(d.opening, want.Log); at >= 0 {
		d.opening = slices.Delete(d.opening, at, at+1)
	}
	if !d.tell(made) {
		return want
	}
	got := made.opened
	d.agree("opening log "+want.Log, got.Err, want.Err)
	if d.backing == nil || want.Err != nil {
		return want
	}
	if err := startsWith(want.Records, got.Records, len(want.Records)); err != nil {
		d.differ("log %s: %v", want.Log, err)
		return want
	}
	if got.Repaired > 0 {
		d.counts.Repairs++
	}
	return got
}

// startsWith describes why got is not a beginning of want that has so many records at
// least.
func startsWith(want, got [][]byte, least int) error {
	if len(got) < least || len(got) > len(want) {
		return fmt.Errorf("%d records were recovered, of %d that were appended and %d that were durable",
			len(got), len(want), least)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			return fmt.Errorf("record %d is not the one that was appended: %d bytes, not %d", i, len(got[i]), len(want[i]))
		}
	}
	return nil
}

// backAppend hands a record to the backing, or what is left of it if it cannot be written.
func (d *Disk) backAppend(l *log, h handover) {
	switch {
	case d.backing == nil:
	case l.busy:
		l.waiting = append(l.waiting, h)
	default:
		if h.err != nil {
			d.backing.FailAppend(d.config.Rolls.IntN(len(h.record)+frameBytes), errors.Is(h.err, ErrFull))
		}
		d.backing.AppendLog(l.name, h.record)
		d.backing.Mend()
	}
}

// catchUp hands over what waited for a sync.
func (d *Disk) catchUp(l *log) {
	waiting := l.waiting
	l.waiting = nil
	for _, h := range waiting {
		d.backAppend(l, h)
	}
}

// backSync lets the backing sync a log, or fail to.
func (d *Disk) backSync(l *log) deed {
	return d.act(func(b Backing, to *deed) {
		before := b.Failures()
		if d.failSync > 0 {
			b.FailSync()
		}
		err := b.SyncLog(l.name)
		b.Mend()
		if b.Failures() > before {
			d.syncFails(l)
		}
		to.err = l.err
		d.agree("a sync of log "+l.name, err, l.err)
	})
}

// backRemove lets the backing remove a log.
func (d *Disk) backRemove(name string) deed {
	return d.act(func(b Backing, to *deed) { to.err = b.RemoveLog(name) })
}

// recovered is what a crash left of the logs and files.
type recovered struct {
	logs  map[string]actors.LogOpened
	files []string
}

// backFlipRecord lets the backing flip a bit of a record, once in a log. It reports whether
// that is so, or there is no backing.
func (d *Disk) backFlipRecord(l *log, record, bit int) bool {
	if d.backing == nil {
		return true
	}
	if l.harmed || !l.open || l.err != nil {
		return false
	}
	flipped, err := d.backing.FlipRecord(l.name, record, bit)
	if err != nil {
		d.differ("log %s cannot be damaged: %v", l.name, err)
	}
	return flipped
}

// crashBacking damages the real files and returns what was recovered of them, if a disk
// may have kept that.
func (d *Disk) crashBacking() (left recovered, ok bool) {
	if d.backing == nil {
		return recovered{}, false
	}
	logs, files, err := d.backing.Crash(d.config.Rolls)
	left = recovered{logs: map[string]actors.LogOpened{}, files: files}
	for _, found := range logs {
		left.logs[found.Log] = found
		err = errors.Join(err, d.admissible(found))
	}
	if err = errors.Join(err, d.missingLog(left), d.wrongFile(files)); err != nil {
		d.differ("after a crash: %v", err)
		return recovered{}, false
	}
	return left, true
}

// admissible describes why a crash cannot have left that of a log.
func (d *Disk) admissible(found actors.LogOpened) error {
	l := d.logs[found.Log]
	switch {
	case l == nil && !slices.Contains(d.opening, found.Log):
		return fmt.Errorf("log %s is there, and was never opened or was removed", found.Log)
	case l != nil && l.harmed && errors.Is(found.Err, actors.ErrCorrupt):
		return nil
	case found.Err != nil:
		return fmt.Errorf("recovery failed: %w", found.Err)
	case l != nil && l.harmed:
		return fmt.Errorf("log %s is damaged, and recovery has noticed nothing: it found %d records, of %d that were durable",
			l.name, len(found.Records), l.durable)
	case l == nil:
		return startsWith(nil, found.Records, 0)
	}
	if err := startsWith(l.data(0, len(l.records)), found.Records, l.durable); err != nil {
		return fmt.Errorf("log %s: %w", l.name, err)
	}
	return nil
}

// missingLog describes a log that a crash cannot have taken away.
func (d *Disk) missingLog(left recovered) error {
	for _, name := range d.names {
		if _, found := left.logs[name]; !found && !slices.Contains(d.doomed, name) {
			return fmt.Errorf("log %s is gone", name)
		}
	}
	return nil
}

// adoptLogs makes what was recovered of the logs what the disk holds.
func (d *Disk) adoptLogs(left recovered) {
	for _, name := range slices.Clone(d.names) {
		found, is := left.logs[name]
		if !is {
			d.forget(d.logs[name])
			continue
		}
		if found.Repaired > 0 {
			d.counts.Torn++
		}
		l := d.logs[name]
		l.torn = 0
		if kept := len(found.Records); l.harmed {
			d.keep(l, l.durable) // what else can be read of a damaged log is not compared
		} else {
			d.keep(l, kept)
		}
		l.close()
		d.counts.Recoveries++
		delete(left.logs, name)
	}
	for _, name := range d.opening { // in the order asked
		if _, found := left.logs[name]; found {
			d.create(name)
		}
	}
}
