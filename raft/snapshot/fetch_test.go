package snapshot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim/network"
)

// slow makes a transfer of a few pieces take seconds.
var slow = snapshot.Config{BytesPerSecond: 10_000}

// long is a state of twenty pieces, two seconds of a slow sender.
func long(g journal.GroupID, index raft.Index) state {
	return newState(g, index, slices.Repeat([]int{1000}, 20)...)
}

func TestOnlyWhatIsMissingIsSentAgain(t *testing.T) {
	for name, cut := range map[string]func(l *lab) (heal func()){ // any order: the cases are independent
		"network": func(l *lab) func() { return l.cut(1, 2) },
		"sender": func(l *lab) func() {
			l.Crash(1)
			return func() { l.Restart(1) }
		},
	} {
		l := newLab(t, 1, 2, slow)
		s := long(1, 7)
		l.capture(1, s)
		l.order(2, s.fetch(1))
		l.untilGiven(10)
		heal := cut(l)
		l.Run(3 * time.Second)
		heal()
		if f := await[snapshot.Fetched](l, 2); f.Err != nil {
			t.Fatalf("%s: fetching gave %+v", name, f)
		}
		l.holds(2, s)
		for _, g := range l.given {
			if g.again {
				t.Errorf("%s: piece %d was sent again", name, g.Number)
			}
		}
		if n := len(l.given); n > 21+4 {
			t.Errorf("%s: 21 pieces were sent %d times in all", name, n)
		}
	}
}

func TestAFetchRunsOnceHoweverOftenItIsAskedFor(t *testing.T) {
	l := newLab(t, 1, 2, slow)
	s := long(1, 7)
	l.capture(1, s)
	for i := range 30 {
		l.order(2, s.fetch(1))
		l.Run(100 * time.Microsecond)
		if i > 10 {
			l.Run(50 * time.Millisecond)
		}
	}
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Fatalf("fetching gave %+v", f)
	}
	l.Run(time.Second)
	if len(l.given) != 21 || len(l.asked) != 22 || len(l.clerks[2].got) > 0 {
		t.Errorf("21 pieces were asked for %d times and sent %d times; more answers are %v",
			len(l.asked)-1, len(l.given), l.clerks[2].got)
	}
}

func TestWhatGetsOnIsNotReplaced(t *testing.T) {
	l := newLab(t, 1, 3, slow)
	first, second := long(1, 7), long(1, 8)
	l.capture(1, first)
	l.capture(3, second)
	l.capture(3, long(1, 6))
	l.order(2, first.fetch(1))
	l.untilGiven(5)
	l.order(2, second.fetch(3))
	l.order(2, first.fetch(3))
	l.order(2, long(1, 6).fetch(3))
	if f := await[snapshot.Fetched](l, 2); f.Snapshot.Index != 7 || f.Err != nil {
		t.Errorf("fetched %+v", f)
	}
	if f := l.fetch(2, 3, second); f.Snapshot.Index != 8 || f.Err != nil {
		t.Errorf("then fetched %+v", f)
	}
}

func TestWhatDoesNotGetOnIsReplaced(t *testing.T) {
	for _, second := range []state{long(1, 8), long(1, 6)} {
		l := newLab(t, 1, 3, slow)
		first := long(1, 7)
		l.capture(1, first)
		l.capture(3, second)
		l.order(2, first.fetch(1))
		l.untilGiven(5)
		l.cut(1, 2)
		l.Run(5 * time.Second)
		l.order(2, second.fetch(3))
		if f := await[snapshot.Fetched](l, 2); f.Snapshot.Index != second.snapshot.Index || f.Err != nil {
			t.Errorf("fetched %+v", f)
		}
		l.holds(2, second)
		l.quiet()
		if got := l.files(2); len(got) != 1 || l.disks[2].Used() > 30_000 {
			t.Errorf("left are %v and %d bytes", got, l.disks[2].Used())
		}
	}
}

// TestASecondSourceGoesOnWhereTheFirstStopped works because the two have the same
// file: one fetched it from the other.
func TestASecondSourceGoesOnWhereTheFirstStopped(t *testing.T) {
	l := newLab(t, 1, 3, slow)
	s := long(1, 7)
	l.capture(1, s)
	l.fetch(3, 1, s)
	l.given = nil
	l.order(2, s.fetch(1))
	l.untilGiven(10)
	l.cut(1, 2)
	l.Run(5 * time.Second)
	if f := l.fetch(2, 3, s); f.Err != nil {
		t.Errorf("fetched %+v", f)
	}
	l.holds(2, s)
	for _, g := range l.given {
		if g.again && g.from == 3 {
			t.Errorf("piece %d came from both", g.Number)
		}
	}
}

func TestPiecesOfTwoCopiesAreNeverMixed(t *testing.T) {
	l := newLab(t, 1, 2, slow)
	first := long(1, 7)
	second := newState(1, 7, slices.Repeat([]int{2000}, 10)...)
	l.capture(1, first)
	l.order(2, first.fetch(1))
	l.untilGiven(5)
	l.Crash(1)
	l.disks[1].Wipe()
	l.Restart(1)
	l.capture(1, second)
	if f := await[snapshot.Fetched](l, 2); !errors.Is(f.Err, snapshot.ErrGone) {
		t.Errorf("fetching from two copies gave %+v", f)
	}
	l.Run(snapshot.DefaultRetry)
	if f := l.fetch(2, 1, second); f.Err != nil {
		t.Errorf("fetching anew gave %+v", f)
	}
	l.holds(2, second)
}

func TestASnapshotThatIsNotThereIsGone(t *testing.T) {
	l := newLab(t, 1, 2, slow)
	s := long(1, 7)
	if f := l.fetch(2, 1, s); !errors.Is(f.Err, snapshot.ErrGone) || f.Snapshot.Index != 7 || f.Snapshot.Term != 3 {
		t.Errorf("fetching gave %+v", f)
	}
	l.capture(1, s)
	l.Run(snapshot.DefaultRetry)
	l.order(2, s.fetch(1))
	l.untilGiven(10)
	l.disks[1].LoseFile(s.name())
	if f := await[snapshot.Fetched](l, 2); !errors.Is(f.Err, snapshot.ErrGone) {
		t.Errorf("losing it in the middle gave %+v", f)
	}
	l.quiet()
	if used := l.disks[2].Used(); used > 0 {
		t.Errorf("%d bytes are left", used)
	}
}

func TestASilentNodeIsGivenUp(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{Patience: 20 * time.Second})
	s := long(1, 7)
	l.capture(1, s)
	l.cut(1, 2)
	before := l.Now()
	if f := l.fetch(2, 1, s); !errors.Is(f.Err, snapshot.ErrSilent) {
		t.Errorf("fetching from a node that is cut off gave %+v", f)
	}
	if took := l.Now() - before; took < 20*time.Second || took > 21*time.Second {
		t.Errorf("it was given up after %v", took)
	}
	if n := len(l.asked); n < 5 || n > 12 {
		t.Errorf("it was asked %d times", n)
	}
	l.quiet()
}

func TestWhoWaitsHasItsTurnAfterASilentOne(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{Downloads: 1})
	l.capture(1, long(1, 7))
	l.capture(2, long(2, 7))
	l.cut(1, 3)
	l.order(3, long(1, 7).fetch(1))
	l.order(3, long(2, 7).fetch(2))
	if f := await[snapshot.Fetched](l, 3); !errors.Is(f.Err, snapshot.ErrSilent) {
		t.Errorf("the first is answered %+v", f)
	}
	if f := await[snapshot.Fetched](l, 3); f.Err != nil {
		t.Errorf("the second is answered %+v", f)
	}
}

func TestPatienceBeginsAnewWithEachPiece(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{BytesPerSecond: 10_000, Patience: 10 * time.Second})
	s := long(1, 7)
	l.capture(1, s)
	l.order(2, s.fetch(1))
	for n := range 3 {
		l.untilGiven(4*n + 4)
		heal := l.cut(1, 2)
		l.Run(50 * time.Millisecond)
		n := len(l.asked)
		l.Run(1100 * time.Millisecond)
		if len(l.asked) == n {
			t.Error("after a success the next question was not repeated within a second")
		}
		l.Run(5 * time.Second)
		heal()
	}
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Errorf("fetching gave %+v", f)
	}
}

func TestAFullDiskEndsAFetch(t *testing.T) {
	l := newLab(t, 1, 2, slow)
	s := long(1, 7)
	l.capture(1, s)
	l.disks[2].Limit(10_000)
	if f := l.fetch(2, 1, s); f.Err == nil {
		t.Errorf("fetching to a full disk gave %+v", f)
	}
	n := len(l.asked)
	l.quiet()
	if used := l.disks[2].Used(); used > 0 || len(l.asked) > n {
		t.Errorf("%d bytes are left, %d more questions were asked", used, len(l.asked)-n)
	}
	l.disks[2].Limit(0)
	if f := l.fetch(2, 1, s); f.Err != nil {
		t.Errorf("fetching again gave %+v", f)
	}
	l.holds(2, s)
}

func TestASlowDiskIsNotHeldAgainstTheSender(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{BytesPerSecond: 10_000, Patience: 10 * time.Second})
	s := long(1, 7)
	l.capture(1, s)
	l.order(2, s.fetch(1))
	l.untilGiven(5)
	heal := l.disks[2].Stick()
	l.Run(time.Minute)
	heal()
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Errorf("fetching gave %+v", f)
	}
	l.holds(2, s)
}

func TestASlowDiskBoundsWhatIsAskedFor(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := long(1, 7)
	l.capture(1, s)
	l.disks[2].Stick()
	l.order(2, s.fetch(1))
	l.Run(time.Minute)
	if len(l.given) > 4 {
		t.Errorf("%d pieces were sent to a disk that is stuck", len(l.given))
	}
}

func TestSoManySnapshotsAreFetchedAtOnce(t *testing.T) {
	for _, limit := range []int{1, 2, 5} {
		l := newLab(t, 1, 6, snapshot.Config{Downloads: limit, BytesPerSecond: 10_000})
		for g := range journal.GroupID(5) {
			l.capture(actors.NodeID(g+2), long(g+1, 7))
			l.order(1, long(g+1, 7).fetch(actors.NodeID(g+2)))
		}
		var order []journal.GroupID
		for range 5 {
			order = append(order, await[snapshot.Fetched](l, 1).Group)
		}
		if most := mostAtOnce(l.given); most != limit {
			t.Errorf("%d were fetched at once; the limit is %d", most, limit)
		}
		if limit == 1 && !slices.IsSorted(order) {
			t.Errorf("they came in the order %v", order)
		}
		l.quiet()
	}
}

// mostAtOnce returns how many groups at most were between their first piece and
// their last.
func mostAtOnce(given []gift) (most int) {
	for i := range given {
		running := map[journal.GroupID]bool{}
		for _, g := range given[:i+1] {
			running[g.Group] = g.Number < g.Pieces-1
		}
		n := 0
		for _, r := range running { // any order: they are counted
			if r {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func TestLossCostsWhatIsLost(t *testing.T) {
	l := newLab(t, 3, 2, snapshot.Config{})
	l.network.Add("loss", network.Loss{Chance: 0.2})
	l.network.Add("twice", network.Duplicate{Chance: 0.2, Late: time.Second})
	l.network.Add("reorder", network.Reorder{Chance: 0.3, Max: 3 * time.Second})
	s := newState(1, 7, slices.Repeat([]int{100}, 100)...)
	l.capture(1, s)
	if f := l.fetch(2, 1, s); f.Err != nil {
		t.Fatalf("fetching gave %+v", f)
	}
	l.holds(2, s)
	if n := len(l.given); n > 200 {
		t.Errorf("101 pieces were sent %d times in all", n)
	}
}
