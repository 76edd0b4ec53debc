package ring

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// cluster returns members 1 to n in zones, round robin.
func cluster(n, zones int) (members []Member) {
	for i := range n {
		members = append(members, Member{ID: NodeID(i + 1), Zone: fmt.Sprint("z", i%zones)})
	}
	return members
}

func mustPlace(t *testing.T, c Config) [][]NodeID {
	t.Helper()
	owners, err := Place(c)
	if err != nil {
		t.Fatal(err)
	}
	return owners
}

// tally counts the replicas that each member holds and the partitions it leads.
func tally(owners [][]NodeID) (load, leads map[NodeID]int) {
	load, leads = make(map[NodeID]int), make(map[NodeID]int)
	for _, of := range owners {
		leads[of[0]]++
		for _, id := range of {
			load[id]++
		}
	}
	return load, leads
}

// The placement of a cluster must not change from one version to the next: the two
// would disagree about who holds what.
func TestPlacementIsPinned(t *testing.T) {
	got := fmt.Sprint(mustPlace(t, Config{Members: cluster(5, 1), Partitions: 8, Replicas: 3}))
	const want = "[[5 2 1] [4 3 5] [4 5 3] [3 4 5] [5 3 1] [1 4 2] [1 2 4] [2 1 3]]"
	if got != want {
		t.Errorf("placed %s\nwant   %s", got, want)
	}
	got = fmt.Sprint(mustPlace(t, Config{Members: cluster(6, 3), Partitions: 8, Replicas: 4}))
	const wantZones = "[[5 6 1 2] [4 6 5 1] [4 6 5 3] [3 4 5 1] [5 6 1 3] [1 5 3 4] [1 2 6 3] [6 4 2 3]]"
	if got != wantZones {
		t.Errorf("placed %s\nwant   %s", got, wantZones)
	}
}

func TestOrderAndAddressesOfMembersDoNotMatter(t *testing.T) {
	members := cluster(9, 3)
	want := mustPlace(t, Config{Members: members, Partitions: 64, Replicas: 3})
	slices.Reverse(members)
	for i := range members {
		members[i].Address = fmt.Sprint("host", i)
	}
	got := mustPlace(t, Config{Members: members, Partitions: 64, Replicas: 3})
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("placed %v\nthen   %v", want, got)
	}
}

func TestEveryReplicationFactorWorks(t *testing.T) {
	for n := 1; n <= 8; n++ {
		for replicas := 1; replicas <= n; replicas++ {
			owners := mustPlace(t, Config{Members: cluster(n, 2), Partitions: 16, Replicas: replicas})
			m := Map{Members: cluster(n, 2), Owners: owners}
			if err := m.Validate(); err != nil {
				t.Fatalf("%d members, %d replicas: %v", n, replicas, err)
			}
			for p, of := range owners {
				if len(of) != replicas {
					t.Fatalf("%d members, %d replicas: partition %d has %v", n, replicas, p, of)
				}
			}
		}
	}
}

func TestImpossibleConfigsSayWhatToDo(t *testing.T) {
	three := cluster(3, 1)
	for want, c := range map[string]Config{
		"choose 1 to 1024":             {Partitions: 16, Replicas: 1},
		"choose 1 to 16384":            {Members: three, Replicas: 1},
		"choose at least 1":            {Members: three, Partitions: 16},
		"lower the replication factor": {Members: three, Partitions: 16, Replicas: 4},
		"give each its own":            {Members: append(three, Member{ID: 3}), Partitions: 16, Replicas: 1},
		"number members from 1":        {Members: []Member{{}}, Partitions: 16, Replicas: 1},
		"choose fewer of either":       {Members: cluster(20, 1), Partitions: Slots, Replicas: 17},
		"20000 partitions: choose":     {Members: three, Partitions: 20000, Replicas: 1},
		"1025 members: choose":         {Members: cluster(1025, 1), Partitions: 16, Replicas: 1},
	} {
		if _, err := Place(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
}

// Without zones nobody holds or leads more than its fair share and an eighth.
func TestLoadsAreBounded(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n := 1 + chance.IntN(20)
		c := Config{Members: cluster(n, 1), Partitions: 1 + chance.IntN(300), Replicas: 1 + chance.IntN(n)}
		load, leads := tally(mustPlace(t, c))
		fair, fairLeads := ceil(c.Partitions*c.Replicas, n), ceil(c.Partitions, n)
		for _, member := range c.Members {
			if got := load[member.ID]; got > fair+fair/8 {
				t.Fatalf("%d members, %d partitions of %d: one holds %d", n, c.Partitions, c.Replicas, got)
			}
			if got := leads[member.ID]; got > fairLeads+fairLeads/8 {
				t.Fatalf("%d members, %d partitions of %d: one leads %d", n, c.Partitions, c.Replicas, got)
			}
		}
	}
}

// Zones of any sizes: each partition is spread over them as evenly as their sizes
// allow, which for zones no fewer than replicas means that all are distinct. Nobody
// holds more than one, or leads more than two, above its quota.
func TestReplicasSpreadOverZones(t *testing.T) {
	chance := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		n := 1 + chance.IntN(12)
		members := make([]Member, n)
		for i := range members {
			members[i] = Member{ID: chance.Uint64() | 1, Zone: fmt.Sprint(chance.IntN(n))}
		}
		slices.SortFunc(members, byID)
		c := Config{Members: members, Partitions: 1 + chance.IntN(100), Replicas: 1 + chance.IntN(n)}
		owners := mustPlace(t, c)
		checkZones(t, c, owners)
		checkQuotas(t, c, owners)
	}
}

func checkZones(t *testing.T, c Config, owners [][]NodeID) {
	size := make(map[string]int)
	for _, member := range c.Members {
		size[member.Zone]++
	}
	m := Map{Members: c.Members, Owners: owners}
	for p, of := range owners {
		used := make(map[string]int)
		for _, id := range of {
			member, _ := m.Member(id)
			used[member.Zone]++
		}
		for fuller, a := range used {
			for zone, members := range size {
				if used[zone] < a-1 && used[zone] < members {
					t.Fatalf("partition %d of %v has %d replicas in %s and %d in %s",
						p, c, a, fuller, used[zone], zone)
				}
			}
		}
	}
}

func checkQuotas(t *testing.T, c Config, owners [][]NodeID) {
	load, leads := tally(owners)
	z := zonesOf(c.Members, c.Replicas)
	quotas := z.quotas(c.Partitions, c.Replicas)
	for rank, member := range c.Members {
		if got := load[member.ID]; got > quotas[rank]+1 {
			t.Fatalf("%v: %d holds %d, its quota is %d", c, member.ID, got, quotas[rank])
		}
		if got, quota := leads[member.ID], leaderQuota(c.Partitions, len(c.Members)); got > quota+2 {
			t.Fatalf("%v: %d leads %d, its quota is %d", c, member.ID, got, quota)
		}
	}
}

func TestDistinctZonesComeFirst(t *testing.T) {
	members := append(cluster(9, 1), Member{ID: 10, Zone: "far"})
	for p, of := range mustPlace(t, Config{Members: members, Partitions: 32, Replicas: 2}) {
		if !slices.Contains(of, 10) {
			t.Errorf("partition %d is on %v, all in one zone", p, of)
		}
	}
}

// One member more takes about its fair share of replicas, 1/(n+1) of all, and little
// else moves: never more than twice that, and four. The other way round is the same.
func TestLittleMovesWhenAMemberComes(t *testing.T) {
	for _, zones := range []int{1, 3} {
		for _, partitions := range []int{16, 64, 256, 1024} {
			for n := 3; n <= 20; n++ {
				before := mustPlace(t, Config{cluster(n, zones), partitions, 3})
				after := mustPlace(t, Config{cluster(n+1, zones), partitions, 3})
				ideal := float64(3*partitions) / float64(n+1)
				if got := moved(before, after); float64(got) > 2*ideal+4 {
					t.Errorf("%d zones, %d partitions, %d members and one: %d moved, fair is %.1f",
						zones, partitions, n, got, ideal)
				}
			}
		}
	}
}

// moved counts the replicas that are where they were not.
func moved(before, after [][]NodeID) (count int) {
	for p := range after {
		for _, id := range after[p] {
			if !slices.Contains(before[p], id) {
				count++
			}
		}
	}
	return count
}

func BenchmarkPlace(b *testing.B) {
	for _, c := range []Config{
		{cluster(5, 1), 16, 3}, {cluster(20, 3), 1024, 3}, {cluster(100, 3), Slots, 3},
	} {
		b.Run(fmt.Sprintf("members=%d/partitions=%d", len(c.Members), c.Partitions), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Place(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
