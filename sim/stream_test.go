package sim

import (
	"math"
	"slices"
	"testing"
	"time"
)

func draw(s *Stream) [8]uint64 {
	var out [8]uint64
	for i := range out {
		out[i] = s.Uint64()
	}
	return out
}

func TestStreamsOfEqualKeysAreEqual(t *testing.T) {
	a, b := Seed(1).Stream("loss", 1, 2), Seed(1).Stream("loss", 1, 2)
	if draw(a) != draw(b) {
		t.Error("two streams of one key differ")
	}
}

func TestStreamsOfDifferentKeysDiffer(t *testing.T) {
	seen := map[[8]uint64]string{}
	for name, s := range map[string]*Stream{
		"plain":        Seed(1).Stream("loss"),
		"seed":         Seed(2).Stream("loss"),
		"purpose":      Seed(1).Stream("delay"),
		"one key":      Seed(1).Stream("loss", 1),
		"two keys":     Seed(1).Stream("loss", 1, 2),
		"other order":  Seed(1).Stream("loss", 2, 1),
		"zero key":     Seed(1).Stream("loss", 0),
		"long purpose": Seed(1).Stream("loss of everything"),
	} {
		drawn := draw(s)
		if other, ok := seen[drawn]; ok {
			t.Errorf("the streams %q and %q are one", name, other)
		}
		seen[drawn] = name
	}
}

func TestIntNReachesAllAndNoMore(t *testing.T) {
	s, counts := Seed(1).Stream("test"), make([]int, 7)
	for range 7000 {
		counts[s.IntN(7)]++
	}
	if slices.Min(counts) < 900 || slices.Max(counts) > 1100 {
		t.Errorf("7000 draws of seven numbers fell %v", counts)
	}
}

func TestIntNRefusesNothingToChooseFrom(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("IntN(0) returned")
		}
	}()
	Seed(1).Stream("test").IntN(0)
}

func TestChanceIsTheProbability(t *testing.T) {
	for _, p := range []float64{0, 0.001, 0.25, 0.9, 1} {
		s, hits := Seed(1).Stream("test"), 0
		for range 100_000 {
			if s.Chance(p) {
				hits++
			}
		}
		if got := float64(hits) / 100_000; math.Abs(got-p) > 0.005 || p == 0 && hits > 0 || p == 1 && got < 1 {
			t.Errorf("Chance(%v) came true in %v of the cases", p, got)
		}
	}
}

func TestBetweenIncludesBothEnds(t *testing.T) {
	s, counts := Seed(1).Stream("test"), map[time.Duration]int{}
	for range 4000 {
		counts[s.Between(3, 6)]++
	}
	if len(counts) != 4 || counts[3] < 900 || counts[6] < 900 {
		t.Errorf("draws between 3 and 6 fell %v", counts)
	}
	if got := s.Between(5, 5); got != 5 {
		t.Errorf("between 5 and 5 is %v", got)
	}
}

func TestExpIsExponential(t *testing.T) {
	const n, mean = 100_000, 10 * time.Millisecond
	s, sum, above := Seed(1).Stream("test"), time.Duration(0), [4]int{}
	for range n {
		d := s.Exp(mean)
		if d < 0 || d > 45*mean {
			t.Fatalf("drew %v around %v", d, mean)
		}
		sum += d
		for i := range above {
			if d > time.Duration(i)*mean {
				above[i]++
			}
		}
	}
	if got := sum / n; got < mean*99/100 || got > mean*101/100 {
		t.Errorf("the mean of the draws is %v, want %v", got, mean)
	}
	for i, got := range above {
		if want := n * math.Exp(-float64(i)); math.Abs(float64(got)-want) > n/100 {
			t.Errorf("%d draws of %d exceed %d means, want %.0f", got, n, i, want)
		}
	}
	if s.Exp(0) != 0 || s.Exp(1<<40) > 45<<40 {
		t.Error("the extremes of Exp are wrong")
	}
}
