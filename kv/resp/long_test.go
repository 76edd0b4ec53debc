package resp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// longValue is no repetition: a part in the wrong place would show.
func longValue(size int) []byte {
	b := make([]byte, 0, size+16)
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, "%x ", i)
	}
	return b[:size]
}

// grow builds a value with appends.
func grow(ctx context.Context, t *testing.T, c redis.Cmdable, key string, value []byte) {
	t.Helper()
	for rest := value; len(rest) > 0; {
		n := min(len(rest), 5<<20)
		if err := c.Append(ctx, key, string(rest[:n])).Err(); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
}

// useLong builds a long value and reads it in all ways.
func useLong(ctx context.Context, t *testing.T, c redis.Cmdable) {
	t.Helper()
	want := longValue(20 << 20)
	grow(ctx, t, c, "long", want)
	if n, err := c.StrLen(ctx, "long").Result(); n != int64(len(want)) || err != nil {
		t.Errorf("StrLen: %d, %v", n, err)
	}
	if got, err := c.Get(ctx, "long").Bytes(); !bytes.Equal(got, want) || err != nil {
		t.Errorf("Get: %d bytes, %v", len(got), err)
	}
	for _, r := range [][2]int64{{0, -1}, {1, 9 << 20}, {-10 << 20, -2}, {19 << 20, 1 << 40}, {9 << 20, 9 << 20}} {
		got, err := c.GetRange(ctx, "long", r[0], r[1]).Result()
		from, to := r[0], min(r[1], int64(len(want))-1)
		if from < 0 {
			from += int64(len(want))
		}
		if to < 0 {
			to += int64(len(want))
		}
		if got != string(want[from:to+1]) || err != nil {
			t.Errorf("GetRange %d: %d bytes, %v", r, len(got), err)
		}
	}
	if n, err := c.SetRange(ctx, "long", 10<<20, "HERE").Result(); n != int64(len(want)) || err != nil {
		t.Errorf("SetRange: %d, %v", n, err)
	}
	if got, err := c.GetRange(ctx, "long", 10<<20-1, 10<<20+4).Result(); err != nil ||
		got != string(want[10<<20-1])+"HERE"+string(want[10<<20+4]) {
		t.Errorf("GetRange: %q, %v", got, err)
	}
	for name, err := range map[string]error{
		"MGet": c.MGet(ctx, "long", "{long}").Err(), "GetDel": c.GetDel(ctx, "long").Err(),
		"GetSet": c.GetSet(ctx, "long", "x").Err(),
	} {
		if err == nil || !strings.Contains(err.Error(), "GET and GETRANGE return such values") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, err := c.Del(ctx, "long").Result(); n != 1 || err != nil {
		t.Errorf("Del: %d, %v", n, err)
	}
}

func TestLongValuesAreReadWhole(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		_, address := start(t, Config{})
		useLong(t.Context(), t, goRedis(t, address, protocol))
	}
}

// Whoever reads a value in parts may see two moments of it; this reader must not.
func TestALongValueThatChangesWhileItIsReadIsNotTold(t *testing.T) {
	store := newFake()
	_, address := start(t, Config{Store: store})
	c := goRedis(t, address, 2)
	grow(t.Context(), t, c, "long", longValue(9<<20))
	ranges := 0
	store.mu.Lock()
	store.verdict = func(call *client.Call) error {
		if call.Ops[0].Kind != kv.Range {
			return nil
		}
		if ranges++; ranges == 2 {
			store.verdict = nil
			store.run(&client.Call{Ops: []kv.Op{{Kind: kv.Overwrite, Key: []byte("long"), Value: []byte("x"), Long: true}}})
		}
		return nil
	}
	store.mu.Unlock()
	got := exchange(t, address, "GET long\r\nPING\r\n")
	want := "-ERR get \"long\": the value is long and changed while it was read; nothing happened, so it may be tried again\r\n+PONG\r\n"
	if got != want {
		t.Errorf("%.200q", got)
	}
}

func TestAFailureInTheMiddleOfALongValueIsToldAsAnError(t *testing.T) {
	store := newFake()
	_, address := start(t, Config{Store: store})
	grow(t.Context(), t, goRedis(t, address, 2), "long", longValue(9<<20))
	store.mu.Lock()
	store.verdict = failing(kv.Range, client.Unavailable)
	store.mu.Unlock()
	if got := exchange(t, address, "GET long\r\n"); !strings.HasPrefix(got, "-CLUSTERDOWN ") {
		t.Errorf("%.200q", got)
	}
}

// Replies stay in order, and what comes behind a long one is not lost.
func TestLongValuesInAPipeline(t *testing.T) {
	_, address := start(t, Config{})
	value := longValue(9 << 20)
	grow(t.Context(), t, goRedis(t, address, 2), "long", value)
	got := exchange(t, address, "SET a 1\r\nGET long\r\nGET a\r\nCLIENT REPLY SKIP\r\nGET long\r\nGETRANGE long 0 0\r\n")
	want := fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n$1\r\n1\r\n$1\r\n%s\r\n", len(value), value, value[:1])
	if got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

func TestBytesAreRationedInOrder(t *testing.T) {
	r := ration{free: 10}
	if !r.take(nil, 10, time.Minute) {
		t.Fatal("nothing was free")
	}
	if r.take(nil, 11, 0) || r.take(nil, 1, 0) {
		t.Error("more was handed out than there is")
	}
	order := make(chan int64, 3)
	for i, n := range []int64{8, 3, 1} {
		go func() {
			if r.take(nil, n, time.Minute) {
				order <- n
			}
		}()
		for { // until it waits
			r.mu.Lock()
			waiting := len(r.waiting)
			r.mu.Unlock()
			if waiting == i+1 {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	r.give(7)
	select {
	case n := <-order:
		t.Errorf("%d came before its turn", n)
	case <-time.After(10 * time.Millisecond):
	}
	r.give(3)
	if n := <-order; n != 8 {
		t.Errorf("%d came first", n)
	}
	r.give(8)
	if <-order+<-order != 4 {
		t.Error("the others got nothing")
	}
}

func TestALongValueThatNobodyReadsHoldsNothingForEver(t *testing.T) {
	s, address := start(t, Config{WriteTimeout: 50 * time.Millisecond})
	grow(t.Context(), t, goRedis(t, address, 2), "long", longValue(20<<20))
	socket := dial(t, address)
	if _, err := io.WriteString(socket, "GET long\r\n"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); s.Stats().Accepted < 2 || s.Stats().Connections > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the connection stays")
		}
	}
	if !s.ration.take(nil, maxLongBytes, 0) {
		t.Error("its memory is not free")
	}
}
