package cluster

import "testing"

func TestAKeyThatHasCollectedTooMuchGivesWayToAFreshOne(t *testing.T) {
	k := newKeyring(2)
	for range maxUses {
		if name := string(k.use(1)); name != "key-1" {
			t.Fatalf("its name is %q", name)
		}
	}
	if name := string(k.use(1)); name != "key-1-1" {
		t.Errorf("after %d operations on it its name is %q", maxUses, name)
	}
	for range maxOpenWrites {
		k.lost(1, []byte("key-1")) // which does not matter any more
	}
	for range maxOpenWrites {
		if name := string(k.use(1)); name != "key-1-1" {
			t.Errorf("its name is %q", name)
		}
		k.lost(1, []byte("key-1-1"))
	}
	if name := string(k.use(1)); name != "key-1-2" {
		t.Errorf("after %d writes without an answer its name is %q", maxOpenWrites, name)
	}
	if name := string(k.use(0)); name != "key-0" {
		t.Errorf("the name of another one is %q", name)
	}
}
