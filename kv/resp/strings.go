package resp

import (
	"fmt"
	"math"

	"github.com/understudy-kv/understudy/kv"
)

// GET key
func get(r *request) { r.whole(kv.Op{Kind: kv.Get, Key: r.args[1]}) }

// GETRANGE key start end
func getRange(r *request) {
	start, okStart := parseInt(r.args[2])
	end, okEnd := parseInt(r.args[3])
	if !okStart || !okEnd {
		r.fail(notAnInteger)
		return
	}
	if end < math.MaxInt64 {
		end++ // the end is included here, and left out there; behind the last byte is 0
	}
	r.long = true
	r.do(kv.Op{Kind: kv.Range, Key: r.args[1], Offset: start, Until: end}, renderPart)
}

// SETRANGE key offset value
func setRange(r *request) {
	offset, ok := parseInt(r.args[2])
	switch {
	case !ok:
		r.fail(notAnInteger)
	case offset < 0:
		r.fail("ERR offset is out of range")
	case len(r.args[3]) == 0: // which makes nothing longer
		strlen(r)
	default:
		r.do(kv.Op{Kind: kv.Overwrite, Key: r.args[1], Offset: offset, Value: r.args[3], Long: true}, renderLength)
	}
}

// GETDEL key
func getDel(r *request) {
	r.do(kv.Op{Kind: kv.Delete, Key: r.args[1], ReturnOld: true}, renderValue)
}

// GETSET key value
func getSet(r *request) {
	r.do(kv.Op{Kind: kv.Put, Key: r.args[1], Value: r.args[2], ReturnOld: true}, renderValue)
}

// SETNX key value
func setNX(r *request) {
	r.do(kv.Op{Kind: kv.Put, Key: r.args[1], Value: r.args[2], If: kv.IfAbsent}, renderHappened)
}

// CAS key old new
func compareAndSet(r *request) {
	op := kv.Op{Kind: kv.Put, Key: r.args[1], Value: r.args[3], If: kv.IfValue, Expected: r.args[2]}
	r.do(op, renderHappened)
}

// SET key value [NX|XX] [GET] [KEEPTTL]
func set(r *request) {
	op := kv.Op{Kind: kv.Put, Key: r.args[1], Value: r.args[2]}
	for _, option := range r.args[3:] {
		if problem := setOption(&op, option); problem != "" {
			r.fail(problem)
			return
		}
	}
	if op.ReturnOld {
		r.do(op, renderValue)
	} else {
		r.do(op, renderSet)
	}
}

func setOption(op *kv.Op, option []byte) (problem string) {
	switch {
	case equal(option, "nx") && op.If == kv.Always:
		op.If = kv.IfAbsent
	case equal(option, "xx") && op.If == kv.Always:
		op.If = kv.IfPresent
	case equal(option, "get"):
		op.ReturnOld = true
	case equal(option, "keepttl"):
		// No key has a time to live, so all keep theirs.
	case equal(option, "ex"), equal(option, "px"), equal(option, "exat"), equal(option, "pxat"):
		return "ERR keys do not expire yet: SET without " + cut(option)
	default:
		return syntaxError
	}
	return ""
}

// MGET key [key ...]
func mget(r *request) { r.each(kv.Get, renderValues) }

// MSET key value [key value ...]
func mset(r *request) {
	pairs := r.args[1:]
	if len(pairs)%2 != 0 {
		r.fail("ERR wrong number of arguments for 'mset' command")
		return
	}
	if r.tooMany(len(pairs) / 2) {
		return
	}
	ops := make([]kv.Op, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		ops = append(ops, kv.Op{Kind: kv.Put, Key: pairs[i], Value: pairs[i+1]})
	}
	r.batch(ops, renderSet)
}

// APPEND key value
func appendTo(r *request) {
	r.do(kv.Op{Kind: kv.Append, Key: r.args[1], Value: r.args[2], Long: true}, renderLength)
}

// STRLEN key
func strlen(r *request) { r.do(kv.Op{Kind: kv.Length, Key: r.args[1]}, renderNumber) }

// renderSet writes what became of writes that have nothing to tell.
func renderSet(w *writer, r *request) {
	switch r.results()[0].Code {
	case kv.OK:
		w.ok()
	case kv.Mismatch:
		w.null()
	default:
		w.error(outcome(r.results()[0].Code))
	}
}

// renderHappened writes whether a write's condition held.
func renderHappened(w *writer, r *request) {
	switch code := r.result().Code; code {
	case kv.OK, kv.Mismatch:
		w.flag(code == kv.OK)
	default:
		w.error(outcome(code))
	}
}

// renderValue writes the value found, or null.
func renderValue(w *writer, r *request) {
	switch code := r.result().Code; code {
	case kv.OK, kv.Absent, kv.Mismatch:
		w.value(r.result().Value)
	default:
		w.error(outcome(code))
	}
}

// renderPart writes the part of a value that was found: nothing of an absent key.
func renderPart(w *writer, r *request) {
	if code := r.result().Code; code != kv.OK && code != kv.Absent {
		w.error(outcome(code))
		return
	}
	w.bulk(r.result().Value)
}

// renderLength writes how long a value is that may become long.
func renderLength(w *writer, r *request) {
	if r.result().Code == kv.TooLarge {
		w.error(fmt.Sprintf("ERR string exceeds maximum allowed size: values may have %d bytes, "+
			"and one command fills gaps of up to %d", kv.MaxLongBytes, kv.MaxPaddingBytes))
		return
	}
	renderNumber(w, r)
}

// renderValues writes the values of several keys. They come together or not at all.
func renderValues(w *writer, r *request) {
	for _, result := range r.results() {
		if result.Code != kv.OK && result.Code != kv.Absent {
			w.error(outcome(result.Code))
			return
		}
	}
	w.array(len(r.results()))
	for _, result := range r.results() {
		w.value(result.Value)
	}
}

// renderNumber writes a number.
func renderNumber(w *writer, r *request) {
	if code := r.result().Code; code != kv.OK {
		w.error(outcome(code))
		return
	}
	w.integer(r.result().Number)
}

// outcome returns the error for a code that says that nothing was done.
func outcome(c kv.Code) string {
	switch c {
	case kv.NotANumber:
		return notAnInteger
	case kv.Overflow:
		return overflow
	case kv.TooLarge:
		return fmt.Sprintf("ERR string exceeds maximum allowed size: values may have %d bytes, replies %d",
			kv.MaxValueBytes, kv.MaxReplyBytes)
	case kv.OnlyRanges:
		return fmt.Sprintf("ERR not done: the value has more than %d bytes; GET and GETRANGE return such values",
			kv.MaxValueBytes)
	}
	return "ERR not done: " + c.String()
}
