package ring

import "testing"

func TestChecksumIsXModem(t *testing.T) {
	if got := crc16([]byte("123456789")); got != 0x31C3 {
		t.Errorf("crc16(123456789) = %#x, want 0x31c3", got)
	}
}

// The slots are what CLUSTER KEYSLOT of Redis answers.
func TestSlotsAreThoseOfRedisCluster(t *testing.T) {
	for key, want := range map[string]uint16{
		"":              0,
		"foo":           12182,
		"bar":           5061,
		"hello":         866,
		"123456789":     0x31C3,
		"user1000":      3443,
		"foo{bar}{zap}": 5061,
	} {
		if got := Slot([]byte(key)); got != want {
			t.Errorf("Slot(%q) = %d, want %d", key, got, want)
		}
	}
}

func TestKeysWithOneTagShareASlot(t *testing.T) {
	for _, same := range [][2]string{
		{"{user1000}.following", "{user1000}.followers"},
		{"{user1000}.following", "user1000"},
		{"foo{bar}{zap}", "bar"},   // the first tag counts
		{"foo{{bar}}zap", "{bar"},  // from the first { to the first } after it
		{"foo}{bar}", "bar"},       // a } before the { is nothing
		{"a{b}c}d", "b"},           // the first } ends it
		{"{\x00\xff}", "\x00\xff"}, // any bytes
	} {
		if a, b := Slot([]byte(same[0])), Slot([]byte(same[1])); a != b {
			t.Errorf("%q is in slot %d and %q in %d", same[0], a, same[1], b)
		}
	}
}

func TestAnEmptyOrOpenTagIsNoTag(t *testing.T) {
	for _, key := range []string{"foo{}{bar}", "{}", "foo{bar", "}{", "{"} {
		if got, want := Slot([]byte(key)), crc16([]byte(key))%Slots; got != want {
			t.Errorf("Slot(%q) = %d, want that of the whole key, %d", key, got, want)
		}
	}
}

func TestPartitionsAreRunsOfSlotsOfEqualSize(t *testing.T) {
	for count := 1; count <= Slots; count = count*3/2 + 1 {
		checkRuns(t, count)
	}
	checkRuns(t, Slots)
}

func checkRuns(t *testing.T, count int) {
	next := 0
	for p := range count {
		first, last := SlotsOf(p, count)
		if int(first) != next || last < first {
			t.Fatalf("%d partitions: %d has slots %d to %d after %d", count, p, first, last, next-1)
		}
		if size := int(last-first) + 1; size < Slots/count || size > Slots/count+1 {
			t.Fatalf("%d partitions: %d has %d slots", count, p, size)
		}
		for _, slot := range []uint16{first, last} {
			if got := Partition(slot, count); got != p {
				t.Fatalf("%d partitions: slot %d of %d is said to be in %d", count, slot, p, got)
			}
		}
		next = int(last) + 1
	}
	if next != Slots {
		t.Fatalf("%d partitions end at slot %d", count, next)
	}
}
