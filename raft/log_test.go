package raft

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// drawLog is a log in which terms grow in irregular steps.
func drawLog(random *rand.Rand) *log {
	l := &log{}
	e := Entry{Term: 1, Kind: Command}
	for range 1 + random.IntN(12) {
		e.Index++
		e.Term += Term(max(0, random.IntN(5)-2))
		e.Stamp += Stamp(1 + random.IntN(3))
		e.Data = make([]byte, random.IntN(50))
		l.append(e)
	}
	return l
}

// compacted is l without the entries up to to.
func compacted(l *log, to Index) *log {
	c := *l
	c.compact(to, 0)
	return &c
}

func TestCompactedLogAnswersLikeTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 3))
	for range 2000 {
		whole := drawLog(random)
		base := Index(random.IntN(int(whole.last()) + 1))
		l := compacted(whole, base)
		if l.first() != base+1 || l.last() != whole.last() || l.bytes != whole.weight(base, whole.last()) {
			t.Fatalf("compacted up to %d: %d to %d, %d bytes", base, l.first(), l.last(), l.bytes)
		}
		for i := Index(0); i <= whole.last()+2; i++ {
			for term := Term(0); term <= whole.term(whole.last())+1; term++ {
				compareLogs(t, l, whole, i, term)
			}
		}
	}
}

func compareLogs(t *testing.T, l, whole *log, i Index, term Term) {
	base := l.base.Index
	got, want := l.candidate(i, term), whole.candidate(i, term)
	if got != want && (got >= base || want >= base) {
		t.Errorf("base %d: the candidate for %d@%d is %d, not %d", base, i, term, got, want)
	}
	if i >= base && (l.matches(i, term) != whole.matches(i, term) || l.position(i) != whole.position(i)) {
		t.Errorf("base %d: %d@%d is another", base, i, term)
	}
	e := Entry{Index: i, Term: term, Stamp: whole.stamp(i-min(i, 1)) + 1}
	if i > base && l.extends(e) != whole.extends(e) || i <= base && l.extends(e) {
		t.Errorf("base %d: %v extends it: %v", base, e, l.extends(e))
	}
	if i > base && i <= whole.last() {
		a, n := l.batch(i, 100)
		b, m := whole.batch(i, 100)
		if n != m || !reflect.DeepEqual(a, b) {
			t.Errorf("base %d: the batch from %d is %v, not %v", base, i, a, b)
		}
	}
}

// The entries that trail weigh as much as they may, and no more.
func TestCompactionKeepsWhatMayTrail(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	for range 2000 {
		whole := drawLog(random)
		to, trailing := Index(random.IntN(int(whole.last())+1)), random.IntN(200)
		l := *whole
		l.compact(to, trailing)
		kept := l.weight(l.base.Index, max(to, l.base.Index))
		if kept > trailing {
			t.Errorf("%d bytes trail; %d may", kept, trailing)
		}
		if l.base.Index > 0 && kept+whole.at(l.base.Index).weight() <= trailing {
			t.Errorf("%d bytes trail of %d; %d more would have fitted", kept, trailing, whole.at(l.base.Index).weight())
		}
	}
}

// What compaction forgets is garbage at once: nothing that stays points to it.
func TestCompactionMovesToANewArray(t *testing.T) {
	l := drawLog(rand.New(rand.NewPCG(1, 5)))
	for l.last() < 4 {
		l.append(Entry{Index: l.last() + 1, Term: 99, Stamp: 1000 + Stamp(l.last()), Kind: Command})
	}
	old := l.entries
	l.compact(2, 0)
	if len(l.entries) != len(old)-2 || &l.entries[0] == &old[2] {
		t.Errorf("%d entries of %d, in the array of before", len(l.entries), len(old))
	}
}

func TestTruncatedLogWeighsLess(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 6))
	for range 500 {
		l := drawLog(random)
		l.compact(Index(random.IntN(int(l.last()))), 0)
		from := l.first() + Index(random.IntN(len(l.entries)))
		l.truncate(from)
		if l.last() != from-1 || l.bytes != weigh(l.entries) {
			t.Errorf("truncated from %d: up to %d, %d bytes of %d", from, l.last(), l.bytes, weigh(l.entries))
		}
	}
}
