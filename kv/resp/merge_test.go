package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// callsOf runs commands that arrive together and returns the calls that came of
// them, as the kinds of their operations.
func callsOf(t *testing.T, f *fake, request string) (calls []string) {
	t.Helper()
	f.verdict = func(c *client.Call) error {
		var kinds []string
		for _, op := range c.Ops {
			kinds = append(kinds, op.Kind.String())
		}
		calls = append(calls, strings.Join(kinds, "+"))
		return nil
	}
	_, address := start(t, Config{Store: f})
	exchange(t, address, request)
	return calls
}

func TestWritesToOnePartitionTravelTogether(t *testing.T) {
	here, there := keyOf(1), keyOf(2)
	for name, row := range map[string]struct{ request, want string }{
		"one key":          {"INCR a\nINCR a\nSET a 1\nAPPEND a x\nDEL a\nCAS a 1 2\nSETNX a 1\n", "[add+add+put+append+delete+put+put]"},
		"partitions apart": {"SET " + here + " 1\nSET " + there + " 1\nINCR " + here + "\nINCR " + there + "\n", "[put+add put+add]"},
		"a read between":   {"INCR a\nGET a\nINCR a\nINCR a\n", "[add get add+add]"},
		"a read elsewhere": {"INCR " + here + "\nGET " + there + "\nINCR " + here + "\n", "[add+add get]"},
		"long answers":     {"SET a 1\nGETSET a 2\nSET a 3 GET\nGETDEL a\nSET a 4\n", "[put put put delete put]"},
		"several keys":     {"SET {t}a 1\nMSET {t}a 1 {t}b 2\nDEL {t}a {t}b\nDEL {t}c\n", "[put put+put delete+delete delete]"},
		"local commands":   {"INCR a\nPING\nFOO\nINCR a\n", "[add+add]"},
	} {
		if got := fmt.Sprint(callsOf(t, newFake(), row.request)); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestBundlesAreNotTooLong(t *testing.T) {
	many := callsOf(t, newFake(), strings.Repeat("INCR a\n", maxBundled+1))
	if len(many) != 2 || strings.Count(many[0], "add") != maxBundled {
		t.Errorf("%d calls, the first of %d operations", len(many), strings.Count(many[0], "add"))
	}
	long := fmt.Sprintf("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n%s\r\n", maxBundledBytes*2/3, strings.Repeat("v", maxBundledBytes*2/3))
	if got := fmt.Sprint(callsOf(t, newFake(), long+long)); got != "[put put]" {
		t.Errorf("two long values: %s", got)
	}
}

func TestWithoutAMapOnlyOneSlotTravelsTogether(t *testing.T) {
	m, c := merger{}, &conn{id: 1}
	batch := func(keys ...string) (list []*request) {
		for _, key := range keys {
			spec := byName["incr"]
			r := take(c, spec, [][]byte{[]byte("incr"), []byte(key)})
			r.slot, _ = spec.slot(r.args)
			incr(r)
			list = append(list, r)
		}
		return list
	}
	if calls := m.merge(batch("a", "b", "a", "{a}1"), 0); len(calls) != 2 || len(calls[0].Ops) != 3 {
		t.Errorf("%d calls", len(calls))
	}
	if calls := m.merge(batch("a", "b", "a", "{a}1"), 1); len(calls) != 1 {
		t.Errorf("%d calls in a cluster of one partition", len(calls))
	}
}

func TestWhatIsWrongWithOneCommandIsNotBlamedOnOthers(t *testing.T) {
	_, address := start(t, Config{})
	long := strings.Repeat("k", kv.MaxKeyBytes+1)
	got := exchange(t, address, fmt.Sprintf("INCR {t}n\nINCR {t}%s\nSET {t}s x\nINCR {t}s\nINCR {t}n\n", long))
	parts := strings.Split(got, "\r\n")
	if len(parts) != 6 || parts[0] != ":1" || !strings.Contains(parts[1], "16388 bytes") || parts[2] != "+OK" ||
		parts[3] != "-"+notAnInteger || parts[4] != ":2" {
		t.Errorf("%q", got)
	}
}

func TestAFailureTellsEveryCommandItsOwnKey(t *testing.T) {
	f := newFake()
	f.verdict = failing(kv.Put, client.Unknown)
	_, address := start(t, Config{Store: f})
	got := exchange(t, address, "SET {t}a 1\r\nINCR {t}b\r\n")
	want := "-UNKNOWN put \"{t}a\": cause; it may or may not take effect, so look before trying again\r\n" +
		"-UNKNOWN add \"{t}b\": cause; it may or may not take effect, so look before trying again\r\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
