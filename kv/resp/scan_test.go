package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/kv"
)

// walk scans to the end and returns how often each key came.
func walk(t *testing.T, client *talk, options string) map[string]int {
	t.Helper()
	seen := map[string]int{}
	cursor := "0"
	for range 10_000 {
		parts := strings.Split(client.say("SCAN "+cursor+options), "\r\n")
		cursor = parts[2]
		for i := 5; i < len(parts); i += 2 {
			seen[parts[i]]++
		}
		if cursor == "0" {
			return seen
		}
	}
	t.Fatal("SCAN does not end")
	return nil
}

func TestScanFindsEveryKeyOnce(t *testing.T) {
	_, address := start(t, Config{})
	client := talk{t: t, socket: dial(t, address)}
	for i := range 300 {
		client.say(fmt.Sprintf("SET key%d x", i))
	}
	for options, want := range map[string]int{
		"": 300, " COUNT 1": 300, " COUNT 100000": 300, " MATCH key1?": 10, " TYPE string COUNT 50": 300, " TYPE list": 0,
	} {
		seen := walk(t, &client, options)
		if len(seen) != want {
			t.Errorf("SCAN%s found %d keys, want %d", options, len(seen), want)
		}
		for key, times := range seen {
			if times != 1 {
				t.Errorf("SCAN%s found %s %d times", options, key, times)
			}
		}
	}
}

func TestScanRefusesWhatItCannotFollow(t *testing.T) {
	play(t, []row{
		{"SCAN x", "-ERR invalid cursor\r\n", ""},
		{"SCAN -1", "-ERR invalid cursor\r\n", ""},
		{"SCAN 4", "-ERR cursor 4 is not known to this node: begin again with SCAN 0\r\n", ""},
		{"SCAN 99999999", "-ERR cursor 99999999 is not known to this node: begin again with SCAN 0\r\n", ""},
		{"SCAN 0 MATCH", "-ERR syntax error\r\n", ""},
		{"SCAN 0 COUNT x", "-ERR value is not an integer or out of range\r\n", ""},
		{"SCAN 0 COUNT 0", "-ERR syntax error\r\n", ""},
		{"SCAN 0 FOO 1", "-ERR syntax error\r\n", ""},
	})
}

func TestCursorsForgetTheOldest(t *testing.T) {
	c := newCursors()
	first := c.put(place{1, []byte("a")})
	if p, known := c.get(first); !known || p.partition != 1 || string(p.key) != "a" {
		t.Fatalf("%v %v", p, known)
	}
	for range maxCursors {
		c.put(place{2, []byte("b")})
	}
	if _, known := c.get(first); known {
		t.Error("the oldest cursor outlived its time")
	}
	long := make([]byte, kv.MaxKeyBytes)
	for range maxCursors {
		c.put(place{3, long})
	}
	if c.bytes > maxCursorBytes || len(c.places) > maxCursorBytes/kv.MaxKeyBytes {
		t.Errorf("%d cursors hold %d bytes", len(c.places), c.bytes)
	}
	if id := c.put(place{3, nil}); id != 3 {
		t.Errorf("the beginning of partition 3 is cursor %d", id)
	}
	if c.next >= 1<<cursorBits {
		t.Errorf("cursor %d is longer than %d bits", c.next, cursorBits)
	}
}

func TestKeysRefusesToListTooMany(t *testing.T) {
	_, address := start(t, Config{})
	var many strings.Builder
	for i := range maxListed + 1 {
		fmt.Fprintf(&many, "SET key%d x\r\n", i)
	}
	many.WriteString("KEYS *\r\n")
	if got := exchange(t, address, many.String()); !strings.HasSuffix(got, "-"+tooManyKeys+"\r\n") {
		t.Errorf("%.100q", got[len(got)-100:])
	}
}
