package kv

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A client is one session of one store, whose commands are each answered before the
// next.
type client struct {
	t      *testing.T
	store  *Store
	stamp  uint64
	serial uint64
}

func newClient(t *testing.T) *client { return &client{t: t, store: New(), stamp: 1000} }

// apply runs a command under the next stamp.
func (c *client) apply(command Command) Reply {
	c.t.Helper()
	c.stamp++
	return c.decode(c.store.Apply(c.stamp, command.AppendTo(nil)))
}

func (c *client) decode(b []byte) Reply {
	c.t.Helper()
	reply, err := DecodeReply(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply
}

// do runs operations that must be accepted and returns their results in one line.
func (c *client) do(ops ...Op) string {
	c.t.Helper()
	c.serial++
	reply := c.apply(Command{Session: Session{1, 1, c.serial, c.serial - 1}, Ops: ops})
	return c.results(reply)
}

// read is do for a query.
func (c *client) read(ops ...Op) string {
	c.t.Helper()
	return c.results(c.decode(c.store.Read(Command{Ops: ops}.AppendTo(nil))))
}

func (c *client) results(reply Reply) string {
	c.t.Helper()
	if reply.Verdict != Applied {
		c.t.Fatalf("got %v", reply)
	}
	var lines []string
	for _, result := range reply.Results {
		lines = append(lines, result.String())
	}
	return strings.Join(lines, "; ")
}

func (c *client) expect(want string, ops ...Op) {
	c.t.Helper()
	if got := c.do(ops...); got != want {
		c.t.Errorf("%v gave %s, want %s", Command{Ops: ops}, got, want)
	}
}

func op(kind Kind, key, value string) Op {
	return Op{Kind: kind, Key: []byte(key), Value: []byte(value)}
}

func add(key string, delta int64) Op { return Op{Kind: Add, Key: []byte(key), Delta: delta} }

func (o Op) when(c Condition, expected string) Op {
	o.If, o.Expected = c, []byte(expected)
	return o
}

func (o Op) old() Op {
	o.ReturnOld = true
	return o
}

func TestGetReturnsWhatWasPutAndWhen(t *testing.T) {
	c := newClient(t)
	c.expect("absent", op(Get, "k", ""))
	c.expect("ok v1002", op(Put, "k", "a"))
	c.expect("ok v1003", op(Put, "k", "b"))
	c.expect(`ok "b" v1003`, op(Get, "k", ""))
}

func TestTheEmptyKeyAndTheEmptyValueAreThere(t *testing.T) {
	c := newClient(t)
	c.expect("ok v1001", op(Put, "", ""))
	c.expect(`ok "" v1001`, op(Get, "", ""))
	c.expect("ok 1 v1001", op(Exists, "", ""))
	c.expect("ok v1001", op(Length, "", ""))
	c.expect(`ok "" v1005`, op(Put, "", "x").old())
}

func TestDeleteCountsWhatItRemoves(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", "a"))
	c.expect("ok 1", op(Delete, "k", ""))
	c.expect("ok", op(Delete, "k", ""))
	c.expect("ok", op(Exists, "k", ""))
	c.expect("ok", op(Size, "", ""))
	c.do(op(Put, "k", "b"))
	c.expect(`ok "b" 1`, op(Delete, "k", "").old())
}

func TestLengthAndSizeCount(t *testing.T) {
	c := newClient(t)
	c.expect("ok v1001; ok v1001", op(Put, "a", "four"), op(Put, "b", ""))
	c.expect("ok 4 v1001; ok; ok 2", op(Length, "a", ""), op(Length, "c", ""), op(Size, "", ""))
}

func TestConditionsDecideAboutWrites(t *testing.T) {
	c := newClient(t)
	c.expect("mismatch", op(Put, "k", "a").when(IfPresent, ""))
	c.expect("mismatch", op(Put, "k", "a").when(IfValue, ""))
	c.expect("ok v1003", op(Put, "k", "a").when(IfAbsent, ""))
	c.expect("mismatch v1003", op(Put, "k", "b").when(IfAbsent, ""))
	c.expect("mismatch v1003", op(Put, "k", "b").when(IfValue, "b"))
	c.expect("ok v1006", op(Put, "k", "b").when(IfValue, "a"))
	c.expect("ok v1007", op(Put, "k", "c").when(IfPresent, ""))
	c.expect("mismatch v1007", op(Delete, "k", "").when(IfValue, "b"))
	c.expect("mismatch v1007", op(Append, "k", "d").when(IfAbsent, ""))
	c.expect("mismatch v1007", add("k", 1).when(IfAbsent, ""))
	c.expect(`ok "c" v1007`, op(Get, "k", ""))
	c.expect("ok 1", op(Delete, "k", "").when(IfValue, "c"))
}

func TestVersionsAreConditionsToo(t *testing.T) {
	c := newClient(t)
	at := func(version uint64) Op {
		return Op{Kind: Put, Key: []byte("k"), If: IfVersion, Version: version}
	}
	c.expect("mismatch", at(1))
	c.expect("ok v1002", at(0))
	c.expect("mismatch v1002", at(0))
	c.expect("mismatch v1002", at(1001))
	c.expect("ok v1005", at(1002))
}

func TestTheOldValueIsReturnedWhateverHappens(t *testing.T) {
	c := newClient(t)
	c.expect("ok v1001", op(Put, "k", "a").old())
	c.expect(`ok "a" v1002`, op(Put, "k", "b").old())
	c.expect(`mismatch "b" v1002`, op(Put, "k", "c").old().when(IfAbsent, ""))
	c.expect(`not-a-number "b" v1002`, add("k", 1).old())
	c.expect(`ok "b" 2 v1005`, op(Append, "k", "c").old())
}

func TestAddCountsFromZero(t *testing.T) {
	c := newClient(t)
	c.expect("ok 5 v1001", add("n", 5))
	c.expect("ok -2 v1002", add("n", -7))
	c.expect(`ok "-2" v1002`, op(Get, "n", ""))
	c.expect("ok v1004", add("n", 2))
}

func TestAddDetectsOverflow(t *testing.T) {
	for _, sum := range []struct {
		value, delta int64
		fits         bool
	}{
		{math.MaxInt64, 1, false}, {math.MaxInt64, 0, true}, {math.MaxInt64 - 1, 1, true},
		{math.MinInt64, -1, false}, {math.MinInt64, 0, true}, {math.MinInt64 + 1, -1, true},
		{math.MaxInt64, math.MaxInt64, false}, {math.MinInt64, math.MinInt64, false},
		{math.MinInt64, math.MaxInt64, true}, {-1, math.MinInt64, false}, {0, math.MinInt64, true},
	} {
		c := newClient(t)
		text := strconv.FormatInt(sum.value, 10)
		c.do(op(Put, "n", text))
		want := "overflow v1001"
		if sum.fits {
			want = Result{Code: OK, Number: sum.value + sum.delta, Version: 1002}.String()
		}
		c.expect(want, add("n", sum.delta))
		if !sum.fits {
			c.expect(fmt.Sprintf("ok %q v1001", text), op(Get, "n", ""))
		}
	}
}

func TestIntegersAreWrittenInOneWay(t *testing.T) {
	for _, text := range []string{
		"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "1.0", "1e3", "0x1", "1_000", "x",
		"9223372036854775808", "-9223372036854775809", "00000000000000000000001",
	} {
		c := newClient(t)
		c.do(op(Put, "n", text))
		c.expect("not-a-number v1001", add("n", 1))
	}
	for _, text := range []string{"0", "7", "-7", "9223372036854775807", "-9223372036854775808"} {
		if n, ok := parseInteger([]byte(text)); !ok || strconv.FormatInt(n, 10) != text {
			t.Errorf("parseInteger(%q) = %d, %v", text, n, ok)
		}
	}
}

func TestAppendReturnsTheNewLength(t *testing.T) {
	c := newClient(t)
	c.expect("ok 3 v1001", op(Append, "k", "abc"))
	c.expect("ok 5 v1002", op(Append, "k", "de"))
	c.expect(`ok "abcde" v1002`, op(Get, "k", ""))
}

func TestAppendStopsAtTheLongestValue(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", strings.Repeat("x", MaxValueBytes)))
	c.expect("too-large v1001", op(Append, "k", "y"))
	c.expect("ok 8388608 v1003", op(Append, "k", ""))
}

func TestABatchRunsInOrderAndEachOperationStandsForItself(t *testing.T) {
	c := newClient(t)
	c.expect(`ok v1001; ok "x" v1001; not-a-number v1001; mismatch v1001; ok 1 v1001; ok 1`,
		op(Put, "a", "x"), op(Get, "a", ""), add("a", 1),
		op(Put, "a", "y").when(IfAbsent, ""), add("b", 1), op(Delete, "a", ""))
	c.expect(`absent; ok "1" v1001`, op(Get, "a", ""), op(Get, "b", ""))
}

// Of three longest values two fit in a reply.
func TestRepliesAreBounded(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", strings.Repeat("x", MaxValueBytes)))
	get := op(Get, "k", "")
	reply := c.store.Read(Command{Ops: []Op{get, get, get}}.AppendTo(nil))
	if len(reply) > MaxReplyBytes {
		t.Errorf("reply of %d bytes", len(reply))
	}
	if last := c.decode(reply).Results[2]; last.String() != "too-large v1001" {
		t.Errorf("third value: %v", last)
	}
	c.serial++
	got := c.apply(Command{Session: Session{1, 1, c.serial, 0}, Ops: []Op{get, get, op(Delete, "k", "").old()}})
	if last := got.Results[2]; last.String() != "too-large v1001" || c.store.Len() != 1 {
		t.Errorf("delete: %v, %d keys left", last, c.store.Len())
	}
}

// A batch of the most operations, each with the longest result without a value.
func TestTheLongestBatchFits(t *testing.T) {
	c := newClient(t)
	long := strings.Repeat("x", MaxValueBytes)
	ops := slices.Repeat([]Op{add("n", math.MaxInt64), add("n", math.MinInt64)}, MaxOps/2)
	ops[0] = op(Put, "k", long)
	ops[MaxOps-1] = op(Get, "k", "")
	command := Command{Session: Session{math.MaxUint64, 1, maxSerial, maxSerial - 1}, Ops: ops}.AppendTo(nil)
	reply := c.decode(c.store.Apply(2, command))
	if reply.Verdict != Applied || string(reply.Results[MaxOps-1].Value) != long {
		t.Error("no room for the longest value in the longest batch")
	}
}

func TestWhatMakesNoSenseIsInvalidAndChangesNothing(t *testing.T) {
	session := Session{1, 1, 1, 0}
	put := op(Put, "k", "v")
	long := strings.Repeat("x", MaxValueBytes+1)
	for want, command := range map[string]Command{
		"unknown operation 0":    {session, []Op{{}}},
		"unknown operation 12":   {session, []Op{{Kind: Overwrite + 1}}},
		"unknown condition 5":    {session, []Op{put.when(IfVersion+1, "")}},
		"key of 16385":           {session, []Op{op(Put, long[:MaxKeyBytes+1], "")}},
		"key of 16386":           {Session{}, []Op{{Kind: Scan, End: []byte(long[:MaxKeyBytes+2])}}},
		"value of 8388609":       {session, []Op{op(Put, "k", long)}},
		"value of 8388609 ":      {session, []Op{put.when(IfValue, long)}},
		"pattern of 1025":        {Session{}, []Op{{Kind: Scan, Match: []byte(long[:MaxPatternBytes+1])}}},
		"limit -1":               {Session{}, []Op{{Kind: Scan, Limit: -1}}},
		"offset -1":              {session, []Op{{Kind: Overwrite, Offset: -1}}},
		"only operation":         {Session{}, []Op{{Kind: Scan}, {Kind: Size}}},
		"get reads":              {session, []Op{op(Get, "k", "").when(IfAbsent, "")}},
		"size reads":             {session, []Op{op(Size, "", "").old()}},
		"4097 operations":        {session, make([]Op, MaxOps+1)},
		"command of":             {session, slices.Repeat([]Op{op(Put, "k", long[1:])}, 3)},
		"needs a session":        {Session{}, []Op{put}},
		"without an id":          {Session{0, 1, 1, 0}, []Op{put}},
		"serial 0 is not above":  {Session{1, 1, 0, 0}, []Op{put}},
		"serial 3 is not above":  {Session{1, 1, 3, 3}, []Op{put}},
		"serial 461168601842738": {Session{1, 1, maxSerial + 1, 3}, []Op{put}},
	} {
		if err := command.Validate(); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
		c := newClient(t)
		if reply := c.apply(command); reply.Verdict != Invalid || c.store.Len() != 0 {
			t.Errorf("%s: got %v and %d keys", want, reply, c.store.Len())
		}
		if reply := c.apply(Command{session, []Op{put}}); reply.Verdict != Applied {
			t.Errorf("%s: it used up serial 1: %v", want, reply)
		}
	}
}

func TestBytesThatAreNoCommandAreInvalid(t *testing.T) {
	for _, b := range [][]byte{{0}, {0xff}, {1<<3 | 2, 9}, {1 << 3, 1}, make([]byte, MaxCommandBytes+1)} {
		c := newClient(t)
		if reply := c.decode(c.store.Apply(1, b)); reply.Verdict != Invalid {
			t.Errorf("%.9v…: %v", b, reply)
		}
		if reply := c.decode(c.store.Read(b)); reply.Verdict != Invalid {
			t.Errorf("%.9v… as a query: %v", b, reply)
		}
	}
}

func TestReadsChangeNothing(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", "v"))
	hash, digest := c.store.Hash(), c.store.Digest()
	if got := c.read(op(Get, "k", ""), op(Size, "", "")); got != `ok "v" v1001; ok 1` {
		t.Errorf("read %s", got)
	}
	for _, write := range []Op{op(Put, "k", "w"), op(Delete, "k", ""), op(Append, "k", "w"), add("n", 1)} {
		query := Command{Session: Session{1, 1, 9, 8}, Ops: []Op{write}}
		if reply := c.decode(c.store.Read(query.AppendTo(nil))); reply.Verdict != Invalid {
			t.Errorf("%v as a query: %v", write, reply)
		}
	}
	if c.store.Hash() != hash || c.store.Digest() != digest {
		t.Error("a read changed the store")
	}
}

// Sessions matter to writes only.
func TestAQueryMayHaveASessionOrNot(t *testing.T) {
	c := newClient(t)
	query := Command{Session: Session{1, 0, 0, 0}, Ops: []Op{op(Get, "k", "")}}
	if reply := c.decode(c.store.Read(query.AppendTo(nil))); reply.String() != "applied; absent" {
		t.Errorf("with a session: %v", reply)
	}
	query.Session = Session{}
	if reply := c.apply(query); reply.String() != "applied; absent" {
		t.Errorf("through the log without one: %v", reply)
	}
}

func TestTheStoreKeepsNothingOfACommand(t *testing.T) {
	s := New()
	command := Command{Session{1, 1, 1, 0}, []Op{op(Put, "key", "value"), op(Append, "log", "entry")}}.AppendTo(nil)
	s.Apply(2, command)
	digest := s.Digest()
	clear(command)
	if s.Digest() != digest || s.records["key"] == nil || string(s.records["log"].value.bytes()) != "entry" {
		t.Error("the store changed with the bytes of a command it had applied")
	}
}

func TestTheStoreHoldsOnToNoMemoryOfACommand(t *testing.T) {
	c := newClient(t)
	c.do(op(Put, "k", "v").old(), op(Get, "k", ""))
	for i := range 2 {
		if o, r := c.store.command.Ops[i], c.store.results[i]; o.Key != nil || o.Value != nil || r.Value != nil {
			t.Errorf("holds %v and %v", o, r)
		}
	}
	c.do(slices.Repeat([]Op{op(Get, "k", "")}, keptOps+1)...)
	if ops := cap(c.store.command.Ops); ops > keptOps {
		t.Errorf("keeps room for %d operations", ops)
	}
	c.do(op(Put, "k", strings.Repeat("x", 2*keptBytes)))
	c.do(op(Get, "k", ""))
	if size := cap(c.store.buffer); size > 2*keptBytes {
		t.Errorf("keeps a buffer of %d bytes", size)
	}
}

// The value and the reply; the key and its record are there already.
func TestOverwritingAllocatesTwice(t *testing.T) {
	s := New()
	command := Command{Session{1, 1, 1, 0}, []Op{op(Put, "key", "value")}}
	var encoded []byte
	stamp := uint64(1)
	got := testing.AllocsPerRun(100, func() {
		stamp++
		command.Session.Acked = command.Session.Serial - 1
		encoded = command.AppendTo(encoded[:0])
		s.Apply(stamp, encoded)
		command.Session.Serial++
	})
	if got > 2 {
		t.Errorf("%v allocations", got)
	}
}

func TestStampsGrowOrTheProcessEnds(t *testing.T) {
	s := New()
	s.Apply(5, nil)
	defer func() {
		if message := fmt.Sprint(recover()); message != "kv: stamp 5 after 5" {
			t.Errorf("panic: %s", message)
		}
	}()
	s.Apply(5, nil)
}

func TestTheHashTellsHistoriesApart(t *testing.T) {
	put := func(value string) []byte {
		return Command{Session{1, 1, 1, 0}, []Op{op(Put, "k", value)}}.AppendTo(nil)
	}
	seen := make(map[uint64]string)
	for name, run := range map[string]func(*Store){
		"nothing":       func(*Store) {},
		"a":             func(s *Store) { s.Apply(2, put("a")) },
		"b":             func(s *Store) { s.Apply(2, put("b")) },
		"a later":       func(s *Store) { s.Apply(3, put("a")) },
		"a twice":       func(s *Store) { s.Apply(2, put("a")); s.Apply(3, put("a")) },
		"an empty one":  func(s *Store) { s.Apply(2, nil) },
		"an invalid":    func(s *Store) { s.Apply(2, []byte{0}) },
		"with one more": func(s *Store) { s.Apply(2, append(put("a"), 99<<1)) },
	} {
		s := New()
		run(s)
		if twin, taken := seen[s.Hash()]; taken {
			t.Errorf("%q and %q have one hash", name, twin)
		}
		seen[s.Hash()] = name
	}
}

func TestTheHashIsPinned(t *testing.T) {
	s := New()
	s.Apply(2, Command{Session{1, 1, 1, 0}, []Op{op(Put, "k", "value of some length")}}.AppendTo(nil))
	s.Apply(3, nil)
	if got := s.Hash(); got != 0xe8fd6b9bd7c83a71 {
		t.Errorf("hash %#x", got)
	}
}
