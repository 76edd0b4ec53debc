package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// newRehearsal starts one with small segments.
func newRehearsal(t *testing.T, segmentBytes int) *Rehearsal {
	t.Helper()
	r, err := NewRehearsal(filepath.Join(fastDirectory(t), "rehearsal"), us, segmentBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(r.parent); !os.IsNotExist(err) {
			t.Errorf("something stays behind: %v", err)
		}
	})
	return r
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// A drill appends to a log, syncs and crashes as the dice say, and remembers what must be
// there.
type drill struct {
	*Rehearsal
	dice     *rand.Rand
	appended []string
	durable  int
	told     strings.Builder // everything it was answered

	lost, spared, repaired int
}

func (d *drill) open(t *testing.T) {
	t.Helper()
	opened := d.OpenLog("journal-1")
	fmt.Fprintln(&d.told, opened)
	d.Promise(d.Moment())
	d.check(t, opened)
	d.appended = texts(opened.Records)
	d.durable = len(d.appended)
}

func (d *drill) check(t *testing.T, opened actors.LogOpened) {
	t.Helper()
	got := texts(opened.Records)
	if opened.Err != nil || len(got) < d.durable || len(got) > len(d.appended) || !slices.Equal(got, d.appended[:len(got)]) {
		t.Fatalf("%d records and %v, of %d that were appended and %d that were synced",
			len(got), opened.Err, len(d.appended), d.durable)
	}
	d.lost += len(d.appended) - len(got)
	d.spared += len(got) - d.durable
	d.repaired += int(opened.Repaired)
}

func (d *drill) step(t *testing.T) {
	t.Helper()
	switch n := d.dice.IntN(20); {
	case n < 12:
		record := fmt.Sprintf("%d%s", len(d.appended), strings.Repeat("\x00x", d.dice.IntN(200)))
		d.AppendLog("journal-1", []byte(record))
		d.appended = append(d.appended, record)
	case n < 17:
		if err := d.SyncLog("journal-1"); err != nil {
			t.Fatal(err)
		}
		if d.dice.IntN(4) == 0 {
			break // it is not heard of
		}
		d.Promise(d.Moment())
		d.durable = len(d.appended)
		d.RestLog("journal-1")
	default:
		if _, _, err := d.Crash(d.dice); err != nil {
			t.Fatal(err)
		}
		d.open(t)
	}
}

func runDrill(t *testing.T, seed uint64, segmentBytes int) *drill {
	t.Helper()
	d := &drill{Rehearsal: newRehearsal(t, segmentBytes), dice: dice(seed)}
	d.open(t)
	for range 150 {
		d.step(t)
	}
	return d
}

func TestARehearsalKeepsWhatWasPromisedAndNoMore(t *testing.T) {
	for _, segmentBytes := range []int{300, 5000, 3 * marginFrom} {
		lost, spared, repaired := 0, 0, 0
		for seed := range uint64(8) {
			d := runDrill(t, seed, segmentBytes)
			lost, spared, repaired = lost+d.lost, spared+d.spared, repaired+d.repaired
		}
		if lost == 0 || spared == 0 || repaired == 0 {
			t.Errorf("with segments of %d bytes %d records were lost, %d spared, and %d torn bytes cut",
				segmentBytes, lost, spared, repaired)
		}
	}
}

func TestEqualDiceMakeEqualRehearsals(t *testing.T) {
	one, two, other := runDrill(t, 1, 300), runDrill(t, 1, 300), runDrill(t, 2, 300)
	if one.told.String() != two.told.String() {
		t.Error("two equal rehearsals answered differently")
	}
	if one.told.String() == other.told.String() {
		t.Error("another rehearsal answered the same")
	}
}

// What is done to files and was not heard of is done or not; what was heard of stays.
func TestACrashMayInterruptWhatNobodyWasToldOf(t *testing.T) {
	steps := map[string]func(r *Rehearsal) error{
		"seal":    func(r *Rehearsal) error { _, err := r.SealFile("snapshot-b"); return err },
		"remove":  func(r *Rehearsal) error { return r.RemoveFile("snapshot-a") },
		"create":  func(r *Rehearsal) error { return r.OpenLog("journal-2").Err },
		"removal": func(r *Rehearsal) error { return r.RemoveLog("journal-1") },
	}
	for name, step := range steps {
		outcomes := map[string]bool{}
		for seed := range uint64(30) {
			heard := seed%3 == 0
			r := newRehearsal(t, 300)
			r.OpenLog("journal-1")
			r.WriteFile("snapshot-a", []byte("a"))
			r.SealFile("snapshot-a")
			r.WriteFile("snapshot-b", []byte("b"))
			r.Promise(r.Moment())
			if err := step(r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if heard {
				r.Promise(r.Moment())
			}
			logs, files, err := r.Crash(dice(seed))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			outcome := fmt.Sprint(files)
			for _, l := range logs {
				if l.Err != nil {
					t.Errorf("%s: %v", name, l.Err)
				}
				outcome += " " + l.Log
			}
			outcomes[fmt.Sprint(heard, " ", outcome)] = true
		}
		if len(outcomes) != 3 {
			t.Errorf("%s left, after it was heard of or not: %v", name, outcomes)
		}
	}
}

// What one crash has left, and its node was given, another does not take.
func TestWhatRecoveryFoundStays(t *testing.T) {
	found := 0
	for seed := range uint64(60) {
		r := newRehearsal(t, 300)
		r.Promise(r.Moment())
		r.WriteFile("snapshot-a", []byte("a"))
		r.SealFile("snapshot-a")
		r.OpenLog("journal-1")
		r.AppendLog("journal-1", []byte("one"))
		d := dice(seed)
		logs, files, err := r.Crash(d)
		again, still, err2 := r.Crash(d)
		for i := range logs {
			logs[i].Repaired = 0 // once is enough
		}
		if err != nil || err2 != nil || fmt.Sprint(logs, files) != fmt.Sprint(again, still) {
			t.Errorf("seed %d: %v and %v became %v and %v: %v, %v", seed, logs, files, again, still, err, err2)
		}
		found += len(files) + len(logs)
	}
	if found == 0 {
		t.Error("nothing was left")
	}
}

func TestARehearsalFailsWhenItIsToldTo(t *testing.T) {
	r := newRehearsal(t, 300)
	r.OpenLog("journal-1")
	r.AppendLog("journal-1", []byte("one"))
	r.FailSync()
	if err := r.SyncLog("journal-1"); err == nil || r.Failures() != 1 || strings.Contains(err.Error(), r.parent) {
		t.Errorf("a sync that fails: %v, %d failures", err, r.Failures())
	}
	if r.SyncLog("journal-1") == nil || r.Failures() != 1 {
		t.Error("it was tried again")
	}
	r.OpenLog("journal-2")
	r.FailAppend(5, true)
	r.AppendLog("journal-2", []byte("two"))
	if err := r.SyncLog("journal-2"); err == nil || !strings.Contains(err.Error(), "no space") || r.Failures() != 2 {
		t.Errorf("a write that fails: %v, %d failures", err, r.Failures())
	}
	for step := 1; step <= 5; step++ {
		name := fmt.Sprintf("file-%d", step)
		r.WriteFile(name, []byte("piece"))
		r.FailChange(step, false)
		_, err := r.SealFile(name)
		r.Mend()
		if failed := err != nil; failed != (step <= 4) {
			t.Errorf("a seal that fails at step %d: %v", step, err)
		}
	}
	if r.Failures() != 6 {
		t.Errorf("%d failures", r.Failures())
	}
	r.Promise(r.Moment())
	if logs, _, err := r.Crash(dice(1)); err != nil || len(logs) != 2 || logs[0].Err != nil || logs[1].Err != nil {
		t.Errorf("after a crash: %v, %v", logs, err)
	}
}

// A flipped bit stays flipped, whatever happens to the node.
func TestAFlippedBitOfAFileStaysFlipped(t *testing.T) {
	for seed := range uint64(10) {
		r := newRehearsal(t, 300)
		r.WriteFile("snapshot-a", []byte("first"))
		r.WriteFile("snapshot-a", []byte("second"))
		r.SealFile("snapshot-a")
		if err := r.FlipBit("snapshot-a", 7, 2); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			one, two := r.ReadFile("snapshot-a", 0), r.ReadFile("snapshot-a", 1)
			if one.Err != nil || !errors.Is(two.Err, actors.ErrCorrupt) {
				t.Errorf("the pieces are read with %v and %v", one.Err, two.Err)
			}
			r.Crash(dice(seed))
		}
		if r.FlipBit("snapshot-b", 0, 0) == nil || r.FlipBit("snapshot-a", 1000, 0) == nil {
			t.Error("what is not there was damaged")
		}
	}
}

// Damage of what was synced is found in every life, and what recovery could take for a torn
// end is spared.
func TestAFlippedBitOfARecordIsFound(t *testing.T) {
	spared := 0
	for record := range 6 {
		for seed := range uint64(10) {
			r := newRehearsal(t, 200)
			r.OpenLog("journal-1")
			for i := range 5 {
				r.AppendLog("journal-1", fmt.Appendf(nil, "record %d", i))
				r.SyncLog("journal-1")
			}
			flipped, err := r.FlipRecord("journal-1", record, int(seed)*37)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				r.Promise(r.Moment())
				logs, _, err := r.Crash(dice(seed))
				if err != nil || len(logs) != 1 || errors.Is(logs[0].Err, actors.ErrCorrupt) != flipped {
					t.Errorf("record %d, seed %d: flipped %v, and then %v, %v", record, seed, flipped, logs, err)
				}
			}
			if !flipped {
				spared++
			}
		}
	}
	if spared == 0 || spared > 20 {
		t.Errorf("%d of 60 were spared: those that are not there, and perhaps the last", spared)
	}
}

// After a sync that failed a later one, if somebody tried it, would prove nothing.
func TestNothingIsProvenByASyncAfterOneThatFailed(t *testing.T) {
	lost := 0
	for seed := range uint64(20) {
		r := newRehearsal(t, 3000)
		r.OpenLog("journal-1")
		r.AppendLog("journal-1", []byte("one"))
		r.FailSync()
		r.SyncLog("journal-1")
		r.logs["journal-1"].err = nil
		if err := r.SyncLog("journal-1"); err != nil {
			t.Fatal(err)
		}
		r.Promise(r.Moment())
		if logs, _, err := r.Crash(dice(seed)); err != nil || len(logs[0].Records) == 0 {
			lost++
		}
	}
	if lost == 0 {
		t.Error("what was written stayed")
	}
}

func TestAWipedRehearsalIsEmpty(t *testing.T) {
	r := newRehearsal(t, 300)
	r.OpenLog("journal-1")
	r.WriteFile("snapshot-a", []byte("a"))
	r.SealFile("snapshot-a")
	if err := r.Wipe(); err != nil {
		t.Fatal(err)
	}
	logs, files, err := r.Crash(dice(1))
	if err != nil || len(logs)+len(files) > 0 {
		t.Errorf("it holds %v and %v: %v", logs, files, err)
	}
}
