package resp

import (
	"math"

	"github.com/understudy-kv/understudy/kv"
)

// INCR key
func incr(r *request) { r.count(1) }

// DECR key
func decr(r *request) { r.count(-1) }

// INCRBY key increment
func incrBy(r *request) {
	delta, ok := parseInt(r.args[2])
	if !ok {
		r.fail(notAnInteger)
		return
	}
	r.count(delta)
}

// DECRBY key decrement
func decrBy(r *request) {
	delta, ok := parseInt(r.args[2])
	switch {
	case !ok:
		r.fail(notAnInteger)
	case delta == math.MinInt64:
		r.fail("ERR decrement would overflow")
	default:
		r.count(-delta)
	}
}

func (r *request) count(delta int64) {
	r.do(kv.Op{Kind: kv.Add, Key: r.args[1], Delta: delta}, renderNumber)
}
