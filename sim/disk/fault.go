package disk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// FailSync makes the next sync that ends fail.
func (d *Disk) FailSync() { d.failSync++ }

// Mend forgets the failures that were ordered and have not happened.
func (d *Disk) Mend() { d.failSync, d.failAdd, d.failFile, d.failRead = 0, 0, 0, 0 }

// Failed reports whether a log has failed in this life of the node, which may not have
// been told yet.
func (d *Disk) Failed() bool {
	return slices.ContainsFunc(d.names, func(n string) bool {
		err := d.logs[n].err
		return err != nil && !errors.Is(err, actors.ErrCorrupt)
	})
}

// FailAppend makes the next append fail. The sync after it tells.
func (d *Disk) FailAppend() { d.failAdd++ }

// FailFile makes the next write or seal of a file fail.
func (d *Disk) FailFile() { d.failFile++ }

// FailRead makes the next read of a piece fail, once: nothing is wrong with the piece.
func (d *Disk) FailRead() { d.failRead++ }

// Limit makes appends and writes fail that would let the disk hold more than so many bytes;
// zero lifts the limit. Used tells how many it holds.
func (d *Disk) Limit(bytes int64) { d.capacity = bytes }

// Used returns how many bytes the logs and files take.
func (d *Disk) Used() int64 { return d.used }

// Slow makes everything that is under way or begins take factor times as long, and
// returns the function that lifts it.
func (d *Disk) Slow(factor int) (lift func()) {
	if factor < 1 {
		panic("disk: a factor of less than one")
	}
	d.slow *= factor
	return once(func() { d.slow /= factor })
}

// Stick lets nothing end any more, and returns the function that lifts it.
func (d *Disk) Stick() (lift func()) {
	d.stuck++
	return once(func() {
		d.stuck--
		if d.stuck > 0 {
			return
		}
		held := d.held
		d.held = nil
		for _, f := range held {
			f()
		}
	})
}

// InForce tells which faults are not lifted; none if the disk works as it should.
func (d *Disk) InForce() (faults []string) {
	if d.stuck > 0 {
		faults = append(faults, "stuck")
	}
	if d.slow > 1 {
		faults = append(faults, fmt.Sprintf("%d times slower", d.slow))
	}
	if d.capacity > 0 {
		faults = append(faults, fmt.Sprintf("full at %d bytes", d.capacity))
	}
	if d.failSync+d.failAdd+d.failFile+d.failRead > 0 {
		faults = append(faults, "about to fail")
	}
	return faults
}

func once(f func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			f()
		}
	}
}

// FlipBit flips one bit of a durable record, to be found at the next opening. It
// reports whether there is such a record. The place is taken modulo what there is.
func (d *Disk) FlipBit(log string, record, bit int) bool {
	l := d.logs[log]
	if l == nil || l.durable == 0 || !d.backFlipRecord(l, record%l.durable, bit) {
		return false
	}
	r := &l.records[record%l.durable]
	if len(r.data) == 0 {
		r.sum ^= 1 << (bit % 32)
	} else {
		r.data = slices.Clone(r.data) // an actor may hold the old bytes
		r.data[bit/8%len(r.data)] ^= 1 << (bit % 8)
	}
	d.counts.Flips++
	d.damaged(l)
	return true
}

// LoseRecord loses one durable record, to be found at the next opening. It reports
// whether there is such a record. The place is taken modulo what there is.
func (d *Disk) LoseRecord(log string, record int) bool {
	l := d.logs[log]
	if d.backing != nil || l == nil || l.durable == 0 {
		return false
	}
	r := &l.records[record%l.durable]
	r.number = 0
	d.counts.Losses++
	d.damaged(l)
	return true
}

// Misdirect makes of the write of one durable record one to the place of another: neither
// is where it was meant to be, which the next opening finds. It reports whether there
// are two records. The places are taken modulo what there is.
func (d *Disk) Misdirect(log string, record, place int) bool {
	l := d.logs[log]
	if d.backing != nil || l == nil || l.durable < 2 {
		return false
	}
	record, place = record%l.durable, place%l.durable
	if place == record {
		place = (record + 1) % l.durable
	}
	d.used += l.records[record].size() - l.records[place].size()
	l.records[place] = l.records[record]
	l.records[record].number = 0
	d.counts.Misdirections++
	d.damaged(l)
	return true
}

// LoseLog takes all durable records out of a log, of which only the name is left, to be
// found at the next opening. It reports whether there were any.
func (d *Disk) LoseLog(log string) bool {
	l := d.logs[log]
	if d.backing != nil || l == nil || l.durable == 0 {
		return false
	}
	for i := range l.records[:l.durable] {
		l.records[i].number = 0
	}
	d.counts.LostLogs++
	d.damaged(l)
	return true
}

// FlipPiece flips one bit of a sealed file, to be found when that piece is read. It
// reports whether there is such a file. The place is taken modulo what there is.
func (d *Disk) FlipPiece(file string, piece, bit int) bool {
	f := d.sealed[file]
	if f == nil || d.backing != nil && d.ahead(file) {
		return false
	}
	piece %= len(f.pieces)
	p := &f.pieces[piece]
	d.backFlip(file, f.start(piece)+bit/8%len(p.data), bit)
	p.data = slices.Clone(p.data) // an actor may hold the old bytes
	p.data[bit/8%len(p.data)] ^= 1 << (bit % 8)
	d.counts.Files.Flips++
	return true
}

// LoseFile loses a sealed file, and reports whether there is such a file.
func (d *Disk) LoseFile(file string) bool {
	if d.backing != nil || d.sealed[file] == nil {
		return false
	}
	d.drop(d.sealed, file)
	d.counts.Files.Losses++
	return true
}

// Wipe empties the disk, which a replaced one is. The node must be down.
func (d *Disk) Wipe() {
	for _, name := range d.names {
		d.damaged(d.logs[name])
	}
	clear(d.logs)
	clear(d.drafts)
	clear(d.sealed)
	d.names, d.used = nil, 0
	d.counts.Wipes++
	if d.backing != nil {
		if err := d.backing.Wipe(); err != nil {
			d.differ("an empty disk cannot be used: %v", err)
		}
	}
}

func (d *Disk) damaged(l *log) {
	l.harmed = true
	if o := d.config.Observer; o != nil {
		o.Damaged(l.name)
	}
}
