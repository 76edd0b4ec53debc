package plan_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

func TestEachKindOfFaultBelongsToOneFamily(t *testing.T) {
	var inFamilies []plan.FaultKind
	for _, f := range plan.Families() {
		for _, k := range f.Kinds() {
			if k.Family() != f {
				t.Errorf("%s belongs to %q, and %q lists it", k, k.Family(), f)
			}
			inFamilies = append(inFamilies, k)
		}
		if len(f.Kinds()) == 0 && f.Conditions() == "" {
			t.Errorf("nothing belongs to %s", f)
		}
	}
	kinds := plan.Kinds()
	slices.Sort(kinds)
	if slices.Sort(inFamilies); !slices.Equal(inFamilies, kinds) {
		t.Errorf("the families hold %v; there are %v", inFamilies, kinds)
	}
}

// What is left out leaves everything else as it was.
func TestAFamilyIsLeftOutAlone(t *testing.T) {
	all := everything(t)
	for _, f := range plan.Families() {
		s := all
		s.Without = []plan.Family{f}
		met := 0
		for seed := range sim.Seed(60) {
			with, without := plan.Draw(all, seed), plan.Draw(s, seed)
			if without.Has(f) {
				t.Fatalf("seed %d without %s has it:\n%s", seed, f, without.Encode())
			}
			if with.Has(f) {
				met++
			} else if !reflect.DeepEqual(with, without) {
				t.Fatalf("seed %d has no %s to leave out, and yet is another plan:\n%s\n%s", seed, f, with.Encode(), without.Encode())
			}
			kept := slices.DeleteFunc(with.Strikes, func(s plan.Strike) bool { return s.Kind.Family() == f })
			if len(kept) != len(without.Strikes) || len(kept) > 0 && !reflect.DeepEqual(kept, without.Strikes) {
				t.Fatalf("seed %d without %s has other strikes:\n%s", seed, f, without.Encode())
			}
			for _, other := range plan.Families() {
				if other != f && with.Has(other) != without.Has(other) {
					t.Fatalf("seed %d without %s lost %s:\n%s", seed, f, other, without.Encode())
				}
			}
		}
		if met == 0 {
			t.Errorf("no plan has anything of %s", f)
		}
	}
}

func TestAllFamiliesCanBeLeftOut(t *testing.T) {
	s := everything(t)
	s.Without = plan.Families()
	p := plan.Draw(s, 1)
	calm := plan.Network{Latency: s.Network.Latency}
	if len(p.Strikes)+len(p.Clocks)+len(p.Pairs)+len(p.Machines)+len(p.Absent) > 0 || p.Limits != (plan.Limits{}) || p.Network != calm || p.Disk.Torn > 0 {
		t.Errorf("this is left:\n%s", p.Encode())
	}
}

func TestOnlyFamiliesThatExistAreLeftOut(t *testing.T) {
	if f, err := plan.ParseFamily("cuts"); err != nil || f != plan.Cuts {
		t.Errorf("cuts are read as %q: %v", f, err)
	}
	if _, err := plan.ParseFamily("meteors"); err == nil || !strings.Contains(err.Error(), `"meteors"`) || !strings.Contains(err.Error(), "cuts, packets") {
		t.Errorf("meteors: %v", err)
	}
	s := everything(t)
	s.Without = []plan.Family{plan.Cuts, "meteors"}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "without[1]") {
		t.Errorf("a scenario without meteors: %v", err)
	}
}
