package kv

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// A value against bytes that are copied at every step; frozen ones must never change.
func TestAValueIsItsBytesHoweverItIsChanged(t *testing.T) {
	type copied struct {
		read func() []byte
		want []byte
	}
	for seed := range uint64(20) {
		chance := rand.New(rand.NewPCG(seed, 2))
		size := func() int { return []int{0, 1, 7, chunkBytes - 1, chunkBytes, chunkBytes + 1}[chance.IntN(6)] }
		var v value
		var want []byte
		var kept []copied
		for range 30 {
			b := bytes.Repeat([]byte{byte(chance.Uint32())}, size())
			switch at := min(len(want), chance.IntN(3)*chunkBytes+chance.IntN(2)) + size()*chance.IntN(2); chance.IntN(4) {
			case 0:
				v.append(b, chance.IntN(2)*chance.IntN(chunkBytes))
				want = append(bytes.Clone(want), b...)
			case 1:
				v.overwrite(at, b)
				want = append(bytes.Clone(want), make([]byte, max(at+len(b)-len(want), 0))...)
				copy(want[at:], b)
			case 2:
				frozen := v.frozen()
				kept = append(kept, copied{frozen.bytes, bytes.Clone(want)})
			case 3:
				from := chance.IntN(len(want) + 1)
				to := from + chance.IntN(len(want)-from+1)
				part := v.slice(from, to)
				if part == nil || !bytes.Equal(part, want[from:to]) {
					t.Fatalf("seed %d: [%d:%d] of %d bytes is wrong", seed, from, to, len(want))
				}
				kept = append(kept, copied{func() []byte { return part }, bytes.Clone(part)})
			}
			checkValue(t, &v, want)
		}
		for _, k := range kept {
			if !bytes.Equal(k.read(), k.want) {
				t.Fatalf("seed %d: a change reached what was read before", seed)
			}
		}
	}
}

// checkValue also holds v to its form, on which its digest rests.
func checkValue(t *testing.T, v *value, want []byte) {
	t.Helper()
	if v.len() != len(want) || !v.equal(want) {
		t.Fatalf("%d bytes, want %d others", v.len(), len(want))
	}
	if len(want) > 0 {
		other := bytes.Clone(want)
		other[len(other)/2]++
		if v.equal(other) || v.equal(want[1:]) {
			t.Fatal("equal to other bytes")
		}
	}
	whole := newValue(want)
	if whole.digest(1) != v.digest(1) {
		t.Fatal("the digest depends on how the value came about")
	}
	if len(v.last) == 0 && len(want) > 0 {
		t.Fatal("the last chunk is empty")
	}
	for i := range v.chunkCount() {
		if len(v.chunk(i)) != chunkBytes {
			t.Fatalf("chunk %d has %d bytes", i, len(v.chunk(i)))
		}
	}
}

// A batch of single bytes must not cost a copy of the value each.
func TestAppendingByteByByteCopiesLittle(t *testing.T) {
	before := allocated()
	var v value
	for range 4 * chunkBytes {
		v.append([]byte("x"), 0)
	}
	if got := allocated() - before; got > 16*chunkBytes {
		t.Errorf("%d bytes for a value of %d", got, v.len())
	}
}

func TestAPutSetsAsideNoMoreThanItsValue(t *testing.T) {
	for _, size := range []int{0, 1, 100, chunkBytes, chunkBytes + 1} {
		if v := newValue(make([]byte, size)); cap(v.last) > max(len(v.last), 1) {
			t.Errorf("%d bytes in room for %d", len(v.last), cap(v.last))
		}
	}
}

// long appends to "k" until its value is longer than a command or a reply can be.
func long(t *testing.T) (c *client, size int64) {
	c = newClient(t)
	c.do(op(Put, "k", strings.Repeat("a", MaxValueBytes)))
	c.expect("ok 8388612 v1002", Op{Kind: Append, Key: []byte("k"), Value: []byte("tail"), Long: true})
	return c, MaxValueBytes + 4
}

func TestALongValueIsReadInRangesOnly(t *testing.T) {
	c, _ := long(t)
	c.expect("only-ranges 8388612 v1002", op(Get, "k", ""))
	c.expect("only-ranges 8388612 v1002", op(Put, "k", "").old())
	c.expect("only-ranges 8388612 v1002", op(Delete, "k", "").old())
	c.expect("ok 8388612 v1002; not-a-number v1002", op(Length, "k", ""), add("k", 1))
	c.expect(`ok "atail" 8388612 v1002`, Op{Kind: Range, Key: []byte("k"), Offset: -5})
	c.expect(`ok "ta" 8388612 v1002`, Op{Kind: Range, Key: []byte("k"), Offset: MaxValueBytes, Until: -2})
	c.expect("too-large 8388612 v1002", Op{Kind: Range, Key: []byte("k"), Until: MaxValueBytes + 1})
	c.expect("mismatch v1002", op(Put, "k", "").when(IfValue, strings.Repeat("a", MaxValueBytes)))
	c.expect("ok 1", op(Delete, "k", ""))
	c.expect("absent", Op{Kind: Range, Key: []byte("k")})
}

func TestARangeOfTheLongestReplyFits(t *testing.T) {
	c, _ := long(t)
	query := Command{Ops: []Op{{Kind: Range, Key: []byte("k"), Offset: 4}}}
	result := c.decode(c.store.Read(query.AppendTo(nil))).Results[0]
	if result.Code != OK || len(result.Value) != MaxValueBytes || !bytes.HasSuffix(result.Value, []byte("atail")) {
		t.Errorf("%v", result)
	}
}

// Three of them do not fit into one reply.
func TestRangesShareTheRoomOfAReply(t *testing.T) {
	c, _ := long(t)
	part := Op{Kind: Range, Key: []byte("k"), Until: MaxValueBytes}
	results := c.decode(c.store.Read(Command{Ops: []Op{part, part, part}}.AppendTo(nil))).Results
	if results[1].Code != OK || results[2].Code != TooLarge {
		t.Errorf("%v", results)
	}
}

func TestValuesBecomeLongOnlyWhereTheyMay(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", strings.Repeat("a", MaxValueBytes)))
	write := Op{Kind: Overwrite, Key: []byte("k"), Offset: MaxValueBytes - 1, Value: []byte("bc")}
	c.expect("too-large v1001", op(Append, "k", "x"))
	c.expect("too-large v1001", write)
	write.Long = true
	c.expect("ok 8388609 v1004", write)
	c.expect("too-large v1004", op(Append, "k", ""))
	c.expect(`ok "abc" 8388609 v1004`, Op{Kind: Range, Key: []byte("k"), Offset: -3})
}

func TestTheLongestValueIsBounded(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", ""))
	r := c.store.records["k"]
	r.value.full = new([][]byte)
	chunk := make([]byte, chunkBytes)
	for range MaxLongBytes/chunkBytes - 1 {
		*r.value.full = append(*r.value.full, chunk) // the same: half a GiB in 64 KiB
	}
	r.value.last = chunk[: chunkBytes-1 : chunkBytes-1]
	at := func(offset int64, value string) Op {
		return Op{Kind: Overwrite, Key: []byte("k"), Offset: offset, Value: []byte(value), Long: true}
	}
	c.expect("ok 536870912 v1002", Op{Kind: Append, Key: []byte("k"), Value: []byte("z"), Long: true})
	c.expect("too-large v1002", Op{Kind: Append, Key: []byte("k"), Value: []byte("z"), Long: true})
	c.expect("ok 536870912 v1004", at(MaxLongBytes-1, "y"))
	c.expect("too-large v1004; too-large v1004; too-large v1004",
		at(MaxLongBytes-1, "xx"), at(MaxLongBytes+1, ""), at(math.MaxInt64, "x"))
	c.expect(`ok "\x00y" 536870912 v1004`, Op{Kind: Range, Key: []byte("k"), Offset: -2})
	if (*r.value.full)[0] = nil; chunk[0] != 0 {
		t.Error("a chunk was changed")
	}
}

func TestZerosOfOneCommandAreBounded(t *testing.T) {
	c := newClient(t)
	at := func(key string, offset int64) Op {
		return Op{Kind: Overwrite, Key: []byte(key), Offset: offset, Long: true, Value: []byte("x")}
	}
	c.expect("too-large", at("a", MaxPaddingBytes+1))
	c.expect("ok 8388609 v1002; too-large; ok 1 v1002", at("a", MaxPaddingBytes), at("b", 1), at("c", 0))
	c.expect("ok 2 v1003", at("b", 1))
}

func TestAScanForValuesTellsALongOneApart(t *testing.T) {
	c, size := long(t)
	c.do(op(Put, "j", "1"), op(Put, "l", "2"))
	page := func(from string, values bool) string {
		query := Command{Ops: []Op{{Kind: Scan, Key: []byte(from), WithValues: values}}}
		r := c.decode(c.store.Read(query.AppendTo(nil))).Results[0]
		if r.Code == OnlyRanges && (r.Number != size || len(r.Values) > 0) {
			t.Errorf("%v", r)
		}
		return r.Code.String() + " " + string(bytes.Join(r.Keys, []byte(" "))) + " next=" + string(r.Next)
	}
	for _, scan := range [][2]string{
		{"", "ok j next=k"}, {"k", "only-ranges k next=l"}, {"l", "ok l next="},
	} {
		if got := page(scan[0], true); got != scan[1] {
			t.Errorf("from %q: %s, want %s", scan[0], got, scan[1])
		}
	}
	if got := page("", false); got != "ok j k l next=" {
		t.Errorf("without values: %s", got)
	}
}

// What a Range returned is part of a reply: a later operation of the batch is not.
func TestWhatWasReadInABatchStaysAsItWas(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", "abcdef"))
	c.expect(`ok "bcd" 6 v1001; ok 6 v1002; ok 8 v1002; ok "axydefgh" v1002`,
		Op{Kind: Range, Key: []byte("k"), Offset: 1, Until: 4},
		Op{Kind: Overwrite, Key: []byte("k"), Offset: 1, Value: []byte("xy")},
		op(Append, "k", "gh"), op(Get, "k", ""))
}

func TestALongValueIsCapturedAndLoaded(t *testing.T) {
	c, size := long(t)
	capture := c.store.Capture()
	c.do(Op{Kind: Overwrite, Key: []byte("k"), Offset: size / 2, Value: []byte("changed"), Long: true})
	twin, _ := long(t)
	var pieces [][]byte
	for more := true; more; {
		var piece []byte
		piece, more = capture.Next(100_000)
		pieces = append(pieces, piece)
	}
	loaded(t, twin.store, pieces...)
}
