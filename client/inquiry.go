package client

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
)

// An Inquiry, sent to an [Actor] of the same process, asks a node for its status.
type Inquiry struct {
	Node    actors.NodeID
	Timeout time.Duration // zero stands for the timeout of the client
	// Done is called once, by the actor. It must not block.
	Done func(*Inquiry)

	Status node.NodeStatus
	Err    error // nil or an [*Error]

	actor    *Actor
	queue    link[*Inquiry]
	deadline alarm
}

func (a *Actor) inquire(ctx actors.Context, q *Inquiry) {
	q.actor, q.queue.value = a, q
	switch {
	case a.closed:
		q.finish(errClosed)
		return
	case a.inquiries.count >= a.config.Limit:
		q.finish(errTooMany)
		return
	}
	timeout := q.Timeout
	if timeout <= 0 {
		timeout = a.config.Timeout
	}
	a.inquiries.push(&q.queue)
	a.wheel.set(&q.deadline, q, a.now+timeout)
	ctx.Send(actors.Ref{Node: q.Node, Name: node.Name}, node.StatusRequest{})
}

// report gives the status of a node to all who asked for it.
func (a *Actor) report(from actors.NodeID, s node.NodeStatus) {
	for k := a.inquiries.first; k != nil; {
		q := k.value
		k = k.next
		if q.Node == from {
			q.Status = s
			q.finish(nil)
		}
	}
}

func (q *Inquiry) expire(actors.Context) { q.finish(errTimeout) }

func (q *Inquiry) finish(cause error) {
	q.queue.leave()
	q.deadline.leave()
	if cause != nil {
		q.Err = q.fail(cause)
	}
	q.Done(q)
}

func (q *Inquiry) fail(cause error) error {
	return &Error{Code: Unavailable, Op: "status of node " + q.Node.String(), Err: cause}
}
