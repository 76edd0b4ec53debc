package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
)

// A Config says how a [Client] works.
type Config struct {
	// Addresses are those of one or more nodes, as host:port. [New] needs one that
	// answers; the others are found through it.
	Addresses []string
	// TLS encrypts the connections that [New] makes, and shows who this client is. It
	// must fit what the nodes were given.
	TLS *tls.Config
	// Timeout is how long a call is tried whose context has no deadline: 5 s if zero.
	Timeout time.Duration
	// Log is told what the network goes through, [slog.Default] if nil.
	Log *slog.Logger
}

// A Client is one user of a cluster, safe for many goroutines.
type Client struct {
	engine *hollywood.Engine
	actor  actors.Ref
	gate   gate
	newest atomic.Pointer[node.ClusterMap]
	mapped chan struct{} // closed once there is a map
	close  func()        // ends what New began
}

// Attach returns a client that runs on the engine of a node of the cluster, self.
// It returns once that node has told the cluster map. The client is to be closed
// before the engine is stopped. Of c it needs no addresses.
func Attach(ctx context.Context, e *hollywood.Engine, self actors.NodeID, c Config) (*Client, error) {
	a := &Client{engine: e}
	config := ActorConfig{Contacts: []actors.NodeID{self}, Home: self, Once: true, Timeout: c.Timeout}
	return a.start(ctx, config, func(node.ClusterMap) {})
}

// start spawns the actor, whose name no earlier client on this node had: answers to
// that one must not reach this one. It waits for the map.
func (c *Client) start(
	ctx context.Context, config ActorConfig, learn func(node.ClusterMap),
) (*Client, error) {
	c.mapped = make(chan struct{})
	first := sync.OnceFunc(func() { close(c.mapped) })
	config.OnMap = func(m node.ClusterMap) {
		c.newest.Store(&m)
		learn(m)
		first()
	}
	c.actor = c.engine.Spawn(fmt.Sprintf("client/%d", random()), NewActor(config))
	c.gate.send = func(m actors.Message) { c.engine.Send(c.actor, m) }
	select {
	case <-c.mapped:
		return c, nil
	case <-ctx.Done():
		c.Close()
		return nil, fmt.Errorf("client: no node told the cluster map: %w", context.Cause(ctx))
	}
}

// random returns a number that no other client has.
func random() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// Submit begins calls, in their order, and returns at once. Each call's Done is
// called when it is over.
func (c *Client) Submit(calls []*Call) {
	if c.gate.enter(calls) {
		return
	}
	for _, call := range calls {
		call.Results, call.Err = nil, call.fail(Unavailable, errClosed)
		call.Done(call)
	}
}

// Do runs operations on keys of one partition together and returns a result for
// each, whose bytes must not be changed. When ctx ends first the call is given up;
// its error tells whether it may have taken effect all the same.
func (c *Client) Do(ctx context.Context, ops ...kv.Op) ([]kv.Result, error) {
	return c.run(ctx, &Call{Ops: ops})
}

// run does one call and waits for it.
func (c *Client) run(ctx context.Context, call *Call) ([]kv.Result, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, call.fail(Unavailable, err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		// Let the context end first, so that its error is the cause that is told.
		call.Timeout = time.Until(deadline) + time.Second
	}
	done := make(chan struct{})
	call.Done = func(*Call) { close(done) }
	c.Submit([]*Call{call})
	select {
	case <-done:
	case <-ctx.Done():
		c.engine.Send(c.actor, Cancel{Call: call, Err: context.Cause(ctx)})
		<-done
	}
	return call.Results, call.Err
}

// Map returns the newest cluster map this client has seen. It must not be changed.
func (c *Client) Map() node.ClusterMap { return *c.newest.Load() }

// Status asks one node how its replicas are.
func (c *Client) Status(ctx context.Context, id actors.NodeID) (node.NodeStatus, error) {
	done := make(chan struct{})
	q := &Inquiry{Node: id, Done: func(*Inquiry) { close(done) }}
	if deadline, ok := ctx.Deadline(); ok {
		q.Timeout = time.Until(deadline)
	}
	if !c.gate.pass(q) {
		return node.NodeStatus{}, q.fail(errClosed)
	}
	select {
	case <-done:
		return q.Status, q.Err
	case <-ctx.Done():
		return node.NodeStatus{}, q.fail(context.Cause(ctx))
	}
}

// Close gives up all calls and ends the client. It may be called more than once.
func (c *Client) Close() error {
	ended := make(chan struct{})
	if !c.gate.shut(Shut{Done: func() { close(ended) }}) || c.close == nil {
		return nil
	}
	<-ended
	c.close()
	return nil
}
