package ring

import (
	"fmt"
	"slices"
)

// A Map says who holds what during one epoch. It is never changed once made.
type Map struct {
	Cluster uint64 // which cluster this is
	Epoch   uint64 // grows with every change
	Members []Member
	// Owners holds for each partition the members that replicate it, the preferred
	// leader first.
	Owners [][]NodeID
}

// A Member is a node of the cluster and how to reach it.
type Member struct {
	ID NodeID
	// Zone is what fails together with it, such as a rack; members without zones are
	// all in one.
	Zone    string
	Address string // host:port for nodes and clients
	Redis   string // host:port for Redis clients; empty if it serves none
}

// Partitions returns how many partitions there are.
func (m Map) Partitions() int { return len(m.Owners) }

// Partition returns the partition that slot belongs to.
func (m Map) Partition(slot uint16) int { return Partition(slot, len(m.Owners)) }

// Locate returns the partition that key belongs to.
func (m Map) Locate(key []byte) int { return m.Partition(Slot(key)) }

// SlotsOf returns the first and the last slot of partition p.
func (m Map) SlotsOf(p int) (first, last uint16) { return SlotsOf(p, len(m.Owners)) }

// Member returns the member with that id, if there is one.
func (m Map) Member(id NodeID) (Member, bool) {
	for _, member := range m.Members {
		if member.ID == id {
			return member, true
		}
	}
	return Member{}, false
}

// Owns reports whether id holds a replica of partition p.
func (m Map) Owns(id NodeID, p int) bool { return slices.Contains(m.Owners[p], id) }

// PartitionsOf returns the partitions of which id holds a replica, in order.
func (m Map) PartitionsOf(id NodeID) (partitions []int) {
	for p := range m.Owners {
		if m.Owns(id, p) {
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// Validate returns nil if m makes sense: its ids are distinct and not zero, there are
// partitions, and each has owners, which are distinct members.
func (m Map) Validate() error {
	if err := validateMembers(m.Members); err != nil {
		return err
	}
	if err := validatePartitions(len(m.Owners)); err != nil {
		return err
	}
	for p, owners := range m.Owners {
		if len(owners) == 0 {
			return fmt.Errorf("ring: partition %d has no owners", p)
		}
		for i, id := range owners {
			if slices.Contains(owners[:i], id) {
				return fmt.Errorf("ring: partition %d has owner %d twice", p, id)
			}
			if _, known := m.Member(id); !known {
				return fmt.Errorf("ring: partition %d has owner %d, who is no member", p, id)
			}
		}
	}
	return nil
}

func validateMembers(members []Member) error {
	if len(members) == 0 || len(members) > MaxMembers {
		return fmt.Errorf("ring: %d members: choose 1 to %d", len(members), MaxMembers)
	}
	seen := make(map[NodeID]bool, len(members))
	for _, member := range members {
		switch {
		case member.ID == 0:
			return fmt.Errorf("ring: member %q has id 0: number members from 1", member.Address)
		case seen[member.ID]:
			return fmt.Errorf("ring: two members have id %d: give each its own", member.ID)
		}
		seen[member.ID] = true
	}
	return nil
}

func validatePartitions(count int) error {
	if count < 1 || count > Slots {
		return fmt.Errorf("ring: %d partitions: choose 1 to %d", count, Slots)
	}
	return nil
}
