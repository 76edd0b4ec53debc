package kv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// all reads c to its end in pieces of limit bytes.
func all(c *Capture, limit int) (b []byte) {
	for more := true; more; {
		var piece []byte
		piece, more = c.Next(limit)
		b = append(b, piece...)
	}
	return b
}

// loaded returns the store that the pieces make, which must be equal to want.
func loaded(t *testing.T, want *Store, pieces ...[]byte) *Store {
	t.Helper()
	l := NewLoader()
	for _, piece := range pieces {
		if err := l.Add(piece); err != nil {
			t.Fatal(err)
		}
		clear(piece) // the loader keeps nothing of it
	}
	s, err := l.Store()
	if err != nil {
		t.Fatal(err)
	}
	checkEqual(t, s, want)
	return s
}

func checkEqual(t *testing.T, s, want *Store) {
	t.Helper()
	if s.Hash() != want.Hash() || s.Digest() != want.Digest() {
		t.Fatalf("hash %x and digest %x, want %x and %x", s.Hash(), s.Digest(), want.Hash(), want.Digest())
	}
	if s.Len() != want.Len() || s.order.Len() != want.Len() || s.sessions.bytes != want.sessions.bytes {
		t.Fatalf("%d keys, %d in order, %d bytes of replies, want %d keys and %d bytes",
			s.Len(), s.order.Len(), s.sessions.bytes, want.Len(), want.sessions.bytes)
	}
}

// A couple is two stores that apply the same commands, the second one later.
type couple struct {
	*workload
	first, second *Store
	behind        []func(*Store) // what the second has to apply
}

func newCouple(seed uint64, keys int) *couple {
	w := &workload{Rand: rand.New(rand.NewPCG(seed, 1)), stamp: 1000, sessions: make([]Session, 12), keys: keys}
	return &couple{workload: w, first: New(), second: New()}
}

func (c *couple) apply() {
	command := c.command()
	for i := range command.Ops {
		if o := &command.Ops[i]; c.IntN(100) == 0 && (o.Kind == Put || o.Kind == Append || o.Kind == Overwrite) {
			o.Value = bytes.Repeat([]byte{byte(c.Uint32())}, c.IntN(3*chunkBytes))
			o.Offset = c.Int64N(2 * chunkBytes)
		}
	}
	encoded, stamp := command.AppendTo(nil), c.wait()
	c.first.Apply(stamp, encoded)
	c.behind = append(c.behind, func(s *Store) { s.Apply(stamp, encoded) })
}

func (c *couple) catchUp() {
	for _, apply := range c.behind {
		apply(c.second)
	}
	c.behind = nil
}

// The second store stands still while the first is captured, so it is the reference.
func TestACaptureIsTheStateOfItsMomentWhateverHappensMeanwhile(t *testing.T) {
	for seed := range uint64(60) {
		c := newCouple(seed, 1+int(seed%30)*10)
		for range c.IntN(400) {
			c.apply()
		}
		c.catchUp()
		want := all(c.second.Capture(), 1<<20)
		limit := max(1+c.IntN(1<<c.IntN(14)), len(want)/300)
		capture := c.first.Capture()
		var pieces [][]byte
		for more := true; more; {
			var piece []byte
			piece, more = capture.Next(limit)
			if len(piece) > limit || more && len(piece) < limit {
				t.Fatalf("piece of %d bytes, want %d, more: %v", len(piece), limit, more)
			}
			pieces = append(pieces, piece)
			for range c.IntN(4) {
				c.apply()
			}
		}
		if !bytes.Equal(bytes.Join(pieces, nil), want) {
			t.Fatalf("seed %d: what was applied meanwhile shows in the bytes", seed)
		}
		third := loaded(t, c.second, pieces...)
		for _, apply := range c.behind {
			apply(third)
		}
		c.catchUp()
		checkEqual(t, c.first, c.second)
		checkEqual(t, third, c.second)
	}
}

func TestACaptureKeepsOnlyWhatItHasNotComeBy(t *testing.T) {
	c := newClient(t)
	for i := range 100 {
		c.do(op(Put, fmt.Sprintf("%02d", i), strings.Repeat("x", 50)))
	}
	capture := c.store.Capture()
	capture.Next(stateHeaderBytes + 50*65)
	for i := range 100 {
		key := fmt.Sprintf("%02d", i)
		c.do(op(Put, key, "y"), op(Put, key, "z"), op(Delete, key, ""), op(Put, key, "w"))
	}
	c.do(op(Put, "new", ""), op(Put, "0new", ""))
	if kept := len(capture.records.kept); kept < 40 || kept > 55 {
		t.Errorf("%d records are kept, of 100 changed ones", kept)
	}
	capture.Next(30 * 65)
	if kept := len(capture.records.kept); kept < 10 || kept > 25 {
		t.Errorf("%d records are kept after most were handed out", kept)
	}
	all(capture, 100)
	if capture.records.kept != nil || c.store.capture != nil || c.store.sessions.capture != nil {
		t.Error("something is kept for a capture that is at its end")
	}
}

// The one record is on its way out: its chunks are held, whatever happens to the record.
func TestAValueThatIsBeingWrittenOutMayChange(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("0123456789", chunkBytes*6/10) // 5 chunks and more: their list has room
	c.do(op(Put, "k", long))
	want := all(c.store.Capture(), 1<<20)
	for _, before := range []int{stateHeaderBytes, 2 * chunkBytes} { // nothing of it is out, some is
		capture := c.store.Capture()
		got, _ := capture.Next(before)
		for i := range 5 {
			c.do(op(Append, "k", strings.Repeat("x", chunkBytes)))
			c.do(Op{Kind: Overwrite, Key: []byte("k"), Offset: int64(i+1) * chunkBytes, Value: []byte("y")})
		}
		if kept := len(capture.records.kept); kept > 0 && before > chunkBytes {
			t.Error("a record that is on its way out is kept as well")
		}
		if got = append(got, all(capture, 1000)...); !bytes.Equal(got, want) {
			t.Errorf("what came after %d bytes shows in the value", before)
		}
		c.do(op(Delete, "k", ""), op(Put, "k", long))
		want = all(c.store.Capture(), 1<<20)
	}
}

func TestSessionsThatACaptureHasComeByAreNotCopied(t *testing.T) {
	c := newClient(t)
	for id := uint64(1); id <= 100; id++ {
		c.verdict(Applied, count(id, 1, 1, 0))
	}
	capture := c.store.Capture()
	capture.Next(stateHeaderBytes + 50*45)
	copied := 0
	for id := uint64(1); id <= 100; id++ {
		before := c.store.sessions.byName[sessionName{id, 1}]
		for serial := uint64(2); serial < 4; serial++ {
			c.verdict(Applied, count(id, 1, serial, 0))
		}
		if c.store.sessions.byName[sessionName{id, 1}] != before {
			copied++
		}
	}
	if copied < 40 || copied > 60 {
		t.Errorf("%d sessions were copied, of 100 used ones", copied)
	}
}

func TestAClosedCaptureGivesNothingAndKeepsNothing(t *testing.T) {
	c := filled(t, "a", "b")
	capture := c.store.Capture()
	capture.Next(10)
	c.do(op(Put, "b", "changed"))
	capture.Close()
	capture.Close()
	if piece, more := capture.Next(10); len(piece) != 0 || more {
		t.Errorf("%q, %v", piece, more)
	}
	if c.store.capture != nil || c.store.sessions.capture != nil {
		t.Error("the store keeps records for it")
	}
	loaded(t, c.store, all(c.store.Capture(), 1))
}

// The last piece was handed out, so closing is late: another may be under way.
func TestClosingAtTheEndDoesNotHurtTheNextCapture(t *testing.T) {
	c := filled(t, "a", "b")
	first := c.store.Capture()
	all(first, 100)
	digest := c.store.Digest()
	second := c.store.Capture()
	first.Close()
	c.do(op(Put, "b", "changed"))
	l := NewLoader()
	if err := l.Add(all(second, 100)); err != nil {
		t.Fatal(err)
	}
	if s, err := l.Store(); err != nil || s.Digest() != digest {
		t.Errorf("the second capture has the change in it (%v)", err)
	}
}

func TestTwoCapturesAtATimeEndTheProcess(t *testing.T) {
	s := New()
	s.Capture()
	defer func() {
		if message := fmt.Sprint(recover()); !strings.Contains(message, "not closed") {
			t.Errorf("panic: %s", message)
		}
	}()
	s.Capture()
}

func TestThePieceIsTheCallers(t *testing.T) {
	c := filled(t, "a", "b", strings.Repeat("c", 100))
	want := all(c.store.Capture(), 1<<20)
	capture := c.store.Capture()
	var got []byte
	for more := true; more; {
		var piece []byte
		piece, more = capture.Next(7)
		got = append(got, piece...)
		for i := range piece {
			piece[i] = 0xff
		}
	}
	if !bytes.Equal(got, want) {
		t.Error("what is done to a piece shows in a later one")
	}
}
