package disk

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// frameBytes is what a record takes on the disk beside its data.
const frameBytes = 8

// A record is one appended record. Its sum is taken when it is appended: what
// changes it afterwards is damage.
type record struct {
	number uint64 // from 1: its place; another one betrays that it is lost or misdirected
	data   []byte
	sum    uint32
}

func (r record) size() int64 { return int64(len(r.data)) + frameBytes }

func (r record) sound() bool { return checksum(r.data) == r.sum }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// A log is one log: its records are the visible image, the first durable of them
// the durable one.
type log struct {
	name    string
	records []record
	durable int
	torn    int64 // bytes of a part of a record behind the last
	harmed  bool  // something durable was damaged, which every opening must notice

	// The rest ends with the node's incarnation.
	open    bool
	err     error    // its first failure
	busy    bool     // a sync runs
	syncing []waiter // for the sync that runs
	next    []waiter // share the sync after it
	waiting []handover
}

// A waiter wants to know when a sync is done.
type waiter struct {
	post func(actors.Message)
	mark uint64
}

func (l *log) close() {
	l.open, l.err, l.busy, l.syncing, l.next, l.waiting = false, nil, false, nil, nil, nil
}

// data returns the bytes of records first to end.
func (l *log) data(first, end int) [][]byte {
	out := make([][]byte, 0, end-first)
	for _, r := range l.records[first:end] {
		out = append(out, r.data)
	}
	return out
}

// intact returns the records that are as they were written, and before which of them,
// or behind which, others are not. A part of a record behind them is no damage: no
// sync covered it.
func (l *log) intact() (records [][]byte, holes []int) {
	last := uint64(0) // the number of the last record found
	for i, r := range l.records {
		if r.number != uint64(i)+1 || !r.sound() {
			continue // lost, damaged, or not where it was written
		}
		if r.number != last+1 {
			holes = append(holes, len(records))
		}
		records = append(records, r.data)
		last = r.number
	}
	if last < uint64(len(l.records)) {
		holes = append(holes, len(records))
	}
	return records, holes
}

// open makes a log ready and returns the answer.
func (d *Disk) open(name string) actors.LogOpened {
	if err := actors.CheckName(name); err != nil {
		return actors.LogOpened{Log: name, Err: err}
	}
	l := d.logs[name]
	if l == nil {
		l = d.create(name)
	}
	if l.err != nil && !errors.Is(l.err, actors.ErrCorrupt) {
		return actors.LogOpened{Log: name, Err: l.err}
	}
	l.open = true
	if records, holes := l.intact(); len(holes) > 0 {
		d.counts.CorruptOpens++
		l.err = failed(name, actors.ErrCorrupt)
		return actors.LogOpened{Log: name, Records: records, Holes: holes, Err: l.err}
	}
	repaired := l.torn
	l.torn = 0
	if repaired > 0 {
		d.counts.Repairs++
	}
	return actors.LogOpened{Log: name, Records: l.data(0, len(l.records)), Repaired: repaired}
}

// create makes an empty log.
func (d *Disk) create(name string) *log {
	l := &log{name: name}
	d.logs[name] = l
	d.names = append(d.names, name)
	return l
}

// remove removes a log. One that failed stays, unless it is only damaged: nobody knows
// what else its disk would do.
func (d *Disk) remove(name string) error {
	if at := slices.Index(d.doomed, name); at >= 0 {
		d.doomed = slices.Delete(d.doomed, at, at+1)
	}
	l := d.logs[name]
	switch {
	case l == nil:
		return nil
	case l.busy:
		panic(fmt.Sprintf("log %s is removed during a sync", name))
	case l.err != nil && !errors.Is(l.err, actors.ErrCorrupt):
		return l.err
	}
	d.forget(l)
	return nil
}

// forget lets a log be gone.
func (d *Disk) forget(l *log) {
	for _, r := range l.records {
		d.used -= r.size()
	}
	delete(d.logs, l.name)
	d.names = slices.DeleteFunc(d.names, func(n string) bool { return n == l.name })
	d.counts.Removals++
	if o := d.config.Observer; o != nil {
		o.Removed(l.name)
	}
}

// crashRemovals lets a crash interrupt the removal of logs: each has happened or has
// not.
func (d *Disk) crashRemovals() {
	for _, name := range slices.Clone(d.doomed) {
		if l := d.logs[name]; l != nil && !l.busy && d.config.Fate.Chance(0.5) {
			d.remove(name)
		}
	}
}

// startSync begins a sync of all that is visible now, for those who wait, unless
// one runs already.
func (d *Disk) startSync(l *log) {
	if l.busy || len(l.next) == 0 {
		return
	}
	l.busy = true
	l.syncing, l.next = l.next, l.syncing[:0]
	end := len(l.records)
	made := d.backSync(l)
	d.later(d.config.Sync, func() { d.finishSync(l, end, made) })
}

// finishSync answers those who waited and starts the sync that gathered meanwhile.
func (d *Disk) finishSync(l *log, end int, made deed) {
	err := made.err
	if !d.tell(made) {
		if l.err == nil && d.failSync > 0 {
			d.syncFails(l)
		}
		err = l.err
	}
	if err == nil {
		l.verify(end)
		d.settle(l, end)
	}
	l.busy = false
	for _, w := range l.syncing {
		w.post(actors.LogSynced{Log: l.name, Mark: w.mark, Err: err})
	}
	d.catchUp(l)
	d.startSync(l)
	if d.backing != nil && !l.busy {
		d.backing.RestLog(l.name)
	}
}

// syncFails lets a sync fail that was ordered to.
func (d *Disk) syncFails(l *log) {
	d.failSync--
	d.counts.SyncFailures++
	l.err = failed(l.name, ErrIO)
}

// verify panics if an actor changed a record after it gave it away: a real disk
// may or may not have written the change.
func (l *log) verify(end int) {
	for i := l.durable; i < end; i++ {
		if !l.records[i].sound() {
			panic(fmt.Sprintf("record %d of log %s was changed after it was appended", i, l.name))
		}
	}
}

// room makes space for a record or piece of so many bytes, unless writes are to fail.
func (d *Disk) room(bytes int, failing *int) error {
	if *failing > 0 {
		*failing--
		return ErrIO
	}
	if d.capacity > 0 && d.used+int64(bytes)+frameBytes > d.capacity {
		return ErrFull
	}
	return nil
}
