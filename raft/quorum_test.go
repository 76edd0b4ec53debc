package raft

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// subsets calls yield with every set of members of list.
func subsets(list []ID, yield func(map[ID]bool)) {
	for bits := range 1 << len(list) {
		set := map[ID]bool{}
		for i, id := range list {
			if bits>>i&1 == 1 {
				set[id] = true
			}
		}
		yield(set)
	}
}

// canBothDecide reports whether disjoint sets of members can decide in a and in b.
// It tries them all.
func canBothDecide(a, b Configuration) (both bool) {
	all := slices.Concat(a.Members(), b.Members())
	slices.Sort(all)
	subsets(slices.Compact(all), func(set map[ID]bool) {
		both = both || agrees(a, func(id ID) bool { return set[id] }) &&
			agrees(b, func(id ID) bool { return !set[id] })
	})
	return both
}

func drawConfiguration(random *rand.Rand) Configuration {
	c := Configuration{Voters: drawMembers(random, 1+random.IntN(5))}
	if random.IntN(2) == 0 {
		c.Outgoing = drawMembers(random, 1+random.IntN(5))
	}
	return c
}

func drawMembers(random *rand.Rand, n int) (list []ID) {
	for _, i := range random.Perm(6)[:n] {
		list = append(list, ID(i+1))
	}
	slices.Sort(list)
	return list
}

func TestOverlappingConfigurationsCannotBothDecide(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var overlapping int
	for range 5000 {
		a, b := drawConfiguration(random), drawConfiguration(random)
		if !overlap(a, b) {
			continue
		}
		overlapping++
		if canBothDecide(a, b) {
			t.Fatalf("%v and %v overlap, and each can decide without the other", a, b)
		}
	}
	if overlapping == 0 {
		t.Error("none overlapped")
	}
}

// For sets of voters the rule is exact: whatever does not overlap can disagree.
func TestConfigurationsThatDoNotOverlapCanBothDecide(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		a := Configuration{Voters: drawMembers(random, 1+random.IntN(5))}
		b := Configuration{Voters: drawMembers(random, 1+random.IntN(5))}
		if overlap(a, b) == canBothDecide(a, b) {
			t.Fatalf("%v and %v: overlap is %v", a, b, overlap(a, b))
		}
	}
}

// A majority of the new voters without one of the old ones decides nothing, nor the
// other way round, and neither do all learners.
func TestJointConfigurationNeedsBothMajorities(t *testing.T) {
	c := Configuration{Voters: []ID{3, 4, 5}, Outgoing: []ID{1, 2, 3}, Learners: []ID{6, 7}}
	for want, sets := range map[bool][][]ID{
		false: {{3, 4, 5}, {1, 2, 3}, {1, 2, 4, 6, 7}, {1, 4, 5, 6, 7}},
		true:  {{1, 3, 4}, {1, 2, 4, 5}},
	} {
		for _, set := range sets {
			in := func(id ID) bool { return slices.Contains(set, id) }
			n := reached(c, func(id ID) int {
				if in(id) {
					return 7
				}
				return 1
			})
			if got := agrees(c, in); got != want || (n == 7) != want {
				t.Errorf("%v in %v: agreed is %v, reached %d", set, c, got, n)
			}
		}
	}
}
