package snapshot_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

func TestWhatWasWrittenIsLoadedThereAndElsewhere(t *testing.T) {
	for name, s := range map[string]state{ // any order: the cases are independent
		"many pieces": newState(1, 7, 1000, 1, 300_000, 500, 77),
		"one piece":   newState(1, 7, 10),
		"the largest": newState(1, 7, actors.MaxPieceBytes, actors.MaxPieceBytes),
		"empty":       newState(1, 7, 0),
		"empty end":   newState(1, 7, 20, 0),
	} {
		l := newLab(t, 1, 2, snapshot.Config{})
		l.capture(1, s)
		l.holds(1, s)
		if f := l.fetch(2, 1, s); f.Err != nil || f.Group != 1 || !f.Snapshot.Configuration.Equal(s.snapshot.Configuration) {
			t.Errorf("%s: fetching gave %+v", name, f)
		}
		l.holds(2, s)
		l.quiet()
	}
}

func TestWhatIsThereIsNeitherWrittenNorFetchedAgain(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 100, 200)
	l.capture(1, s)
	l.order(1, newState(1, 7, 50, 250).write(0))
	if w := await[snapshot.Written](l, 1); !w.Done || w.Err != nil {
		t.Errorf("writing it again gave %+v", w)
	}
	l.fetch(2, 1, s)
	n := len(l.given)
	if f := l.fetch(2, 1, s); f.Err != nil || f.Snapshot.Stamp != s.snapshot.Stamp || len(l.given) != n {
		t.Errorf("fetching it again gave %+v and %d more pieces", f, len(l.given)-n)
	}
	l.holds(1, s)
}

func TestACaptureMayBeginAnew(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	first, second := newState(1, 7, 10, 20, 30), newState(1, 7, 25, 35)
	l.order(1, first.write(0))
	await[snapshot.Written](l, 1)
	l.order(1, first.write(1)) // it has no answer
	l.capture(1, second)
	l.holds(1, second)
	if got := l.clerks[1].got; len(got) > 0 {
		t.Errorf("the first capture was answered %+v", got)
	}
	l.quiet()
}

func TestAPieceOutOfOrderIsRefused(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10, 20, 30)
	for _, numbers := range [][]int{{1}, {0, 2}, {0, 1, 1}, {0, 1, 2, 1}} {
		for i, n := range numbers {
			l.order(1, s.write(n))
			w := await[snapshot.Written](l, 1)
			if bad := i == len(numbers)-1; bad != errors.Is(w.Err, snapshot.ErrOrder) {
				t.Errorf("piece %d of %v gave %+v", n, numbers, w)
			}
		}
		l.order(1, snapshot.Drop{Group: 1})
	}
}

func TestNothingFollowsTheLastPiece(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	l.order(1, s.write(0))
	l.order(1, s.write(1))
	l.order(1, snapshot.Write{Group: 1, Snapshot: s.snapshot, Number: 2, Piece: []byte("x"), Last: true})
	l.Run(time.Second)
	refused := slices.ContainsFunc(l.clerks[1].got, func(m actors.Message) bool {
		return errors.Is(m.(snapshot.Written).Err, snapshot.ErrOrder)
	})
	if !refused {
		t.Errorf("the answers are %v", l.clerks[1].got)
	}
	l.clerks[1].got = nil
	l.holds(1, s)
}

// TestNothingIsLeftOfWhatWasAbandonedAtItsEnd abandons a capture while its last
// piece is written and while its file is sealed.
func TestNothingIsLeftOfWhatWasAbandonedAtItsEnd(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10)
	abandoned := 0
	for wait := range 40 {
		l.order(1, s.write(0))
		l.Run(time.Duration(wait) * 100 * time.Microsecond)
		l.order(1, snapshot.Abandon{Group: 1, Snapshot: s.snapshot})
		l.Run(time.Second)
		if len(l.clerks[1].got) == 0 {
			abandoned++
			if got := l.files(1); len(got) > 0 || l.disks[1].Used() > 0 {
				t.Errorf("left are %v and %d bytes", got, l.disks[1].Used())
			}
		}
		l.clerks[1].got = nil
		l.order(1, snapshot.Drop{Group: 1})
		l.Run(time.Second)
	}
	if abandoned < 5 || abandoned > 35 {
		t.Errorf("%d of 40 captures were abandoned", abandoned)
	}
}

func TestNothingIsLeftOfWhatWasAbandoned(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	for _, wait := range []time.Duration{0, 200 * time.Microsecond, time.Second} {
		l.order(1, s.write(0))
		l.Run(wait)
		l.order(1, snapshot.Abandon{Group: 1, Snapshot: s.snapshot})
		l.Run(time.Second)
		if used := l.disks[1].Used(); used > 0 || len(l.files(1)) > 0 {
			t.Errorf("%d bytes are left after %v", used, wait)
		}
		if _, err := l.load(1, s); !errors.Is(err, actors.ErrNoFile) {
			t.Errorf("loading gave the error %v", err)
		}
	}
	l.clerks[1].got = nil
	l.capture(1, s)
	l.holds(1, s)
}

func TestAFailedWriteLeavesNothingAndMayBeTriedAgain(t *testing.T) {
	s := newState(1, 7, 10, 20)
	for fail := range 4 { // the header, two pieces, the seal
		l := newLab(t, 1, 1, snapshot.Config{})
		stop := false
		for n := 0; n < len(s.pieces) && !stop; n++ {
			if fail > 0 && fail == n+1 || fail == 0 || fail == 3 && n == 1 {
				l.disks[1].FailFile()
			}
			l.order(1, s.write(n))
			w := await[snapshot.Written](l, 1)
			stop = w.Err != nil
		}
		l.Run(time.Second)
		if !stop || l.disks[1].Used() > 0 {
			t.Errorf("failure %d: told %t, %d bytes are left", fail, stop, l.disks[1].Used())
		}
		l.disks[1].Mend()
		l.capture(1, s)
		l.holds(1, s)
	}
}

func TestKeepRemovesWhatIsOlderAndNothingElse(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	for index := range 4 {
		l.capture(1, newState(1, 10+raft.Index(index), 10))
		l.capture(1, newState(2, 10+raft.Index(index), 10))
	}
	l.order(1, newState(1, 14, 10, 10).write(0)) // being written
	l.order(1, newState(1, 9, 10, 10).write(0))
	l.Run(time.Second)
	l.order(1, newState(1, 12).keep())
	l.Run(time.Second)
	want := []string{"snapshot-1-12-3", "snapshot-1-13-3",
		"snapshot-2-10-3", "snapshot-2-11-3", "snapshot-2-12-3", "snapshot-2-13-3"}
	if got := l.files(1); !slices.Equal(got, want) {
		t.Errorf("kept %v", got)
	}
	l.order(1, newState(1, 9, 10, 10).write(1))
	l.order(1, newState(1, 14, 10, 10).write(1))
	l.Run(time.Second)
	if got := l.files(1); !slices.Contains(got, "snapshot-1-14-3") || slices.Contains(got, "snapshot-1-9-3") {
		t.Errorf("of what was being written there is %v", got)
	}
}

// A replica that lost its snapshot may be repaired with one that is older.
func TestKeepRemovesWhatIsNewerAndDamaged(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	kept, damaged, newer := newState(1, 10, 10), newState(1, 11, 10), newState(1, 12, 10)
	for _, s := range []state{kept, damaged, newer} {
		l.capture(1, s)
	}
	l.disks[1].FlipPiece(damaged.name(), 1, 3)
	if _, err := l.load(1, damaged); !errors.Is(err, actors.ErrCorrupt) {
		t.Errorf("loading gave the error %v", err)
	}
	l.order(1, kept.keep())
	l.Run(time.Second)
	if got := l.files(1); !slices.Equal(got, []string{kept.name(), newer.name()}) {
		t.Errorf("kept %v", got)
	}
}

func TestKeepEndsFetchesOfWhatIsOlder(t *testing.T) {
	for index, ends := range map[raft.Index]bool{8: true, 7: false, 6: false} { // any order: the cases are independent
		l := newLab(t, 1, 2, slow)
		s := long(1, 7)
		l.capture(1, s)
		l.order(2, s.fetch(1))
		l.untilGiven(5)
		l.order(2, newState(1, index).keep())
		l.Run(time.Minute)
		if ended := len(l.files(2)) == 0; ended != ends || ended != (len(l.clerks[2].got) == 0) {
			t.Errorf("a fetch of snapshot 7 when snapshot %d is to be kept: %v, files %v", index, l.clerks[2].got, l.files(2))
		}
		l.quiet()
	}
}

func TestWhatIsReadIsNotRemovedBefore(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10)
	l.capture(1, s)
	for range 5 {
		l.order(1, snapshot.Load{Group: 1, Index: 7, Term: 3})
	}
	l.order(1, snapshot.Drop{Group: 1})
	for range 5 {
		if m := await[snapshot.Loaded](l, 1); m.Err != nil {
			t.Errorf("loading gave %+v", m)
		}
	}
	l.Run(time.Second)
	if got := l.files(1); len(got) > 0 {
		t.Errorf("left are %v", got)
	}
}

func TestASnapshotIsNotCapturedAndFetchedAtOnce(t *testing.T) {
	l := newLab(t, 1, 2, slow)
	s := long(1, 7)
	l.capture(1, s)
	l.order(2, s.fetch(1))
	l.untilGiven(5)
	l.order(2, s.write(0))
	if w := await[snapshot.Written](l, 2); !errors.Is(w.Err, snapshot.ErrBusy) {
		t.Errorf("capturing what is being fetched gave %+v", w)
	}
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Errorf("fetching gave %+v", f)
	}
	second := newState(2, 7, 10, 20)
	l.order(2, second.write(0))
	await[snapshot.Written](l, 2)
	if f := l.fetch(2, 1, second); !errors.Is(f.Err, snapshot.ErrBusy) {
		t.Errorf("fetching what is being captured gave %+v", f)
	}
	l.order(2, second.write(1))
	if w := await[snapshot.Written](l, 2); !w.Done {
		t.Errorf("capturing gave %+v", w)
	}
	l.holds(2, second)
}

func TestDropRemovesEverythingOfAGroup(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	l.cut(1, 2)
	for g := range journal.GroupID(2) {
		l.capture(1, newState(g+1, 7, 10))
		l.capture(1, newState(g+1, 8, 10))
		l.order(1, newState(g+1, 9, 10, 10).write(0))
		l.order(1, newState(g+1, 10).fetch(2)) // it will be silent
		await[snapshot.Written](l, 1)
	}
	l.order(1, snapshot.Drop{Group: 1})
	l.Run(time.Minute)
	if got := l.files(1); !slices.Equal(got, []string{"snapshot-2-7-3", "snapshot-2-8-3"}) {
		t.Errorf("kept %v", got)
	}
	for _, m := range l.clerks[1].got {
		if f, ok := m.(snapshot.Fetched); ok && f.Group == 1 {
			t.Errorf("a fetch of the dropped group was answered %+v", f)
		}
	}
	l.order(1, newState(1, 9, 10, 10).write(1))
	if w := await[snapshot.Written](l, 1); !errors.Is(w.Err, snapshot.ErrOrder) {
		t.Errorf("a capture went on after its group was dropped: %+v", w)
	}
}

func TestACrashLeavesASnapshotOrNothing(t *testing.T) {
	s := newState(1, 7, 1000, 1000, 1000)
	found := 0
	for effects := 1; effects <= 16; effects++ {
		for _, victim := range []actors.NodeID{1, 2} {
			l := newLab(t, 1, 2, snapshot.Config{})
			if victim == 2 {
				l.capture(1, s)
			}
			l.CrashAfter(victim, effects)
			if victim == 1 {
				l.Send(actors.Ref{Node: 1, Name: "clerk"}, s)
			} else {
				l.order(2, s.fetch(1))
			}
			l.Run(time.Second)
			l.Crash(victim)
			l.Restart(victim)
			l.Run(time.Second)
			if got := l.files(victim); len(got) > 0 {
				found++
				l.holds(victim, s)
			} else if used := l.disks[victim].Used(); used > 0 {
				t.Errorf("%d bytes of no snapshot are left after %d effects", used, effects)
			}
			if victim == 1 {
				l.capture(1, s)
			} else if f := l.fetch(2, 1, s); f.Err != nil {
				t.Errorf("after a crash fetching gave %+v", f)
			}
			l.holds(victim, s)
		}
	}
	if found == 0 || found == 32 {
		t.Errorf("%d of 32 crashes left a snapshot", found)
	}
}

func TestRequestsWaitUntilTheDiskWasRead(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10)
	l.capture(1, s)
	l.Crash(1)
	l.Restart(1)
	l.holds(1, s) // asked before the list of files came
}

func TestDamageIsTold(t *testing.T) {
	for piece := range 3 {
		l := newLab(t, 1, 2, snapshot.Config{})
		s := newState(1, 7, 10, 20)
		l.capture(1, s)
		l.Crash(1) // the header is read anew
		l.Restart(1)
		if !l.disks[1].FlipPiece(s.name(), piece, 3) {
			t.Fatal("there is no such piece")
		}
		if f := l.fetch(2, 1, s); !errors.Is(f.Err, snapshot.ErrGone) || len(l.files(2)) > 0 {
			t.Errorf("piece %d damaged: fetching gave %+v, files %v", piece, f, l.files(2))
		}
		if _, err := l.load(1, s); !errors.Is(err, actors.ErrCorrupt) {
			t.Errorf("piece %d damaged: loading gave the error %v", piece, err)
		}
		l.capture(1, s) // in its place
		l.holds(1, s)
		l.Run(snapshot.DefaultRetry)
		if f := l.fetch(2, 1, s); f.Err != nil {
			t.Errorf("piece %d repaired: fetching gave %+v", piece, f)
		}
	}
}

func TestAFileUnderTheNameOfAnotherIsDamaged(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 10)
	head := header(l, newState(1, 8, 10))
	d := l.disks[1].For(actors.Ref{}, func(actors.Message) {})
	d.WriteFile(s.name(), head)
	d.WriteFile(s.name(), s.pieces[0])
	d.SealFile(s.name())
	l.Run(time.Second)
	l.Crash(1)
	l.Restart(1)
	if _, err := l.load(1, s); !errors.Is(err, actors.ErrCorrupt) {
		t.Errorf("loading gave the error %v", err)
	}
	if f := l.fetch(2, 1, s); !errors.Is(f.Err, snapshot.ErrGone) {
		t.Errorf("fetching gave %+v", f)
	}
}

// It was written by a later version, and is sound: to call it damaged would be to let
// the replica throw its state away.
func TestAFileOfAnotherVersionIsNotDamaged(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 10)
	head := header(l, s)
	head[1]++ // the version
	d := l.disks[1].For(actors.Ref{}, func(actors.Message) {})
	d.WriteFile(s.name(), head)
	d.WriteFile(s.name(), s.pieces[0])
	d.SealFile(s.name())
	l.Run(time.Second)
	l.Crash(1)
	l.Restart(1)
	for range 2 {
		_, err := l.load(1, s)
		if err == nil || errors.Is(err, actors.ErrCorrupt) || errors.Is(err, actors.ErrNoFile) {
			t.Errorf("loading gave the error %v", err)
		}
	}
	if got := fmt.Sprint(l.files(1)); got != fmt.Sprint([]string{s.name()}) {
		t.Errorf("left are %s", got)
	}
}

// A halting context is one that can do nothing but halt.
type halting struct {
	actors.Context
	err error
}

func (h *halting) Halt(err error) { h.err = err }

func TestADiskThatCannotBeListedEndsTheNode(t *testing.T) {
	var ctx halting
	snapshot.New(snapshot.Config{}).Receive(&ctx, actors.Ref{}, actors.FilesListed{Err: errors.ErrUnsupported})
	if !errors.Is(ctx.err, errors.ErrUnsupported) {
		t.Errorf("the node halts with the error %v", ctx.err)
	}
}

func TestADamagedSnapshotIsRepairedByAnotherNode(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	l.capture(1, s)
	l.fetch(2, 1, s)
	l.disks[2].FlipPiece(s.name(), 2, 3)
	if _, err := l.load(2, s); !errors.Is(err, actors.ErrCorrupt) {
		t.Errorf("loading gave the error %v", err)
	}
	if f := l.fetch(2, 1, s); f.Err != nil {
		t.Errorf("fetching gave %+v", f)
	}
	l.holds(2, s)
}

func TestALoadOfNoPieceIsAnError(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	l.capture(1, s)
	for _, piece := range []int{-1, 2, 1 << 40} {
		l.order(1, snapshot.Load{Group: 1, Index: 7, Term: 3, Piece: piece})
		if m := await[snapshot.Loaded](l, 1); !errors.Is(m.Err, snapshot.ErrOrder) || m.Data != nil {
			t.Errorf("piece %d is %+v", piece, m)
		}
	}
}

func TestNamesThatAreNotOfSnapshotsAreLeftAlone(t *testing.T) {
	l := newLab(t, 1, 1, snapshot.Config{})
	d := l.disks[1].For(actors.Ref{}, func(actors.Message) {})
	d.WriteFile("other-1-2-3", []byte("x"))
	d.SealFile("other-1-2-3")
	l.Run(time.Second)
	l.Crash(1)
	l.Restart(1)
	l.order(1, snapshot.Drop{Group: 1})
	l.Run(time.Second)
	if got := fmt.Sprint(l.files(1)); got != "[other-1-2-3]" {
		t.Errorf("left are %s", got)
	}
}
