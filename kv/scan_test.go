package kv

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// filled returns a store with keys and, as the value of each, the key itself.
func filled(t *testing.T, keys ...string) *client {
	c := newClient(t)
	for _, key := range keys {
		c.do(op(Put, key, key))
	}
	return c
}

// scan reads one page of a Scan and prints its keys, and Next after an arrow.
func (c *client) scan(o Op) string {
	c.t.Helper()
	o.Kind = Scan
	result := c.decode(c.store.Read(Command{Ops: []Op{o}}.AppendTo(nil))).Results[0]
	line := string(bytes.Join(result.Keys, []byte(" ")))
	if result.Next != nil {
		line += "→" + string(result.Next)
	}
	return line
}

func TestScanGoesThroughKeysInOrder(t *testing.T) {
	c := filled(t, "b", "a", "d", "c", "aa")
	for _, scan := range []struct {
		op   Op
		want string
	}{
		{Op{}, "a aa b c d"},
		{Op{Key: []byte("aa")}, "aa b c d"},
		{Op{Key: []byte("ab")}, "b c d"},
		{Op{Key: []byte("e")}, ""},
		{Op{End: []byte("c")}, "a aa b"},
		{Op{Key: []byte("b"), End: []byte("b\x00")}, "b"},
		{Op{Key: []byte("c"), End: []byte("b")}, ""},
		{Op{Limit: 2}, "a aa→b"},
		{Op{Limit: 5}, "a aa b c d"},
		{Op{Key: []byte("c"), Limit: 1}, "c→d"},
		{Op{Limit: 2, End: []byte("b")}, "a aa"},
		{Op{Match: []byte("a*")}, "a aa"},
		{Op{Match: []byte("a*"), Limit: 2}, "a aa"},
		{Op{Match: []byte("[cd]")}, "c d"},
		{Op{Match: []byte("?")}, "a b c d"},
		{Op{Match: []byte("b")}, "b"},
		{Op{Match: []byte("a*"), Key: []byte("b")}, ""},
	} {
		if got := c.scan(scan.op); got != scan.want {
			t.Errorf("%v gave %q, want %q", scan.op, got, scan.want)
		}
	}
}

func TestScanReturnsValuesWhenAsked(t *testing.T) {
	c := filled(t, "a", "b")
	c.do(op(Put, "c", ""))
	result := c.decode(c.store.Read(Command{Ops: []Op{{Kind: Scan, WithValues: true}}}.AppendTo(nil))).Results[0]
	if got := fmt.Sprintf("%q", result.Values); got != `["a" "b" ""]` {
		t.Errorf("values %s", got)
	}
}

// pages scans to the end and returns how many pages and keys there were.
func (c *client) pages(o Op) (pages, keys int) {
	c.t.Helper()
	o.Kind = Scan
	for {
		reply := c.store.Read(Command{Ops: []Op{o}}.AppendTo(nil))
		if len(reply) > MaxReplyBytes {
			c.t.Fatalf("reply of %d bytes", len(reply))
		}
		result := c.decode(reply).Results[0]
		pages, keys = pages+1, keys+len(result.Keys)
		if result.Next == nil {
			return pages, keys
		}
		o.Key = result.Next
	}
}

func TestWorkOfOneScanIsBounded(t *testing.T) {
	c := newClient(t)
	const count = 100_000
	ops := make([]Op, 0, MaxOps)
	for i := range count {
		ops = append(ops, op(Put, fmt.Sprintf("%08d", i), ""))
		if len(ops) == MaxOps || i == count-1 {
			c.do(ops...)
			ops = ops[:0]
		}
	}
	if pages, keys := c.pages(Op{}); keys != count || pages != count/MaxScanKeys+1 {
		t.Errorf("%d keys in %d pages", keys, pages)
	}
	if pages, keys := c.pages(Op{Limit: MaxScanKeys * 2}); keys != count || pages != count/MaxScanKeys+1 {
		t.Errorf("with a high limit %d keys in %d pages", keys, pages)
	}
	if pages, keys := c.pages(Op{Match: []byte("*x")}); keys != 0 || pages < 2 {
		t.Errorf("finding nothing, %d keys in %d pages", keys, pages)
	}
}

func TestBytesOfOneScanAreBounded(t *testing.T) {
	c := newClient(t)
	for i := range 3 {
		c.do(op(Put, fmt.Sprint(i, strings.Repeat("k", MaxKeyBytes-1)), strings.Repeat("x", MaxValueBytes)))
	}
	if pages, keys := c.pages(Op{WithValues: true}); pages != 3 || keys != 3 {
		t.Errorf("%d keys in %d pages", keys, pages)
	}
}

func TestPatternsMatchAsInRedis(t *testing.T) {
	for _, match := range []struct {
		pattern, key string
		want         bool
	}{
		{"*", "", true}, {"**", "abc", true}, {"", "", true}, {"", "a", false},
		{"h?llo", "hello", true}, {"h?llo", "hllo", false}, {"h*llo", "heeeello", true},
		{"h[ae]llo", "hallo", true}, {"h[ae]llo", "hillo", false}, {"h[^e]llo", "hallo", true},
		{"h[^e]llo", "hello", false}, {"h[a-b]llo", "hbllo", true}, {"h[b-a]llo", "hbllo", true},
		{"h[a-b]llo", "hcllo", false}, {"[a-]", "]", true}, {"[]a]", "a", false}, {"[]a]", "]", false},
		{`\*`, "*", true}, {`\*`, "a", false}, {`a\`, `a\`, true}, {`[\]]`, "]", true}, {`[\a-c]`, "b", false},
		{"[abc", "b", true}, {"[abc", "d", false}, {"[", "[", false}, {"a[", "a", false}, {"[^", "x", true},
		{"*a*b", "xaxxb", true}, {"*a*b", "xaxxbc", false}, {"a*b*c", "abbc", true}, {"*ab", "aab", true},
		{"a*", "b", false}, {"a", "ab", false}, {"?", "", false}, {"*?", "a", true}, {"*?", "", false},
		{"[^a]*", "ba", true}, {"\x00*", "\x00\xff", true}, {"[\x80-\xff]", "\xc3", true}, {"-", "-", true},
	} {
		if got := matches([]byte(match.pattern), match.key); got != match.want {
			t.Errorf("matches(%q, %q) = %v", match.pattern, match.key, got)
		}
	}
}

// matchesPlainly follows the definition: a star is tried with every length.
func matchesPlainly(pattern []byte, key string) bool {
	if len(pattern) == 0 {
		return key == ""
	}
	if pattern[0] == '*' {
		return matchesPlainly(pattern[1:], key) || key != "" && matchesPlainly(pattern, key[1:])
	}
	if key == "" {
		return false
	}
	ok, next := matchOne(pattern, 0, key[0])
	return ok && matchesPlainly(pattern[next:], key[1:])
}

func FuzzMatches(f *testing.F) {
	f.Add([]byte("a*b[^c-e]?\\*"), "abxbfz*")
	f.Add([]byte("[a"), "a")
	f.Fuzz(func(t *testing.T, pattern []byte, key string) {
		if len(pattern) > 12 || len(key) > 12 {
			return // the plain way takes exponential time
		}
		want := matchesPlainly(pattern, key)
		if got := matches(pattern, key); got != want {
			t.Errorf("matches(%q, %q) = %v", pattern, key, got)
		}
		if want && !strings.HasPrefix(key, literal(pattern)) {
			t.Errorf("%q matches %q and does not begin with %q", key, pattern, literal(pattern))
		}
	})
}
