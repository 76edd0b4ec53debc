package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// soon is the time a test may take.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// user returns a client of a new cluster.
func user(t *testing.T, nodes int) (*client.Client, *cluster) {
	c := startCluster(nodes)
	t.Cleanup(c.stop)
	u, err := client.New(soon(t), client.Config{Addresses: c.addresses, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u, c
}

func TestEveryMethodDoesWhatItSays(t *testing.T) {
	c, _ := user(t, 3)
	ctx := soon(t)
	expect := func(what string, got, want any, err error) {
		t.Helper()
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
		}
	}
	existed, err := c.Delete(ctx, "k")
	expect("delete of nothing", existed, false, err)
	there, err := c.Exists(ctx, "k")
	expect("exists of nothing", there, false, err)
	length, err := c.Append(ctx, "k", []byte("ab"))
	expect("append to nothing", length, 2, err)
	length, err = c.Append(ctx, "k", []byte("c"))
	expect("append", length, 3, err)
	there, err = c.Exists(ctx, "k")
	expect("exists", there, true, err)
	swapped, err := c.CompareAndSet(ctx, "k", []byte("x"), []byte("y"))
	expect("swap of another value", swapped, false, err)
	swapped, err = c.CompareAndSet(ctx, "k", []byte("abc"), []byte("41"))
	expect("swap", swapped, true, err)
	sum, err := c.Increment(ctx, "k", 1)
	expect("increment", sum, 42, err)
	value, found, err := c.Get(ctx, "k")
	expect("get", fmt.Sprintf("%s %v", value, found), "42 true", err)
	existed, err = c.Delete(ctx, "k")
	expect("delete", existed, true, err)
}

func TestOutcomesThatAreNoneAreInvalid(t *testing.T) {
	c, _ := user(t, 1)
	ctx := soon(t)
	for value, want := range map[string]error{
		"x": client.ErrNotANumber, "9223372036854775807": client.ErrOverflow,
	} { // any order: each stands for itself
		if err := c.Put(ctx, "k", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Increment(ctx, "k", 1); !errors.Is(err, want) || !errors.Is(err, client.ErrInvalid) {
			t.Errorf("incrementing %s: %v", value, err)
		}
	}
	if err := c.Put(ctx, "k", make([]byte, kv.MaxValueBytes)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Append(ctx, "k", []byte("x")); !errors.Is(err, client.ErrValueTooLarge) {
		t.Errorf("appending to the longest value: %v", err)
	}
	if value, _, err := c.Get(ctx, "k"); err != nil || len(value) != kv.MaxValueBytes {
		t.Errorf("%d bytes and %v", len(value), err)
	}
}

func TestManyGoroutinesShareAClient(t *testing.T) {
	c, _ := user(t, 3)
	ctx := soon(t)
	var wg sync.WaitGroup
	const users, each = 16, 50
	for range users {
		wg.Go(func() {
			for range each {
				if _, err := c.Increment(ctx, "counter", 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if value, _, err := c.Get(ctx, "counter"); err != nil || string(value) != fmt.Sprint(users*each) {
		t.Errorf("counted %s, %v", value, err)
	}
}

func TestAClientSurvivesTheLossOfANode(t *testing.T) {
	c, cluster := user(t, 3)
	ctx := soon(t)
	for i := range 40 {
		if i == 10 {
			cluster.servers[0].stop()
		}
		key := fmt.Sprint("key-", i)
		if err := c.Put(ctx, key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	count := 0
	for entry, err := range c.Scan(ctx, client.Range{Values: true}) {
		if err != nil || entry.Key != string(entry.Value) {
			t.Fatal(entry, err)
		}
		count++
	}
	if count != 40 {
		t.Errorf("%d of 40 keys are left", count)
	}
}

func TestAScanGoesOnWhereAReplyEnds(t *testing.T) {
	c, _ := user(t, 1)
	ctx := soon(t)
	big := bytes.Repeat([]byte("x"), kv.MaxScanBytes/3)
	for i := range 20 {
		if err := c.Put(ctx, fmt.Sprint("{one}", i), big); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for entry, err := range c.Scan(ctx, client.Range{From: "{one}1", To: "{one}9", Values: true}) {
		if err != nil || seen[entry.Key] || !bytes.Equal(entry.Value, big) {
			t.Fatalf("%q with %d bytes: %v", entry.Key, len(entry.Value), err)
		}
		seen[entry.Key] = true
	}
	if len(seen) != 18 { // all but 0 and 9
		t.Errorf("found %v", seen)
	}
}

func TestAContextEndsACall(t *testing.T) {
	c, cluster := user(t, 1)
	if err := c.Put(soon(t), "k", nil); err != nil {
		t.Fatal(err)
	}
	cluster.servers[0].transport.Close() // from now on nobody answers
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := c.Put(ctx, "k", nil)
	if !errors.Is(err, client.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write that was sent: %v", err)
	}
	if err := c.Put(ctx, "k", nil); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("a write that was not: %v", err)
	}
	if _, err := c.Status(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("status: %v", err)
	}
	for _, err := range c.Scan(ctx, client.Range{}) {
		if !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("scan: %v", err)
		}
	}
}

func TestAClosedClientRefuses(t *testing.T) {
	c, _ := user(t, 1)
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	err := c.Put(soon(t), "k", nil)
	if !errors.Is(err, client.ErrUnavailable) || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
	if _, err := c.Status(soon(t), 1); !errors.Is(err, client.ErrUnavailable) {
		t.Error(err)
	}
}

func TestANodesOwnClientReachesTheWholeCluster(t *testing.T) {
	_, cluster := user(t, 3)
	c, err := client.Attach(soon(t), cluster.servers[1].engine, 2,
		client.Config{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 20 {
		if err := c.Put(soon(t), fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatusTellsOfEachNode(t *testing.T) {
	c, _ := user(t, 3)
	for _, member := range c.Map().Members {
		s, err := c.Status(soon(t), actors.NodeID(member.ID))
		if err != nil || uint64(s.ID) != member.ID {
			t.Errorf("node %d: %+v, %v", member.ID, s, err)
		}
	}
}

func TestWithoutACluster(t *testing.T) {
	_, err := client.New(soon(t), client.Config{})
	if err == nil || !strings.Contains(err.Error(), "no address") {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	_, err = client.New(soon(t), client.Config{Addresses: []string{dead, "nowhere.invalid:1"}})
	if err == nil || !strings.Contains(err.Error(), dead) ||
		!strings.Contains(err.Error(), "nowhere.invalid") {
		t.Error(err)
	}
}

func TestADeadAddressDoesNotMatterWhereAnotherAnswers(t *testing.T) {
	cluster := startCluster(1)
	defer cluster.stop()
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // never accepts
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	c, err := client.New(soon(t), client.Config{
		Addresses: []string{deaf.Addr().String(), cluster.addresses[0]},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Put(soon(t), "k", nil); err != nil {
		t.Error(err)
	}
}
