package disk

import (
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// filePieceBytes is the size of a piece of a snapshot.
const filePieceBytes = 256 << 10

// BenchmarkWriteFile writes and seals a file of 64 MiB, with one piece in flight.
func BenchmarkWriteFile(b *testing.B) {
	c := start(b, b.TempDir(), segmentBytes)
	const pieces = 256
	b.SetBytes(pieces * filePieceBytes)
	piece := string(make([]byte, filePieceBytes))
	for b.Loop() {
		c.storeFile(fileName, slices.Repeat([]string{piece}, pieces)...)
		b.StopTimer()
		c.removeFile(fileName)
		b.StartTimer()
	}
}

// BenchmarkReadFile reads the pieces of a file in order, from the page cache.
func BenchmarkReadFile(b *testing.B) {
	c := start(b, b.TempDir(), segmentBytes)
	const pieces = 64
	c.storeFile(fileName, slices.Repeat([]string{string(make([]byte, filePieceBytes))}, pieces)...)
	b.SetBytes(filePieceBytes)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if got := c.read(fileName, i%pieces); got.Err != nil {
			b.Fatal(got.Err)
		}
	}
}

// BenchmarkSyncBesideAFile appends a record and waits until it is durable, alone and
// while a file is written as fast as the disk takes it.
func BenchmarkSyncBesideAFile(b *testing.B) {
	for _, beside := range []bool{false, true} {
		name := "alone"
		if beside {
			name = "beside"
		}
		b.Run(name, func(b *testing.B) {
			c := start(b, b.TempDir(), segmentBytes)
			c.mustOpen()
			if beside {
				defer writeForEver(c.store)()
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				c.append("record")
				c.mustSync()
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
			b.ReportMetric(float64(took[len(took)-1].Microseconds()), "µs-max")
		})
	}
}

// writeForEver writes a file again and again until it is told to stop.
func writeForEver(s *Store) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	answers := make(chan actors.Message, 1)
	disk := s.For(actors.Ref{}, func(m actors.Message) { answers <- m })
	piece := make([]byte, filePieceBytes)
	go func() {
		defer close(ended)
		for i := 1; ; i++ {
			select {
			case <-stopped:
				return
			default:
			}
			disk.WriteFile(fileName, piece)
			<-answers
			if i%2048 == 0 {
				disk.RemoveFile(fileName)
				<-answers
			}
		}
	}()
	return func() { close(stopped); <-ended }
}
