package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
	"github.com/understudy-kv/understudy/actors/tcp"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
)

// connectTimeout is how long [New] tries if its context sets no time.
const connectTimeout = 10 * time.Second

// New connects to a cluster. It returns once a node has told the cluster map; which
// nodes are up beside it does not matter. The error tells what each address answered.
func New(ctx context.Context, c Config) (*Client, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, connectTimeout)
		defer cancel()
	}
	first, err := discover(ctx, c)
	if err != nil {
		return nil, err
	}
	client, transport, err := assemble(c, first)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	config := ActorConfig{Contacts: []actors.NodeID{first.Node}, Once: true, Timeout: c.Timeout}
	return client.start(ctx, config, func(m node.ClusterMap) {
		for _, member := range m.Members {
			transport.Learn(actors.NodeID(member.ID), member.Address)
		}
	})
}

// A contact is a node that answered.
type contact struct {
	tcp.Identity
	address string
}

// discover returns the first node that answers at any of the addresses.
func discover(ctx context.Context, c Config) (contact, error) {
	if len(c.Addresses) == 0 {
		return contact{}, errors.New(
			"client: no address given: name at least one node of the cluster, as host:port")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		contact
		err error
	}
	answers := make(chan answer, len(c.Addresses))
	for _, address := range c.Addresses {
		go func() {
			id, err := tcp.Probe(ctx, address, c.TLS)
			answers <- answer{contact{id, address}, err}
		}()
	}
	var failures []error
	for range c.Addresses {
		a := <-answers
		if a.err == nil {
			return a.contact, nil
		}
		failures = append(failures, a.err)
	}
	return contact{}, fmt.Errorf("client: no node of the cluster answers: %w", errors.Join(failures...))
}

// assemble makes an engine of its own for a client, under an id that is drawn at
// random, and a transport that only dials.
func assemble(c Config, first contact) (*Client, *tcp.Transport, error) {
	self := actors.ClientBit | actors.NodeID(random())
	engine, err := hollywood.New(hollywood.Config{Node: self, Log: c.Log})
	if err != nil {
		return nil, nil, err
	}
	transport, err := tcp.New(tcp.Config{
		Node:    self,
		Cluster: first.Cluster,
		Peers:   map[actors.NodeID]string{first.Node: first.address},
		Codec:   wire.Codec{},
		Deliver: engine.Deliver,
		TLS:     c.TLS,
		Log:     c.Log,
	})
	if err != nil {
		engine.Stop()
		return nil, nil, err
	}
	engine.SetTransport(transport)
	end := func() {
		engine.Stop()
		transport.Close() // what it says of its listener does not matter: it has none
	}
	return &Client{engine: engine, close: end}, transport, nil
}
