package network_test

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/network"
)

func with(r network.Rule) *network.Network {
	n := newNetwork(1)
	n.Add("rule", r)
	return n
}

// flat joins the arrivals of all copies.
func flat(arrivals [][]time.Duration) []time.Duration { return slices.Concat(arrivals...) }

func mean(d []time.Duration) time.Duration {
	var sum time.Duration
	for _, x := range d {
		sum += x
	}
	return sum / time.Duration(len(d))
}

func TestDelayHasAFloorAMeanAndATail(t *testing.T) {
	plain := flat(judge(with(network.Delay{Floor: 5 * ms, Mean: 10 * ms}), 10_000))
	if m := mean(plain); slices.Min(plain) < 5*ms || m < 14*ms || m > 16*ms {
		t.Errorf("least %v, mean %v", slices.Min(plain), m)
	}
	tailed := flat(judge(with(network.Delay{Floor: 5 * ms, TailChance: 0.01, Tail: time.Second}), 10_000))
	late := 0
	for _, d := range tailed {
		if d > 5*ms {
			late++
		}
	}
	if late < 50 || late > 150 {
		t.Errorf("%d of 10000 packets were late, want about 100", late)
	}
}

func TestLossLosesItsShare(t *testing.T) {
	if got := len(flat(judge(with(network.Loss{Chance: 0.2}), 10_000))); got < 7800 || got > 8200 {
		t.Errorf("%d of 10000 packets arrived, want about 8000", got)
	}
}

func TestDuplicatesMayComeMuchLater(t *testing.T) {
	arrivals := judge(with(network.Duplicate{Chance: 0.1, Late: 10 * time.Second}), 10_000)
	var again []time.Duration
	for _, a := range arrivals {
		again = append(again, a[1:]...)
	}
	if len(again) < 900 || len(again) > 1100 || mean(again) < 9*time.Second || mean(again) > 11*time.Second {
		t.Errorf("%d copies came after %v", len(again), mean(again))
	}
}

// In a network that is to be healed no copy is under way for ever.
func TestNoCopyComesAfterItsTime(t *testing.T) {
	const until = 20 * time.Second
	n := with(network.Duplicate{Chance: 1, Late: 10 * time.Second, Until: until})
	copies := 0
	for at := range 30 {
		now := time.Duration(at) * time.Second
		delays, _ := n.Judge(now, 1, 2, 1, nil)
		for _, d := range delays[1:] {
			if copies++; now+d > until {
				t.Errorf("a copy of what left at %v comes at %v", now, now+d)
			}
		}
	}
	if copies == 0 {
		t.Error("there are no copies")
	}
}

func TestReorderLetsLaterPacketsOvertake(t *testing.T) {
	overtaken, last := 0, time.Duration(0)
	for i, a := range judge(with(network.Reorder{Chance: 0.2, Max: 10 * ms}), 1000) {
		arrival := time.Duration(i)*ms + a[0]
		if arrival < last {
			overtaken++
		}
		last = max(last, arrival)
		if a[0] > 10*ms {
			t.Errorf("a packet was held for %v", a[0])
		}
	}
	if overtaken < 100 {
		t.Errorf("%d of 1000 packets overtook another", overtaken)
	}
}

func TestCutIsOneWay(t *testing.T) {
	n := with(network.Cut{From: []actors.NodeID{1, 2}, To: []actors.NodeID{3}})
	if passes(n, 1, 3) || passes(n, 2, 3) || !passes(n, 3, 1) || !passes(n, 1, 2) {
		t.Error("the cut is in the wrong place")
	}
}

func TestPartitionKeepsSidesApart(t *testing.T) {
	n := with(network.Partition{{1, 2}, {3, 4}, {2, 5}})
	for _, test := range []struct {
		from, to actors.NodeID
		want     bool
	}{
		{1, 2, true}, {1, 3, false}, {3, 1, false}, {3, 4, true}, {1, 5, false}, {4, 5, false},
		{2, 5, true}, {5, 2, true}, {2, 3, false}, // 2 is on two sides and joins them
		{9, 1, true}, {3, 9, true}, // 9 is on none
	} {
		if got := passes(n, test.from, test.to); got != test.want {
			t.Errorf("%v→%v passes: %v, want %v", test.from, test.to, got, test.want)
		}
	}
}

func TestSlowIsBothWaysAndOnlyThere(t *testing.T) {
	n := with(network.Slow{A: 1, B: 2, Wait: ms})
	for to, want := range map[actors.NodeID]time.Duration{2: ms, 3: 0} {
		there, _ := n.Judge(0, 1, to, 1, nil)
		back, _ := n.Judge(0, to, 1, 1, nil)
		if there[0] != want || back[0] != want {
			t.Errorf("1→%v takes %v, back %v, want %v", to, there, back, want)
		}
	}
}

func TestClogHoldsAndThenReleases(t *testing.T) {
	n := with(network.Clog{From: []actors.NodeID{1}, To: []actors.NodeID{2}, Until: 10 * ms})
	for i, a := range judge(n, 20) {
		want := max(10*ms-time.Duration(i)*ms, 0)
		if a[0] != want {
			t.Errorf("the packet that left at %d ms took %v, want %v", i, a[0], want)
		}
	}
	if back, _ := n.Judge(0, 2, 1, 1, nil); back[0] != 0 {
		t.Error("the other direction is clogged")
	}
}

func TestBandwidthQueuesAndThenDrops(t *testing.T) {
	n := with(network.NewBandwidth(100_000, 300)) // 100 bytes take 1 ms
	var got []time.Duration
	for range 6 {
		delays, _ := n.Judge(0, 1, 2, 100, nil)
		got = append(got, delays...)
	}
	if want := only(ms, 2*ms, 3*ms, 4*ms); !slices.Equal(got, want) {
		t.Errorf("six packets at once took %v, want %v", got, want)
	}
	if !passes(n, 2, 1) {
		t.Error("the directions share one queue")
	}
	if later, _ := n.Judge(time.Second, 1, 2, 100, nil); !slices.Equal(later, only(ms)) {
		t.Errorf("once the queue is empty a packet takes %v", later)
	}
}

func TestOnlyNarrowsARule(t *testing.T) {
	all := network.Loss{Chance: 1}
	one := []actors.NodeID{1}
	for _, test := range []struct {
		name string
		rule network.Only
		lost [3]bool // 1→2, 2→1, 2→3
	}{
		{"from", network.Only{From: one, Rule: all}, [3]bool{true, false, false}},
		{"to", network.Only{To: one, Rule: all}, [3]bool{false, true, false}},
		{"both", network.Only{From: one, To: one, Rule: all}, [3]bool{}},
		{"neither", network.Only{Rule: all}, [3]bool{true, true, true}},
	} {
		n := with(test.rule)
		got := [3]bool{!passes(n, 1, 2), !passes(n, 2, 1), !passes(n, 2, 3)}
		if got != test.lost {
			t.Errorf("%s: lost %v, want %v", test.name, got, test.lost)
		}
	}
}
