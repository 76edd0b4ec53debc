package client

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// A Call is one request and what came of it. Its operations take effect together,
// so all keys lie in one partition; keys that share a hash tag do. From [Submit]
// until Done a Call and all that it points to belong to the client. After Done it
// may be submitted again, unless it was cancelled.
type Call struct {
	Ops []kv.Op
	// Partition is where the call goes if its first operation is a scan or a size,
	// which have no key to tell.
	Partition int
	// Stream, unless zero, keeps this call in order with others of the same stream
	// that share a key with it, as the package comment says. A scan or a size is kept
	// in order with nothing.
	Stream uint64
	// Timeout is how long to try, counted from when the actor takes the call. Zero
	// stands for the timeout of the client.
	Timeout time.Duration
	// Done is called once, by the actor, when Results and Err say what came of the
	// call. It must not block.
	Done func(*Call)

	// Results holds a result for each of Ops if Err is nil. Its bytes may be shared
	// with the store that answered, so they must not be changed.
	Results []kv.Result
	// Err is nil or an [*Error].
	Err error

	flight
}

// A flight is what the actor knows of a call under way. A call stands in at most one
// queue of its partition: waiting for a leader, or sent.
type flight struct {
	actor     *Actor
	partition *partition // nil until there is a map
	queue     link[*Call]
	deadline  alarm

	places   []place // in the order of its stream
	onePlace [1]place
	ahead    int // how many places are not the first of their line

	readyAt time.Duration // when it joined the queue of those to be sent
	write   bool
	session *session // nil until the first send, and for reads
	serial  uint64
	body    []byte     // the encoded command, the same at each send
	since   raft.Stamp // the newest stamp seen at the first send

	number   uint64 // of the requests; zero until the first send
	sends    int
	refusals int // answers saying that nothing came of the send they answer
	crowds   int // refusals for lack of room
	weight   int // bytes
	sentTo   actors.NodeID
	sentAt   time.Duration
}

// expire is called at the deadline.
func (c *Call) expire(actors.Context) { c.actor.giveUp(c, c.reason()) }

// reason says why the deadline passed.
func (c *Call) reason() error {
	switch {
	case c.partition == nil:
		return errNoMap
	case c.partition.leader == 0 && c.sends == 0:
		return errNoLeader
	case c.crowdedOut():
		return errCrowded
	default:
		return errTimeout
	}
}

// stepOut takes a call out of the queue that it is in, if any.
func (c *Call) stepOut() {
	switch {
	case c.partition != nil && c.queue.in == &c.partition.flying:
		c.partition.aloft.remove(c)
	case c.queue.in == &c.actor.homeless:
		c.actor.crowd.remove(c)
	}
	c.queue.leave()
}

// fate classifies a call that ends without an answer. A refusal speaks for one copy
// of a request; where the network may repeat messages, another copy can still be
// accepted, and only what was never sent is known to come to nothing.
func (c *Call) fate(once bool) Code {
	refused := c.sends == 0 || once && c.refusals == c.sends
	if c.write && !refused {
		return Unknown
	}
	return Unavailable
}

// fail returns an error for c.
func (c *Call) fail(code Code, cause error) *Error {
	e := &Error{Code: code, Op: "call", Err: cause}
	if len(c.Ops) > 0 {
		e.Op, e.Key = c.Ops[0].Kind.String(), string(c.Ops[0].Key)
	}
	return e
}

// keyless reports whether c says by Partition where it goes.
func (c *Call) keyless() bool { return c.Ops[0].Kind == kv.Scan || c.Ops[0].Kind == kv.Size }

// validate returns why no store would ever run c, or nil.
func (c *Call) validate() error {
	if len(c.Ops) == 0 {
		return errEmpty
	}
	command := kv.Command{Ops: c.Ops, Session: kv.Session{ID: 1, Serial: 1}}
	return command.Validate()
}
