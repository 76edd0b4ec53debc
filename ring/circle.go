package ring

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// virtualNodes is how often a member stands on the ring. More make the distances to
// its neighbours more even.
const virtualNodes = 128

// A circle is the ring: the points of the members in order.
type circle struct {
	points  []point
	members int
}

type point struct {
	at     uint64
	member int
}

func newCircle(members []Member) circle {
	c := circle{members: len(members)}
	for rank, member := range members {
		for i := range uint64(virtualNodes) {
			c.points = append(c.points, point{scatter(member.ID, i), rank})
		}
	}
	slices.SortFunc(c.points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.member, b.member))
	})
	return c
}

// from yields every member once, in the order in which a partition meets them.
func (c circle) from(partition int) iter.Seq[int] {
	at := scatter(0, uint64(partition)) // no member has id 0
	start := sort.Search(len(c.points), func(i int) bool { return c.points[i].at >= at })
	return func(yield func(int) bool) {
		seen := make([]bool, c.members)
		for i := range c.points {
			member := c.points[(start+i)%len(c.points)].member
			if seen[member] {
				continue
			}
			seen[member] = true
			if !yield(member) {
				return
			}
		}
	}
}

// scatter hashes two numbers to a point of the ring. It is the finalizer of
// splitmix64, twice, and part of the format: changing it moves everything.
func scatter(a, b uint64) uint64 { return mix(mix(a+0x9e3779b97f4a7c15) + b) }

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
