package ring

import (
	"fmt"
	"slices"
)

// A Config says what to place. Replicas is how many members hold each partition, any
// number from 1 to all of them.
type Config struct {
	Members    []Member
	Partitions int
	Replicas   int
}

// Validate returns nil if c can be placed, and otherwise an error that says what to
// change.
func (c Config) Validate() error {
	if err := validateMembers(c.Members); err != nil {
		return err
	}
	if err := validatePartitions(c.Partitions); err != nil {
		return err
	}
	switch {
	case c.Replicas < 1:
		return fmt.Errorf("ring: %d replicas: choose at least 1", c.Replicas)
	case c.Replicas > len(c.Members):
		return fmt.Errorf("ring: %d replicas need as many members and there are %d: "+
			"add members or lower the replication factor", c.Replicas, len(c.Members))
	case c.Replicas*c.Partitions > MaxReplicas:
		return fmt.Errorf("ring: %d partitions of %d replicas are more than %d replicas: "+
			"choose fewer of either", c.Partitions, c.Replicas, MaxReplicas)
	}
	return nil
}

// Place returns the owners of each partition, the preferred leader first. It depends
// on the ids and zones of the members alone, not on their order.
//
// Each partition walks the ring clockwise from its point and takes the members it
// meets: the first round one of each zone, the second round another one of each zone,
// and so on. It passes by members that are full: those that hold their fair share and
// an eighth more. One member more or fewer moves about the share of one member.
func Place(c Config) ([][]NodeID, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	members := slices.SortedFunc(slices.Values(c.Members), byID)
	p := newPlacement(members, c.Partitions, c.Replicas)
	for partition := range c.Partitions {
		p.place(partition)
	}
	p.relieve()
	p.lead()
	return p.ids(members), nil
}

func byID(a, b Member) int {
	if a.ID < b.ID {
		return -1
	}
	return 1 // ids are distinct
}

// A placement is a ring being filled. Members are known by their rank by id.
type placement struct {
	replicas int
	zones    zones
	circle   circle
	quota    []int   // how many replicas each member may hold
	load     []int   // how many it holds
	owners   [][]int // of each partition
}

func newPlacement(members []Member, partitions, replicas int) *placement {
	z := zonesOf(members, replicas)
	return &placement{
		replicas: replicas,
		zones:    z,
		circle:   newCircle(members),
		quota:    z.quotas(partitions, replicas),
		load:     make([]int, len(members)),
		owners:   make([][]int, partitions),
	}
}

// place chooses the owners of a partition, round by round.
func (p *placement) place(partition int) {
	for round := 1; len(p.owners[partition]) < p.replicas; round++ {
		want := min(p.replicas, len(p.owners[partition])+p.zones.sized(round))
		for member := range p.circle.from(partition) {
			if len(p.owners[partition]) == want {
				break
			}
			if p.load[member] < p.quota[member] && p.fits(partition, member, round) {
				p.take(partition, member)
			}
		}
		for len(p.owners[partition]) < want {
			p.take(partition, p.leastFull(partition, round))
		}
	}
}

// fits reports whether a partition may take member in a round: it has not yet, and has
// fewer of its zone than there were rounds.
func (p *placement) fits(partition, member, round int) bool {
	return !slices.Contains(p.owners[partition], member) &&
		p.inZone(partition, p.zones.of[member]) < round
}

func (p *placement) inZone(partition, zone int) (count int) {
	for _, member := range p.owners[partition] {
		if p.zones.of[member] == zone {
			count++
		}
	}
	return count
}

func (p *placement) take(partition, member int) {
	p.owners[partition] = append(p.owners[partition], member)
	p.load[member]++
}

// leastFull returns who takes a partition when all that fit are full: the one that is
// least over its quota.
func (p *placement) leastFull(partition, round int) int {
	best := -1
	for member := range p.circle.from(partition) {
		if p.fits(partition, member, round) &&
			(best < 0 || p.load[member]-p.quota[member] < p.load[best]-p.quota[best]) {
			best = member
		}
	}
	return best
}

// relieve takes replicas from members over quota and gives them to others that have
// room. Where all members are in one zone this always succeeds: the fuller of two
// members holds a partition that the other does not.
func (p *placement) relieve() {
	for partition := range p.owners {
		for i, member := range p.owners[partition] {
			if p.load[member] <= p.quota[member] {
				continue
			}
			if other, found := p.reliever(partition, member); found {
				p.owners[partition][i] = other
				p.load[member]--
				p.load[other]++
			}
		}
	}
}

// reliever returns who can take the place of member as an owner of partition.
func (p *placement) reliever(partition, member int) (other int, found bool) {
	from := p.zones.of[member]
	for other := range p.circle.from(partition) {
		to := p.zones.of[other]
		switch {
		case p.load[other] >= p.quota[other] || slices.Contains(p.owners[partition], other):
		case from == to:
			return other, true
		case p.inZone(partition, from) > p.zones.least[from] &&
			p.inZone(partition, to) < p.zones.most[to]:
			return other, true
		}
	}
	return 0, false
}

func (p *placement) ids(members []Member) [][]NodeID {
	ids := make([][]NodeID, len(p.owners))
	for partition, owners := range p.owners {
		for _, member := range owners {
			ids[partition] = append(ids[partition], members[member].ID)
		}
	}
	return ids
}
