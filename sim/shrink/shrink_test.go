package shrink_test

import (
	"fmt"
	"hash/fnv"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/shrink"
)

// big draws a plan with everything in it.
func big(t *testing.T) plan.Plan {
	t.Helper()
	s, err := scenarios.Find("everything")
	if err != nil {
		t.Fatal(err)
	}
	s.Swarm = false
	for seed := sim.Seed(1); ; seed++ {
		p := plan.Draw(s, seed)
		if p.Cluster.Nodes == 7 && p.Work.Clients > 3 && p.Cluster.Partitions == 4 {
			for c := 1; c <= p.Work.Clients; c++ {
				p.Work.Only = append(p.Work.Only,
					plan.Selection{Client: c, Lane: 1, Operations: []plan.Range{{Min: 1, Max: 100}}})
			}
			return p
		}
	}
}

// whole is a failure at the end of a plan, to which every operation has come.
func whole(p plan.Plan) shrink.Failure {
	return shrink.Failure{Plan: p, At: p.Duration + time.Second, Done: p.Work.Only}
}

// oneByOne tests plans one by one, counts them, and refuses what is no plan.
func oneByOne(t *testing.T, fails func(plan.Plan) bool, runs *int) shrink.Test {
	return func(plans iter.Seq[plan.Plan]) (int, shrink.Failure) {
		i := 0
		for p := range plans {
			if err := p.Validate(); err != nil {
				t.Fatalf("asked to run what is no plan: %v", err)
			}
			*runs++
			if fails(p) {
				return i, whole(p)
			}
			i++
		}
		return -1, shrink.Failure{}
	}
}

func TestWhatIsLeftIsWhatTheFailureNeeds(t *testing.T) {
	p := big(t)
	// Two faults in this order, one operation, five servers and loss.
	first := slices.IndexFunc(p.Strikes, func(s plan.Strike) bool { return s.Kind == plan.SlowDisk })
	then := first + slices.IndexFunc(p.Strikes[first:], func(s plan.Strike) bool {
		return s.Kind == plan.Crash && s.Target.Node == 3
	})
	kinds := []plan.FaultKind{plan.SlowDisk, plan.Crash}
	if first < 0 || then < first {
		t.Fatal("the plan does not hold what it shall be shrunk to")
	}
	fails := func(p plan.Plan) bool {
		found := 0
		for _, s := range p.Strikes {
			if found < len(kinds) && s.Kind == kinds[found] && (found == 0 || s.Target.Node == 3) {
				found++
			}
		}
		return found == len(kinds) && p.Work.Does(2, 1, 77) && p.Cluster.Nodes >= 5 && p.Network.Loss > 0 &&
			p.Duration >= 2*time.Second
	}
	runs := 0
	got := shrink.Minimize(whole(p), oneByOne(t, fails, &runs), func(shrink.Progress) {})
	size := shrink.SizeOf(got)
	if !fails(got) || size.Faults != 2 || size.Operations != 1 || size.Clients != 2 || size.Nodes != 5 ||
		size.Partitions != 1 || size.Conditions != 1 || size.Duration > p.Strikes[then].At+time.Millisecond {
		t.Errorf("%v is left after %d runs:\n%s", size, runs, got.Encode())
	}
	if runs > 4000 {
		t.Errorf("it took %d runs", runs)
	}
	for _, s := range got.Strikes {
		if s.For > time.Millisecond || s.After != 0 {
			t.Errorf("a fault that could be plainer: %+v", s)
		}
	}
}

// Faults that are only needed together with others are found as well.
func TestPairsSurvive(t *testing.T) {
	p := big(t)
	a, b := p.Strikes[3], p.Strikes[len(p.Strikes)-2]
	fails := func(p plan.Plan) bool {
		has := func(want plan.Strike) bool {
			return slices.ContainsFunc(p.Strikes, func(s plan.Strike) bool { return s.Kind == want.Kind && s.Pick == want.Pick })
		}
		return has(a) == has(b)
	}
	runs := 0
	got := shrink.Minimize(whole(p), oneByOne(t, fails, &runs), func(shrink.Progress) {})
	if len(got.Strikes) != 0 {
		t.Errorf("%d faults are left, and none is needed", len(got.Strikes))
	}
}

func TestAPlanThatNeedsAllOfItselfStays(t *testing.T) {
	p := big(t)
	p.Strikes, p.Work.Only = p.Strikes[:12], p.Work.Only[:1]
	runs, told := 0, 0
	got := shrink.Minimize(whole(p), oneByOne(t, func(other plan.Plan) bool { return reflect.DeepEqual(other, p) }, &runs),
		func(shrink.Progress) { told++ })
	if !reflect.DeepEqual(got, p) || runs == 0 || told == 0 {
		t.Errorf("after %d runs and %d reports:\n%s", runs, told, got.Encode())
	}
}

// Runs cost much more than remembering them.
func TestNoPlanIsTriedTwice(t *testing.T) {
	p := big(t)
	seen, runs := map[string]bool{}, 0
	fails := func(p plan.Plan) bool {
		text := fmt.Sprint(p)
		if seen[text] {
			t.Fatalf("tried again after %d runs:\n%s", runs, p.Encode())
		}
		seen[text] = true
		return p.Cluster.Nodes >= 3 && p.Work.Clients >= 2 && len(p.Strikes) > 2
	}
	shrink.Minimize(whole(p), oneByOne(t, fails, &runs), func(shrink.Progress) {})
	if runs > 1200 {
		t.Errorf("it took %d runs to find that so little is needed", runs)
	}
}

// What is left out changes what comes after it, so that a run fails only now and then.
func TestAnotherSeedFindsWhatChanceHides(t *testing.T) {
	p := big(t)
	kind := p.Strikes[len(p.Strikes)/2].Kind
	needs := func(p plan.Plan) bool {
		return slices.ContainsFunc(p.Strikes, func(s plan.Strike) bool { return s.Kind == kind })
	}
	byChance := func(p plan.Plan) bool {
		h := fnv.New32a()
		fmt.Fprintf(h, "%v", p)
		return needs(p) && h.Sum32()%8 == 0
	}
	runs := 0
	got := shrink.Minimize(whole(p), oneByOne(t, byChance, &runs), func(shrink.Progress) {})
	if size := shrink.SizeOf(got); !byChance(got) || size.Faults != 1 || size.Operations != 0 || size.Conditions != 0 {
		t.Errorf("%v is left after %d runs, under seed %d instead of %d", size, runs, got.Seed, p.Seed)
	}
}

func TestOperationsThatNoLaneCameToAreNotNamed(t *testing.T) {
	p := big(t)
	came := []plan.Selection{{Client: 1, Lane: 1, Operations: []plan.Range{{Min: 1, Max: 7}}}}
	fails := func(plans iter.Seq[plan.Plan]) (int, shrink.Failure) { return -1, shrink.Failure{} }
	got := shrink.Minimize(shrink.Failure{Plan: p, At: p.Duration, Done: came}, fails, func(shrink.Progress) {})
	if !reflect.DeepEqual(got.Work.Only, came) {
		t.Errorf("lanes came to %v, and %v are left", came, got.Work.Only)
	}
}
