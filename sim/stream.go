package sim

import (
	"math/bits"
	"time"
)

// A Seed is the origin of all chance in a world.
type Seed uint64

// Stream returns the generator of one purpose, such as "loss", for the things
// that keys number, such as the two ends of a link. Streams of different purposes
// or keys are independent: drawing from one, or leaving it out, changes no other.
func (s Seed) Stream(purpose string, keys ...uint64) *Stream {
	h := mix(uint64(s), mixString(0, purpose))
	for _, key := range keys {
		h = mix(h, key)
	}
	return &Stream{state: h}
}

// A Stream is a sequence of random numbers (splitmix64). All its arithmetic is on
// integers, or exact, so it gives the same numbers on every machine.
type Stream struct{ state uint64 }

// Uint64 returns 64 random bits.
func (s *Stream) Uint64() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// IntN returns a number in [0, n). It panics if n is not positive.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("sim: IntN of a number that is not positive")
	}
	hi, _ := bits.Mul64(s.Uint64(), uint64(n))
	return int(hi)
}

// Chance returns true with probability p.
func (s *Stream) Chance(p float64) bool {
	return float64(s.Uint64()>>11) < p*(1<<53)
}

// Between returns a duration in [low, high], each as likely as another.
func (s *Stream) Between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	hi, _ := bits.Mul64(s.Uint64(), uint64(high-low)+1)
	return low + time.Duration(hi)
}

// Exp returns a duration that is exponentially distributed around mean, as the
// time between independent happenings is. It never exceeds 45 times the mean.
func (s *Stream) Exp(mean time.Duration) time.Duration {
	if mean <= 0 {
		return 0
	}
	const ln2 = 0xb17217f7 // of 1<<32
	hi, lo := bits.Mul64(minusLog2(s.Uint64()|1), ln2)
	nats := hi<<32 | lo>>32
	hi, lo = bits.Mul64(nats, uint64(mean))
	return time.Duration(hi<<32 | lo>>32)
}

// minusLog2 returns -log2(u/2^64) as a multiple of 2^-32, with an error below one
// percent of a bit. The standard library's logarithm may round differently on
// another processor, and one bit of difference would break a replay there.
func minusLog2(u uint64) uint64 {
	zeros := bits.LeadingZeros64(u)
	f := u << zeros << 1 >> 32 // the fraction f of u = 2^k (1+f)
	const bulge = 0x57f4d9e4   // log2(1+f) is about f + 0.3436 f (1-f)
	g := f * (1<<32 - f) >> 32
	return uint64(zeros+1)<<32 - f - g*bulge>>32
}
