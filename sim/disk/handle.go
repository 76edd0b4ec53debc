package disk

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A handle is the disk as one actor sees it.
type handle struct {
	disk *Disk
	post func(actors.Message)
}

var _ actors.Disk = (*handle)(nil)

// OpenLog implements [actors.Disk].
func (h *handle) OpenLog(name string) {
	d := h.disk
	d.counts.Opens++
	d.later(d.config.Open, func() { h.post(d.open(name)) })
}

// AppendLog implements [actors.Disk].
func (h *handle) AppendLog(name string, data []byte) {
	d := h.disk
	l := d.logs[name]
	if l == nil || !l.open || l.err != nil {
		return // the next sync tells
	}
	d.counts.Appends++
	if err := d.room(len(data)); err != nil {
		d.counts.WriteFailures++
		d.leavePart(l, len(data))
		l.err = failed(name, err)
		return
	}
	r := record{number: uint64(len(l.records)) + 1, data: data, sum: checksum(data)}
	l.records = append(l.records, r)
	d.used += r.size()
	if o := d.config.Observer; o != nil {
		o.Appended(name, len(l.records)-1, data)
	}
}

// SyncLog implements [actors.Disk].
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

// open makes a log ready and returns the answer.
func (d *Disk) open(name string) actors.LogOpened {
	l := d.logs[name]
	if l == nil {
		l = &log{name: name}
		d.logs[name] = l
		d.names = append(d.names, name)
	}
	if l.err == nil {
		if err := l.check(); err != nil {
			d.counts.CorruptOpens++
			l.err = failed(name, err)
		}
	}
	if l.err != nil {
		return actors.LogOpened{Log: name, Err: l.err}
	}
	l.open = true
	repaired := l.torn
	l.torn = 0
	if repaired > 0 {
		d.counts.Repairs++
	}
	return actors.LogOpened{Log: name, Records: l.data(0, len(l.records)), Repaired: repaired}
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
	d.later(d.config.Sync, func() { d.finishSync(l, end) })
}

// finishSync answers those who waited and starts the sync that gathered meanwhile.
func (d *Disk) finishSync(l *log, end int) {
	if l.err == nil && d.failSync > 0 {
		d.failSync--
		d.counts.SyncFailures++
		l.err = failed(l.name, ErrIO)
	}
	if l.err == nil {
		l.verify(end)
		d.settle(l, end)
	}
	l.busy = false
	err := l.err
	for _, w := range l.syncing {
		w.post(actors.LogSynced{Log: l.name, Mark: w.mark, Err: err})
	}
	d.startSync(l)
}

// verify panics if an actor changed a record after it gave it away: a real disk
// may or may not have written the change.
func (l *log) verify(end int) {
	for i := l.durable; i < end; i++ {
		if !l.records[i].intact() {
			panic(fmt.Sprintf("record %d of log %s was changed after it was appended", i, l.name))
		}
	}
}

// room makes space for a record of so many bytes.
func (d *Disk) room(bytes int) error {
	if d.failAdd > 0 {
		d.failAdd--
		return ErrIO
	}
	if d.capacity > 0 && d.used+int64(bytes)+frameBytes > d.capacity {
		return ErrFull
	}
	return nil
}
