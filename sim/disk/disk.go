// Package disk is the simulated storage of one node: it keeps the contract of
// [actors.Disk] in virtual time, forgets at a crash what no sync covered, and
// fails when it is told to.
//
// Each log has two images. The visible one is what was appended; the durable one
// is the beginning of it that survives any crash. A file is durable once it is
// sealed, and nothing before.
package disk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// Errors that faults and misuse cause. Actors see them wrapped, with the name of the
// log or file.
var (
	ErrFull    = errors.New("no space left on device")
	ErrIO      = errors.New("input/output error")
	ErrNotOpen = errors.New("log is not open")
	ErrSealed  = errors.New("file is sealed")
	ErrPiece   = errors.New("no such piece")
)

// A Stream is where a disk takes its chance from.
type Stream interface {
	// Chance returns true with probability p.
	Chance(p float64) bool
	// IntN returns a number in [0, n).
	IntN(n int) int
	// Exp returns an exponentially distributed duration.
	Exp(mean time.Duration) time.Duration
}

// A Latency says how long an operation takes: Floor and an exponentially
// distributed rest around Mean. With probability TailChance another one around
// Tail is added.
type Latency struct {
	Floor, Mean time.Duration
	TailChance  float64
	Tail        time.Duration
}

// A Config says what a [Disk] is made of. After and the streams are required.
type Config struct {
	// After calls f in the world once d has passed.
	After func(d time.Duration, f func())
	// Pace draws latencies; Fate draws what a crash leaves. Apart, so that faults of
	// one kind do not change the other.
	Pace, Fate Stream
	// Sync and Open are how long syncing and opening take, of logs.
	Sync, Open Latency
	// File is how long anything else takes: what is done to files, lists, removals.
	// A piece of a file takes as long again as BytesPerSecond says; zero: no longer.
	File           Latency
	BytesPerSecond int64
	// TornChance is how likely a crash that cuts off records leaves a part of the
	// first of them.
	TornChance float64
	// Observer is told what the disk truly holds; nil for none.
	Observer Observer
	// Backing does everything with real files as well, and what is recovered of these
	// after a crash is what the disk holds then; nil for none. Rolls draws what happens to
	// them, and Differs is told when the backing does what no disk may do: from then on
	// the disk does without it.
	Backing Backing
	Rolls   Stream
	Differs func(format string, args ...any)
}

// An Observer is told what happens to the images of logs, and to files, as it happens.
// Records are numbered from 0 in each log and must not be changed.
type Observer interface {
	// Appended: record number index became visible.
	Appended(log string, index int, record []byte)
	// Durable: records number first and up became durable, by a sync or because a
	// crash happened to spare them.
	Durable(log string, first int, records [][]byte)
	// Cut: a crash left only the first kept records.
	Cut(log string, kept int)
	// Damaged: durable records can no longer be read as they were written, and the
	// next opening will say so; or all of them are gone, wiped.
	Damaged(log string)
	// Removed: the log is gone with all that was durable in it, by its owner's will.
	Removed(log string)
	// Sealed: the file survives any crash from now on.
	Sealed(file string)
	// Discarded: the file is gone, by its owner's will, who was waiting for so many
	// pieces of it.
	Discarded(file string, reads int)
}

// Counts says what happened on a disk.
type Counts struct {
	Appends, Syncs, Opens       uint64
	SyncFailures, WriteFailures uint64
	Crashes                     uint64
	LostRecords                 uint64 // not durable when a crash came, and cut
	SparedRecords               uint64 // not durable when a crash came, and kept
	Torn                        uint64 // records of which a crash or a failed append left a part
	Repairs                     uint64 // openings that cut such a part
	Flips, Losses, Wipes        uint64 // injected damage
	Misdirections, LostLogs     uint64 // more of it
	CorruptOpens                uint64 // openings that found it
	Removals                    uint64 // logs removed
	Files                       FileCounts
	Slowed, Held                uint64 // operations that a slow or stuck disk delayed
	Recoveries                  uint64 // logs that the backing recovered after a crash
}

// FileCounts says what happened to files.
type FileCounts struct {
	Writes, Seals, Reads, Removals uint64
	Failures                       uint64 // writes and seals that failed
	LostDrafts                     uint64 // files that a crash came upon before they were sealed
	Flips, Losses                  uint64 // injected damage
	CorruptReads                   uint64 // reads that found it
}

// A Disk is the storage of one node. It implements what the simulated world asks
// of a disk; the other methods inject faults.
type Disk struct {
	config  Config
	logs    map[string]*log
	names   []string         // of logs, in the order they were created
	doomed  []string         // logs whose removal is under way
	drafts  map[string]*file // not sealed
	sealed  map[string]*file
	tasks   []task         // of those that change files, in order; the first is under way
	epoch   uint64         // counts crashes: what began before the last one never ends
	used    int64          // bytes of all logs and files
	asked   int            // operations that have begun and not ended
	reading map[string]int // how many reads of each file are under way
	counts  Counts
	injected
	backed
}

// injected are the faults in force, and those that are to come.
type injected struct {
	capacity int64    // 0: no limit
	slow     int      // factor on latencies, by the slow faults in force
	stuck    int      // how many stuck faults are in force
	held     []func() // what waits for the disk to come unstuck
	failSync int      // how many syncs are to fail
	failAdd  int      // how many appends are to fail
	failFile int      // how many writes or seals of files are to fail
	failRead int      // how many reads of files are to fail
}

// New returns an empty disk.
func New(c Config) *Disk {
	return &Disk{
		config: c, logs: map[string]*log{}, drafts: map[string]*file{}, sealed: map[string]*file{},
		reading: map[string]int{}, injected: injected{slow: 1},
		backed: backed{backing: c.Backing, doubtful: map[string]bool{}},
	}
}

// For returns the disk as the actor owner sees it.
func (d *Disk) For(_ actors.Ref, post func(actors.Message)) actors.Disk {
	return &handle{disk: d, post: post}
}

// Counts returns what happened so far.
func (d *Disk) Counts() Counts { return d.counts }

// Waiting returns how many operations were asked for in this life of the node and have not
// ended, those included that wait for others.
func (d *Disk) Waiting() int {
	waiting := d.asked + max(len(d.tasks)-1, 0) // the first has begun
	for _, name := range d.names {
		waiting += len(d.logs[name].next)
	}
	return waiting
}

// Logs returns the names of the logs in the order they were created.
func (d *Disk) Logs() []string { return slices.Clone(d.names) }

// Durable returns the records of a log that survive any crash. They must not be
// changed.
func (d *Disk) Durable(name string) [][]byte {
	l := d.logs[name]
	if l == nil {
		return nil
	}
	return l.data(0, l.durable)
}

// Files returns the names of the sealed files, sorted.
func (d *Disk) Files() []string {
	return slices.Sorted(maps.Keys(d.sealed)) // any order: sorted
}

// Drafts returns the names of the files that are being written, sorted.
func (d *Disk) Drafts() []string {
	return slices.Sorted(maps.Keys(d.drafts)) // any order: sorted
}

// Pieces returns the pieces of a sealed file; none if there is no such file. They must
// not be changed.
func (d *Disk) Pieces(file string) [][]byte {
	f := d.sealed[file]
	if f == nil {
		return nil
	}
	var out [][]byte
	for _, p := range f.pieces {
		out = append(out, p.data)
	}
	return out
}

// Crash forgets what was not durable, except for a random beginning of it.
func (d *Disk) Crash() {
	d.epoch++
	d.counts.Crashes++
	d.held, d.asked = nil, 0
	clear(d.reading)
	if left, ok := d.crashBacking(); ok {
		d.adoptLogs(left)
		d.adoptFiles(left.files)
	} else {
		d.crashRemovals()
		for _, name := range d.names {
			d.crash(d.logs[name])
		}
		d.crashFiles()
	}
	d.doomed, d.opening = nil, nil
}

func (d *Disk) crash(l *log) {
	kept := l.durable + d.spare(len(l.records)-l.durable)
	if kept < len(l.records) {
		l.torn = 0 // what a failed append left is behind those that are cut
		d.tear(l, l.records[kept])
	}
	d.keep(l, kept)
	l.close()
}

// keep leaves the first kept records of a log, which are durable then.
func (d *Disk) keep(l *log, kept int) {
	d.counts.LostRecords += uint64(len(l.records) - kept)
	d.counts.SparedRecords += uint64(kept - l.durable)
	if kept < len(l.records) {
		d.cut(l, kept)
	}
	if kept > l.durable {
		d.settle(l, kept)
	}
}

// spare draws how many of the unsynced records a crash spares. All and none are
// made common: they are the extremes that code forgets.
func (d *Disk) spare(unsynced int) int {
	if unsynced == 0 {
		return 0
	}
	switch d.config.Fate.IntN(4) {
	case 0:
		return 0
	case 1:
		return unsynced
	}
	return d.config.Fate.IntN(unsynced + 1)
}

// tear leaves a part of the first record that is cut, perhaps.
func (d *Disk) tear(l *log, r record) {
	if d.config.Fate.Chance(d.config.TornChance) {
		d.leavePart(l, len(r.data))
	}
}

// leavePart leaves a random part of a record of so many bytes behind the last.
func (d *Disk) leavePart(l *log, bytes int) {
	d.counts.Torn++
	l.torn = 1 + int64(d.config.Fate.IntN(bytes+frameBytes-1))
}

func (d *Disk) cut(l *log, kept int) {
	for _, r := range l.records[kept:] {
		d.used -= r.size()
	}
	l.records = slices.Delete(l.records, kept, len(l.records))
	if o := d.config.Observer; o != nil {
		o.Cut(l.name, kept)
	}
}

// settle makes the records of l up to end durable.
func (d *Disk) settle(l *log, end int) {
	first := l.durable
	l.durable = end
	if o := d.config.Observer; o != nil && end > first {
		o.Durable(l.name, first, l.data(first, end))
	}
}

// later calls f once the operation that begins now is done, unless the node
// crashes before.
func (d *Disk) later(lat Latency, f func()) {
	wait := lat.Floor + d.config.Pace.Exp(lat.Mean)
	if d.config.Pace.Chance(lat.TailChance) {
		wait += d.config.Pace.Exp(lat.Tail)
	}
	if d.slow > 1 {
		d.counts.Slowed++
	}
	d.asked++
	d.labour(wait, 1, d.epoch, func() {
		d.asked--
		f()
	})
}

// labour passes the time of an operation, wait for each of as many laps as the disk
// is slow. What is under way when a fault is lifted ends with its lap: a healed disk
// is as fast as any.
func (d *Disk) labour(wait time.Duration, lap int, epoch uint64, f func()) {
	d.config.After(wait, func() {
		switch {
		case epoch != d.epoch:
		case d.stuck > 0:
			d.counts.Held++
			d.held = append(d.held, f)
		case wait > 0 && lap < d.slow:
			d.labour(wait, lap+1, epoch, f)
		default:
			f()
		}
	})
}

func failed(log string, err error) error { return fmt.Errorf("log %s: %w", log, err) }

func failedFile(file string, err error) error { return fmt.Errorf("file %s: %w", file, err) }
