//go:build unix

package kv

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
)

// reportCPU begins to measure the CPU time of the process, the collection of garbage
// included, and returns what ends it. On a machine with other work it says more than
// the time that passes.
func reportCPU(b *testing.B) (end func()) {
	before := cpuNanoseconds(b)
	return func() { b.ReportMetric(float64(cpuNanoseconds(b)-before)/float64(b.N), "cpu-ns/op") }
}

func cpuNanoseconds(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// million is a store of a million keys, made once for all benchmarks.
var million = sync.OnceValue(func() *Store {
	s := New()
	load(s, 1_000_000)
	return s
})

// BenchmarkCapture measures the pause of a capture: of keys, and of sessions, whose
// number is bounded.
func BenchmarkCapture(b *testing.B) {
	b.Run("keys=1000000", func(b *testing.B) { benchCapture(b, million()) })
	b.Run(fmt.Sprint("sessions=", MaxSessions), func(b *testing.B) {
		s := New()
		for id := range uint64(MaxSessions) {
			s.Apply(id+1, Command{Session{id + 1, 0, 1, 0}, []Op{{Kind: Get}}}.AppendTo(nil))
		}
		benchCapture(b, s)
	})
}

func benchCapture(b *testing.B, s *Store) {
	defer reportCPU(b)()
	b.ReportAllocs()
	for b.Loop() {
		s.Capture().Close()
	}
}

// BenchmarkApplyPutDuringCapture overwrites keys in turn, without a capture and while
// one is under way of which nothing is read, so that the first write of each key has to
// keep the record.
func BenchmarkApplyPutDuringCapture(b *testing.B) {
	for _, capturing := range []bool{false, true} {
		b.Run(fmt.Sprint("capturing=", capturing), func(b *testing.B) { benchOverwrite(b, capturing) })
	}
}

func benchOverwrite(b *testing.B, capturing bool) {
	s := New()
	stamp := load(s, benchKeys)
	capture := &Capture{}
	put := Command{Session{2, 1, 0, 0}, []Op{{Kind: Put, Value: make([]byte, 256)}}}
	keys := make([][]byte, benchKeys)
	for i := range keys {
		keys[i] = benchKey(uint64(i))
	}
	var encoded []byte
	defer reportCPU(b)()
	b.ReportAllocs()
	for b.Loop() {
		if capturing && stamp%benchKeys == 0 {
			capture.Close()
			capture = s.Capture()
		}
		stamp++
		put.Session.Acked = put.Session.Serial
		put.Session.Serial++
		put.Ops[0].Key = keys[stamp%benchKeys]
		encoded = put.AppendTo(encoded[:0])
		s.Apply(stamp, encoded)
	}
}

// pieceBytes is about what one message carries of a state.
const pieceBytes = 256 << 10

func BenchmarkCaptureNext(b *testing.B) {
	s := million()
	defer reportCPU(b)()
	b.ReportAllocs()
	for b.Loop() {
		c := s.Capture()
		size := 0
		for more := true; more; {
			var piece []byte
			piece, more = c.Next(pieceBytes)
			size += len(piece)
		}
		b.SetBytes(int64(size))
	}
}

func BenchmarkLoader(b *testing.B) {
	var pieces [][]byte
	c := million().Capture()
	size := 0
	for more := true; more; {
		var piece []byte
		piece, more = c.Next(pieceBytes)
		pieces = append(pieces, piece)
		size += len(piece)
	}
	b.SetBytes(int64(size))
	defer reportCPU(b)()
	b.ReportAllocs()
	for b.Loop() {
		l := NewLoader()
		for _, piece := range pieces {
			if err := l.Add(piece); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := l.Store(); err != nil {
			b.Fatal(err)
		}
	}
}
