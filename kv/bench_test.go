package kv

import (
	"fmt"
	"runtime"
	"testing"
)

const benchKeys = 100_000

// benchKey returns one of many keys of 16 bytes, in no order.
func benchKey(i uint64) []byte {
	return fmt.Appendf(nil, "key:%012x", i*0x9e3779b97f4a7c15>>16)
}

// load puts values of 256 bytes under keys of 16.
func load(s *Store, keys uint64) (stamp uint64) {
	var b []byte
	for i := range keys {
		put := Op{Kind: Put, Key: benchKey(i), Value: make([]byte, 256)}
		b = Command{Session{1, 0, i + 1, i}, []Op{put}}.AppendTo(b[:0])
		s.Apply(i+1, b)
	}
	return keys
}

// benchApply measures encoding a command of one operation and applying it.
func benchApply(b *testing.B, o Op) {
	s := New()
	stamp := load(s, benchKeys)
	keys := make([][]byte, 1024)
	for i := range keys {
		keys[i] = benchKey(uint64(i) * 97 % benchKeys)
	}
	command := Command{Session{2, 1, 0, 0}, []Op{o}}
	var encoded []byte
	b.ReportAllocs()
	for b.Loop() {
		stamp++
		command.Session.Acked = command.Session.Serial
		command.Session.Serial++
		command.Ops[0].Key = keys[stamp%1024]
		encoded = command.AppendTo(encoded[:0])
		s.Apply(stamp, encoded)
	}
}

func BenchmarkApplyPut(b *testing.B) { benchApply(b, Op{Kind: Put, Value: make([]byte, 256)}) }

// BenchmarkApplyAppend builds values of 64 MiB in steps of 1 KiB, again and again.
func BenchmarkApplyAppend(b *testing.B) {
	s := New()
	const most, step = 64 << 20, 1 << 10
	command := Command{Session{1, 0, 0, 0}, []Op{{Kind: Append, Value: make([]byte, step), Long: true}}}
	var encoded []byte
	b.SetBytes(step)
	b.ReportAllocs()
	for b.Loop() {
		command.Session.Acked = command.Session.Serial
		command.Session.Serial++
		command.Ops[0].Kind = Append
		if command.Session.Serial%(most/step) == 0 {
			command.Ops[0].Kind = Put
		}
		encoded = command.AppendTo(encoded[:0])
		s.Apply(command.Session.Serial, encoded)
	}
}

func BenchmarkApplyGet(b *testing.B) { benchApply(b, Op{Kind: Get}) }

func BenchmarkApplyAdd(b *testing.B) {
	s := New()
	command := Command{Session{1, 0, 0, 0}, []Op{{Kind: Add, Key: []byte("counter"), Delta: 1}}}
	var encoded []byte
	b.ReportAllocs()
	for b.Loop() {
		command.Session.Acked = command.Session.Serial
		command.Session.Serial++
		encoded = command.AppendTo(encoded[:0])
		s.Apply(command.Session.Serial, encoded)
	}
}

func BenchmarkRead(b *testing.B) {
	s := New()
	load(s, benchKeys)
	queries := make([][]byte, 1024)
	for i := range queries {
		queries[i] = Command{Ops: []Op{{Kind: Get, Key: benchKey(uint64(i) * 97 % benchKeys)}}}.AppendTo(nil)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		s.Read(queries[i%1024])
	}
}

func BenchmarkScan(b *testing.B) {
	s := New()
	load(s, benchKeys)
	query := Command{Ops: []Op{{Kind: Scan, Key: []byte("key:7"), Limit: 100}}}.AppendTo(nil)
	b.ReportAllocs()
	for b.Loop() {
		s.Read(query)
	}
}

func BenchmarkDecodeCommand(b *testing.B) {
	put := Op{Kind: Put, Key: benchKey(1), Value: make([]byte, 256)}
	encoded := Command{Session{2, 1, 9, 8}, []Op{put}}.AppendTo(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCommand(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory tells how many bytes a key costs: 16 of key, 256 of value and the
// index of both.
func BenchmarkMemory(b *testing.B) {
	for _, keys := range []uint64{100_000, 150_000, 1_000_000} {
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				s := New()
				load(s, keys)
				b.ReportMetric(float64(heap()-before)/float64(keys), "B/key")
				runtime.KeepAlive(s)
			}
		})
	}
}

// allocated returns how many bytes the process has ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
