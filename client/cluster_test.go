package client_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/disk"
	"github.com/understudy-kv/understudy/actors/hollywood"
	"github.com/understudy-kv/understudy/actors/tcp"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/ring"
)

// A cluster is real nodes in this process: they talk over loopback and keep their
// data on disk.
type cluster struct {
	addresses []string
	servers   []*server
	dir       string
}

// A server is one node.
type server struct {
	engine    *hollywood.Engine
	transport *tcp.Transport
	disk      *disk.Store
}

// startCluster starts that many nodes, with four partitions of three replicas, or as
// many as there are nodes.
func startCluster(nodes int) *cluster {
	c := &cluster{dir: must(os.MkdirTemp("", "understudy"))}
	var listeners []net.Listener
	m := ring.Map{Cluster: 7, Epoch: 1}
	for i := range nodes {
		l := must(net.Listen("tcp", "127.0.0.1:0"))
		listeners = append(listeners, l)
		c.addresses = append(c.addresses, l.Addr().String())
		m.Members = append(m.Members, ring.Member{ID: uint64(i + 1), Address: l.Addr().String()})
	}
	m.Owners = must(ring.Place(ring.Config{Members: m.Members, Partitions: 4, Replicas: min(nodes, 3)}))
	for i, l := range listeners {
		c.servers = append(c.servers, startServer(filepath.Join(c.dir, fmt.Sprint(i+1)), m, i, l))
	}
	return c
}

func startServer(dir string, m ring.Map, i int, l net.Listener) *server {
	id := actors.NodeID(m.Members[i].ID)
	store := must(disk.Open(dir, disk.Identity{Cluster: m.Cluster, Node: id}))
	log := slog.New(slog.DiscardHandler)
	engine := must(hollywood.New(hollywood.Config{Node: id, Storage: store, Log: log}))
	peers := map[actors.NodeID]string{}
	for _, member := range m.Members {
		peers[actors.NodeID(member.ID)] = member.Address
	}
	transport := must(tcp.New(tcp.Config{
		Node: id, Cluster: m.Cluster, Incarnation: store.Incarnation(), Listener: l,
		Peers: peers, Codec: wire.Codec{}, Deliver: engine.Deliver, Log: log,
	}))
	engine.SetTransport(transport)
	engine.Spawn(node.Name, node.New(node.Default(m)))
	return &server{engine, transport, store}
}

func (c *cluster) stop() {
	for _, s := range c.servers {
		s.stop()
	}
	os.RemoveAll(c.dir)
}

func (s *server) stop() {
	s.transport.Close()
	s.engine.Stop()
	s.disk.Close()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
