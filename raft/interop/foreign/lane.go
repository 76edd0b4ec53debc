package foreign

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

const (
	// callTimeout is how long a client waits for an answer.
	callTimeout = 1500 * time.Millisecond
	// maxOpenWrites is how many writes without an answer one key may collect before it
	// is replaced: each doubles the orders that have to be searched.
	maxOpenWrites = 3
)

type (
	begin struct{}
	lapse struct{ serial uint64 }
)

// A workload is what all clients of a run share.
type workload struct {
	plan    Plan
	now     func() time.Duration
	history check.History
	keys    []keyring
	reads   int // answered
	writes  int // answered
	lost    int
	refused int
}

// A keyring is one key, and its replacements.
type keyring struct{ generation, open int }

// A lane is a client that does one thing after the other, until the time is up. It
// asks one server until that one disappoints it.
type lane struct {
	*workload
	number  uint64
	process *check.Process
	server  raft.ID
	serial  uint64
	running bool
	key     int
	op      kv.Op
	cancel  func()
}

// Receive implements [actors.Actor].
func (l *lane) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		l.choose(ctx)
		l.pause(ctx)
	case begin:
		if l.now() < l.plan.Duration {
			l.ask(ctx)
		}
	case response:
		if l.running && m.serial == l.serial {
			l.cancel()
			l.answered(ctx, m.result)
			l.pause(ctx)
		}
	case lapse:
		if l.running && m.serial == l.serial {
			l.lose()
			l.choose(ctx)
			l.pause(ctx)
		}
	}
}

// choose picks a server.
func (l *lane) choose(ctx actors.Context) { l.server = raft.ID(1 + ctx.Rand()%uint64(l.plan.Nodes)) }

func (l *lane) pause(ctx actors.Context) {
	l.running = false
	ctx.After(time.Duration(ctx.Rand()%uint64(2*l.plan.Think)), begin{})
}

// ask begins an operation. Every other key is a counter.
func (l *lane) ask(ctx actors.Context) {
	l.serial++
	l.running = true
	l.key = int(ctx.Rand() % uint64(len(l.keys)))
	l.op = kv.Op{Kind: kv.Put, Key: l.name(), Value: fmt.Appendf(nil, "%d:%d", l.number, l.serial)}
	switch {
	case float64(ctx.Rand()%1000) < 1000*l.plan.Reads:
		l.op = kv.Op{Kind: kv.Get, Key: l.name()}
	case l.key%2 == 1:
		l.op = kv.Op{Kind: kv.Add, Key: l.name(), Delta: 1}
	}
	if ctx.Rand()%8 == 0 {
		l.choose(ctx)
	}
	l.process.Invoke(l.now(), l.op)
	ctx.Send(refOf(l.server), request{command{l.number, l.serial, l.op}})
	l.cancel = ctx.After(callTimeout, lapse{l.serial})
}

func (l *lane) name() []byte { return fmt.Appendf(nil, "%d-%d", l.key, l.keys[l.key].generation) }

func (l *lane) answered(ctx actors.Context, r kv.Result) {
	switch {
	case r.Code == 0:
		l.refused++
		l.process.Fail()
		l.choose(ctx)
		return
	case l.op.Kind == kv.Get:
		l.reads++
	default:
		l.writes++
	}
	l.process.Answer(l.now(), r)
}

// lose gives up waiting. A write may still happen.
func (l *lane) lose() {
	l.lost++
	l.process.Lose()
	k := &l.keys[l.key]
	if l.op.Kind == kv.Get || string(l.op.Key) != string(l.name()) {
		return
	}
	if k.open++; k.open == maxOpenWrites {
		*k = keyring{generation: k.generation + 1}
	}
}
