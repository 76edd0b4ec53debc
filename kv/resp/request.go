package resp

import (
	"sync"
	"sync/atomic"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// A request is one command of a connection on its way to its reply. It is answered
// at once, or by one call, or by several calls of which all must be done.
type request struct {
	conn *conn
	spec *command
	args [][]byte // of the command, its name included; valid while the handler runs
	slot uint16   // of its keys, if it has any

	// out is the reply, where it is known at once. The version of the protocol in it
	// is that of the moment in which the command was read.
	out writer
	// render writes the reply from the results of the calls.
	render func(w *writer, r *request)
	// option is for render, where one handler has several replies.
	option int
	pages  *infoPages // for render of INFO

	left  atomic.Int32 // calls that are not done
	bytes int          // of the arguments
	alone bool         // no other command waits behind it
	last  bool         // the connection closes behind the reply
	long  bool         // the reply is one value, which may have to be put together
	mute  bool         // the client does not want the reply

	one   client.Call // the only call of most commands
	op    [1]kv.Op
	calls []*client.Call // all calls
	done  func(*client.Call)
}

// A kept reply buffer or list of operations is at most this long, so that one long
// command does not hold memory for ever.
const maxKept = 1 << 10

var requests = sync.Pool{New: func() any {
	r := new(request)
	r.done = func(*client.Call) { r.finish() }
	return r
}}

// take returns a request without calls.
func take(c *conn, spec *command, args [][]byte) *request {
	r := requests.Get().(*request)
	r.conn, r.spec, r.args = c, spec, args
	r.out.resp3 = c.mode.resp3
	return r
}

// recycle gives r back: its reply is written, and all its calls are done.
func (r *request) recycle() {
	buf := r.out.buf
	if cap(buf) > maxKept {
		buf = nil
	}
	calls := r.calls
	if cap(calls) > maxKept {
		calls = nil
	}
	clear(calls)
	r.conn, r.spec, r.args, r.render, r.pages = nil, nil, nil, nil, nil
	r.slot, r.option, r.bytes = 0, 0, 0
	r.alone, r.last, r.mute, r.long = false, false, false, false
	r.one, r.op[0] = client.Call{}, kv.Op{}
	r.out, r.calls = writer{buf: buf[:0]}, calls[:0]
	requests.Put(r)
}

// fail answers with an error.
func (r *request) fail(text string) { r.out.error(text) }

// do answers with what becomes of one operation.
func (r *request) do(op kv.Op, render func(*writer, *request)) {
	r.op[0] = op
	r.batch(r.op[:], render)
}

// batch answers with what becomes of operations that happen together.
func (r *request) batch(ops []kv.Op, render func(*writer, *request)) {
	r.one.Ops = ops
	r.add(&r.one)
	r.render = render
}

// add puts one more call under way.
func (r *request) add(call *client.Call) {
	call.Stream, call.Done = r.conn.id, r.done
	r.calls = append(r.calls, call)
	r.left.Add(1)
}

// finish counts one call as done. It is called by the store and does not block; the
// request may be somebody else's as soon as nothing is left of it.
func (r *request) finish() {
	c := r.conn
	if r.left.Add(-1) == 0 {
		c.queue.finished(r)
	}
}

// ready reports whether the reply can be written.
func (r *request) ready() bool { return r.left.Load() == 0 }

// reply writes the reply of a request that is ready.
func (r *request) reply(w *writer) {
	if r.render == nil {
		w.buf = append(w.buf, r.out.buf...)
		return
	}
	w.resp3 = r.out.resp3
	if err := r.err(); err != nil && r.pages == nil {
		w.error(r.explain(err))
		return
	}
	r.render(w, r)
}

// err returns the first error of the calls.
func (r *request) err() error {
	for _, call := range r.calls {
		if call.Err != nil {
			return call.Err
		}
	}
	return nil
}

// results returns what became of the operations of the only call.
func (r *request) results() []kv.Result { return r.one.Results }

// result returns what became of the only operation.
func (r *request) result() kv.Result { return r.one.Results[0] }
