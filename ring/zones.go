package ring

// zones says how members share zones, and how many replicas of a partition a zone
// gets: zones are filled as evenly as their sizes allow.
type zones struct {
	of    []int // the zone of each member
	size  []int // how many members each zone has
	least []int // replicas of one partition in each zone
	most  []int // at most one more than least
}

func zonesOf(members []Member, replicas int) (z zones) {
	number := make(map[string]int)
	for _, member := range members {
		zone, known := number[member.Zone]
		if !known {
			zone = len(z.size)
			number[member.Zone] = zone
			z.size = append(z.size, 0)
		}
		z.of = append(z.of, zone)
		z.size[zone]++
	}
	z.bound(replicas)
	return z
}

// bound sets least and most: as many full rounds as the replicas suffice for, and one
// more.
func (z *zones) bound(replicas int) {
	rounds := 0
	for left := replicas; left >= z.sized(rounds+1) && left > 0; rounds++ {
		left -= z.sized(rounds + 1)
	}
	for _, size := range z.size {
		z.least = append(z.least, min(size, rounds))
		z.most = append(z.most, min(size, rounds+1))
	}
}

// sized returns how many zones have at least size members.
func (z *zones) sized(size int) (count int) {
	for _, members := range z.size {
		if members >= size {
			count++
		}
	}
	return count
}

// quotas returns how many replicas each member may hold: its fair share and an eighth
// more. Some layouts of zones force one more than that on a member. Less room would
// balance better, and move more when members come and go.
func (z *zones) quotas(partitions, replicas int) []int {
	level := z.level(partitions, replicas)
	quotas := make([]int, len(z.of))
	for member, zone := range z.of {
		fair := ceil(z.share(zone, level, partitions), z.size[zone])
		quotas[member] = min(partitions, fair+fair/8)
	}
	return quotas
}

// level returns how many replicas a member holds where its zone does not force it to
// hold more or fewer.
func (z *zones) level(partitions, replicas int) int {
	for level := 0; ; level++ {
		total := 0
		for zone := range z.size {
			total += z.share(zone, level, partitions)
		}
		if total >= partitions*replicas {
			return level
		}
	}
}

// share returns how many replicas a zone holds at a level.
func (z *zones) share(zone, level, partitions int) int {
	return min(max(level*z.size[zone], partitions*z.least[zone]), partitions*z.most[zone])
}

func ceil(a, b int) int { return (a + b - 1) / b }
