package network_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

const ms = time.Millisecond

func newNetwork(seed sim.Seed) *network.Network {
	return network.New(func(purpose string, keys ...uint64) network.Stream {
		return seed.Stream(purpose, keys...)
	})
}

// judge sends n packets of 100 bytes from 1 to 2, one per ms, and returns when the
// copies of each arrive after it left.
func judge(n *network.Network, packets int) [][]time.Duration {
	out := make([][]time.Duration, packets)
	for i := range out {
		out[i], _ = n.Judge(time.Duration(i)*ms, 1, 2, 100, nil)
	}
	return out
}

// passes reports whether a packet arrives.
func passes(n *network.Network, from, to actors.NodeID) bool {
	delays, blame := n.Judge(0, from, to, 100, nil)
	if (len(delays) == 0) != (blame != "") {
		panic("a lost packet needs a reason, and no other")
	}
	return len(delays) > 0
}

func only(d ...time.Duration) []time.Duration { return d }

func TestWithoutRulesPacketsArriveAtOnce(t *testing.T) {
	if got := judge(newNetwork(1), 1)[0]; !slices.Equal(got, only(0)) {
		t.Errorf("arrived %v", got)
	}
}

func TestJudgeAppends(t *testing.T) {
	n := newNetwork(1)
	n.Add("slow", network.Slow{A: 1, B: 2, Wait: ms})
	if got, _ := n.Judge(0, 1, 2, 100, only(7)); !slices.Equal(got, only(7, ms)) {
		t.Errorf("arrived %v", got)
	}
	n.Add("cut", network.Loss{Chance: 1})
	if got, _ := n.Judge(0, 1, 2, 100, only(7)); !slices.Equal(got, only(7)) {
		t.Errorf("lost, and yet %v", got)
	}
}

func TestANodeAlwaysReachesItself(t *testing.T) {
	n := newNetwork(1)
	n.Add("loss", network.Loss{Chance: 1})
	if !passes(n, 1, 1) {
		t.Error("a node lost itself")
	}
}

func TestRulesAddUp(t *testing.T) {
	n := newNetwork(1)
	n.Add("a", network.Slow{A: 1, B: 2, Wait: ms})
	n.Add("b", network.Slow{A: 2, B: 1, Wait: 2 * ms})
	n.Add("c", network.Duplicate{Chance: 1})
	if got := judge(n, 1)[0]; !slices.Equal(got, only(3*ms, 3*ms+1)) {
		t.Errorf("arrived %v", got)
	}
}

func TestALiftedRuleIsGone(t *testing.T) {
	n := newNetwork(1)
	liftA := n.Add("a", network.Cut{From: []actors.NodeID{1}, To: []actors.NodeID{2}})
	liftB := n.Add("b", network.Cut{From: []actors.NodeID{1}, To: []actors.NodeID{2}})
	if _, blame := n.Judge(0, 1, 2, 1, nil); blame != "a" {
		t.Errorf("the first rule to lose a packet is to blame, not %q", blame)
	}
	liftA()
	liftA()
	if _, blame := n.Judge(0, 1, 2, 1, nil); blame != "b" {
		t.Errorf("lifting twice hit another rule: lost by %q", blame)
	}
	liftB()
	if !passes(n, 1, 2) {
		t.Error("a lifted rule still cuts")
	}
}

func TestTalliesCountWhatRulesDid(t *testing.T) {
	n := newNetwork(1)
	n.Add("loss", network.Loss{Chance: 1})()
	lift := n.Add("loss", network.Loss{Chance: 1})
	judge(n, 3)
	lift()
	n.Add("twice", network.Duplicate{Chance: 1})
	n.Add("slow", network.Slow{A: 1, B: 2, Wait: ms})
	judge(n, 4)
	want := []network.Tally{{Name: "loss", Judged: 3, Lost: 3},
		{Name: "twice", Judged: 4, Duplicated: 4}, {Name: "slow", Judged: 4, Delayed: 4}}
	if got := n.Tallies(); !slices.Equal(got, want) {
		t.Errorf("tallies %+v, want %+v", got, want)
	}
}

// TestRemovingARuleReshufflesNoOther compares what happens to the packets that the
// removed rule left alone.
func TestRemovingARuleReshufflesNoOther(t *testing.T) {
	rules := map[string]network.Rule{
		"loss":  network.Loss{Chance: 0.3},
		"delay": network.Delay{Floor: ms, Mean: ms, TailChance: 0.1, Tail: 50 * ms},
		"twice": network.Duplicate{Chance: 0.3, Late: 20 * ms},
		"hold":  network.Reorder{Chance: 0.3, Max: 10 * ms},
	}
	run := func(names ...string) [][]time.Duration {
		n := newNetwork(9)
		for _, name := range names {
			n.Add(name, rules[name])
		}
		return judge(n, 1000)
	}
	all := run("loss", "delay", "twice", "hold")
	for i, rest := range run("delay", "twice", "hold") {
		if len(all[i]) > 0 && !slices.Equal(all[i], rest) {
			t.Fatalf("without loss, packet %d arrives %v instead of %v", i, rest, all[i])
		}
	}
	for i, rest := range run("loss", "delay", "hold") {
		if len(all[i]) != 2 && !slices.Equal(all[i], rest) {
			t.Fatalf("without duplicates, packet %d arrives %v instead of %v", i, rest, all[i])
		}
	}
	if slices.EqualFunc(all, run("loss", "twice", "hold"), slices.Equal) {
		t.Error("the delay rule does nothing")
	}
}

func TestLinksHaveTheirOwnChance(t *testing.T) {
	draw := func(noise bool) (fates []bool) {
		n := newNetwork(5)
		n.Add("loss", network.Loss{Chance: 0.5})
		for range 100 {
			if noise {
				passes(n, 2, 1)
				passes(n, 3, 1)
			}
			fates = append(fates, passes(n, 1, 2))
		}
		return fates
	}
	if !slices.Equal(draw(false), draw(true)) {
		t.Error("traffic elsewhere changed what happens on a link")
	}
}

func TestNoTwoLinksShareAFate(t *testing.T) {
	n := newNetwork(5)
	n.Add("loss", network.Loss{Chance: 0.5})
	fates := map[[2]actors.NodeID]string{}
	for range 64 {
		for _, link := range [][2]actors.NodeID{{1, 2}, {2, 1}, {1, 3}} {
			fates[link] += fmt.Sprint(passes(n, link[0], link[1]), " ")
		}
	}
	if a, b, c := fates[[2]actors.NodeID{1, 2}], fates[[2]actors.NodeID{2, 1}],
		fates[[2]actors.NodeID{1, 3}]; a == b || b == c || a == c {
		t.Error("what happens on one link happens on another")
	}
}

func TestLiftingLeavesTheOthersInForce(t *testing.T) {
	n := newNetwork(1)
	lifts := make([]func(), 3)
	for i := range lifts {
		lifts[i] = n.Add("slow", network.Slow{A: 1, B: 2, Wait: ms << i})
	}
	lifts[1]()
	if got := judge(n, 1)[0]; !slices.Equal(got, only(5*ms)) {
		t.Errorf("arrived %v, want after 5 ms", got)
	}
}

func BenchmarkJudge(b *testing.B) {
	n := newNetwork(1)
	n.Add("delay", network.Delay{Floor: ms, Mean: ms, TailChance: 0.01, Tail: 50 * ms})
	n.Add("loss", network.Loss{Chance: 0.01})
	n.Add("twice", network.Duplicate{Chance: 0.01, Late: ms})
	b.ReportAllocs()
	var delays []time.Duration
	for i := range b.N {
		delays, _ = n.Judge(time.Duration(i), actors.NodeID(1+i%5), 9, 100, delays[:0])
	}
}
