package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
)

// small returns a store with a few of everything: an empty and a long key, empty, short
// and long values, sessions with and without replies.
func small(t *testing.T) *Store {
	c := newClient(t)
	c.do(op(Put, "", "of the empty key"), op(Put, "empty", ""), op(Put, strings.Repeat("k", 200), "v"))
	c.do(op(Put, "long", strings.Repeat("0123456789", 30)), add("n", 7))
	c.verdict(Applied, count(7, 1, 300, 299))
	c.verdict(Applied, count(7, 1, 302, 299))
	c.verdict(StaleSerial, Command{Session{8, 1, 5, 4}, []Op{op(Get, "n", "")}}.stale(c))
	return c.store
}

// stale applies command and acknowledges it: a session without replies.
func (command Command) stale(c *client) Command {
	c.verdict(Applied, command)
	again := command
	again.Session.Serial, again.Session.Acked = 6, 5
	c.verdict(Applied, again)
	again.Session.Serial, again.Session.Acked = 5, 4
	return again
}

func TestAStateIsTheOneInTheSpec(t *testing.T) {
	c := newClient(t)
	c.verdict(Applied, Command{Session{9, 5, 300, 298}, []Op{op(Put, "k", "val"), op(Get, "none", "")}})
	want := []byte{
		'U', 'S', 'T', 'S', 1, 0, 0, 0, // version 1
		0xe9, 3, 0, 0, 0, 0, 0, 0, // stamp 1001
	}
	want = binary.LittleEndian.AppendUint64(want, c.store.Hash())
	want = append(want,
		1, 0, 0, 0, 0, 0, 0, 0, // one session
		1, 0, 0, 0, 0, 0, 0, 0, // one record
		9, 0, 0, 0, 0, 0, 0, 0, // id
		5, 0, 0, 0, 0, 0, 0, 0, // born
		0xe9, 3, 0, 0, 0, 0, 0, 0, // used at 1001
		0xaa, 2, // acknowledged up to 298
		1,     // one reply
		2, 19, // to serial 300, 19 bytes
		1<<3, 1, 2<<3|2, 11, 1<<3, 1, 3<<3|1, 0xe9, 3, 0, 0, 0, 0, 0, 0, 2<<3|2, 2, 1<<3, 2,
		1, 'k', // key
		0xe9, 3, 0, 0, 0, 0, 0, 0, // version 1001
		3, 'v', 'a', 'l', // value
	)
	want = binary.LittleEndian.AppendUint32(want, crc32.Checksum(want, castagnoli))
	if got := all(c.store.Capture(), 1<<20); !bytes.Equal(got, want) {
		t.Errorf("captured\n%v, the spec says\n%v", got, want)
	}
}

func TestAnEmptyStoreIsAStateToo(t *testing.T) {
	loaded(t, New(), all(New().Capture(), 1))
}

func TestPiecesMayBeCutAnywhere(t *testing.T) {
	s := small(t)
	whole := all(s.Capture(), 1<<20)
	pieces := func(cuts ...int) (pieces [][]byte) {
		from := 0
		for _, to := range append(cuts, len(whole)) {
			pieces = append(pieces, bytes.Clone(whole[from:to]))
			from = to
		}
		return pieces
	}
	every := make([]int, len(whole))
	for i := range whole {
		every[i] = i
		loaded(t, s, pieces(i)...)
		loaded(t, s, pieces(i, i, min(i+1, len(whole)))...)
	}
	loaded(t, s, pieces(every...)...)
}

// refused returns the error of loading b in pieces of some size.
func refused(t *testing.T, b []byte, size int) error {
	t.Helper()
	l := NewLoader()
	var failed error
	for len(b) > 0 {
		n := min(size, len(b))
		failed = l.Add(b[:n])
		b = b[n:]
	}
	s, err := l.Store()
	if s != nil || !errors.Is(err, ErrState) || failed != nil && failed != err {
		t.Fatalf("loaded %v, %v; Add had said %v", s, err, failed)
	}
	return err
}

func TestEveryTruncationIsRefused(t *testing.T) {
	whole := all(small(t).Capture(), 1<<20)
	for i := range whole {
		refused(t, whole[:i], 1<<20)
		refused(t, whole[:i], 3)
		refused(t, whole[i+1:], 1<<20)
		refused(t, append(bytes.Clone(whole[:i]), whole[i+1:]...), 100)
	}
}

func TestEveryBitFlipIsRefused(t *testing.T) {
	whole := all(small(t).Capture(), 1<<20)
	for i := range whole {
		for bit := range 8 {
			whole[i] ^= 1 << bit
			refused(t, whole, 1<<20)
			whole[i] ^= 1 << bit
		}
	}
}

func TestEveryReorderingIsRefused(t *testing.T) {
	whole := all(small(t).Capture(), 1<<20)
	chance := rand.New(rand.NewPCG(1, 1))
	for range 4000 {
		size := 1 + chance.IntN(len(whole)/4)
		i, j := chance.IntN(len(whole)-size), chance.IntN(len(whole)-size)
		other := bytes.Clone(whole)
		copy(other[i:], whole[j:j+size])
		copy(other[j:], whole[i:i+size])
		if !bytes.Equal(other, whole) {
			refused(t, other, 1+chance.IntN(len(whole)))
		}
	}
}

func TestWhatFollowsAStateIsRefused(t *testing.T) {
	whole := all(small(t).Capture(), 1<<20)
	for _, size := range []int{1, 7, 1 << 20} {
		if err := refused(t, append(bytes.Clone(whole), 0), size); !strings.Contains(err.Error(), "follows") {
			t.Error(err)
		}
		refused(t, append(bytes.Clone(whole), whole...), size)
	}
}

// stated makes a state out of its parts, with the right checksum.
func stated(stamp, sessions, records uint64, rest ...byte) []byte {
	b := append([]byte(stateMagic), 1, 0, 0, 0)
	for _, v := range []uint64{stamp, 1, sessions, records} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = append(b, rest...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// Rows that are right but for what they are about.
func TestWhatMakesNoStateIsRefused(t *testing.T) {
	entry := func(key string, version byte) []byte {
		return append([]byte(string(rune(len(key)))+key), version, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	session := func(id, born, used, replies byte, rest ...byte) []byte {
		b := make([]byte, 24)
		b[0], b[8], b[16] = id, born, used
		return append(append(b, 1, replies), rest...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	other := stated(9, 0, 0)
	other[0]++
	newer := stated(9, 0, 0)
	newer[4]++
	long := binary.AppendUvarint(nil, MaxKeyBytes+1)
	for want, b := range map[string][]byte{
		"begins with":        other,
		"version 2":          newer,
		"131073 sessions":    stated(9, MaxSessions+1, 0),
		`"b" comes after`:    stated(9, 0, 2, join(entry("b", 1), entry("b", 2))...),
		`"a" comes after`:    stated(9, 0, 2, join(entry("b", 1), entry("a", 2))...),
		"written at 10":      stated(9, 0, 1, entry("b", 10)...),
		"written at 0":       stated(9, 0, 1, entry("b", 0)...),
		"limit ":             stated(9, 0, 1, long...),
		"limit":              stated(9, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"has no id":          stated(9, 1, 0, session(0, 1, 2, 0)...),
		"in it twice":        stated(9, 2, 0, join(session(1, 1, 2, 0), session(1, 1, 3, 0))...),
		"one before it at 2": stated(9, 2, 0, join(session(1, 1, 2, 0), session(2, 1, 2, 0))...),
		"used at 10":         stated(9, 1, 0, session(1, 1, 10, 0)...),
		"used at 3":          stated(9, 1, 0, session(1, 4, 3, 0)...),
		"serial 1 comes":     stated(9, 1, 0, session(1, 1, 2, 1, 0, 0)...),
		"serial 3 comes":     stated(9, 1, 0, session(1, 1, 2, 2, 2, 0, 2, 0)...),
		"cut off":            stated(9, 0, 1),
		"follows its end":    stated(9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
	} {
		got := refused(t, b, 1<<20).Error()
		if want == "follows its end" {
			want = "checksum"
		}
		if !strings.Contains(got, strings.TrimSpace(want)) {
			t.Errorf("%s; want an error that says %q", got, want)
		}
	}
	loaded(t, New(), bytes.Clone(all(New().Capture(), 1)))
	l := NewLoader()
	if err := l.Add(stated(9, 1, 2, join(session(1, 9, 9, 1, 1, 0), entry("a", 9), entry("b", 1))...)); err != nil {
		t.Error(err)
	}
}

// Beyond so many the loader makes room for all that are to come.
func TestManyRecordsAreLoaded(t *testing.T) {
	c := newClient(t)
	const keys = provenRecords + 3
	ops := make([]Op, 0, MaxOps)
	for i := range keys {
		ops = append(ops, op(Put, fmt.Sprint(i), "v"))
		if len(ops) == MaxOps || i == keys-1 {
			c.do(ops...)
			ops = ops[:0]
		}
	}
	got := loaded(t, c.store, all(c.store.Capture(), 1<<24))
	for i := range keys {
		if got.records[fmt.Sprint(i)] == nil {
			t.Fatalf("key %d is in the order only", i)
		}
	}
}

// Counts and lengths promise what never comes.
func TestPromisesSetAsideLittle(t *testing.T) {
	huge := stated(9, MaxSessions, 1<<60)
	huge = huge[:len(huge)-stateSumBytes]
	var proven []byte
	for i := range provenRecords + 1 {
		proven = fmt.Appendf(append(proven, 6), "%06d", i)
		proven = append(proven, 1, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	many := stated(9, 0, 4*maxPresized, proven...)
	value := stated(9, 0, 1<<60, append([]byte{1, 'k', 1, 0, 0, 0, 0, 0, 0, 0}, 0x80, 0x80, 0x80, 4, 'x')...)
	for _, promise := range []struct {
		name  string
		state []byte
		limit uint64
	}{
		{"counts", huge, 4 << 20},
		{"a value of 8 MiB", value[:len(value)-stateSumBytes], 4 << 20},
		{"a count and what proves it", many[:len(many)-stateSumBytes], 100 << 20},
	} {
		before := allocated()
		l := NewLoader()
		if err := l.Add(promise.state); err != nil {
			t.Fatal(err)
		}
		if got := allocated() - before; got > promise.limit {
			t.Errorf("%s: %d bytes", promise.name, got)
		}
	}
}

// Whatever bytes come, cut anyhow: a loader answers them with an error, or they are
// what a capture of the loaded store writes.
func FuzzLoader(f *testing.F) {
	c := newCouple(1, 20)
	for range 100 {
		c.apply()
	}
	f.Add(all(New().Capture(), 1<<20), uint64(0), true)
	f.Add(stated(9, 0, 2, 1, 'a', 1, 0, 0, 0, 0, 0, 0, 0, 1, 'x', 1, 'b', 9, 0, 0, 0, 0, 0, 0, 0, 0), uint64(1), true)
	f.Add(stated(9, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 1, 1, 1, 'r'),
		uint64(2), true)
	f.Add(all(c.first.Capture(), 1<<20), uint64(3), false)
	f.Fuzz(func(t *testing.T, b []byte, seed uint64, repair bool) {
		if n := len(b) - stateSumBytes; repair && n >= 0 {
			b = binary.LittleEndian.AppendUint32(b[:n:n], crc32.Checksum(b[:n], castagnoli))
		}
		chance := rand.New(rand.NewPCG(seed, 0))
		l := NewLoader()
		for rest := b; len(rest) > 0; {
			n := 1 + chance.IntN(len(rest))
			_ = l.Add(rest[:n])
			rest = rest[n:]
		}
		s, err := l.Store()
		if err != nil {
			return
		}
		if again := all(s.Capture(), 1+chance.IntN(1<<10)); !bytes.Equal(again, b) {
			t.Errorf("loaded %v, captured %v", b, again)
		}
	})
}
