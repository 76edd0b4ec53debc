package snapshot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
)

func TestWhatIsSentIsSpreadEvenly(t *testing.T) {
	const rate, size = 1_000_000, 50_000
	l := newLab(t, 1, 4, snapshot.Config{BytesPerSecond: rate, Uploads: 3})
	s := newState(1, 7, slices.Repeat([]int{size}, 40)...)
	l.capture(1, s)
	l.Run(time.Minute) // nothing is saved up
	for node := range actors.NodeID(3) {
		l.order(node+2, s.fetch(1))
	}
	for node := range actors.NodeID(3) {
		await[snapshot.Fetched](l, node+2)
	}
	sent := 0
	for i, g := range l.given {
		sent += g.bytes
		if i == 0 {
			continue
		}
		before := l.given[i-1]
		if gap, least := g.at-before.at, pay(before.bytes, rate)-6*time.Millisecond; gap < least {
			t.Errorf("piece %d left %v after one of %d bytes", i, gap, before.bytes)
		}
	}
	took := l.given[len(l.given)-1].at - l.given[0].at
	if least := pay(sent-size, rate) - 6*time.Millisecond; took < least || took > least*11/10 {
		t.Errorf("%d bytes took %v, not %v", sent, took, least)
	}
}

// pay is how long so many bytes take.
func pay(bytes, rate int) time.Duration {
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}

func TestSoManySnapshotsAreSentAtOnce(t *testing.T) {
	for _, limit := range []int{1, 2, 5} {
		l := newLab(t, 1, 6, snapshot.Config{Uploads: limit, BytesPerSecond: 10_000, Patience: 5 * time.Second})
		for g := range journal.GroupID(5) {
			l.capture(1, long(g+1, 7))
		}
		for g := range journal.GroupID(5) {
			l.order(actors.NodeID(g+2), long(g+1, 7).fetch(1))
			l.Run(10 * time.Millisecond)
		}
		var order []journal.GroupID
		for _, g := range l.given {
			if g.Number == 0 {
				order = append(order, g.Group)
			}
		}
		for g := range journal.GroupID(5) { // some wait longer than their patience
			if f := await[snapshot.Fetched](l, actors.NodeID(g+2)); f.Err != nil {
				t.Errorf("fetching gave %+v", f)
			}
		}
		if most := mostAtOnce(l.given); most != limit {
			t.Errorf("%d were sent at once; the limit is %d", most, limit)
		}
		if !slices.IsSorted(order) {
			t.Errorf("they began in the order %v", order)
		}
		l.quiet()
	}
}

func TestThoseWhoAreSentTakeTurns(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{Uploads: 2, BytesPerSecond: 10_000})
	large, small := long(1, 7), newState(2, 7, slices.Repeat([]int{1000}, 8)...)
	l.capture(1, large)
	l.capture(1, small)
	l.order(2, large.fetch(1))
	l.Run(300 * time.Millisecond)
	l.order(3, small.fetch(1))
	l.Run(10 * time.Second)
	run, longest := 0, 0
	first := slices.IndexFunc(l.given, func(g gift) bool { return g.Group == 2 })
	last := first + slices.IndexFunc(l.given[first:], func(g gift) bool { return g.Group == 2 && g.Number == 8 })
	for _, g := range l.given[first:last] {
		if run++; g.Group == 2 {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest > 2 {
		t.Errorf("one waited for %d pieces of the other", longest)
	}
}

func TestWhatIsBeingSentIsKeptUntilThen(t *testing.T) {
	l := newLab(t, 1, 3, slow)
	s := long(1, 7)
	l.capture(1, s)
	l.order(2, s.fetch(1))
	l.untilGiven(5)
	l.capture(1, newState(1, 9, 10))
	l.order(1, newState(1, 9).keep())
	if f := l.fetch(3, 1, s); !errors.Is(f.Err, snapshot.ErrGone) {
		t.Errorf("whoever comes too late is answered %+v", f)
	}
	if f := await[snapshot.Fetched](l, 2); f.Err != nil {
		t.Errorf("who came in time is answered %+v", f)
	}
	l.holds(2, s)
	l.Run(time.Second)
	if got := l.files(1); !slices.Equal(got, []string{"snapshot-1-9-3"}) {
		t.Errorf("left are %v", got)
	}
}

func TestWhatIsWantedAgainIsNotRemoved(t *testing.T) {
	s := long(1, 7)
	for name, want := range map[string]actors.Message{ // any order: the cases are independent
		"fetch": s.fetch(3), "write": s.write(0),
	} {
		l := newLab(t, 1, 2, slow)
		l.capture(1, s)
		l.order(2, s.fetch(1))
		l.untilGiven(5)
		l.order(1, snapshot.Drop{Group: 1})
		l.order(1, want)
		await[snapshot.Fetched](l, 2)
		l.Run(10 * time.Second)
		if len(l.clerks[1].got) != 1 {
			t.Errorf("%s: answered %v", name, l.clerks[1].got)
		}
		l.clerks[1].got = nil
		l.holds(1, s)
	}
}

func TestADeadNodeKeepsNothing(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{BytesPerSecond: 10_000, Idle: 4 * time.Second, Uploads: 1})
	s := long(1, 7)
	l.capture(1, s)
	l.capture(1, long(2, 7))
	l.order(2, s.fetch(1))
	l.untilGiven(5)
	l.order(1, snapshot.Drop{Group: 1})
	l.Crash(2)
	l.Run(3 * time.Second)
	if got := l.files(1); len(got) != 2 {
		t.Errorf("after three seconds there are %v", got)
	}
	l.order(3, long(2, 7).fetch(1))
	l.Run(2 * time.Second)
	if got := l.files(1); !slices.Equal(got, []string{long(2, 7).name()}) {
		t.Errorf("after five seconds there are %v", got)
	}
	if f := await[snapshot.Fetched](l, 3); f.Err != nil {
		t.Errorf("the next in the queue is answered %+v", f)
	}
	l.quiet()
}

func TestWhoIsDoneMakesRoomAtOnce(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{Uploads: 1, Idle: time.Minute})
	for g := range journal.GroupID(2) {
		l.capture(1, long(g+1, 7))
		l.order(actors.NodeID(g+2), long(g+1, 7).fetch(1))
	}
	before := l.Now()
	for g := range journal.GroupID(2) {
		await[snapshot.Fetched](l, actors.NodeID(g+2))
	}
	if took := l.Now() - before; took > time.Second {
		t.Errorf("two short transfers took %v", took)
	}
}

func TestWhoFailsMakesRoomAtOnce(t *testing.T) {
	l := newLab(t, 1, 3, snapshot.Config{Uploads: 1, Idle: time.Minute, BytesPerSecond: 10_000})
	for g := range journal.GroupID(2) {
		l.capture(1, long(g+1, 7))
		l.order(actors.NodeID(g+2), long(g+1, 7).fetch(1))
		l.Run(100 * time.Millisecond)
	}
	l.disks[2].FailFile()
	before := l.Now()
	if f := await[snapshot.Fetched](l, 2); f.Err == nil {
		t.Errorf("a failing disk gave %+v", f)
	}
	await[snapshot.Fetched](l, 3)
	if took := l.Now() - before; took > 5*time.Second {
		t.Errorf("the next transfer took %v", took)
	}
}

// A snapshot whose sender cannot read it just now is there: to call it gone would cost
// a transfer, or a state that exists nowhere else any more.
func TestAReadThatFailsOnceIsTriedAgain(t *testing.T) {
	for failures := range 4 {
		l := newLab(t, 1, 2, snapshot.Config{})
		s := newState(1, 7, 10, 20)
		l.capture(1, s)
		l.Crash(1) // the header is read anew
		l.Restart(1)
		for range failures {
			l.disks[1].FailRead()
		}
		if f := l.fetch(2, 1, s); f.Err != nil {
			t.Errorf("%d failures: fetching gave %+v", failures, f)
		}
		l.holds(2, s)
		l.quiet()
	}
}

func TestAReadThatAlwaysFailsEndsTheFetch(t *testing.T) {
	l := newLab(t, 1, 2, snapshot.Config{})
	s := newState(1, 7, 10, 20)
	l.capture(1, s)
	for range 1000 {
		l.disks[1].FailRead()
	}
	if f := l.fetch(2, 1, s); !errors.Is(f.Err, snapshot.ErrSilent) || len(l.files(2)) > 0 {
		t.Errorf("fetching gave %+v, files %v", f, l.files(2))
	}
	l.quiet()
}
