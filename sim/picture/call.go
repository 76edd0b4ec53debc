package picture

import (
	"errors"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/sim"
)

// An outcome is what a client was told. The page knows the outcomes by these numbers.
type outcome uint8

const (
	pending outcome = iota // nothing, until the end of the run
	answered
	failed  // that nothing happened, and nothing will
	unknown // that nobody knows
	outcomes
)

// outcomeNames are how the page calls the outcomes.
var outcomeNames = [outcomes]string{"no answer", "answered", "failed for certain", "outcome unknown"}

// A call is one operation of a client, from the turn in which its client took it to
// the turn in which it was told.
type call struct {
	node    actors.NodeID
	track   int // which bar of its client
	key     []byte
	begun   time.Duration
	ended   time.Duration
	asked   int // the row in which it began
	told    int // the row in which it ended, or none
	outcome outcome
	text    int // of calls.texts
	answer  int // of calls.texts

	flying *client.Call // until it is settled
}

// calls follows the operations of clients. A client says nothing when it ends one, so
// what is open is looked at whenever its node does the next thing; it ended in the
// turn before.
type calls struct {
	list  []call
	open  map[actors.NodeID][]int
	last  map[actors.NodeID]acted
	texts texts
}

// An acted is the last turn of a client.
type acted struct {
	at  time.Duration
	row int
}

func (c *calls) init() {
	c.open = map[actors.NodeID][]int{}
	c.last = map[actors.NodeID]acted{}
	c.texts.init()
	c.texts.add("")
}

// acted notes the turn in which calls may end from now on.
func (c *calls) acted(n actors.NodeID, at time.Duration, row int) {
	if n.IsClient() {
		c.last[n] = acted{at, row}
	}
}

// received takes a message of a client: perhaps it is asked for operations.
func (c *calls) received(e *sim.Event, row int) {
	c.acted(e.Node, e.At, row)
	asked, ok := e.Message.(client.Submit)
	if !ok {
		return
	}
	for _, one := range asked.Calls {
		c.begin(e, row, one)
	}
}

func (c *calls) begin(e *sim.Event, row int, one *client.Call) {
	open := c.open[e.Node]
	track := 0
	for slices.ContainsFunc(open, func(i int) bool { return c.list[i].track == track }) {
		track++
	}
	c.open[e.Node] = append(open, len(c.list))
	c.list = append(c.list, call{
		node: e.Node, track: track, key: slices.Clone(one.Ops[0].Key), begun: e.At, asked: row,
		text: c.texts.add(one.String()), flying: one,
	})
}

// settle ends the calls of a client that ended in its last turn.
func (c *calls) settle(n actors.NodeID) {
	open := c.open[n]
	if len(open) == 0 {
		return
	}
	c.open[n] = slices.DeleteFunc(open, func(i int) bool {
		one := &c.list[i]
		if one.flying.Err == nil && one.flying.Results == nil {
			return false
		}
		c.end(one, c.last[n])
		return true
	})
}

func (c *calls) end(one *call, when acted) {
	one.ended, one.told = when.at, when.row
	var failure *client.Error
	switch err := one.flying.Err; {
	case err == nil:
		one.outcome = answered
		one.answer = c.texts.add(describeResults(one.flying.Results))
	case errors.As(err, &failure) && failure.Code == client.Unknown:
		one.outcome, one.answer = unknown, c.texts.add(err.Error())
	default:
		one.outcome, one.answer = failed, c.texts.add(err.Error())
	}
	one.flying = nil
}

// crashed forgets what a client that crashed had begun: nobody will be told.
func (c *calls) crashed(n actors.NodeID) { delete(c.open, n) }

// finish ends what ended in the last turn of each client.
func (c *calls) finish() {
	for i := range c.list {
		c.settle(c.list[i].node)
	}
}

func describeResults(results []kv.Result) (text string) {
	for i, r := range results {
		if i > 0 {
			text += ", "
		}
		text += r.String()
	}
	return text
}
