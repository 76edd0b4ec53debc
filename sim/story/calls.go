package story

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// fewCalls is how many operations a story tells one by one.
const fewCalls = 12

// An operation is what one client was asked for.
type operation struct {
	client  actors.NodeID
	call    *client.Call
	text    string
	key     string
	begun   time.Duration
	ended   time.Duration // or zero
	outcome string
}

// calls are the operations of all clients. A client says nothing when one ends; so what
// is open is looked at whenever the client does the next thing.
type calls struct {
	all  []*operation
	open []*operation
	last map[actors.NodeID]time.Duration // when each client did something last
}

func (c *calls) observe(e *sim.Event) {
	c.settle(e.Node)
	c.last[e.Node] = e.At
	if e.Kind == sim.Crashed {
		c.open = slices.DeleteFunc(c.open, func(o *operation) bool { return o.client == e.Node }) // nobody will be told
		return
	}
	asked, ok := e.Message.(client.Submit)
	if !ok || e.Kind != sim.Received {
		return
	}
	for _, one := range asked.Calls {
		ops := make([]string, len(one.Ops))
		for i, o := range one.Ops {
			ops[i] = o.String()
		}
		o := &operation{client: e.Node, call: one, text: strings.Join(ops, ", "), key: string(one.Ops[0].Key), begun: e.At}
		c.all, c.open = append(c.all, o), append(c.open, o)
	}
}

// settle ends what a client ended when it did something last.
func (c *calls) settle(n actors.NodeID) {
	c.open = slices.DeleteFunc(c.open, func(o *operation) bool {
		if o.client != n || o.call.Err == nil && o.call.Results == nil {
			return false
		}
		o.ended, o.outcome = c.last[n], outcome(o.call)
		return true
	})
}

// outcome says what a client was told.
func outcome(c *client.Call) string {
	var failure *client.Error
	switch {
	case c.Err == nil:
		parts := make([]string, len(c.Results))
		for i, r := range c.Results {
			r.Version = 0 // a stamp tells a reader nothing
			parts[i] = r.String()
		}
		return strings.Join(parts, ", ")
	case errors.As(c.Err, &failure) && failure.Code == client.Unknown:
		return "that nobody knows what came of it"
	}
	return "that it failed for certain"
}

// lines tells the operations that matter: those on the key that has no order, or the
// last ones before the end.
func (c *calls) lines(r cluster.Report) (lines []*line) {
	for n := range c.last { // any order: each client for itself
		c.settle(n)
	}
	end, key := r.Simulated, ""
	if len(r.Violations) > 0 {
		end = r.Violations[0].At
		if r.Violations[0].Oracle == check.Linearizability {
			key = r.Judgement.Key
		}
	}
	w, told := detail, slices.DeleteFunc(slices.Clone(c.all), func(o *operation) bool {
		return o.begun > end || key != "" && o.key != key
	})
	if len(told) <= fewCalls {
		w = call
	}
	for _, o := range told {
		lines = append(lines, &line{o.begun, w, o.tell(end)})
	}
	return lines
}

// tell tells an operation as far as it is known at end.
func (o *operation) tell(end time.Duration) string {
	text := fmt.Sprintf("client %d asked: %s", o.client&^actors.ClientBit, o.text)
	if o.ended == 0 || o.ended > end {
		return text + "; it was told nothing until the end"
	}
	return text + fmt.Sprintf("; at %.3f s it was told: %s", o.ended.Seconds(), o.outcome)
}
