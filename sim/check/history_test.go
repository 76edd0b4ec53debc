package check_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/sim/check"
)

// A line of a history: client c asks op from one moment to another. A moment of
// zero means that no answer came.
type line struct {
	client   int
	from, to time.Duration
	op       kv.Op
	result   kv.Result
	failed   bool
}

func put(value string) kv.Op { return kv.Op{Kind: kv.Put, Key: []byte("k"), Value: []byte(value)} }

func overwrite(at int64, value string) kv.Op {
	return kv.Op{Kind: kv.Overwrite, Key: []byte("k"), Offset: at, Value: []byte(value)}
}

func part(from, until int64) kv.Op {
	return kv.Op{Kind: kv.Range, Key: []byte("k"), Offset: from, Until: until}
}

var get = kv.Op{Kind: kv.Get, Key: []byte("k")}

func saw(value string) kv.Result { return kv.Result{Code: kv.OK, Value: []byte(value)} }

var (
	done   = kv.Result{Code: kv.OK}
	absent = kv.Result{Code: kv.Absent}
)

func TestLinearizability(t *testing.T) {
	cases := []struct {
		claim string
		lines []line
		want  check.Verdict
	}{
		{"a read sees the last write", []line{
			{0, 1, 2, put("a"), done, false},
			{1, 3, 4, get, saw("a"), false},
		}, check.Pass},
		{"a read after a write may not miss it", []line{
			{0, 1, 2, put("a"), done, false},
			{1, 3, 4, get, absent, false},
		}, check.Violated},
		{"a lost write may surface late", []line{
			{0, 1, 0, put("a"), done, false},
			{1, 3, 4, get, absent, false},
			{1, 5, 6, get, saw("a"), false},
		}, check.Pass},
		{"a lost write may not unhappen", []line{
			{0, 1, 0, put("a"), done, false},
			{1, 3, 4, get, saw("a"), false},
			{1, 5, 6, get, absent, false},
		}, check.Violated},
		{"a lost read constrains nothing", []line{
			{0, 1, 2, put("a"), done, false},
			{1, 1, 0, get, absent, false},
		}, check.Pass},
		{"a definite failure is never visible", []line{
			{0, 1, 2, put("a"), done, true},
			{1, 3, 4, get, saw("a"), false},
		}, check.Violated},
		{"an append is applied once", []line{
			{0, 1, 2, kv.Op{Kind: kv.Append, Key: []byte("k"), Value: []byte("x")}, kv.Result{Code: kv.OK, Number: 1}, false},
			{1, 3, 4, get, saw("xx"), false},
		}, check.Violated},
		{"an increment starts from what is there", []line{
			{0, 1, 2, put("41"), done, false},
			{0, 3, 4, kv.Op{Kind: kv.Add, Key: []byte("k"), Delta: 1}, kv.Result{Code: kv.OK, Number: 42}, false},
			{1, 5, 6, get, saw("42"), false},
		}, check.Pass},
		{"a condition that failed changed nothing", []line{
			{0, 1, 2, put("a"), done, false},
			{0, 3, 4, kv.Op{Kind: kv.Put, Key: []byte("k"), Value: []byte("b"), If: kv.IfAbsent}, kv.Result{Code: kv.Mismatch}, false},
			{1, 5, 6, get, saw("a"), false},
		}, check.Pass},
		{"a condition may not fail that holds", []line{
			{0, 1, 2, put("a"), done, false},
			{0, 3, 4, kv.Op{Kind: kv.Put, Key: []byte("k"), Value: []byte("b"), If: kv.IfValue, Expected: []byte("a")},
				kv.Result{Code: kv.Mismatch}, false},
		}, check.Violated},
		{"a part is that of the value", []line{
			{0, 1, 2, put("abcdef"), done, false},
			{1, 3, 4, part(1, -1), kv.Result{Code: kv.OK, Value: []byte("bcde"), Number: 6}, false},
			{1, 5, 6, part(-9, 2), kv.Result{Code: kv.OK, Value: []byte("ab"), Number: 6}, false},
			{1, 7, 8, part(5, 3), kv.Result{Code: kv.OK, Value: []byte{}, Number: 6}, false},
		}, check.Pass},
		{"a part may not come from elsewhere", []line{
			{0, 1, 2, put("abcdef"), done, false},
			{1, 3, 4, part(1, -1), kv.Result{Code: kv.OK, Value: []byte("abcd"), Number: 6}, false},
		}, check.Violated},
		{"a part may not be one of an older value", []line{
			{0, 1, 2, put("abc"), done, false},
			{0, 3, 4, put("abd"), done, false},
			{1, 5, 6, part(2, 0), kv.Result{Code: kv.OK, Value: []byte("c"), Number: 3}, false},
		}, check.Violated},
		{"a part tells how long the whole is", []line{
			{0, 1, 2, put("abcdef"), done, false},
			{1, 3, 4, part(0, 2), kv.Result{Code: kv.OK, Value: []byte("ab"), Number: 2}, false},
		}, check.Violated},
		{"there is no part of what is absent", []line{
			{1, 3, 4, part(0, 2), absent, false},
			{1, 5, 6, part(0, 2), kv.Result{Code: kv.OK, Value: []byte{}}, false},
		}, check.Violated},
		{"an overwrite replaces, and grows with zeros", []line{
			{0, 1, 2, overwrite(2, "x"), kv.Result{Code: kv.OK, Number: 3}, false},
			{0, 3, 4, overwrite(0, "ab"), kv.Result{Code: kv.OK, Number: 3}, false},
			{0, 5, 6, overwrite(2, "cd"), kv.Result{Code: kv.OK, Number: 4}, false},
			{1, 7, 8, get, saw("abcd"), false},
		}, check.Pass},
		{"an overwrite keeps what is around it", []line{
			{0, 1, 2, put("abcd"), done, false},
			{0, 3, 4, overwrite(1, "x"), kv.Result{Code: kv.OK, Number: 4}, false},
			{1, 5, 6, get, saw("ax"), false},
		}, check.Violated},
		{"a gap is filled with zeros", []line{
			{0, 1, 2, overwrite(1, "x"), kv.Result{Code: kv.OK, Number: 2}, false},
			{1, 3, 4, get, saw(" x"), false},
		}, check.Violated},
		{"a read tells the stamp of the write it saw", []line{
			{0, 1, 2, put("a"), kv.Result{Code: kv.OK, Version: 7}, false},
			{1, 3, 4, get, kv.Result{Code: kv.OK, Value: []byte("a"), Version: 6}, false},
		}, check.Violated},
	}
	for _, c := range cases {
		if got := tell(c.lines).Judge(time.Minute); got.Verdict != c.want {
			t.Errorf("%s: %v, want %v", c.claim, got.Verdict, c.want)
		}
	}
}

// tell replays lines in the order of their moments.
func tell(lines []line) *check.History {
	h := &check.History{}
	processes := map[int]*check.Process{}
	for moment := time.Duration(1); moment < 10; moment++ {
		for _, l := range lines {
			if processes[l.client] == nil {
				processes[l.client] = h.NewProcess()
			}
			p := processes[l.client]
			if l.from == moment {
				p.Invoke(moment, l.op)
			}
			switch {
			case l.to == 0 && l.from == moment:
				p.Lose()
			case l.to == moment && l.failed:
				p.Fail()
			case l.to == moment:
				p.Answer(moment, l.result)
			}
		}
	}
	return h
}

func TestViolationNamesTheKeyAndShowsThePage(t *testing.T) {
	elsewhere := kv.Op{Kind: kv.Put, Key: []byte("sound"), Value: []byte("b")}
	h := tell([]line{
		{0, 1, 2, elsewhere, done, false},
		{0, 3, 4, put("a"), done, false},
		{1, 5, 6, get, absent, false},
	})
	j := h.Judge(time.Minute)
	if j.Key != "k" {
		t.Errorf("culprit %q, want k", j.Key)
	}
	var page bytes.Buffer
	if err := j.Visualize(&page, []check.Band{{Lane: "faults", From: 1, To: 3, Text: "crash of node 2"}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "crash of node 2") {
		t.Error("the page does not show the fault")
	}
	if strings.Contains(page.String(), "sound") {
		t.Error("the page shows operations on a key that has an order")
	}
}
