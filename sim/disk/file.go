package disk

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// A file is one file, sealed or not.
type file struct {
	pieces []piece
	err    error // its first failure
}

// A piece is one piece of a file. Its sum is taken when it is written: what changes it
// afterwards is damage.
type piece struct {
	data []byte
	sum  uint32
}

func (p piece) size() int64 { return int64(len(p.data)) + frameBytes }

func (p piece) sound() bool { return checksum(p.data) == p.sum }

// A task changes files. Tasks are done one after the other, in the order asked.
type task struct {
	file  string
	bytes int
	begin func() // what the backing does; nil for nothing
	do    func()
	// interrupted is what a crash may do instead of do while the task is under way;
	// nil if it then leaves no trace.
	interrupted func()
}

// queue adds a task and begins it if no other is under way.
func (d *Disk) queue(t task) {
	d.tasks = append(d.tasks, t)
	if len(d.tasks) == 1 {
		d.work()
	}
}

// work begins the first task.
func (d *Disk) work() {
	if begin := d.tasks[0].begin; begin != nil {
		begin()
	}
	d.later(d.pace(d.tasks[0].bytes), func() {
		do := d.tasks[0].do
		d.tasks = slices.Delete(d.tasks, 0, 1)
		if len(d.tasks) > 0 {
			d.work()
		}
		do()
	})
}

// pace returns how long it takes to do something to so many bytes of a file.
func (d *Disk) pace(bytes int) Latency {
	lat := d.config.File
	if rate := d.config.BytesPerSecond; rate > 0 {
		lat.Floor += time.Duration(int64(bytes) * int64(time.Second) / rate)
	}
	return lat
}

// write adds a piece to a file that is not sealed and returns how many it has.
func (d *Disk) write(name string, data []byte) (pieces int, err error) {
	f := d.drafts[name]
	isNew := f == nil
	if isNew {
		if err := d.free(name); err != nil {
			d.backWrite(name, data, true, nil, err)
			return 0, err
		}
		f = &file{}
		d.drafts[name] = f
	}
	var failure error // that happens now
	if f.err == nil {
		f.err = d.add(f, name, data)
		failure = f.err
	}
	d.backWrite(name, data, isNew, failure, f.err)
	return len(f.pieces), f.err
}

// free describes why no file can be begun under that name.
func (d *Disk) free(name string) error {
	if d.sealed[name] != nil {
		return failedFile(name, ErrSealed)
	}
	return actors.CheckName(name)
}

func (d *Disk) add(f *file, name string, data []byte) error {
	if err := d.room(len(data), &d.failFile); err != nil {
		d.counts.Files.Failures++
		return failedFile(name, err)
	}
	p := piece{data: data, sum: checksum(data)}
	f.pieces = append(f.pieces, p)
	d.used += p.size()
	return nil
}

// seal makes a file durable and returns how many pieces it has. The backing has done it
// already, or has failed.
func (d *Disk) seal(name string, made deed) (pieces int, err error) {
	backed := d.tell(made)
	f := d.drafts[name]
	switch {
	case f == nil:
		err = failedFile(name, actors.ErrNoFile)
	case f.err == nil && (backed && made.step > 0 || !backed && d.failFile > 0):
		d.failFile = max(d.failFile-1, 0) // it may have been mended meanwhile
		d.failSeal(name, f, backed && made.step == stepsOfSeal || !backed && d.config.Fate.Chance(0.5))
		err = f.err
	default:
		err = f.err
	}
	if backed {
		d.agree("the seal of file "+name, made.err, err)
	}
	if f == nil {
		return 0, err
	}
	if err == nil {
		f.verify(name)
		delete(d.drafts, name)
		d.fix(name, f)
	}
	return len(f.pieces), err
}

// fix makes a file one that survives.
func (d *Disk) fix(name string, f *file) {
	d.sealed[name] = f
	if o := d.config.Observer; o != nil {
		o.Sealed(name)
	}
}

// failSeal fails a seal. The file may be there all the same.
func (d *Disk) failSeal(name string, f *file, there bool) {
	d.counts.Files.Failures++
	if there {
		d.fix(name, &file{pieces: f.pieces})
		d.doubtful[name] = true
		f.pieces = nil
	}
	f.err = failedFile(name, ErrIO)
}

// verify panics if an actor changed a piece after it gave it away: a real disk may or
// may not have written the change.
func (f *file) verify(name string) {
	for i, p := range f.pieces {
		if !p.sound() {
			panic(fmt.Sprintf("piece %d of file %s was changed after it was written", i, name))
		}
	}
}

// size returns how many bytes a piece of a sealed file has, 0 if there is none.
func (d *Disk) size(name string, number int) int {
	if f := d.sealed[name]; f != nil && number >= 0 && number < len(f.pieces) {
		return len(f.pieces[number].data)
	}
	return 0
}

// read returns a piece of a sealed file.
func (d *Disk) read(name string, number int) actors.FileRead {
	answer := actors.FileRead{File: name, Piece: number}
	f := d.sealed[name]
	if f == nil {
		answer.Err = failedFile(name, actors.ErrNoFile)
		return answer
	}
	answer.Pieces = len(f.pieces)
	switch {
	case number < 0 || number >= len(f.pieces):
		answer.Err = failedFile(name, ErrPiece)
	case d.failRead > 0:
		d.failRead--
		d.counts.Files.Failures++
		answer.Err = failedFile(name, ErrIO)
	case !f.pieces[number].sound():
		d.counts.Files.CorruptReads++
		answer.Err = failedFile(name, actors.ErrCorrupt)
	default:
		answer.Data = f.pieces[number].data
	}
	return answer
}

func (d *Disk) removeFile(name string) {
	delete(d.doubtful, name)
	d.drop(d.drafts, name)
	if o := d.config.Observer; o != nil && d.sealed[name] != nil {
		o.Discarded(name, d.reading[name])
	}
	d.drop(d.sealed, name)
}

// drop takes a file out of those given.
func (d *Disk) drop(files map[string]*file, name string) {
	if f := files[name]; f != nil {
		for _, p := range f.pieces {
			d.used -= p.size()
		}
		delete(files, name)
	}
}

// crashFiles leaves of a task that a crash interrupts all or nothing, and nothing of
// the files that are not sealed.
func (d *Disk) crashFiles() {
	if len(d.tasks) > 0 {
		if f := d.tasks[0].interrupted; f != nil && d.config.Fate.Chance(0.5) {
			f()
		}
	}
	d.tasks = nil
	d.loseDrafts()
}

// loseDrafts loses the files that are not sealed.
func (d *Disk) loseDrafts() {
	for _, name := range d.Drafts() {
		d.drop(d.drafts, name)
		d.counts.Files.LostDrafts++
	}
}
