package hollywood

import (
	crypto "crypto/rand"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/anthdm/hollywood/actor"

	"github.com/understudy-kv/understudy/actors"
)

// context is the [actors.Context] of one process.
type context struct{ process *process }

func (c *context) Self() actors.Ref { return c.process.self }

func (c *context) Now() time.Duration { return time.Since(c.process.engine.started) }

func (c *context) Wall() time.Time { return time.Now() }

func (c *context) Rand() uint64 { return c.process.random.Uint64() }

func (c *context) Send(to actors.Ref, m actors.Message) {
	e := c.process.engine
	if to.Node == c.process.self.Node {
		e.post(to.Name, actor.Envelope{Msg: m, Sender: c.process.pid})
		return
	}
	e.forward(c.process.self, to, m)
}

func (c *context) After(d time.Duration, m actors.Message) (cancel func()) {
	return c.process.timers.add(c.Now(), d, m)
}

func (c *context) Spawn(name string, a actors.Actor) actors.Ref {
	return c.process.engine.spawn(name, a, c.process.pid)
}

func (c *context) Stop(r actors.Ref) { c.process.engine.stop(r) }

func (c *context) Disk() actors.Disk {
	p := c.process
	if p.disk == nil {
		if p.engine.config.Storage == nil {
			panic("hollywood: this node has no storage")
		}
		p.disk = p.engine.config.Storage.For(p.self, p.post)
	}
	return p.disk
}

func (c *context) Halt(err error) { c.process.engine.halt(err) }

func (c *context) Log() *slog.Logger { return c.process.log }

func (c *context) Mark(name string) {
	if e := c.process.engine; !e.silent.Load() {
		e.marks.add(name)
	}
}

// newRandom returns a generator that nobody can foresee.
func newRandom() *rand.ChaCha8 {
	var seed [32]byte
	crypto.Read(seed[:]) // never fails
	return rand.NewChaCha8(seed)
}
