package resp

import (
	"fmt"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// DEL key [key ...], UNLINK key [key ...]
func del(r *request) { r.each(kv.Delete, renderSum) }

// EXISTS key [key ...]
func exists(r *request) { r.each(kv.Exists, renderSum) }

// TYPE key
func typeOf(r *request) {
	r.do(kv.Op{Kind: kv.Exists, Key: r.args[1]}, func(w *writer, r *request) {
		if r.result().Number == 0 {
			w.status("none")
		} else {
			w.status("string")
		}
	})
}

// DBSIZE
func dbsize(r *request) {
	if r.all(kv.Op{Kind: kv.Size}) {
		r.render = renderTotal
	}
}

// each does the same to every key of a command that has nothing but keys, together.
func (r *request) each(kind kv.Kind, render func(*writer, *request)) {
	keys := r.args[1:]
	if len(keys) == 1 {
		r.op[0] = kv.Op{Kind: kind, Key: keys[0]}
		r.batch(r.op[:], render)
		return
	}
	if r.tooMany(len(keys)) {
		return
	}
	ops := make([]kv.Op, 0, len(keys))
	for _, key := range keys {
		ops = append(ops, kv.Op{Kind: kind, Key: key})
	}
	r.batch(ops, render)
}

// tooMany answers, and reports, that a command has more keys than can be worked on
// together.
func (r *request) tooMany(keys int) bool {
	if keys > kv.MaxOps {
		r.fail(fmt.Sprintf("ERR %d keys in one command, %d are allowed", keys, kv.MaxOps))
	}
	return keys > kv.MaxOps
}

// all asks every partition the same. It reports false, and has answered, if there
// is no map yet that says how many there are.
func (r *request) all(op kv.Op) bool {
	partitions := r.conn.server.config.Store.Map().Partitions()
	if partitions == 0 {
		r.fail(noMap)
		return false
	}
	calls := make([]client.Call, partitions)
	for p := range calls {
		calls[p].Ops, calls[p].Partition = []kv.Op{op}, p
		r.add(&calls[p])
	}
	return true
}

// renderSum writes the sum of the numbers of one call.
func renderSum(w *writer, r *request) {
	var sum int64
	for _, result := range r.results() {
		sum += result.Number
	}
	w.integer(sum)
}

// renderTotal writes the sum of the numbers of many calls.
func renderTotal(w *writer, r *request) { w.integer(r.total()) }

func (r *request) total() (sum int64) {
	for _, call := range r.calls {
		sum += call.Results[0].Number
	}
	return sum
}
