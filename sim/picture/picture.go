// Package picture makes a page of one run: a space-time diagram of its nodes, its
// clients and the messages between them, in one file that needs nothing else.
//
// A [Recorder] sees the events of a world as they happen and keeps what the page
// needs: rows, copies of packets, states of replicas and operations of clients. [Write]
// puts them into the page as columns of small numbers, compressed, together with the
// program that draws them, which is in the folder page.
//
// A page depends on nothing but the run: equal runs give equal pages. What Porcupine
// adds is the exception where there is no linearization: it searches in parallel, and
// shows how far it came.
package picture

import (
	"fmt"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// A Recorder keeps what the page of one run needs. Its Observe is handed to
// [cluster.Run].
type Recorder struct {
	lanes    lanes
	rows     rows
	flights  flights
	mail     mail
	replicas replicas
	calls    calls
	bands    bands
	places   *node.ClusterMap // the newest map that passed, or nil
	healed   time.Duration    // when every fault was lifted, or zero
	end      time.Duration    // of the newest event
}

// NewRecorder returns a recorder that has seen nothing.
func NewRecorder() *Recorder {
	r := &Recorder{}
	r.rows.init()
	r.lanes.init()
	r.flights.init()
	r.mail.init()
	r.replicas.init()
	r.calls.init()
	return r
}

// Observe takes the next event of the run.
func (r *Recorder) Observe(e *sim.Event) {
	r.end = max(r.end, e.At)
	if e.Node.IsClient() {
		r.calls.settle(e.Node)
	}
	switch e.Kind {
	case sim.Sent:
		r.sent(e)
	case sim.Delivered:
		r.flights.delivered(e)
	case sim.Lost:
		r.flights.lost(e)
	case sim.Received:
		r.received(e)
	case sim.Flushed:
		r.calls.acted(e.Node, e.At, r.mail.turn[e.To])
	case sim.Fired:
		r.mail.post(e.To, posted{from: e.From, kind: timer, message: e.Message})
	case sim.Appended, sim.SyncAsked, sim.OpenAsked, sim.DiskAsked:
		r.asked(e)
	case sim.SyncDone, sim.OpenDone, sim.DiskDone:
		r.mail.answered(e)
	case sim.Spawned, sim.Stopped:
		r.replicas.hosted(e)
	case sim.Shown:
		r.shown(e)
	case sim.Noted:
		r.noted(e)
	case sim.Marked:
		r.rows.about(r.add(e, mark, e.From, r.mail.turn[e.From], e.Text), group(e), "mark")
	default:
		r.changed(e)
	}
}

// sent takes a message that leaves an actor. One to the same node appears as a row
// only when it is handled.
func (r *Recorder) sent(e *sim.Event) {
	if e.Packet == 0 {
		r.mail.post(e.To, posted{from: e.From, cause: r.mail.turn[e.From], kind: local, message: e.Message})
		return
	}
	if m, ok := e.Message.(node.ClusterMap); ok && (r.places == nil || m.Epoch >= r.places.Epoch) {
		r.places = &m
	}
	r.replicas.said(e)
	row := r.add(e, send, e.From, r.mail.turn[e.From], describe(e.Message))
	r.rows.list[row].other = r.lanes.actor(e.To)
	r.rows.about(row, group(e), word(e.Message))
	r.flights.sent(e, row)
}

// received takes a message that an actor begins to handle: a turn of the actor.
func (r *Recorder) received(e *sim.Event) {
	p := posted{from: e.From, kind: receive}
	text := ""
	if e.Packet != 0 {
		p.cause = r.flights.received(e.Packet, len(r.rows.list))
	} else {
		p = r.mail.take(e)
		text = p.describe()
		r.replicas.heard(e)
	}
	row := r.add(e, p.kind, e.To, p.cause, text)
	r.rows.list[row].other = r.lanes.actor(e.From)
	if p.word == "" {
		p.word = word(e.Message)
	}
	r.rows.about(row, group(e), p.word)
	r.mail.turn[e.To] = row
	if e.Node.IsClient() {
		r.calls.received(e, row)
	}
}

// asked takes what an actor asks of its disk.
func (r *Recorder) asked(e *sim.Event) {
	what, text := e.Kind.String(), e.Log
	switch e.Kind {
	case sim.Appended:
		text = r.appended(e)
	case sim.SyncAsked:
		text = fmt.Sprintf("%s mark=%d", e.Log, e.Mark)
	case sim.DiskAsked:
		what = e.Text
	}
	row := r.add(e, ask, e.From, r.mail.turn[e.From], text)
	r.rows.about(row, group(e), what)
	r.mail.ask(e, row)
}

// shown takes what the harness saw beside the trace.
func (r *Recorder) shown(e *sim.Event) {
	seen, ok := e.Message.(cluster.Applied)
	if !ok {
		return
	}
	who := actors.Ref{Node: e.Node, Name: peerName(seen.Group)}
	row := r.add(e, apply, who, r.mail.turn[who], seen.Entry.String())
	r.rows.about(row, uint64(seen.Group), "apply")
	r.rows.list[row].applied = uint64(seen.Entry.Index)
}

// noted takes what the harness says of itself.
func (r *Recorder) noted(e *sim.Event) {
	row := r.add(e, note, actors.Ref{}, none, e.Text)
	r.rows.about(row, 0, "note")
	if e.Text == "healed" {
		r.healed = e.At
	}
}

// changed takes what happens to a whole node.
func (r *Recorder) changed(e *sim.Event) {
	kind, text := happening(e)
	row := r.add(e, kind, actors.Ref{Node: e.Node, Name: e.From.Name}, none, text)
	r.rows.about(row, 0, e.Kind.String())
	r.bands.changed(e, r.lanes.of(e.Node))
	switch e.Kind {
	case sim.Crashed:
		r.mail.crashed(e.Node)
		r.calls.crashed(e.Node)
		r.replicas.crashed(e)
	case sim.Restarted:
		r.replicas.restarted(e)
	}
}

// add appends a row and returns its number.
func (r *Recorder) add(e *sim.Event, kind rowKind, who actors.Ref, cause int, text string) int {
	if e.Node != 0 {
		r.lanes.of(e.Node)
	}
	return r.rows.add(row{at: e.At, kind: kind, actor: r.lanes.actor(who), cause: cause}, text)
}
