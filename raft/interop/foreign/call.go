package foreign

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// askAgain is how long a read waits for its index before it asks once more.
const askAgain = 5 * Tick

// A write waits to be applied.
type write struct {
	serial uint64
	from   actors.Ref
}

// A read waits for its index, and then for the machine to get there.
type read struct {
	name    []byte
	key     []byte
	serial  uint64
	from    actors.Ref
	asked   time.Duration
	known   bool
	index   raft.Index
	decided raft.Index // when it was asked
}

// serve begins what a client asked for, or refuses it.
func (n *node) serve(ctx actors.Context, from actors.Ref, c command) {
	var taken bool
	if c.op.Kind == kv.Get {
		taken = n.beginRead(ctx, from, c)
	} else {
		taken = n.core.Propose(c.appendTo(nil))
		n.writes[c.client] = write{c.serial, from}
	}
	if !taken {
		ctx.Send(from, response{serial: c.serial})
	}
}

func (n *node) beginRead(ctx actors.Context, from actors.Ref, c command) bool {
	n.named++
	name := binary.LittleEndian.AppendUint64(nil, n.lives)
	name = binary.LittleEndian.AppendUint64(name, n.named)
	r := &read{name: name, key: c.op.Key, serial: c.serial, from: from, asked: ctx.Now(), decided: n.witness.Decided()}
	if !n.core.ReadIndex(name) {
		return false
	}
	n.reads = append(n.reads, r)
	return true
}

// askAgain repeats the reads that had no answer for a while, under their names, as a
// library that may forget a request wants it.
func (n *node) askAgain(now time.Duration) {
	n.reads = slices.DeleteFunc(n.reads, func(r *read) bool { return now-r.asked > callTimeout })
	for _, r := range n.reads {
		if waited := (now - r.asked) / Tick * Tick; !r.known && waited > 0 && waited%askAgain == 0 {
			n.core.ReadIndex(r.name)
		}
	}
}

// serveReads answers the reads whose index is known and applied.
func (n *node) serveReads(ctx actors.Context, states []ReadState) {
	for _, s := range states {
		n.allow(s)
	}
	n.reads = slices.DeleteFunc(n.reads, func(r *read) bool {
		served := r.known && r.index <= n.machine.applied
		if served {
			ctx.Send(r.from, response{r.serial, n.machine.read(r.key)})
		}
		return served
	})
}

// allow gives a read its index.
func (n *node) allow(s ReadState) {
	for _, r := range n.reads {
		if !r.known && string(r.name) == string(s.Name) {
			r.known, r.index = true, s.Index
			n.witness.Allowed(n.config.ID, r.decided, r.index)
		}
	}
}
