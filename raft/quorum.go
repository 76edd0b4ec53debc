package raft

import (
	"cmp"
	"slices"
)

// A configuration says whose word counts. It is a value: nothing changes it.
type configuration struct {
	voters []ID
}

// has reports whether id is a member.
func (c configuration) has(id ID) bool { return slices.Contains(c.voters, id) }

// majority is the least number of voters of which any two sets intersect.
func (c configuration) majority() int { return len(c.voters)/2 + 1 }

// agrees reports whether a majority of c said yes.
func agrees(c configuration, yes func(ID) bool) bool {
	n := 0
	for _, id := range c.voters {
		if yes(id) {
			n++
		}
	}
	return n >= c.majority()
}

// reached is the greatest value that a majority of c has reached: so many hold an
// entry, so many answered a round, so many were heard since.
func reached[T cmp.Ordered](c configuration, by func(ID) T) T {
	var room [7]T // so that usual groups need no allocation
	values := room[:0]
	for _, id := range c.voters {
		values = append(values, by(id))
	}
	slices.Sort(values)
	return values[len(values)-c.majority()]
}
