package disk

import (
	"fmt"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// BenchmarkAppendSync appends a record of 256 bytes and waits until it is durable,
// on the disk under TMPDIR. Each appender waits for its own records only, so ns/op
// with one is the latency, and with many the price of a shared sync.
func BenchmarkAppendSync(b *testing.B) {
	for _, appenders := range []int{1, 64} {
		b.Run(fmt.Sprintf("appenders=%d", appenders), func(b *testing.B) {
			s, err := Open(b.TempDir(), us)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			record := make([]byte, 256)
			synced := make(chan error, appenders)
			disk := s.For(actors.Ref{}, func(m actors.Message) {
				switch m := m.(type) {
				case actors.LogOpened:
					synced <- m.Err
				case actors.LogSynced:
					synced <- m.Err
				}
			})
			disk.OpenLog(logName)
			if err := <-synced; err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(record)))
			b.ReportAllocs()
			b.ResetTimer()
			for asked, answered := 0, 0; answered < b.N; {
				for ; asked < b.N && asked < answered+appenders; asked++ {
					disk.AppendLog(logName, record)
					disk.SyncLog(logName, uint64(asked))
				}
				if err := <-synced; err != nil {
					b.Fatal(err)
				}
				answered++
			}
		})
	}
}

// BenchmarkOpen recovers a log of 16 MiB in records of 4 KiB.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	c := start(b, dir, segmentBytes)
	c.mustOpen()
	for range 4096 {
		c.disk.AppendLog(logName, make([]byte, 4<<10))
	}
	c.mustSync()
	b.SetBytes(16 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if got := c.mustOpen(); len(got) != 4096 {
			b.Fatalf("the log holds %d records", len(got))
		}
	}
}
