package ring

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func example() Map {
	return Map{
		Cluster: 7,
		Epoch:   300,
		Members: []Member{
			{ID: 1, Zone: "a", Address: "h:1", Redis: "h:2"},
			{ID: 2},
		},
		Owners: [][]NodeID{{1, 2}, {2}},
	}
}

func TestMapFindsWhatItHolds(t *testing.T) {
	m := example()
	if got := m.Locate([]byte("foo")); got != 1 || m.Partitions() != 2 {
		t.Errorf("foo, in slot 12182, is in partition %d of %d", got, m.Partitions())
	}
	if first, last := m.SlotsOf(1); first != 8192 || last != 16383 {
		t.Errorf("partition 1 has slots %d to %d", first, last)
	}
	if member, ok := m.Member(1); !ok || member.Redis != "h:2" {
		t.Errorf("member 1 is %v, %v", member, ok)
	}
	if _, ok := m.Member(3); ok {
		t.Error("there is a member 3")
	}
	if !m.Owns(1, 0) || m.Owns(1, 1) {
		t.Error("member 1 owns partition 0 and not 1")
	}
	if got := m.PartitionsOf(2); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("member 2 has partitions %v", got)
	}
}

func TestMapsThatMakeNoSenseAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Map){
		"has no owners":     func(m *Map) { m.Owners[1] = nil },
		"twice":             func(m *Map) { m.Owners[0] = []NodeID{1, 1} },
		"who is no member":  func(m *Map) { m.Owners[0] = []NodeID{3} },
		"0 partitions":      func(m *Map) { m.Owners = nil },
		"0 members":         func(m *Map) { m.Members = nil },
		"has id 0":          func(m *Map) { m.Members[0].ID = 0 },
		"give each its own": func(m *Map) { m.Members[0].ID = 2 },
	} {
		m := example()
		change(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
		if _, err := DecodeMap(m.AppendTo(nil)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("decoded a map of which %q is true: %v", want, err)
		}
	}
}

func TestEncodingIsTheOneInTheSpec(t *testing.T) {
	got := example().AppendTo(nil)
	want := []byte{
		1 << 3, 7, // cluster
		2 << 3, 0xac, 2, // epoch 300
		3<<3 | 2, 15, // member
		1 << 3, 1, // id
		2<<3 | 2, 1, 'a', // zone
		3<<3 | 2, 3, 'h', ':', '1', // address
		4<<3 | 2, 3, 'h', ':', '2', // redis
		3<<3 | 2, 2, 1 << 3, 2, // member 2
		4<<3 | 2, 4, 1<<3 | 2, 2, 1, 2, // owners of partition 0
		4<<3 | 2, 3, 1<<3 | 2, 1, 2, // owners of partition 1
	}
	if !slices.Equal(got, want) {
		t.Errorf("encoded\n%v, the spec says\n%v", got, want)
	}
}

func TestDecodingGivesBackWhatWasEncoded(t *testing.T) {
	m, err := DecodeMap(example().AppendTo(nil))
	if err != nil || !reflect.DeepEqual(m, example()) {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	b := appendText(example().AppendTo(nil), 99, "from a newer version")
	m, err := DecodeMap(b)
	if err != nil || !reflect.DeepEqual(m, example()) {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestMapsBeyondLimitsAreRefused(t *testing.T) {
	long := example()
	long.Members[0].Zone = strings.Repeat("z", MaxTextBytes+1)
	crowd := Map{Members: make([]Member, MaxMembers+1), Owners: [][]NodeID{{1}}}
	for i := range crowd.Members {
		crowd.Members[i].ID = NodeID(i + 1)
	}
	full := crowd.Members[:MaxMembers]
	for name, b := range map[string][]byte{
		"zone":       long.AppendTo(nil),
		"members":    crowd.AppendTo(nil),
		"partitions": Map{Members: example().Members, Owners: repeat([]NodeID{1}, Slots+1)}.AppendTo(nil),
		"replicas":   Map{Members: full, Owners: repeat(ids(MaxMembers), MaxReplicas/MaxMembers+1)}.AppendTo(nil),
		"owners":     Map{Members: full, Owners: repeat(ids(MaxMembers+1), 1)}.AppendTo(nil),
		"bytes":      make([]byte, MaxMapBytes+1),
		"wire type":  {3 << 3, 1},
		"truncated":  {3<<3 | 2, 5, 1},
	} {
		if _, err := DecodeMap(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("decoded a map with too much of: %s (%v)", name, err)
		}
	}
}

func repeat(owners []NodeID, times int) [][]NodeID {
	return slices.Repeat([][]NodeID{owners}, times)
}

func ids(n int) (list []NodeID) {
	for i := range n {
		list = append(list, NodeID(i+1))
	}
	return list
}

func FuzzDecodeMap(f *testing.F) {
	f.Add(example().AppendTo(nil))
	f.Add([]byte{4<<3 | 2, 3, 1<<3 | 2, 1, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMap(b)
		if err != nil {
			return
		}
		again, err := DecodeMap(m.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%v became %v, %v", m, again, err)
		}
	})
}
