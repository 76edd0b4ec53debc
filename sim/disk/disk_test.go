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

const ms = time.Millisecond

// A rig is a disk on a bench, with one actor's handle on it.
type rig struct {
	world *sim.World
	disk  *disk.Disk
	actors.Disk
	answers []actors.Message
	seen    []string // by the observer
	missed  int      // reads of files that were removed before they were done
}

func newRig(seed sim.Seed, change ...func(*disk.Config)) *rig {
	r := &rig{world: sim.New(sim.Config{Seed: seed})}
	c := disk.Config{After: r.world.After, Observer: r, TornChance: 1,
		Pace: seed.Stream("pace"), Fate: seed.Stream("fate"),
		Sync: disk.Latency{Floor: ms}, Open: disk.Latency{Floor: ms}}
	for _, f := range change {
		f(&c)
	}
	r.disk = disk.New(c)
	r.restart()
	return r
}

func (r *rig) restart() {
	r.answers = nil
	r.Disk = r.disk.For(actors.Ref{Node: 1, Name: "a"}, func(m actors.Message) {
		r.answers = append(r.answers, m)
	})
}

func (r *rig) Appended(log string, index int, record []byte) {
	r.seen = append(r.seen, fmt.Sprintf("append %s %d %s", log, index, record))
}

func (r *rig) Durable(log string, first int, records [][]byte) {
	r.seen = append(r.seen, fmt.Sprintf("durable %s %d %s", log, first, records))
}

func (r *rig) Cut(log string, kept int) {
	r.seen = append(r.seen, fmt.Sprintf("cut %s %d", log, kept))
}

func (r *rig) Removed(log string) { r.seen = append(r.seen, "removed "+log) }

func (r *rig) Sealed(file string) { r.seen = append(r.seen, "sealed "+file) }

func (r *rig) Discarded(file string, reads int) {
	r.seen = append(r.seen, "discarded "+file)
	r.missed += reads
}

func (r *rig) Damaged(log string) { r.seen = append(r.seen, "damaged "+log) }

// open opens the log "l" and returns the answer.
func (r *rig) open() actors.LogOpened {
	r.OpenLog("l")
	r.world.Run(time.Second)
	return r.answers[len(r.answers)-1].(actors.LogOpened)
}

// reopen crashes the node and opens the log in its next life.
func (r *rig) reopen() actors.LogOpened {
	r.disk.Crash()
	r.restart()
	return r.open()
}

// write appends records to "l", without a sync.
func (r *rig) write(records ...string) {
	for _, record := range records {
		r.AppendLog("l", []byte(record))
	}
}

// sync syncs "l" and returns the error.
func (r *rig) sync() error {
	r.SyncLog("l", 1)
	r.world.Run(time.Second)
	return r.answers[len(r.answers)-1].(actors.LogSynced).Err
}

// stored opens a log with three records that are durable.
func stored(t *testing.T, change ...func(*disk.Config)) *rig {
	t.Helper()
	r := newRig(1, change...)
	r.open()
	r.write("one", "two", "three")
	if err := r.sync(); err != nil {
		t.Fatal(err)
	}
	return r
}

func words(records [][]byte) []string {
	var out []string
	for _, r := range records {
		out = append(out, string(r))
	}
	return out
}

func (r *rig) wantAnswers(t *testing.T, want ...actors.Message) {
	t.Helper()
	if got, want := fmt.Sprint(r.answers), fmt.Sprint(want); got != want {
		t.Errorf("answers %v, want %v", got, want)
	}
}

func synced(mark uint64) actors.LogSynced { return actors.LogSynced{Log: "l", Mark: mark} }

func TestAnswersTakeTime(t *testing.T) {
	r := newRig(1)
	r.OpenLog("l")
	r.world.Run(ms / 2)
	r.wantAnswers(t)
	r.world.Run(ms)
	r.wantAnswers(t, actors.LogOpened{Log: "l"})
}

func TestASyncCoversWhatWasAppendedBefore(t *testing.T) {
	r := newRig(1)
	r.open()
	r.write("a", "b")
	if len(r.disk.Durable("l")) != 0 {
		t.Error("durable without a sync")
	}
	r.SyncLog("l", 1)
	r.write("c")
	r.world.Run(time.Second)
	if got := words(r.disk.Durable("l")); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("durable: %v", got)
	}
	want := []string{"append l 0 a", "append l 1 b", "append l 2 c", "durable l 0 [a b]"}
	if !slices.Equal(r.seen, want) {
		t.Errorf("saw %q, want %q", r.seen, want)
	}
	if got := r.disk.Logs(); !slices.Equal(got, []string{"l"}) {
		t.Errorf("logs %v", got)
	}
}

func TestSyncsThatWaitShareTheNext(t *testing.T) {
	r := newRig(1)
	r.open()
	r.answers = nil
	r.write("a")
	r.SyncLog("l", 1)
	r.write("b")
	r.SyncLog("l", 2)
	r.write("c")
	r.SyncLog("l", 3)
	r.world.Run(ms)
	r.wantAnswers(t, synced(1))
	r.write("d")
	r.world.Run(ms)
	r.wantAnswers(t, synced(1), synced(2), synced(3))
	want := []string{"durable l 0 [a]", "durable l 1 [b c]"}
	if got := durables(r.seen); !slices.Equal(got, want) {
		t.Errorf("saw %q, want %q", got, want)
	}
}

func durables(seen []string) []string {
	return slices.DeleteFunc(slices.Clone(seen), func(s string) bool { return s[:2] == "ap" })
}

// TestACrashLeavesABeginning looks at many fates of five records, two of them
// synced.
func TestACrashLeavesABeginning(t *testing.T) {
	all, left, torn := []string{"a", "b", "c", "d", "e"}, map[int]int{}, 0
	for seed := range sim.Seed(200) {
		r := newRig(seed, func(c *disk.Config) { c.TornChance = 0.5 })
		r.open()
		r.write("a", "b")
		r.sync()
		r.write("c", "d", "e")
		r.SyncLog("l", 2)
		opened := r.reopen()
		n := len(opened.Records)
		if opened.Err != nil || n < 2 || !slices.Equal(words(opened.Records), all[:n]) {
			t.Fatalf("seed %d left %s, %v", seed, opened.Records, opened.Err)
		}
		if opened.Repaired > 0 {
			torn++
		}
		if opened.Repaired < 0 || opened.Repaired > 8 || n == 5 && opened.Repaired > 0 {
			t.Errorf("seed %d left %d of 5 records and %d bytes of the next", seed, n, opened.Repaired)
		}
		c := r.disk.Counts()
		if c.LostRecords != uint64(5-n) || c.SparedRecords != uint64(n-2) || c.Crashes != 1 {
			t.Errorf("seed %d left %d of 5 records, counted %+v", seed, n, c)
		}
		if again := r.reopen(); len(again.Records) != n || again.Repaired != 0 {
			t.Errorf("seed %d: a second crash left %d of %d records", seed, len(again.Records), n)
		}
		left[n]++
	}
	if len(left) != 4 || torn == 0 || torn == 200 {
		t.Errorf("200 crashes left %v records of 5, %d torn", left, torn)
	}
}

func TestCrashesFavourTheExtremes(t *testing.T) {
	none, all := 0, 0
	for seed := range sim.Seed(200) {
		r := newRig(seed)
		r.open()
		r.write(make([]string, 100)...)
		switch len(r.reopen().Records) {
		case 0:
			none++
		case 100:
			all++
		}
	}
	if none < 30 || none > 80 || all < 30 || all > 80 {
		t.Errorf("of 200 crashes %d left nothing and %d everything, want about 50 each", none, all)
	}
}

func TestObserversSeeWhatACrashSparesAndCuts(t *testing.T) {
	for seed := range sim.Seed(50) {
		r := newRig(seed)
		r.open()
		r.write("a", "b", "c")
		r.seen = nil
		n := len(r.reopen().Records)
		var want []string
		if n < 3 {
			want = append(want, fmt.Sprintf("cut l %d", n))
		}
		if n > 0 {
			want = append(want, fmt.Sprintf("durable l 0 %v", []string{"a", "b", "c"}[:n]))
		}
		if !slices.Equal(r.seen, want) {
			t.Errorf("seed %d left %d records; saw %q, want %q", seed, n, r.seen, want)
		}
	}
}

func TestNothingIsAnsweredAfterACrash(t *testing.T) {
	r := stored(t)
	r.answers = nil
	r.SyncLog("l", 7)
	r.OpenLog("m")
	r.disk.Crash()
	r.world.Run(time.Second)
	r.wantAnswers(t)
}

func TestLogsGoOnAfterACrash(t *testing.T) {
	r := stored(t)
	r.reopen()
	r.write("four")
	r.sync()
	opened := r.reopen()
	if got := words(opened.Records); !slices.Equal(got, []string{"one", "two", "three", "four"}) {
		t.Errorf("holds %v, %v", got, opened.Err)
	}
}

func TestALogMustBeOpenedFirst(t *testing.T) {
	r := newRig(1)
	r.write("a")
	if err := r.sync(); !errors.Is(err, disk.ErrNotOpen) {
		t.Errorf("a sync of a log that is not open: %v", err)
	}
	r = stored(t)
	r.disk.Crash()
	r.restart()
	if err := r.sync(); !errors.Is(err, disk.ErrNotOpen) {
		t.Errorf("a sync of a log that was open in the last life: %v", err)
	}
}

func TestLatencyHasATail(t *testing.T) {
	r := newRig(1, func(c *disk.Config) {
		c.Sync = disk.Latency{Floor: ms, Mean: ms, TailChance: 0.1, Tail: time.Second}
	})
	r.open()
	var total time.Duration
	late := 0
	for range 1000 {
		start, answered := r.world.Now(), len(r.answers)
		r.SyncLog("l", 1)
		r.world.RunUntil(func() bool { return len(r.answers) > answered }, time.Hour)
		d := r.world.Now() - start
		total += d
		if d > 100*ms {
			late++
		}
		if d < ms {
			t.Fatalf("a sync took %v", d)
		}
	}
	if late < 60 || late > 130 || total < 80*time.Second || total > 130*time.Second {
		t.Errorf("1000 syncs took %v, %d of them long", total, late)
	}
}
