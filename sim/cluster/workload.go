package cluster

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// lanesPerClient is how many operations one client has in flight: they share its
// sessions, so that commands of one session overtake one another.
const lanesPerClient = 2

// callTimeout is how long an operation of the workload is tried. It is longer than
// an election and shorter than most faults, so that some outcomes stay unknown.
const callTimeout = 3 * time.Second

// A lane does one operation after the other, through the actor of its client, and
// keeps the history of what it was told.
type lane struct {
	world    *sim.World
	client   actors.Ref
	number   int    // of the lane, among those of its client
	stem     string // of the values that it writes
	plan     *plan.Plan
	pace     *sim.Stream
	chance   *sim.Stream // of the operation under way
	process  *check.Process
	contract *check.Contract
	turns    int // operations so far, also those that the plan leaves out
	keys     keyring
	seen     map[string]string // by key: the value read last, for compare-and-set
	running  *errand           // nil if there is none
	until    time.Duration
	counts   *counts
}

// An errand is an operation under way.
type errand struct {
	key   int
	name  []byte // of the key
	asked *check.Operation
}

// counts is what the clients of a run were told.
type counts struct {
	answered, unavailable, unknown int
}

func newLane(w *sim.World, c actors.Ref, number int, p *plan.Plan, k keyring, h *check.History, t *check.Contract, n *counts) *lane {
	return &lane{
		world:    w,
		client:   c,
		number:   number,
		stem:     fmt.Sprintf("%v.%d:", c.Node, number),
		plan:     p,
		pace:     w.Stream("pace", uint64(c.Node), uint64(number)),
		process:  h.NewProcess(),
		contract: t,
		keys:     k,
		seen:     map[string]string{},
		until:    p.Duration,
		counts:   n,
	}
}

// turn begins the next operation if the last one is done. It runs again and again
// until the time is up. Each operation has a stream of its own, so that one that is
// left out changes no other.
func (l *lane) turn() {
	if l.running == nil && l.world.Now() < l.until && l.world.Up(l.client.Node) {
		l.turns++
		l.chance = l.world.Stream("operation", uint64(l.client.Node), uint64(l.number), uint64(l.turns))
		if l.plan.Work.Does(l.clientNumber(), l.number, l.turns) {
			key := l.chance.IntN(l.plan.Work.Keys)
			l.do(key, l.draw(key))
		}
	}
	if l.running != nil || l.world.Now() < l.until {
		l.world.After(1+l.pace.Exp(l.plan.Work.Pause), l.turn)
	}
}

// clientNumber is the number of the client in the plan.
func (l *lane) clientNumber() int { return int(l.client.Node &^ actors.ClientBit) }

// draw makes up an operation on a key. Every third key is a counter.
func (l *lane) draw(key int) kv.Op {
	op := kv.Op{Key: l.keys.use(key)}
	if l.chance.Chance(l.plan.Work.Reads) {
		return l.drawRead(op)
	}
	if key%3 == 2 && !l.chance.Chance(0.05) {
		op.Kind, op.Delta = kv.Add, int64(1+l.chance.IntN(9))
		return op
	}
	return l.drawWrite(key, op)
}

// drawRead reads a part, often one that reaches out of the value, as often as a whole.
func (l *lane) drawRead(op kv.Op) kv.Op {
	op.Kind = []kv.Kind{kv.Get, kv.Get, kv.Range, kv.Range, kv.Exists, kv.Length}[l.chance.IntN(6)]
	if op.Kind == kv.Range {
		op.Offset, op.Until = l.position(), l.position()
	}
	return op
}

// position is one of the first bytes of a value, or of the last, or none.
func (l *lane) position() int64 { return int64(l.chance.IntN(25)) - 12 }

func (l *lane) drawWrite(key int, op kv.Op) kv.Op {
	op.Kind = kv.Put
	op.Value = strconv.AppendInt([]byte(l.stem), int64(l.turns), 10)
	op.ReturnOld = l.chance.Chance(0.2)
	switch l.chance.IntN(9) {
	case 0:
		op.Kind, op.Value = kv.Delete, nil
	case 1:
		op.Kind, op.ReturnOld = kv.Append, false
		op.Value = append(op.Value, ' ')
	case 2:
		op.If = kv.IfAbsent
	case 3:
		op.If = kv.IfPresent
	case 4:
		op.If, op.Expected = kv.IfValue, []byte(l.seen[string(op.Key)])
	case 5:
		op.Kind, op.Offset = kv.Overwrite, int64(l.chance.IntN(24))
	}
	if key%3 == 2 {
		op = kv.Op{Kind: kv.Delete, Key: op.Key} // a counter holds numbers only
	}
	return op
}

// do gives an operation to the client.
func (l *lane) do(key int, op kv.Op) {
	ops := []kv.Op{op}
	e := &errand{key: key, name: op.Key, asked: l.contract.Begin(uint64(l.client.Node), ops)}
	l.running = e
	l.process.Invoke(l.world.Now(), op)
	l.world.Send(l.client, client.Submit{Calls: []*client.Call{{
		Ops:     ops,
		Timeout: callTimeout,
		Done:    func(c *client.Call) { l.done(e, c) },
	}}})
}

// done tells the oracles what the client was told.
func (l *lane) done(e *errand, c *client.Call) {
	l.running = nil
	var failure *client.Error
	switch {
	case c.Err == nil:
		l.counts.answered++
		l.process.Answer(l.world.Now(), c.Results[0])
		e.asked.Answered(c.Results)
		if c.Ops[0].Kind == kv.Get {
			l.seen[string(c.Ops[0].Key)] = string(c.Results[0].Value)
		}
	case errors.As(c.Err, &failure) && failure.Code == client.Unknown:
		l.lose(e)
	default:
		l.counts.unavailable++
		l.process.Fail()
		e.asked.Failed()
	}
}

// lose tells the oracles that the client will never know.
func (l *lane) lose(e *errand) {
	l.counts.unknown++
	l.process.Lose()
	e.asked.Lost()
	l.keys.lost(e.key, e.name)
}

// abandon ends the operation under way, if there is one, because the process of the
// client is gone.
func (l *lane) abandon() {
	if e := l.running; e != nil {
		l.running = nil
		l.lose(e)
	}
}
