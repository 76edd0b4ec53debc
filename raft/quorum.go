package raft

import (
	"cmp"
	"slices"
)

// majority is the least number of n voters of which any two sets intersect.
func majority(n int) int { return n/2 + 1 }

// agrees reports whether a majority of the voters said yes, and one of the outgoing
// voters if there are any.
func agrees(c Configuration, yes func(ID) bool) bool {
	return most(c.Voters, yes) && (!c.Joint() || most(c.Outgoing, yes))
}

func most(voters []ID, yes func(ID) bool) bool {
	n := 0
	for _, id := range voters {
		if yes(id) {
			n++
		}
	}
	return n >= majority(len(voters))
}

// reached is the greatest value that as many as can decide have reached: so many
// hold an entry, so many answered a round, so many were heard since.
func reached[T cmp.Ordered](c Configuration, by func(ID) T) T {
	value := reachedByMost(c.Voters, by)
	if c.Joint() {
		value = min(value, reachedByMost(c.Outgoing, by))
	}
	return value
}

func reachedByMost[T cmp.Ordered](voters []ID, by func(ID) T) T {
	var room [7]T      // so that usual groups need no allocation
	values := room[:0] // sorted
	for _, id := range voters {
		v, i := by(id), len(values)
		values = append(values, v)
		for ; i > 0 && values[i-1] > v; i-- {
			values[i] = values[i-1]
		}
		values[i] = v
	}
	return values[len(values)-majority(len(values))]
}

// overlap reports whether whoever can decide in a has a member in common with
// whoever can decide in b. Two configurations that follow each other must overlap,
// or each could decide something else.
func overlap(a, b Configuration) bool {
	return slices.ContainsFunc(a.deciding(), func(some []ID) bool {
		return slices.ContainsFunc(b.deciding(), func(others []ID) bool { return majoritiesMeet(some, others) })
	})
}

// deciding is the sets of voters of each of which a majority must agree.
func (c Configuration) deciding() [][]ID {
	if c.Joint() {
		return [][]ID{c.Voters, c.Outgoing}
	}
	return [][]ID{c.Voters}
}

// majoritiesMeet reports whether every majority of a has a member in common with
// every majority of b. A majority that avoids the other set as far as it can still
// needs some of those in both; there must be too few for two to share out.
func majoritiesMeet(a, b []ID) bool {
	onlyA, onlyB := without(a, b), without(b, a)
	both := len(a) - len(onlyA)
	return max(0, majority(len(a))-len(onlyA))+max(0, majority(len(b))-len(onlyB)) > both
}

// without is the members of list that are not in others.
func without(list, others []ID) []ID {
	return slices.DeleteFunc(slices.Clone(list), func(id ID) bool { return slices.Contains(others, id) })
}
