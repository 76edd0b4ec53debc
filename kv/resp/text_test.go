package resp

import (
	"fmt"
	"math"
	"strconv"
	"testing"
)

func TestWordsAreCutAsRedisCutsThem(t *testing.T) {
	for line, want := range map[string]string{
		"":                        `[]`,
		"  a\t b ":                `["a" "b"]`,
		`a"b c"`:                  `["ab c"]`,
		`"\x00\xfF\n\r\t\b\a\\q"`: `["\x00\xff\n\r\t\b\a\\q"]`,
		`"\xg0"`:                  `["xg0"]`,
		`'\n\''`:                  `["\\n'"]`,
		`""`:                      `[""]`,
		"a\x00b":                  `["a" "b"]`,
	} {
		words, ok := appendWords(nil, []byte(line))
		if got := fmt.Sprintf("%q", words); got != want || !ok {
			t.Errorf("%q: %s %v, want %s", line, got, ok, want)
		}
	}
	for _, line := range []string{`"`, `'`, `"a\"`, `"a"b`, `a "b`} {
		if words, ok := appendWords(nil, []byte(line)); ok {
			t.Errorf("%q: %q", line, words)
		}
	}
}

func TestIntegersAreThoseRedisWrites(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 10, math.MaxInt64, math.MinInt64, -100} {
		if got, ok := parseInt([]byte(strconv.FormatInt(n, 10))); !ok || got != n {
			t.Errorf("%d: %d %v", n, got, ok)
		}
	}
	for _, text := range []string{"", "-", "+1", "01", "-0", "-01", " 1", "1 ", "1.0", "x",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999"} {
		if n, ok := parseInt([]byte(text)); ok {
			t.Errorf("%q was taken for %d", text, n)
		}
	}
}

func TestWriterSpeaksBothVersions(t *testing.T) {
	for _, row := range []struct {
		write      func(*writer)
		two, three string
	}{
		{func(w *writer) { w.ok() }, "+OK\r\n", "+OK\r\n"},
		{func(w *writer) { w.error("ERR a\r\nb") }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
		{func(w *writer) { w.integer(-5) }, ":-5\r\n", ":-5\r\n"},
		{func(w *writer) { w.value([]byte{}) }, "$0\r\n\r\n", "$0\r\n\r\n"},
		{func(w *writer) { w.value(nil) }, "$-1\r\n", "_\r\n"},
		{func(w *writer) { w.array(2) }, "*2\r\n", "*2\r\n"},
		{func(w *writer) { w.dictionary(2) }, "*4\r\n", "%2\r\n"},
		{func(w *writer) { w.set(2) }, "*2\r\n", "~2\r\n"},
		{func(w *writer) { w.page("a\nb") }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
	} {
		two, three := writer{}, writer{resp3: true}
		row.write(&two)
		row.write(&three)
		if string(two.buf) != row.two || string(three.buf) != row.three {
			t.Errorf("got %q and %q, want %q and %q", two.buf, three.buf, row.two, row.three)
		}
	}
}
