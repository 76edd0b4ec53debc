package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// Any address of the cluster will do; the client finds the other nodes.
func Example() {
	cluster := startCluster(3)
	defer cluster.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	c, err := client.New(ctx, client.Config{Addresses: cluster.addresses[:1]})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	if err := c.Put(ctx, "greeting", []byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	value, found, err := c.Get(ctx, "greeting")
	fmt.Printf("%s %v %v\n", value, found, err)

	_, found, err = c.Get(ctx, "farewell")
	fmt.Println(found, err)
	// Output:
	// hello true <nil>
	// false <nil>
}

// The code of an error says whether a call may be tried again.
func ExampleError() {
	c, end := connect()
	defer end()
	ctx := context.Background()

	_, err := c.Increment(ctx, "visits", 1)
	switch {
	case err == nil:
		fmt.Println("counted")
	case errors.Is(err, client.ErrUnavailable):
		fmt.Println("not counted; try again")
	case errors.Is(err, client.ErrUnknown):
		fmt.Println("perhaps counted; trying again may count twice")
	case errors.Is(err, client.ErrInvalid):
		fmt.Println("never counted; the program is wrong")
	}

	c.Put(ctx, "name", []byte("Ada"))
	_, err = c.Increment(ctx, "name", 1)
	fmt.Println(err)
	// Output:
	// counted
	// add "name": the value is not a decimal integer of 64 bits; it can never take effect as it is
}

// Compare-and-set makes a read and a write that depends on it one step: if another
// client was faster, read again.
func ExampleClient_CompareAndSet() {
	c, end := connect()
	defer end()
	ctx := context.Background()

	created, err := c.CompareAndSet(ctx, "stock", nil, []byte("10"))
	fmt.Println(created, err)
	for {
		old, _, err := c.Get(ctx, "stock")
		if err != nil {
			fmt.Println(err)
			return
		}
		swapped, err := c.CompareAndSet(ctx, "stock", old, append([]byte("about "), old...))
		if err != nil {
			fmt.Println(err)
			return
		}
		if swapped {
			break
		}
	}
	value, _, err := c.Get(ctx, "stock")
	fmt.Printf("%s %v\n", value, err)
	// Output:
	// true <nil>
	// about 10 <nil>
}

// Several operations take effect together. Their keys must share a partition, as
// keys do that have the same part in braces.
func ExampleClient_Do() {
	c, end := connect()
	defer end()

	results, err := c.Do(context.Background(),
		kv.Op{Kind: kv.Put, Key: []byte("{ada}:name"), Value: []byte("Ada")},
		kv.Op{Kind: kv.Add, Key: []byte("{ada}:logins"), Delta: 1},
		kv.Op{Kind: kv.Put, Key: []byte("{ada}:name"), Value: []byte("Eve"), If: kv.IfAbsent},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Code, results[1].Number, results[2].Code)
	// Output: ok 1 mismatch
}

// Submit keeps many calls under way without a goroutine for each.
func ExampleClient_Submit() {
	c, end := connect()
	defer end()

	done := make(chan *client.Call, 100)
	var calls []*client.Call
	for i := range 100 {
		calls = append(calls, &client.Call{
			Ops:    []kv.Op{{Kind: kv.Append, Key: []byte("log"), Value: fmt.Appendf(nil, "%d,", i)}},
			Stream: 1, // one after the other
			Done:   func(call *client.Call) { done <- call },
		})
	}
	c.Submit(calls)
	for range calls {
		if call := <-done; call.Err != nil {
			fmt.Println(call.Err)
		}
	}
	value, _, err := c.Get(context.Background(), "log")
	fmt.Printf("%.12s… %v\n", value, err)
	// Output: 0,1,2,3,4,5,… <nil>
}

// A scan goes from partition to partition, so keys come in no order that a program
// should rely on.
func ExampleClient_Scan() {
	c, end := connect()
	defer end()
	ctx := context.Background()

	for _, key := range []string{"user:1", "user:2", "item:1"} {
		c.Put(ctx, key, []byte("of "+key))
	}
	var found []string
	for entry, err := range c.Scan(ctx, client.Range{Match: "user:*", Values: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		found = append(found, fmt.Sprintf("%s: %s", entry.Key, entry.Value))
	}
	slices.Sort(found)
	fmt.Println(found)
	// Output: [user:1: of user:1 user:2: of user:2]
}

// connect starts a cluster of one node and a client of it.
func connect() (c *client.Client, end func()) {
	cluster := startCluster(1)
	c = must(client.New(context.Background(), client.Config{Addresses: cluster.addresses}))
	return c, func() {
		c.Close()
		cluster.stop()
	}
}
