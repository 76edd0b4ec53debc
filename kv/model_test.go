package kv

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A model is a store in the plainest way: maps that are sorted and searched from end
// to end. It knows nothing of encodings and shares no code with the store.
type model struct {
	keys     map[string]modelRecord
	sessions map[[2]uint64]*modelSession
}

type modelRecord struct {
	value   string
	version uint64
}

type modelSession struct {
	used, acked uint64
	replies     map[uint64]string
}

// apply returns what the reply to c prints.
func (m *model) apply(stamp uint64, c Command) string {
	for name, s := range m.sessions {
		if stamp-s.used > SessionTTL {
			delete(m.sessions, name)
		}
	}
	name := [2]uint64{c.Session.ID, c.Session.Born}
	s := m.sessions[name]
	if s == nil {
		if stamp-c.Session.Born > SessionTTL {
			return "session-expired"
		}
		if c.Session.Serial-c.Session.Acked > MaxSessionWindow {
			return "window-full"
		}
		s = &modelSession{replies: make(map[uint64]string)}
		m.sessions[name] = s
	}
	s.used = stamp
	s.acked = max(s.acked, c.Session.Acked)
	switch reply, known := s.replies[c.Session.Serial]; {
	case c.Session.Serial <= s.acked:
		return "stale-serial"
	case c.Session.Serial-s.acked > MaxSessionWindow:
		return "window-full"
	case known:
		return reply
	}
	reply := Reply{Verdict: Applied}
	for _, o := range c.Ops {
		reply.Results = append(reply.Results, m.run(stamp, o))
	}
	s.replies[c.Session.Serial] = full(reply)
	return full(reply)
}

func (m *model) run(stamp uint64, o Op) Result {
	old, existed := m.keys[string(o.Key)]
	switch o.Kind {
	case Size:
		return Result{Code: OK, Number: int64(len(m.keys))}
	case Scan:
		return m.scan(o)
	case Get:
		if !existed {
			return Result{Code: Absent}
		}
		return Result{Code: OK, Value: []byte(old.value), Version: old.version}
	case Range:
		return modelRange(o, old, existed)
	case Exists, Length:
		numbers := map[Kind]int{Exists: 1, Length: len(old.value)}
		if !existed {
			return Result{Code: OK}
		}
		return Result{Code: OK, Number: int64(numbers[o.Kind]), Version: old.version}
	}
	result := m.write(stamp, o, old, existed)
	if o.ReturnOld && existed {
		result.Value = []byte(old.value)
	}
	return result
}

// modelRange looks at every position there is.
func modelRange(o Op, old modelRecord, existed bool) Result {
	if !existed {
		return Result{Code: Absent}
	}
	size := int64(len(old.value))
	from, until := o.Offset, o.Until
	if from < 0 {
		from += size
	}
	if until <= 0 {
		until += size
	}
	part := []byte{}
	for i := range size {
		if i >= from && i < until {
			part = append(part, old.value[i])
		}
	}
	return Result{Code: OK, Value: part, Number: size, Version: old.version}
}

func (m *model) write(stamp uint64, o Op, old modelRecord, existed bool) Result {
	holds := map[Condition]bool{
		Always: true, IfAbsent: !existed, IfPresent: existed,
		IfValue: existed && old.value == string(o.Expected), IfVersion: old.version == o.Version,
	}
	if !holds[o.If] {
		return Result{Code: Mismatch, Version: old.version}
	}
	result := Result{Code: OK, Version: stamp}
	value := string(o.Value)
	switch o.Kind {
	case Delete:
		delete(m.keys, string(o.Key))
		if existed {
			return Result{Code: OK, Number: 1}
		}
		return Result{Code: OK}
	case Append:
		value = old.value + value
		result.Number = int64(len(value))
	case Overwrite:
		bytes := []byte(old.value)
		for i, b := range []byte(o.Value) {
			for len(bytes) <= int(o.Offset)+i {
				bytes = append(bytes, 0)
			}
			bytes[int(o.Offset)+i] = b
		}
		for len(bytes) < int(o.Offset) {
			bytes = append(bytes, 0)
		}
		value = string(bytes)
		result.Number = int64(len(value))
	case Add:
		n, err := strconv.ParseInt(old.value, 10, 64)
		if existed && (err != nil || strconv.FormatInt(n, 10) != old.value) {
			return Result{Code: NotANumber, Version: old.version}
		}
		if o.Delta > 0 && n > math.MaxInt64-o.Delta || o.Delta < 0 && n < math.MinInt64-o.Delta {
			return Result{Code: Overflow, Version: old.version}
		}
		result.Number = n + o.Delta
		value = strconv.FormatInt(n+o.Delta, 10)
	}
	m.keys[string(o.Key)] = modelRecord{value, stamp}
	return result
}

func (m *model) scan(o Op) Result {
	result := Result{Code: OK}
	limit := cmp.Or(o.Limit, MaxScanKeys)
	for _, key := range slices.Sorted(maps.Keys(m.keys)) {
		if key < string(o.Key) || len(o.End) > 0 && key >= string(o.End) {
			continue
		}
		if len(o.Match) > 0 && !matchesPlainly(o.Match, key) {
			continue
		}
		if len(result.Keys) == limit {
			result.Next = []byte(key)
			break
		}
		result.Keys = append(result.Keys, []byte(key))
		if o.WithValues {
			result.Values = append(result.Values, []byte(m.keys[key].value))
		}
	}
	return result
}

// full prints all there is to a reply. Next is left out where the model looks further
// ahead than a store: to the next match instead of the next key.
func full(r Reply) string {
	if r.Verdict != Applied {
		return r.String()
	}
	line := r.Verdict.String()
	for _, result := range r.Results {
		line += fmt.Sprintf("; %v %d %d %q %t %q %q", result.Code, result.Number,
			result.Version, result.Value, result.Value == nil, result.Keys, result.Values)
	}
	return line
}

// A workload draws commands of a few clients on a few keys.
type workload struct {
	*rand.Rand
	stamp    uint64
	sessions []Session
	keys     int // how many there are; zero: a few
}

func (w *workload) key() []byte {
	if w.keys == 0 {
		return []byte{"abcdefgh"[w.IntN(8)]}
	}
	return fmt.Appendf(nil, "%04d", w.IntN(w.keys))
}

func (w *workload) op() Op {
	o := Op{
		Kind:  Kind(1 + w.IntN(int(Overwrite))),
		Key:   w.key(),
		Value: []byte([]string{"", "0", "17", "-3", "x", "9223372036854775807"}[w.IntN(6)]),
		Delta: []int64{1, -1, 40, math.MinInt64}[w.IntN(4)],
	}
	if o.Kind == Range {
		o.Offset, o.Until = w.Int64N(30)-15, w.Int64N(30)-15
	}
	if o.Kind == Overwrite {
		o.Offset = w.Int64N(25)
	}
	if o.Kind == Scan {
		o.Limit = w.IntN(4)
		o.WithValues = w.IntN(2) == 0
		o.Match = []byte([]string{"", "*", "[a-d]", "[^b]*", "c"}[w.IntN(5)])
		o.End = []byte([]string{"", "f"}[w.IntN(2)])
	}
	if o.IsWrite() {
		o.If = Condition([]int{0, 0, 0, 1, 2, 3, 4}[w.IntN(7)])
		o.Expected = []byte([]string{"", "0", "17", "x"}[w.IntN(4)])
		o.Version = w.stamp - uint64(w.IntN(4))
		o.ReturnOld = w.IntN(2) == 0
	}
	return o
}

// command draws a new command or, by drawing an old serial, what stands for a repeated
// or a belated one.
func (w *workload) command() Command {
	s := &w.sessions[w.IntN(len(w.sessions))]
	if s.ID == 0 || w.IntN(50) == 0 {
		*s = Session{ID: 1 + w.Uint64N(3), Born: w.stamp}
	}
	s.Serial++
	c := Command{Session: *s, Ops: []Op{w.op()}}
	if s.Serial > 1 && w.IntN(3) == 0 {
		c.Session.Serial -= w.Uint64N(min(s.Serial, 5))
		c.Session.Acked = min(c.Session.Acked, c.Session.Serial-1)
	}
	if w.IntN(5) == 0 {
		s.Acked = s.Serial - w.Uint64N(min(s.Serial, 3)) - 1
		s.Acked = max(s.Acked, c.Session.Acked)
	}
	for c.Ops[0].Kind != Scan && w.IntN(3) == 0 {
		if o := w.op(); o.Kind != Scan {
			c.Ops = append(c.Ops, o)
		}
	}
	return c
}

// wait moves the stamp on, sometimes by about as much as a session lives.
func (w *workload) wait() uint64 {
	w.stamp += 1 + w.Uint64N(3)
	if w.IntN(40) == 0 {
		w.stamp += w.Uint64N(SessionTTL * 5 / 4)
	}
	return w.stamp
}

func TestStoreDoesWhatTheModelDoes(t *testing.T) {
	outcomes := make(map[string]int)
	for seed := range uint64(30) {
		w := &workload{Rand: rand.New(rand.NewPCG(seed, 0)), stamp: 1000, sessions: make([]Session, 4)}
		m := &model{keys: make(map[string]modelRecord), sessions: make(map[[2]uint64]*modelSession)}
		s, twin := New(), New()
		for range 2000 {
			command := w.command()
			stamp := w.wait()
			encoded := command.AppendTo(nil)
			b := s.Apply(stamp, encoded)
			if again := twin.Apply(stamp, encoded); !bytes.Equal(again, b) {
				t.Fatalf("seed %d: %v: the twin answers %v", seed, command, again)
			}
			reply, err := DecodeReply(b)
			want := m.apply(stamp, command)
			if err != nil || full(reply) != want {
				t.Fatalf("seed %d at %d: %v\ngave  %s (%v)\nmodel %s", seed, stamp, command, full(reply), err, want)
			}
			outcomes[reply.Verdict.String()]++
			for _, result := range reply.Results {
				outcomes[result.Code.String()]++
			}
		}
		checkState(t, s, twin, m)
	}
	for _, outcome := range []string{
		"applied", "session-expired", "stale-serial", "ok", "absent", "mismatch", "not-a-number", "overflow",
	} {
		if outcomes[outcome] < 100 {
			t.Errorf("the workload reached %s %d times", outcome, outcomes[outcome])
		}
	}
}

func checkState(t *testing.T, s, twin *Store, m *model) {
	t.Helper()
	if s.Hash() != twin.Hash() || s.Digest() != twin.Digest() {
		t.Fatal("two stores that applied the same differ")
	}
	var keys []string
	s.order.Ascend(func(i item) bool {
		if s.records[i.key] != i.record {
			t.Fatalf("%q has two records", i.key)
		}
		keys = append(keys, i.key)
		return true
	})
	if want := slices.Sorted(maps.Keys(m.keys)); !slices.Equal(keys, want) || len(s.records) != len(want) {
		t.Fatalf("keys %q and %d records, want %q", keys, len(s.records), want)
	}
	for key, want := range m.keys {
		if r := s.records[key]; string(r.value.bytes()) != want.value || r.version != want.version {
			t.Fatalf("%q is %v, want %v", key, r, want)
		}
	}
	total := 0
	for name, want := range m.sessions {
		got := s.sessions.byName[sessionName{name[0], name[1]}]
		if got == nil || got.used != want.used || got.acked != want.acked {
			t.Fatalf("session %v is %v, want %v", name, got, want)
		}
		for _, reply := range got.replies {
			total += len(reply)
		}
	}
	if len(s.sessions.byName) != len(m.sessions) || s.sessions.byUse.Len() != len(m.sessions) || s.sessions.bytes != total {
		t.Fatalf("%d sessions, %d in order, %d bytes, want %d sessions and %d bytes",
			len(s.sessions.byName), s.sessions.byUse.Len(), s.sessions.bytes, len(m.sessions), total)
	}
}
