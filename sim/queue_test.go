package sim

import (
	"slices"
	"testing"
	"time"
)

func drain(q *queue) []item {
	var out []item
	for q.len() > 0 {
		out = append(out, q.pop())
	}
	return out
}

func TestQueueOrdersByTimeThenByAge(t *testing.T) {
	s := Seed(1).Stream("test")
	for n := range 200 {
		var q queue
		var want []item
		for seq := range n {
			it := item{at: time.Duration(s.IntN(20)), seq: uint64(seq), slot: uint32(seq)}
			q.push(it)
			want = append(want, it)
		}
		slices.SortFunc(want, func(a, b item) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		if got := drain(&q); !slices.Equal(got, want) {
			t.Fatalf("%d items came out as %v", n, got)
		}
	}
}

func TestQueueKeepsItsOrderWhenSwept(t *testing.T) {
	s := Seed(2).Stream("test")
	for n := range 100 {
		var q queue
		for seq := range n {
			q.push(item{at: time.Duration(s.IntN(20)), seq: uint64(seq)})
		}
		odd := func(it item) bool { return it.seq%2 == 1 }
		q.keep(odd)
		got := drain(&q)
		sorted := slices.IsSortedFunc(got, func(a, b item) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		if len(got) != n/2 || !sorted || slices.ContainsFunc(got, func(it item) bool { return !odd(it) }) {
			t.Fatalf("of %d items a sweep left %v", n, got)
		}
	}
}

func TestMailboxIsFirstInFirstOut(t *testing.T) {
	var m mailbox
	s, in, out := Seed(3).Stream("test"), uint64(0), uint64(0)
	for range 10_000 {
		if s.Chance(0.52) {
			in++
			m.push(envelope{packet: in})
		} else if m.len() > 0 {
			out++
			if got := m.pop().packet; got != out {
				t.Fatalf("envelope %d came out as number %d", got, out)
			}
		}
		if m.len() != int(in-out) {
			t.Fatalf("%d went in, %d came out, %d are left", in, out, m.len())
		}
	}
}

func TestArenaGivesMemoryOnce(t *testing.T) {
	var a bytesArena
	var copies [][]byte
	for i := range 5000 {
		copies = append(copies, a.keep(append(a.room(), make([]byte, i%(2*smallBytes))...)))
	}
	for i, c := range copies {
		for j := range c {
			if c[j] != 0 {
				t.Fatalf("copy %d shares memory with an earlier one", i)
			}
			c[j] = 1
		}
		if cap(c) != len(c) {
			t.Fatalf("copy %d can grow into its neighbour", i)
		}
	}
}
