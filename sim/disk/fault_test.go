package disk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/disk"
)

// failedForGood checks that nothing works on the log any more until a restart, which
// finds what was durable.
func failedForGood(t *testing.T, r *rig, why error) {
	t.Helper()
	r.write("never")
	if err := r.sync(); !errors.Is(err, why) {
		t.Errorf("a second sync: %v, want %v", err, why)
	}
	if opened := r.open(); !errors.Is(opened.Err, why) || opened.Records != nil {
		t.Errorf("opened again: %s, %v, want %v", opened.Records, opened.Err, why)
	}
	got := words(r.reopen().Records)
	if len(got) < 3 || !slices.Equal(got[:3], []string{"one", "two", "three"}) || slices.Contains(got, "never") {
		t.Errorf("after a restart the log holds %v", got)
	}
}

func TestAFailedSyncFailsForGood(t *testing.T) {
	r := stored(t)
	r.disk.FailSync()
	r.answers = nil
	r.write("four")
	r.SyncLog("l", 1)
	r.SyncLog("l", 2)
	r.world.Run(time.Second)
	for i, m := range r.answers {
		if s := m.(actors.LogSynced); !errors.Is(s.Err, disk.ErrIO) || s.Mark != uint64(i+1) {
			t.Errorf("answer %d: %+v", i, s)
		}
	}
	if c := r.disk.Counts(); len(r.answers) != 2 || c.SyncFailures != 1 {
		t.Errorf("%d answers; counted %+v", len(r.answers), c)
	}
	if len(r.disk.Durable("l")) != 3 {
		t.Error("a failed sync made something durable")
	}
	failedForGood(t, r, disk.ErrIO)
}

func TestAFailedAppendFailsForGood(t *testing.T) {
	r := stored(t)
	r.disk.FailAppend()
	r.write("four")
	if err := r.sync(); !errors.Is(err, disk.ErrIO) {
		t.Errorf("the sync after a failed append: %v", err)
	}
	if r.disk.Counts().WriteFailures != 1 {
		t.Errorf("counted %+v", r.disk.Counts())
	}
	failedForGood(t, r, disk.ErrIO)
}

func TestAFullDiskLeavesAPartOfARecord(t *testing.T) {
	r := stored(t)
	r.disk.Limit(r.disk.Used() + 15)
	r.write("it fits")
	r.sync()
	r.write("it does not")
	if err := r.sync(); !errors.Is(err, disk.ErrFull) {
		t.Errorf("the sync on a full disk: %v", err)
	}
	if opened := r.reopen(); len(opened.Records) != 4 || opened.Repaired == 0 {
		t.Errorf("%d records and %d bytes were left", len(opened.Records), opened.Repaired)
	}
	if c := r.disk.Counts(); c.Torn != 1 || c.Repairs != 1 || c.WriteFailures != 1 {
		t.Errorf("counted %+v", c)
	}
	r.disk.Limit(0)
	r.write("it fits now")
	if err := r.sync(); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestUsedIsWhatTheRecordsTake(t *testing.T) {
	r := stored(t)
	before := r.disk.Used()
	r.write("four")
	if r.disk.Used() != before+12 {
		t.Errorf("four bytes took %d", r.disk.Used()-before)
	}
	for seed := range sim.Seed(20) {
		r := newRig(seed)
		r.open()
		r.write("a", "b", "c")
		if n := len(r.reopen().Records); r.disk.Used() != int64(9*n) {
			t.Errorf("%d records take %d bytes", n, r.disk.Used())
		}
	}
}

func TestASlowDiskIsSlow(t *testing.T) {
	r := stored(t)
	lift := r.disk.Slow(10)
	r.answers = nil
	r.SyncLog("l", 1)
	r.world.Run(9 * ms)
	r.wantAnswers(t)
	r.world.Run(2 * ms)
	r.wantAnswers(t, synced(1))
	lift()
	lift()
	r.SyncLog("l", 2)
	r.world.Run(ms)
	r.wantAnswers(t, synced(1), synced(2))
	if r.disk.Counts().Slowed != 1 {
		t.Errorf("counted %+v", r.disk.Counts())
	}
}

func TestWhatASlowDiskIsDoingEndsSoonAfterItIsHealed(t *testing.T) {
	r := stored(t)
	lift := r.disk.Slow(100_000)
	r.answers = nil
	r.SyncLog("l", 1)
	r.world.Run(50 * ms)
	r.wantAnswers(t)
	lift()
	r.world.Run(2 * ms)
	r.wantAnswers(t, synced(1))
}

func TestAStuckDiskAnswersOnceItIsFree(t *testing.T) {
	r := stored(t)
	first, second := r.disk.Stick(), r.disk.Stick()
	r.answers = nil
	r.SyncLog("l", 1)
	r.world.Run(time.Hour)
	first()
	first()
	r.wantAnswers(t)
	second()
	r.wantAnswers(t, synced(1))
	if r.disk.Counts().Held != 1 {
		t.Errorf("counted %+v", r.disk.Counts())
	}
}

func TestACrashFreesNobodyWhoWaitsForAStuckDisk(t *testing.T) {
	r := stored(t)
	lift := r.disk.Stick()
	r.answers = nil
	r.SyncLog("l", 1)
	r.world.Run(time.Second)
	r.disk.Crash()
	lift()
	r.world.Run(time.Second)
	r.wantAnswers(t)
}

func TestDamageIsFoundAtTheNextOpening(t *testing.T) {
	for name, damage := range map[string]func(d *disk.Disk) bool{
		"flip first":  func(d *disk.Disk) bool { return d.FlipBit("l", 0, 0) },
		"flip last":   func(d *disk.Disk) bool { return d.FlipBit("l", 2, 39) },
		"flip beyond": func(d *disk.Disk) bool { return d.FlipBit("l", 100, 1000) },
		"lose first":  func(d *disk.Disk) bool { return d.LoseRecord("l", 0) },
		"lose last":   func(d *disk.Disk) bool { return d.LoseRecord("l", 2) },
	} {
		r := stored(t)
		given := r.disk.Durable("l")
		r.write("not synced")
		if !damage(r.disk) {
			t.Errorf("%s: found nothing to damage", name)
		}
		if err := r.sync(); err != nil {
			t.Errorf("%s: noticed by a sync: %v", name, err)
		}
		if !slices.Equal(words(given), []string{"one", "two", "three"}) {
			t.Errorf("%s: an actor's copy was damaged: %s", name, given)
		}
		for range 2 {
			opened := r.reopen()
			if !errors.Is(opened.Err, actors.ErrCorrupt) || len(opened.Records) != 3 || len(opened.Holes) != 1 {
				t.Errorf("%s: opened with %s, %v", name, opened.Records, opened.Err)
			}
		}
		c := r.disk.Counts()
		if c.Flips+c.Losses != 1 || c.CorruptOpens != 2 || !slices.Contains(r.seen, "damaged l") {
			t.Errorf("%s: counted %+v, saw %q", name, c, r.seen)
		}
	}
}

func TestAnEmptyRecordCanBeDamagedToo(t *testing.T) {
	r := newRig(1)
	r.open()
	r.write("")
	r.sync()
	r.disk.FlipBit("l", 0, 77)
	if opened := r.reopen(); !errors.Is(opened.Err, actors.ErrCorrupt) {
		t.Errorf("opened with %v", opened.Err)
	}
}

func TestWhereNothingIsDurableNothingIsDamaged(t *testing.T) {
	r := newRig(1)
	r.open()
	r.write("not synced")
	if r.disk.FlipBit("l", 0, 0) || r.disk.LoseRecord("l", 0) || r.disk.FlipBit("no log", 0, 0) {
		t.Error("damaged what no sync covers")
	}
	if c := r.disk.Counts(); c.Flips+c.Losses != 0 {
		t.Errorf("counted %+v", c)
	}
}

func TestAWipedDiskIsNew(t *testing.T) {
	r := stored(t)
	r.disk.Crash()
	r.disk.Wipe()
	r.restart()
	if opened := r.open(); len(opened.Records) != 0 || opened.Err != nil || r.disk.Used() != 0 {
		t.Errorf("holds %s, %v", opened.Records, opened.Err)
	}
	if r.disk.Counts().Wipes != 1 || !slices.Contains(r.seen, "damaged l") {
		t.Errorf("counted %+v, saw %q", r.disk.Counts(), r.seen)
	}
}

// TestFaultsOfOneKindLeaveTheOtherAlone draws the fate of records on a slow disk
// and on a fast one.
func TestFaultsOfOneKindLeaveTheOtherAlone(t *testing.T) {
	fates := func(change func(*disk.Config)) (out []string) {
		r := newRig(4, change)
		for range 20 {
			r.open()
			r.write("a", "b", "c", "d")
			out = append(out, fmt.Sprint(len(r.reopen().Records)))
		}
		return out
	}
	fast := fates(func(*disk.Config) {})
	slow := fates(func(c *disk.Config) { c.Open = disk.Latency{Mean: ms, TailChance: 0.5, Tail: ms} })
	if !slices.Equal(fast, slow) {
		t.Errorf("crashes left %v on a fast disk and %v on a slow one", fast, slow)
	}
}

// TestWhatACrashCutsTakesTheShortWriteAlong never tears, so the only part of a
// record is the one that a failed append left, behind all others.
func TestWhatACrashCutsTakesTheShortWriteAlong(t *testing.T) {
	for seed := range sim.Seed(50) {
		r := newRig(seed, func(c *disk.Config) { c.TornChance = 0 })
		r.open()
		r.write("a", "b")
		r.disk.FailAppend()
		r.write("c")
		opened := r.reopen()
		if whole := len(opened.Records) == 2; whole != (opened.Repaired > 0) {
			t.Errorf("seed %d left %d of 2 records and %d bytes", seed, len(opened.Records), opened.Repaired)
		}
	}
}

// A record that was written in the place of another one is missing, and so is the other.
func TestAMisdirectedRecordLeavesTwoHoles(t *testing.T) {
	r := stored(t)
	if !r.disk.Misdirect("l", 0, 2) {
		t.Fatal("nothing was misdirected")
	}
	opened := r.reopen()
	if !errors.Is(opened.Err, actors.ErrCorrupt) || !slices.Equal(words(opened.Records), []string{"two"}) ||
		!slices.Equal(opened.Holes, []int{0, 1}) {
		t.Errorf("opened: %q, holes %v, %v", opened.Records, opened.Holes, opened.Err)
	}
	if c := r.disk.Counts(); c.Misdirections != 1 || c.CorruptOpens != 1 {
		t.Errorf("counted %+v", c)
	}
	r.RemoveLog("l")
	r.world.Run(time.Second)
	if used := r.disk.Used(); used != 0 {
		t.Errorf("%d bytes are left of nothing", used)
	}
}

func TestOneRecordCannotBeMisdirected(t *testing.T) {
	r := newRig(1)
	r.open()
	r.write("one")
	r.sync()
	if r.disk.Misdirect("l", 0, 1) || r.disk.Misdirect("none", 0, 1) {
		t.Error("a record went where there is none")
	}
}

// Of a log that is lost only the name is left, so that it is not taken for a new one.
func TestALostLogIsNotANewOne(t *testing.T) {
	r := stored(t)
	if !r.disk.LoseLog("l") || r.disk.LoseLog("none") {
		t.Fatal("the wrong log was lost")
	}
	opened := r.reopen()
	if !errors.Is(opened.Err, actors.ErrCorrupt) || len(opened.Records) != 0 || !slices.Equal(opened.Holes, []int{0}) {
		t.Errorf("opened: %q, holes %v, %v", opened.Records, opened.Holes, opened.Err)
	}
	if !slices.Equal(r.disk.Logs(), []string{"l"}) || r.disk.Counts().LostLogs != 1 {
		t.Errorf("logs %v, counted %+v", r.disk.Logs(), r.disk.Counts())
	}
}

// A failure of a log is known before its owner hears of it, and ends with its life.
func TestADiskKnowsThatALogHasFailed(t *testing.T) {
	r := stored(t)
	if r.disk.Failed() {
		t.Error("a log has failed that has not")
	}
	r.disk.FailAppend()
	r.write("four")
	if !r.disk.Failed() {
		t.Error("a failed append is not known")
	}
	if r.reopen(); r.disk.Failed() {
		t.Error("the next life remembers a failure of the one before")
	}
}
