package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"path/filepath"
	"sync"

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

// A shape is what all nodes of a cluster must agree on.
type shape struct {
	name        string // of the cluster
	members     []ring.Member
	partitions  int
	replication int
}

// places draws the cluster map.
func (s shape) places() (ring.Map, error) {
	owners, err := ring.Place(ring.Config{Members: s.members, Partitions: s.partitions, Replicas: s.replication})
	if err != nil {
		return ring.Map{}, err
	}
	return ring.Map{Cluster: s.id(), Epoch: 1, Members: s.members, Owners: owners}, nil
}

// id stands for the shape, addresses aside: nodes that were told different shapes
// place partitions differently, and must refuse one another and one another's data.
func (s shape) id() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%d", s.name, s.partitions, s.replication)
	for _, m := range s.members {
		fmt.Fprintf(h, "/%d %s", m.ID, m.Zone)
	}
	return max(h.Sum64(), 1)
}

// network stands for all that nodes must agree on to talk to one another. A leader
// trusts that those who follow it do so for an election timeout: if theirs were
// shorter, its leases would outlast their loyalty.
func (c serverConfig) network() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d", c.shape.id(), c.settings.election)
	return max(h.Sum64(), 1)
}

// A serverConfig says which node to run.
type serverConfig struct {
	shape
	settings settings
	id       ring.NodeID
	dir      string
	listen   string // for nodes and clients
	redis    string
	log      *slog.Logger
	// failed is told once why the node gave up.
	failed func(error)
}

// A server is one running node: the only place where the real world is assembled.
type server struct {
	store     *disk.Store
	engine    *hollywood.Engine
	transport *tcp.Transport
	client    *client.Client
	redis     *resp.Server
	wait      sync.WaitGroup
}

// startServer runs a node until [server.stop]. What cannot be had, such as a port
// or the data directory, is told at once.
func startServer(ctx context.Context, c serverConfig) (_ *server, err error) {
	s := &server{}
	defer func() {
		if err != nil {
			err = cmp.Or(stopWithin(c.settings.patience(), s.stop), err)
		}
	}()
	peers, err := listenOn(c.listen)
	if err != nil {
		return s, err
	}
	redis, err := listenOn(c.redis)
	if err != nil {
		peers.Close()
		return s, err
	}
	if err := s.assemble(c, peers); err != nil {
		redis.Close()
		return s, err
	}
	if s.client, err = client.Attach(ctx, s.engine, actors.NodeID(c.id), client.Config{Log: c.log}); err != nil {
		redis.Close()
		return s, err
	}
	s.redis = resp.New(resp.Config{Store: s.client, Self: uint64(c.id), Version: version(), Log: c.log})
	s.wait.Go(func() {
		if err := s.redis.Serve(redis); err != nil && !errors.Is(err, net.ErrClosed) {
			c.failed(fmt.Errorf("serving Redis clients: %w", err))
		}
	})
	return s, nil
}

// assemble starts the node's actors on a real disk and a real network.
func (s *server) assemble(c serverConfig, peers net.Listener) (err error) {
	places, err := c.places()
	if err != nil {
		peers.Close()
		return usage(err)
	}
	if s.store, err = disk.Open(c.dir, disk.Identity{Cluster: c.shape.id(), Node: actors.NodeID(c.id)}); err != nil {
		peers.Close()
		return explainDirectory(err)
	}
	s.engine, err = hollywood.New(hollywood.Config{
		Node: actors.NodeID(c.id), Storage: s.store, Log: c.log, Halt: c.failed,
	})
	if err != nil {
		peers.Close()
		return err
	}
	if err := s.connect(c, peers); err != nil {
		peers.Close()
		return err
	}
	s.engine.Spawn(node.Name, node.New(c.settings.apply(node.Default(places))))
	return nil
}

// connect gives the engine its network.
func (s *server) connect(c serverConfig, peers net.Listener) (err error) {
	addresses := make(map[actors.NodeID]string, len(c.members))
	for _, m := range c.members {
		if m.ID != c.id {
			addresses[actors.NodeID(m.ID)] = m.Address
		}
	}
	s.transport, err = tcp.New(tcp.Config{
		Node:        actors.NodeID(c.id),
		Cluster:     c.network(),
		Incarnation: s.store.Incarnation(),
		Directory:   s.store.Directory(),
		Listener:    peers,
		Peers:       addresses,
		Codec:       wire.Codec{},
		Deliver:     s.engine.Deliver,
		Log:         c.log,
	})
	if err == nil {
		s.engine.SetTransport(s.transport)
	}
	return err
}

// explainDirectory says what a user who named the right directory may have changed.
func explainDirectory(err error) error {
	if errors.Is(err, disk.ErrForeign) {
		return fmt.Errorf("%w. The name of the cluster, the numbers of its members, the partitions and the "+
			"replication factor must be those that the directory was made with", err)
	}
	return err
}

// stop ends the node in order: no more requests, no more messages, then the disk.
func (s *server) stop() {
	if s.redis != nil {
		s.redis.Close()
	}
	s.wait.Wait()
	if s.client != nil {
		s.client.Close()
	}
	if s.engine != nil {
		s.engine.Stop()
	}
	if s.transport != nil {
		s.transport.Close()
	}
	if s.store != nil {
		s.store.Close()
	}
}

// listenOn binds an address and says what to do when it is taken.
func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: choose another address, or end the process that has this one", err)
	}
	return l, nil
}

// nodeDir is where a node of a dev cluster keeps its data.
func nodeDir(data string, id ring.NodeID) string {
	return filepath.Join(data, fmt.Sprintf("node-%d", id))
}
