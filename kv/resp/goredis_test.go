package resp

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

func goRedis(t *testing.T, address string, protocol int) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: address, Protocol: protocol})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestGoRedisFeelsAtHome(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("protocol ", protocol), func(t *testing.T) {
			_, address := start(t, Config{})
			ctx, c := t.Context(), goRedis(t, address, protocol)
			useSingle(ctx, t, c)
			useServer(ctx, t, c)
		})
	}
}

// useSingle works with keys as programs do.
func useSingle(ctx context.Context, t *testing.T, c redis.Cmdable) {
	t.Helper()
	if err := c.Set(ctx, "a", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(ctx, "a").Result(); got != "1" || err != nil {
		t.Errorf("Get: %q, %v", got, err)
	}
	if _, err := c.Get(ctx, "none").Result(); err != redis.Nil {
		t.Errorf("Get of an absent key: %v", err)
	}
	if set, err := c.SetNX(ctx, "a", "2", 0).Result(); set || err != nil {
		t.Errorf("SetNX: %v, %v", set, err)
	}
	if n, err := c.IncrBy(ctx, "a", 4).Result(); n != 5 || err != nil {
		t.Errorf("IncrBy: %d, %v", n, err)
	}
	if err := c.MSet(ctx, "{t}a", "1", "{t}b", "2").Err(); err != nil {
		t.Error(err)
	}
	if got, err := c.MGet(ctx, "{t}a", "{t}x", "{t}b").Result(); fmt.Sprint(got) != "[1 <nil> 2]" || err != nil {
		t.Errorf("MGet: %v, %v", got, err)
	}
	if n, err := c.Del(ctx, "{t}a", "{t}b").Result(); n != 2 || err != nil {
		t.Errorf("Del: %d, %v", n, err)
	}
	commands, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 100 {
			p.Incr(ctx, "n")
			p.Append(ctx, fmt.Sprint("s", i), "x")
		}
		return nil
	})
	if err != nil || len(commands) != 200 || commands[198].(*redis.IntCmd).Val() != 100 {
		t.Errorf("pipeline: %v, the last Incr said %v", err, commands[198])
	}
	keys, iterator := 0, c.Scan(ctx, 0, "s*", 7).Iterator()
	for iterator.Next(ctx) {
		keys++
	}
	if keys != 100 || iterator.Err() != nil {
		t.Errorf("Scan: %d keys, %v", keys, iterator.Err())
	}
}

// useServer asks what tools ask.
func useServer(ctx context.Context, t *testing.T, c *redis.Client) {
	t.Helper()
	if n, err := c.DBSize(ctx).Result(); n != 102 || err != nil {
		t.Errorf("DBSize: %d, %v", n, err)
	}
	commands, err := c.Command(ctx).Result()
	if err != nil || commands["mset"] == nil || commands["mset"].StepCount != 2 || commands["get"] == nil || !commands["get"].ReadOnly {
		t.Errorf("Command: %v, %v", commands["mset"], err)
	}
	shards, err := c.ClusterShards(ctx).Result()
	if err != nil || len(shards) != 3 || shards[2].Nodes[0].Role != "master" {
		t.Errorf("ClusterShards: %v, %v", shards, err)
	}
	if settings, err := c.ConfigGet(ctx, "save").Result(); err != nil || len(settings) != 1 {
		t.Errorf("ConfigGet: %v, %v", settings, err)
	}
	if info, err := c.InfoMap(ctx, "keyspace").Result(); err != nil || info["Keyspace"]["db0"] == "" {
		t.Errorf("Info: %v, %v", info, err)
	}
}

// TestGoRedisRepeatsNothingThatMayHaveHappened counts what reaches the store.
func TestGoRedisRepeatsNothingThatMayHaveHappened(t *testing.T) {
	for _, row := range []struct {
		code client.Code
		want int // calls
	}{
		{client.Unavailable, 4}, // once, and three times again
		{client.Unknown, 1},
		{client.Invalid, 1},
	} {
		f := newFake()
		f.verdict = failing(kv.Add, row.code)
		_, address := start(t, Config{Store: f})
		err := goRedis(t, address, 3).Incr(t.Context(), "n").Err()
		var text redis.Error
		if !errors.As(err, &text) || f.opsSoFar() != row.want {
			t.Errorf("%v: %d calls, want %d; %v", row.code, f.opsSoFar(), row.want, err)
		}
	}
}

func TestGoRedisDoesNotRepeatAPipelineWhoseFirstCommandFailed(t *testing.T) {
	f := newFake()
	f.verdict = failing(kv.Put, client.Unavailable)
	_, address := start(t, Config{Store: f})
	commands, _ := goRedis(t, address, 3).Pipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Set(t.Context(), "k", "v", 0)
		p.Incr(t.Context(), "n")
		return nil
	})
	if n := commands[1].(*redis.IntCmd).Val(); n != 1 {
		t.Errorf("one Incr counted to %d", n)
	}
}
