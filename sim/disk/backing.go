package disk

import (
	"github.com/understudy-kv/understudy/actors"
)

// A Backing is the real implementation of a disk on real files. What it is asked it does
// at once; how long that takes and what a node hears of it is the business of the [Disk]
// that it backs.
type Backing interface {
	Keeper
	Saboteur

	// Moment numbers what has been done so far. Promise says that somebody was told of what
	// had been done by then, so a crash must leave it.
	Moment() int
	Promise(moment int)

	// Crash damages the files as a crash may, and recovers what it left: the logs as they
	// will be opened, and the names of the sealed files, both sorted. An error says that
	// nothing can be opened.
	Crash(dice Dice) (logs []actors.LogOpened, files []string, err error)
	// Wipe removes all files.
	Wipe() error
}

// A Keeper keeps logs and files. Its methods are those of [actors.Disk] where nothing else
// is said.
type Keeper interface {
	OpenLog(name string) actors.LogOpened
	AppendLog(name string, record []byte)
	SyncLog(name string) error
	// RestLog tells a log that nothing waits for it.
	RestLog(name string)
	RemoveLog(name string) error
	WriteFile(name string, piece []byte) (pieces int, err error)
	SealFile(name string) (pieces int, err error)
	ReadFile(name string, piece int) actors.FileRead
	RemoveFile(name string) error
}

// A Saboteur makes what is kept fail, or damages it.
type Saboteur interface {
	// FailSync makes the next sync of a log fail, FailAppend the next write to one, after
	// keep bytes of it, and FailChange the nth change that files need: with "no space left"
	// if full. Mend forgets such an order, and Failures counts those carried out.
	FailSync()
	FailAppend(keep int, full bool)
	FailChange(n int, full bool)
	Mend()
	Failures() int

	// FlipBit flips a bit of the byte at a place in a sealed file, for good.
	FlipBit(name string, at, bit int) error
	// FlipRecord flips a bit of a durable record of a log that is open, for good, where
	// recovery must notice, and reports whether it did.
	FlipRecord(name string, record, bit int) (flipped bool, err error)
}

// Dice are a [Stream] of which a [Backing] needs no more than numbers.
type Dice = interface{ IntN(n int) int }

// backed is what a disk knows of its backing.
type backed struct {
	backing  Backing         // nil if there is none, or if it was found to be wrong
	opening  []string        // logs that are being opened, if there is a backing
	doubtful map[string]bool // files whose seal failed: a crash may take them away
}

// A deed is something that the backing has done and nobody was told of yet.
type deed struct {
	done   bool // false if there is no backing
	moment int
	err    error
	opened actors.LogOpened
	step   int // of sealing a file, at which it failed; 0 for none
}

// act lets the backing do something.
func (d *Disk) act(do func(b Backing, to *deed)) (made deed) {
	if b := d.backing; b != nil {
		do(b, &made)
		made.done, made.moment = true, b.Moment()
	}
	return made
}

// tell promises what was done. It reports whether there was anything, and the backing
// still counts.
func (d *Disk) tell(made deed) bool {
	if !made.done || d.backing == nil {
		return false
	}
	d.backing.Promise(made.moment)
	return true
}

// differ says that the backing did something that no disk may do. From then on the disk
// does without it.
func (d *Disk) differ(format string, args ...any) {
	d.backing = nil
	d.config.Differs(format, args...)
}

// agree compares what came of something with what must come of it.
func (d *Disk) agree(what string, got, want error) {
	switch {
	case got != nil && want == nil:
		d.differ("%s failed: %v", what, got)
	case got == nil && want != nil:
		d.differ("%s succeeded, though the disk failed: %v", what, want)
	}
}
