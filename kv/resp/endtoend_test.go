package resp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/disk"
	"github.com/understudy-kv/understudy/actors/hollywood"
	"github.com/understudy-kv/understudy/actors/tcp"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/resp"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/ring"
)

// A machine is one node of a real cluster on loopback, with its Redis server.
type machine struct {
	redis string // address
	stop  func()
}

// patience is how long an operation may take. These tests are about what is answered, and
// three servers that sync megabytes on a busy machine may need longer than the five seconds
// of production.
const patience = 30 * time.Second

// startCluster runs three nodes until the test ends.
func startCluster(t *testing.T) []*machine {
	t.Helper()
	m := ring.Map{Cluster: 7, Epoch: 1}
	var peers, fronts []net.Listener
	for id := uint64(1); id <= 3; id++ {
		peer, front := listen(t), listen(t)
		peers, fronts = append(peers, peer), append(fronts, front)
		m.Members = append(m.Members, ring.Member{ID: id, Address: peer.Addr().String(), Redis: front.Addr().String()})
	}
	m.Owners = must(ring.Place(ring.Config{Members: m.Members, Partitions: 8, Replicas: 3}))(t)
	var machines []*machine
	for i := range m.Members {
		machines = append(machines, startMachine(t, m, i, peers[i], fronts[i]))
	}
	return machines
}

func startMachine(t *testing.T, m ring.Map, i int, peers, front net.Listener) *machine {
	t.Helper()
	id := actors.NodeID(m.Members[i].ID)
	log := slog.New(slog.DiscardHandler)
	dir := filepath.Join(t.TempDir(), fmt.Sprint(id))
	store := must(disk.Open(dir, disk.Identity{Cluster: m.Cluster, Node: id}))(t)
	engine := must(hollywood.New(hollywood.Config{Node: id, Storage: store, Log: log}))(t)
	others := map[actors.NodeID]string{}
	for _, member := range m.Members {
		others[actors.NodeID(member.ID)] = member.Address
	}
	transport := must(tcp.New(tcp.Config{
		Node: id, Cluster: m.Cluster, Incarnation: store.Incarnation(), Listener: peers,
		Peers: others, Codec: wire.Codec{}, Deliver: engine.Deliver, Log: log,
	}))(t)
	engine.SetTransport(transport)
	engine.Spawn(node.Name, node.New(node.Default(m)))
	user := must(client.Attach(t.Context(), engine, id, client.Config{Log: log, Timeout: patience}))(t)
	server := resp.New(resp.Config{Store: user, Self: uint64(id)})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(front) })
	stop := sync.OnceFunc(func() {
		server.Close()
		serving.Wait()
		user.Close()
		transport.Close()
		engine.Stop()
		store.Close()
	})
	t.Cleanup(stop)
	return &machine{redis: front.Addr().String(), stop: stop}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	return must(net.Listen("tcp", "127.0.0.1:0"))(t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// single connects to one node, cluster to all. Neither repeats anything by itself.
func single(t *testing.T, m *machine) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: m.redis, MaxRetries: -1, ReadTimeout: 2 * patience})
	t.Cleanup(func() { c.Close() })
	return c
}

func cluster(t *testing.T, machines []*machine) *redis.ClusterClient {
	options := redis.ClusterOptions{ReadTimeout: 2 * patience}
	for _, m := range machines {
		options.Addrs = append(options.Addrs, m.redis)
	}
	c := redis.NewClusterClient(&options)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestARealClusterAnswersEveryKindOfClient(t *testing.T) {
	machines := startCluster(t)
	ctx := t.Context()
	clients := []redis.Cmdable{cluster(t, machines)}
	for _, m := range machines {
		clients = append(clients, single(t, m))
	}
	for i, writer := range clients {
		fill(ctx, t, writer, i)
		for j, reader := range clients {
			check(ctx, t, reader, i, j)
		}
	}
	if n, err := clients[1].DBSize(ctx).Result(); n != 100 || err != nil {
		t.Errorf("DBSIZE: %d, %v", n, err)
	}
}

// fill sets a hundred keys in one pipeline and counts each of them up.
func fill(ctx context.Context, t *testing.T, c redis.Cmdable, round int) {
	t.Helper()
	commands, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for k := range 100 {
			p.Set(ctx, fmt.Sprint("key", k), 1000*round, 0)
			p.IncrBy(ctx, fmt.Sprint("key", k), int64(k))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("round %d: %v", round, err)
	}
	for k := range 100 {
		if sum := commands[2*k+1].(*redis.IntCmd).Val(); sum != int64(1000*round+k) {
			t.Errorf("round %d: key%d was counted to %d", round, k, sum)
		}
	}
}

// check reads what fill has written.
func check(ctx context.Context, t *testing.T, c redis.Cmdable, round, reader int) {
	t.Helper()
	for k := range 100 {
		got, err := c.Get(ctx, fmt.Sprint("key", k)).Int()
		if got != 1000*round+k || err != nil {
			t.Fatalf("round %d: client %d read key%d as %d, %v", round, reader, k, got, err)
		}
	}
}

func TestNoAcknowledgedWriteIsLostOrDoneTwiceWhenANodeStops(t *testing.T) {
	machines := startCluster(t)
	var done, unsure atomic.Int64
	stopped := make(chan struct{})
	var workers sync.WaitGroup
	for w := range 8 {
		c := single(t, machines[w%2]) // the third is to be stopped
		workers.Go(func() {
			for ended := false; !ended; {
				select {
				case <-stopped:
					ended = true // after one more
				default:
				}
				count(c, &done, &unsure)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	machines[2].stop()
	time.Sleep(500 * time.Millisecond)
	close(stopped)
	workers.Wait()
	least, most := done.Load(), done.Load()+unsure.Load()
	t.Logf("%d increments acknowledged, %d unsure", least, most-least)
	if total := sum(t, machines[0]); total < least || total > most || least == 0 {
		t.Errorf("counted to %d; %d were acknowledged, %d more may have happened", total, least, most-least)
	}
}

// count adds one to each of eight counters, in one pipeline.
func count(c *redis.Client, done, unsure *atomic.Int64) {
	ctx := context.Background()
	commands, _ := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for k := range 8 {
			p.Incr(ctx, fmt.Sprint("counter", k))
		}
		return nil
	})
	for _, command := range commands {
		var answer redis.Error
		switch err := command.Err(); {
		case err == nil:
			done.Add(1)
		case errors.As(err, &answer) && !strings.HasPrefix(err.Error(), "UNKNOWN "):
			// Nothing happened.
		default:
			unsure.Add(1)
		}
	}
}

func sum(t *testing.T, m *machine) (total int64) {
	t.Helper()
	c := single(t, m)
	for k := range 8 {
		n, err := c.Get(t.Context(), fmt.Sprint("counter", k)).Int64()
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

func TestClusterClientsLearnOfANewLeader(t *testing.T) {
	machines := startCluster(t)
	machines[2].stop()
	c := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{machines[0].redis}, ClusterStateReloadInterval: 100 * time.Millisecond,
	})
	t.Cleanup(func() { c.Close() })
	for k := range 20 {
		var err error
		for range 20 { // a few seconds
			if err = c.Set(t.Context(), fmt.Sprint("k", k), k, 0).Err(); err == nil {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestARealClusterHoldsLongValues(t *testing.T) {
	ctx, c := t.Context(), single(t, startCluster(t)[0])
	want := ""
	for i := range 3 {
		piece := strings.Repeat(fmt.Sprint(i), 4<<20)
		want += piece
		if n, err := c.Append(ctx, "long", piece).Result(); n != int64(len(want)) || err != nil {
			t.Fatalf("Append: %d, %v", n, err)
		}
	}
	if got, err := c.Get(ctx, "long").Result(); got != want || err != nil {
		t.Errorf("Get: %d bytes, %v", len(got), err)
	}
}
