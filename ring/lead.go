package ring

import "slices"

// lead puts the preferred leader of each partition first: the first owner met on the
// ring that does not lead too many yet. Where all of them do, others make room.
func (p *placement) lead() {
	l := leaders{
		placement: p,
		quota:     leaderQuota(len(p.owners), len(p.load)),
		count:     make([]int, len(p.load)),
	}
	for partition := range p.owners {
		l.choose(partition)
	}
}

// leaderQuota is how many partitions a member should lead at most: its fair share and
// an eighth more.
func leaderQuota(partitions, members int) int {
	fair := ceil(partitions, members)
	return fair + fair/8
}

type leaders struct {
	*placement
	quota  int
	count  []int // how many partitions each member leads
	chosen int   // partitions before this one have their leader first
}

func (l *leaders) choose(partition int) {
	l.chosen = partition
	owners := l.owners[partition]
	free := func(member int) bool { return l.count[member] < l.quota }
	i := slices.IndexFunc(owners, free)
	if i < 0 {
		i = slices.IndexFunc(owners, l.makeRoom)
	}
	l.promote(partition, max(i, 0))
}

// promote swaps owner i to the front of its partition and counts it.
func (l *leaders) promote(partition, i int) {
	owners := l.owners[partition]
	owners[0], owners[i] = owners[i], owners[0]
	l.count[owners[0]]++
}

// A handover is a step by which a member gets rid of leading a partition: owner i of
// it takes over.
type handover struct{ partition, i int }

// makeRoom lets member lead one partition fewer, if it can: it hands one over to an
// owner with room, or to one who can hand one over in turn. It searches breadth first,
// so the chain is the shortest.
func (l *leaders) makeRoom(member int) bool {
	reached := make(map[int]handover) // by who takes over
	queue := []int{member}
	for len(queue) > 0 {
		giver := queue[0]
		queue = queue[1:]
		for partition := range l.chosen {
			if l.owners[partition][0] != giver {
				continue
			}
			for i, taker := range l.owners[partition][1:] {
				if _, seen := reached[taker]; seen || taker == member {
					continue
				}
				reached[taker] = handover{partition, i + 1}
				if l.count[taker] < l.quota {
					l.handOver(reached, taker, member)
					return true
				}
				queue = append(queue, taker)
			}
		}
	}
	return false
}

// handOver walks a chain back from its last taker to the member that gets room.
func (l *leaders) handOver(reached map[int]handover, taker, member int) {
	for taker != member {
		step := reached[taker]
		giver := l.owners[step.partition][0]
		l.count[giver]--
		l.promote(step.partition, step.i)
		taker = giver
	}
}
