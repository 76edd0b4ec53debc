package disk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/disk"
)

// last returns the last answer once everything has been answered.
func last[M actors.Message](r *rig) M {
	r.world.Run(time.Second)
	return r.answers[len(r.answers)-1].(M)
}

// file writes pieces to "f", without a seal.
func (r *rig) file(pieces ...string) {
	for _, piece := range pieces {
		r.WriteFile("f", []byte(piece))
	}
}

// seal seals "f" and returns the error.
func (r *rig) seal() error {
	r.SealFile("f")
	return last[actors.FileSealed](r).Err
}

// piece reads a piece of "f".
func (r *rig) piece(number int) actors.FileRead {
	r.ReadFile("f", number)
	return last[actors.FileRead](r)
}

// shelved has the file "f" of three pieces, sealed, and a log of three records.
func shelved(t *testing.T, change ...func(*disk.Config)) *rig {
	t.Helper()
	r := stored(t, change...)
	r.file("one", "two", "three")
	if err := r.seal(); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantFile checks that "f" is whole.
func (r *rig) wantFile(t *testing.T) {
	t.Helper()
	for i, want := range []string{"one", "two", "three"} {
		if got := r.piece(i); string(got.Data) != want || got.Pieces != 3 || got.Err != nil {
			t.Errorf("piece %d is %q of %d, %v", i, got.Data, got.Pieces, got.Err)
		}
	}
}

// wantNoFile checks that there is no "f".
func (r *rig) wantNoFile(t *testing.T) {
	t.Helper()
	if got := r.piece(0); !errors.Is(got.Err, actors.ErrNoFile) || len(r.disk.Files()) != 0 {
		t.Errorf("piece 0 is %q, %v; files %v", got.Data, got.Err, r.disk.Files())
	}
}

func TestFilesTakeTimeByTheirSize(t *testing.T) {
	r := newRig(1, func(c *disk.Config) {
		c.File, c.BytesPerSecond = disk.Latency{Floor: ms}, 1000
	})
	r.file("ten bytes.")
	r.world.Run(10 * ms)
	r.wantAnswers(t)
	r.world.Run(ms)
	r.wantAnswers(t, actors.FileWritten{File: "f", Pieces: 1})
	r.SealFile("f")
	r.world.Run(ms)
	r.ReadFile("f", 0)
	r.world.Run(10 * ms)
	if len(r.answers) != 2 {
		t.Errorf("answers %v, want the read to take longer", r.answers)
	}
	r.world.Run(ms)
	if len(r.answers) != 3 {
		t.Errorf("answers %v, want the read among them", r.answers)
	}
}

func TestChangesOfFilesAreDoneOneAfterTheOther(t *testing.T) {
	r := newRig(1, func(c *disk.Config) { c.File = disk.Latency{Floor: ms, Mean: 50 * ms} })
	r.file("one", "two")
	r.SealFile("f")
	r.RemoveFile("f")
	r.file("three")
	r.world.Run(time.Minute)
	r.wantAnswers(t, actors.FileWritten{File: "f", Pieces: 1}, actors.FileWritten{File: "f", Pieces: 2},
		actors.FileSealed{File: "f", Pieces: 2}, actors.FileRemoved{File: "f"}, actors.FileWritten{File: "f", Pieces: 1})
}

func TestACrashLosesWhatIsNotSealed(t *testing.T) {
	r := shelved(t)
	used := r.disk.Used()
	r.WriteFile("draft", []byte("piece"))
	r.world.Run(time.Second)
	r.WriteFile("later", []byte("under way"))
	r.reopen()
	r.wantFile(t)
	if got := r.disk.Files(); !slices.Equal(got, []string{"f"}) || r.disk.Used() != used {
		t.Errorf("files %v; %d bytes, want %d", got, r.disk.Used(), used)
	}
	if c := r.disk.Counts().Files; c.LostDrafts != 1 || c.Writes != 5 || c.Seals != 1 || c.Reads != 3 {
		t.Errorf("counted %+v", c)
	}
}

// outcomes crashes many disks while act is under way and counts how often there was a
// file afterwards, which then was whole, and how often the log.
func outcomes(t *testing.T, act func(*rig), before time.Duration) (files, logs int) {
	t.Helper()
	for seed := range sim.Seed(60) {
		r := newRig(seed, func(c *disk.Config) { c.File = disk.Latency{Floor: ms} })
		r.open()
		r.write("record")
		r.sync()
		r.file("one", "two", "three")
		r.world.Run(time.Second)
		act(r)
		r.world.Run(before)
		r.disk.Crash()
		r.restart()
		if len(r.disk.Files()) > 0 {
			files++
			r.wantFile(t)
		} else {
			r.wantNoFile(t)
		}
		logs += len(r.disk.Logs())
	}
	return files, logs
}

func TestACrashDuringASealLeavesAllOrNothing(t *testing.T) {
	if files, _ := outcomes(t, func(r *rig) { r.SealFile("f") }, ms/2); files < 15 || files > 45 {
		t.Errorf("of 60 crashes during a seal %d left the file, want about half", files)
	}
	behind := func(r *rig) { r.WriteFile("other", []byte("x")); r.SealFile("f") }
	if files, _ := outcomes(t, behind, ms/2); files != 0 {
		t.Errorf("of 60 crashes before a seal began %d left the file", files)
	}
}

func TestACrashDuringARemovalLeavesAllOrNothing(t *testing.T) {
	removal := func(r *rig) { r.SealFile("f"); r.world.Run(time.Second); r.RemoveFile("f") }
	if files, _ := outcomes(t, removal, ms/2); files < 15 || files > 45 {
		t.Errorf("of 60 crashes during a removal %d left the file, want about half", files)
	}
	if _, logs := outcomes(t, func(r *rig) { r.RemoveLog("l") }, ms/2); logs < 15 || logs > 45 {
		t.Errorf("of 60 crashes during a removal %d left the log, want about half", logs)
	}
}

func TestAFailedWriteFailsTheFileUntilItIsRemoved(t *testing.T) {
	r := stored(t)
	r.file("one")
	r.world.Run(time.Second)
	r.disk.FailFile()
	r.file("two", "three")
	if written := last[actors.FileWritten](r); !errors.Is(written.Err, disk.ErrIO) || written.Pieces != 1 {
		t.Errorf("the write after the failed one: %+v", written)
	}
	if err := r.seal(); !errors.Is(err, disk.ErrIO) {
		t.Errorf("the seal of a failed file: %v", err)
	}
	r.wantNoFile(t)
	r.write("four")
	if err := r.sync(); err != nil {
		t.Errorf("a log failed with a file: %v", err)
	}
	r.RemoveFile("f")
	r.file("one", "two", "three")
	if err := r.seal(); err != nil || r.disk.Counts().Files.Failures != 1 {
		t.Errorf("after its removal: %v, counted %+v", err, r.disk.Counts().Files)
	}
	r.wantFile(t)
}

func TestAReadThatFailedSucceedsTheNextTime(t *testing.T) {
	r := stored(t)
	r.file("one", "two", "three")
	if err := r.seal(); err != nil {
		t.Fatal(err)
	}
	r.disk.FailRead()
	if got := r.piece(1); !errors.Is(got.Err, disk.ErrIO) || errors.Is(got.Err, actors.ErrCorrupt) {
		t.Errorf("the read that was to fail: %+v", got)
	}
	r.wantFile(t)
}

func TestAFileWhoseSealFailedMayBeThere(t *testing.T) {
	there := 0
	for seed := range sim.Seed(60) {
		r := newRig(seed)
		r.file("one", "two", "three")
		r.world.Run(time.Second)
		r.disk.FailFile()
		if err := r.seal(); !errors.Is(err, disk.ErrIO) {
			t.Errorf("the seal: %v", err)
		}
		if len(r.disk.Files()) > 0 {
			there++
			r.wantFile(t)
		}
		r.file("more")
		if written := last[actors.FileWritten](r); written.Err == nil {
			t.Error("a file took more after its seal had failed")
		}
		r.RemoveFile("f")
		r.world.Run(time.Second)
		if r.wantNoFile(t); r.disk.Used() != 0 {
			t.Errorf("%d bytes are left of a removed file", r.disk.Used())
		}
	}
	if there < 15 || there > 45 {
		t.Errorf("of 60 files whose seal failed %d were there, want about half", there)
	}
}

func TestMendedDisksTakeFiles(t *testing.T) {
	r := stored(t)
	r.disk.FailFile()
	r.disk.Mend()
	r.file("one")
	if err := r.seal(); err != nil {
		t.Error(err)
	}
}

func TestAFullDiskFailsTheFileThatFillsIt(t *testing.T) {
	r := stored(t)
	used := r.disk.Used()
	r.disk.Limit(used + 40)
	r.file("it fits", strings.Repeat("not", 10))
	if written := last[actors.FileWritten](r); !errors.Is(written.Err, disk.ErrFull) || written.Pieces != 1 {
		t.Errorf("the write on a full disk: %+v", written)
	}
	r.write("a log has its own")
	if err := r.sync(); err != nil {
		t.Errorf("a log on a disk with room for it: %v", err)
	}
	r.RemoveFile("f")
	r.world.Run(time.Second)
	if got, want := r.disk.Used(), used+int64(len("a log has its own"))+8; got != want {
		t.Errorf("%d bytes used, want %d", got, want)
	}
}

func TestADamagedPieceIsFoundWhenItIsRead(t *testing.T) {
	for place := range 3 {
		r := shelved(t)
		given := r.disk.Pieces("f")
		if !r.disk.FlipPiece("f", place+3, 1000+place) {
			t.Fatal("found nothing to damage")
		}
		if string(given[place]) != []string{"one", "two", "three"}[place] {
			t.Errorf("an actor's copy was damaged: %q", given)
		}
		for i := range 3 {
			if got := r.piece(i); errors.Is(got.Err, actors.ErrCorrupt) != (i == place) {
				t.Errorf("piece %d damaged: piece %d is %q, %v", place, i, got.Data, got.Err)
			}
		}
		if c := r.disk.Counts().Files; c.Flips != 1 || c.CorruptReads != 1 {
			t.Errorf("counted %+v", c)
		}
	}
}

func TestALostFileIsNotThere(t *testing.T) {
	r := shelved(t)
	if !r.disk.LoseFile("f") || r.disk.Counts().Files.Losses != 1 {
		t.Errorf("nothing was lost; counted %+v", r.disk.Counts().Files)
	}
	r.wantNoFile(t)
	if r.disk.LoseFile("f") || r.disk.FlipPiece("f", 0, 0) {
		t.Error("damaged a file that is not there")
	}
}

func TestASlowDiskIsSlowWithFiles(t *testing.T) {
	r := newRig(1, func(c *disk.Config) { c.File = disk.Latency{Floor: ms} })
	lift := r.disk.Slow(10)
	r.file("one")
	r.world.Run(9 * ms)
	r.wantAnswers(t)
	r.world.Run(ms)
	r.wantAnswers(t, actors.FileWritten{File: "f", Pieces: 1})
	lift()
}

func TestAStuckDiskHoldsFilesToo(t *testing.T) {
	r := shelved(t)
	lift := r.disk.Stick()
	r.answers = nil
	r.ReadFile("f", 0)
	r.file("more")
	r.ListFiles()
	r.ListLogs()
	r.world.Run(time.Hour)
	r.wantAnswers(t)
	lift()
	r.world.Run(time.Second)
	if len(r.answers) != 4 {
		t.Errorf("answers %v, want four", r.answers)
	}
}

func TestAPieceMustNotBeChangedByItsWriter(t *testing.T) {
	r := newRig(1)
	piece := []byte("mine")
	r.WriteFile("f", piece)
	r.world.Run(time.Second)
	piece[0] = 'y'
	defer func() {
		if recover() == nil {
			t.Error("a changed piece was sealed")
		}
	}()
	r.seal()
}

func TestPiecesOfTheWrongSizeAreMistakes(t *testing.T) {
	for _, size := range []int{0, actors.MaxPieceBytes + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a piece of %d bytes was taken", size)
				}
			}()
			newRig(1).WriteFile("f", make([]byte, size))
		}()
	}
}

func TestNamesAreCheckedAsOnARealDisk(t *testing.T) {
	r := newRig(1)
	r.OpenLog("Log")
	if opened := last[actors.LogOpened](r); opened.Err == nil {
		t.Error("a log of a bad name was opened")
	}
	r.WriteFile("../f", []byte("x"))
	if written := last[actors.FileWritten](r); written.Err == nil {
		t.Error("a file of a bad name was written")
	}
}

func TestADamagedLogGivesWhatIsIntact(t *testing.T) {
	r := newRig(1)
	r.open()
	r.write("a", "b", "c", "d", "e", "f")
	r.sync()
	r.disk.FlipBit("l", 0, 1)
	r.disk.FlipBit("l", 2, 1)
	r.disk.LoseRecord("l", 3)
	r.disk.LoseRecord("l", 5)
	opened := r.reopen()
	if got := words(opened.Records); !slices.Equal(got, []string{"b", "e"}) || !slices.Equal(opened.Holes, []int{0, 1, 2}) {
		t.Errorf("holds %v with holes at %v, %v", got, opened.Holes, opened.Err)
	}
}

func TestARemovedLogIsGoneForTheObserver(t *testing.T) {
	r := stored(t)
	r.disk.FlipBit("l", 0, 0) // damage is no reason to keep it
	r.reopen()
	r.RemoveLog("l")
	if removed := last[actors.LogRemoved](r); removed.Err != nil {
		t.Error(removed.Err)
	}
	if r.disk.Used() != 0 || len(r.disk.Logs()) != 0 || r.seen[len(r.seen)-1] != "removed l" {
		t.Errorf("%d bytes in %v; saw %q", r.disk.Used(), r.disk.Logs(), r.seen)
	}
	if r.disk.Counts().Removals != 1 {
		t.Errorf("counted %+v", r.disk.Counts())
	}
}

func TestALogThatFailedIsNotRemoved(t *testing.T) {
	r := stored(t)
	r.disk.FailSync()
	r.sync()
	r.RemoveLog("l")
	if removed := last[actors.LogRemoved](r); !errors.Is(removed.Err, disk.ErrIO) || len(r.disk.Logs()) != 1 {
		t.Errorf("removed with %v; logs %v", removed.Err, r.disk.Logs())
	}
}

func TestALogThatIsUsedMustNotBeRemoved(t *testing.T) {
	r := stored(t) // a sync takes a millisecond there, a removal no time
	r.SyncLog("l", 9)
	defer func() {
		if recover() == nil {
			t.Error("a log was removed during a sync")
		}
	}()
	r.RemoveLog("l")
	r.world.Run(time.Second)
}

func TestAWipedDiskHasNoFiles(t *testing.T) {
	r := shelved(t)
	r.file("more of it")
	r.disk.Crash()
	r.disk.Wipe()
	r.restart()
	r.wantNoFile(t)
	r.ListLogs()
	if listed := last[actors.LogsListed](r); len(listed.Logs) != 0 || r.disk.Used() != 0 {
		t.Errorf("logs %v, %d bytes", listed.Logs, r.disk.Used())
	}
}

// TestFilesLeaveTheFateOfLogsAlone draws what crashes leave of a log beside files and
// without.
func TestFilesLeaveTheFateOfLogsAlone(t *testing.T) {
	fates := func(files bool) (out []string) {
		r := newRig(4)
		for range 20 {
			r.open()
			r.write("a", "b", "c", "d")
			if files {
				r.file("one", "two")
				r.seal()
				r.RemoveFile("f")
				r.world.Run(time.Second)
			}
			out = append(out, fmt.Sprint(len(r.reopen().Records)))
		}
		return out
	}
	if with, out := fates(true), fates(false); !slices.Equal(with, out) {
		t.Errorf("crashes left %v beside files and %v without", with, out)
	}
}

func TestTheObserverSeesWhetherAFileIsRemovedWhileItIsRead(t *testing.T) {
	for _, early := range []bool{false, true} {
		r := newRig(1, func(c *disk.Config) { c.BytesPerSecond = 10 })
		r.WriteFile("f", []byte("abc")) // a removal takes no time
		r.SealFile("f")
		r.world.Run(time.Second)
		r.ReadFile("f", 0)
		r.disk.Crash() // nobody waits for that any more
		r.ReadFile("f", 0)
		if !early {
			r.world.Run(time.Second)
		}
		r.RemoveFile("f")
		r.world.Run(time.Second)
		if want := map[bool]int{false: 0, true: 1}[early]; r.missed != want {
			t.Errorf("removed early: %v; %d reads were under way, want %d", early, r.missed, want)
		}
	}
}

func TestTheObserverSeesWhatItsOwnerDoesToFiles(t *testing.T) {
	r := newRig(1)
	r.WriteFile("f", []byte("a"))
	r.RemoveFile("f") // nothing that survives
	r.WriteFile("f", []byte("b"))
	r.SealFile("f")
	r.WriteFile("g", []byte("c"))
	r.SealFile("g")
	r.world.Run(time.Second)
	r.disk.LoseFile("f") // by no will of its owner
	r.RemoveFile("f")
	r.RemoveFile("g")
	r.world.Run(time.Second)
	if want := []string{"sealed f", "sealed g", "discarded g"}; !slices.Equal(r.seen, want) {
		t.Errorf("saw %q, want %q", r.seen, want)
	}
}
