package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// clientName is what the actor of each client is called.
const clientName = "client/1"

// parts are what a cluster is made of. Tests put broken ones in, to see that the
// oracles notice.
type parts struct {
	codec   sim.Codec
	machine func() peer.StateMachine
	disk    func(*disk.Disk) sim.Disk
	log     *slog.Logger // nil: nobody reads what the nodes log
}

func realParts(p plan.Plan) parts {
	ttl := cmp.Or(time.Duration(p.Limits.Session)*time.Millisecond, time.Duration(kv.SessionTTL))
	return parts{
		codec:   wire.Codec{},
		machine: func() peer.StateMachine { return node.NewMachine(ttl) },
		disk:    func(d *disk.Disk) sim.Disk { return d },
	}
}

// build makes the world of a plan: servers that boot, clients that wait.
func (r *run) build(observers []func(*sim.Event)) {
	p := &r.plan
	r.network = network.New(func(purpose string, keys ...uint64) network.Stream {
		return p.Seed.Stream("network "+purpose, keys...)
	})
	r.world = sim.New(sim.Config{
		Seed: p.Seed, Network: r.network, Codec: r.parts.codec, NewDisk: r.newDisk, Log: r.parts.log,
		RunMax: p.Limits.Run, MailMax: p.Limits.Mailbox,
	})
	for _, o := range observers {
		r.world.Observe(sim.Every, o)
	}
	r.watch = newWatch(r.world, r.settings().Snapshots, r.violate)
	r.place()
	r.weather()
	for _, n := range r.servers {
		r.addServer(n)
	}
	for i := range p.Work.Clients {
		r.addClient(actors.ClientBit | actors.NodeID(i+1))
	}
}

// place draws the cluster map.
func (r *run) place() {
	p := &r.plan
	members := make([]ring.Member, p.Cluster.Nodes)
	for i := range members {
		members[i] = ring.Member{ID: ring.NodeID(i + 1)}
		r.servers = append(r.servers, actors.NodeID(i+1))
	}
	owners, err := ring.Place(ring.Config{Members: members, Partitions: p.Cluster.Partitions, Replicas: p.Cluster.Replication})
	if err != nil {
		panic(fmt.Sprintf("a plan that cannot be placed: %v", err))
	}
	r.places = ring.Map{Cluster: 1, Epoch: 1, Members: members, Owners: owners}
	for i, replicas := range owners {
		voters := make([]check.Node, len(replicas))
		for j, n := range replicas {
			voters[j] = check.Node(n)
		}
		r.watch.consensus.AddGroup(groupAt(i), voters)
		r.watch.leaders[groupAt(i)] = voters[0] // until somebody is seen to lead
	}
}

func groupAt(partition int) check.Group { return check.Group(node.Group(partition)) }

// weather sets how packets fare at all times.
func (r *run) weather() {
	n := r.plan.Network
	r.network.Add(usualDelay, network.Delay{
		Floor: n.Latency / 2, Mean: n.Latency / 2, TailChance: n.Tail, Tail: 100 * n.Latency,
	})
	for _, p := range r.plan.Pairs {
		r.network.Add(farLink, network.Slow{A: actors.NodeID(p.A), B: actors.NodeID(p.B), Wait: p.Wait})
	}
	late := n.Late
	if late == 0 {
		late = 200 * n.Latency
	}
	rules := []struct {
		name   string
		chance float64
		rule   network.Rule
	}{
		{"loss", n.Loss, network.Loss{Chance: n.Loss}},
		{"duplicate", n.Duplicate, network.Duplicate{Chance: n.Duplicate, Late: late, Until: r.plan.Duration}},
		{"reorder", n.Reorder, network.Reorder{Chance: n.Reorder, Max: 10 * n.Latency}},
	}
	for _, w := range rules {
		if w.chance > 0 {
			r.lifts = append(r.lifts, r.network.Add(w.name, w.rule))
		}
	}
	if b := r.plan.Limits.Bandwidth; b > 0 {
		r.lifts = append(r.lifts, r.network.Add(narrowLink, network.NewBandwidth(b, max(r.plan.Limits.Queue, 1))))
	}
}

// Names of rules of the network that no strike orders.
const (
	usualDelay = "delay"
	farLink    = "far link"
	narrowLink = "narrow link"
)

func (r *run) newDisk(n actors.NodeID, after func(time.Duration, func())) sim.Disk {
	d := r.plan.Disk
	c := disk.Config{
		After: after,
		Pace:  r.plan.Seed.Stream("disk pace", uint64(n)),
		Fate:  r.plan.Seed.Stream("disk fate", uint64(n)),
		Sync:  disk.Latency{Floor: d.Sync / 4, Mean: d.Sync * 3 / 4, TailChance: 0.01, Tail: 20 * d.Sync},
		Open:  disk.Latency{Floor: time.Millisecond, Mean: 10 * time.Millisecond},
		File:  disk.Latency{Floor: d.Sync / 4, Mean: d.Sync * 3 / 4, TailChance: 0.01, Tail: 20 * d.Sync},
		// A small disk of the cloud; so a snapshot takes its time.
		BytesPerSecond: 100 << 20,
		TornChance:     d.Torn,
		Observer:       newPlatter(r.watch, check.Node(n)),
	}
	r.addFiles(n, &c)
	r.disks[n] = disk.New(c)
	return r.parts.disk(r.disks[n])
}

// settings are those that all servers share.
func (r *run) settings() node.Config {
	c := node.Default(r.places)
	c.Raft.Leases = r.plan.Cluster.Leases
	limit(&c, r.plan.Limits)
	return c
}

// addServer adds a node and sets its clocks as the plan says.
func (r *run) addServer(id actors.NodeID) {
	config := r.settings()
	config.Machine = func(g journal.GroupID) peer.StateMachine {
		return &watched{
			StateMachine: r.parts.machine(), group: check.Group(g), node: check.Node(id), watch: r.watch,
		}
	}
	r.world.AddNode(id, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(node.Name, node.New(config))
	})
	for _, skew := range r.plan.Clocks {
		if skew.Node == int(id) {
			r.world.Clock(id).SetDrift(int64(skew.Drift))
			r.world.Clock(id).ShiftWall(skew.Offset)
			r.drifts(id, skew.Drift)
		}
	}
	r.world.SetCost(id, r.cost(id))
	r.costs(id, r.cost(id))
}

// cost is how long a call of an actor takes on a server.
func (r *run) cost(id actors.NodeID) time.Duration {
	for _, m := range r.plan.Machines {
		if m.Node == int(id) {
			return m.Cost
		}
	}
	return sim.DefaultCost
}

// limit sets what the plan limits.
func limit(c *node.Config, l plan.Limits) {
	for _, z := range []struct {
		drawn int
		limit *int
	}{
		{l.Snapshot, &c.SnapshotBytes}, {l.Trailing, &c.Raft.Trailing}, {l.Generation, &c.GenerationBytes},
		{l.Batch, &c.Raft.BatchBytes}, {l.Inflight, &c.Raft.InflightMessages},
		{l.Uncommitted, &c.Raft.UncommittedBytes}, {l.Piece, &c.PieceBytes},
		{l.Flight, &c.Raft.InflightBytes},
	} {
		if z.drawn > 0 {
			*z.limit = z.drawn
		}
	}
	hurry(&c.Snapshots, cmp.Or(time.Duration(l.Patience)*time.Millisecond, snapshot.DefaultPatience))
}

// hurry sets the patience of a keeper, and what is in proportion to it.
func hurry(c *snapshot.Config, patience time.Duration) {
	c.Patience = patience
	c.Idle = patience / (snapshot.DefaultPatience / snapshot.DefaultIdle)
	c.Retry = patience / (snapshot.DefaultPatience / snapshot.DefaultRetry)
}

// addClient adds a client process and the lanes that work through it.
func (r *run) addClient(id actors.NodeID) {
	r.world.AddNode(id, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(clientName, client.NewActor(client.ActorConfig{
			Contacts: r.servers, SessionTTL: time.Duration(r.plan.Limits.Session) * time.Millisecond,
			Once: r.plan.Network.Duplicate == 0,
		}))
	})
	ref := actors.Ref{Node: id, Name: clientName}
	r.clients = append(r.clients, ref)
	for i := range lanesPerClient {
		r.lanes = append(r.lanes, newLane(r.world, ref, i, &r.plan, r.keys, r.history, r.watch.contract, &r.counts))
	}
}

// probeAgain is how long it takes until a probe that came to nothing is repeated.
const probeAgain = 100 * time.Millisecond

// probe writes to a partition until it succeeds. Its outcome may be unknown before its
// time is up, to a client that has not heard for so long that its new session is old.
func (r *run) probe(partition int) {
	r.world.Send(r.clients[0], client.Submit{Calls: []*client.Call{{
		Ops:     []kv.Op{{Kind: kv.Put, Key: r.keyIn(partition), Value: []byte("alive")}},
		Timeout: healLimit,
		Done: func(c *client.Call) {
			var failure *client.Error
			switch {
			case c.Err == nil:
				r.progress++
			case !errors.As(c.Err, &failure) || failure.Code == client.Invalid:
				r.fail(check.Progress, fmt.Sprintf("a write to partition %d was refused: %v", partition, c.Err))
			default:
				r.world.After(probeAgain, func() { r.probe(partition) })
			}
		},
	}}})
}

// keyIn returns a key of a partition that no client of the workload uses.
func (r *run) keyIn(partition int) []byte {
	for i := 0; ; i++ {
		key := fmt.Appendf(nil, "probe-%d", i)
		if r.places.Locate(key) == partition {
			return key
		}
	}
}
