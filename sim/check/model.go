package check

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/understudy-kv/understudy/kv"
)

// The model says what one key does, independently of package kv: what is written
// here twice is checked twice.

// A cell is the state of one key.
type cell struct {
	present bool
	value   string
	// version is the stamp of the last write, or zero if the key is absent or the
	// write was never answered and so told no stamp.
	version uint64
}

var model = porcupine.Model{
	Partition: byKey,
	Init:      func() any { return cell{} },
	Step: func(state, _, output any) (bool, any) {
		return step(state.(cell), output.(*call))
	},
	Equal: func(a, b any) bool { return a.(cell) == b.(cell) },
	DescribeOperation: func(_, output any) string {
		return describe(output.(*call))
	},
	DescribeState: func(state any) string { return state.(cell).String() },
}

// byKey separates the operations on different keys, in order of first use.
func byKey(history []porcupine.Operation) [][]porcupine.Operation {
	var parts [][]porcupine.Operation
	index := map[string]int{}
	for _, o := range history {
		key := keyOf(o)
		i, seen := index[key]
		if !seen {
			i = len(parts)
			index[key] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], o)
	}
	return parts
}

// step reports whether the answer is right in this state, and the state after it.
func step(before cell, c *call) (bool, cell) {
	after, want := apply(before, c.op)
	if !c.answered() {
		return true, after
	}
	if !sameAnswer(c.op, want, c.result) {
		return false, before
	}
	if after.present && after.version == 0 {
		after.version = c.result.Version
	}
	return want.Version == 0 || c.result.Version == want.Version, after
}

// sameAnswer compares what the operation promises to tell; versions are compared
// by [step].
func sameAnswer(op kv.Op, want, got kv.Result) bool {
	if want.Code != got.Code || want.Number != got.Number {
		return false
	}
	if op.Kind == kv.Get || op.Kind == kv.Range || op.ReturnOld {
		return bytes.Equal(want.Value, got.Value) && (want.Value == nil) == (got.Value == nil)
	}
	return true
}

// apply says what op does to a cell and what it answers. A write leaves the version
// open: only the answer tells it.
func apply(c cell, op kv.Op) (cell, kv.Result) {
	r := kv.Result{Code: kv.OK, Version: c.version}
	if op.ReturnOld && c.present {
		r.Value = []byte(c.value)
	}
	if op.IsWrite() && !holds(c, op) {
		r.Code = kv.Mismatch
		return c, r
	}
	switch op.Kind {
	case kv.Get:
		return c, read(c)
	case kv.Range:
		return c, readPart(c, op)
	case kv.Exists:
		r.Number = number(c.present)
		return c, r
	case kv.Length:
		r.Number = int64(len(c.value))
		return c, r
	case kv.Delete:
		r.Number, r.Version = number(c.present), 0
		return cell{}, r
	case kv.Add:
		return add(c, op.Delta, r)
	case kv.Append:
		r.Number = int64(len(c.value) + len(op.Value))
		return written(c.value + string(op.Value)), unversioned(r)
	case kv.Overwrite:
		after := overwritten(c.value, int(op.Offset), string(op.Value))
		r.Number = int64(len(after))
		return written(after), unversioned(r)
	case kv.Put:
		return written(string(op.Value)), unversioned(r)
	}
	panic(fmt.Sprintf("the model knows no operation %v", op))
}

func written(value string) cell { return cell{present: true, value: value} }

func unversioned(r kv.Result) kv.Result {
	r.Version = 0
	return r
}

func read(c cell) kv.Result {
	if !c.present {
		return kv.Result{Code: kv.Absent}
	}
	return kv.Result{Code: kv.OK, Value: []byte(c.value), Version: c.version}
}

// readPart picks, byte by byte, those that an operation asks for.
func readPart(c cell, op kv.Op) kv.Result {
	r := read(c)
	if !c.present {
		return r
	}
	r.Number = int64(len(c.value))
	from, until := op.Offset, op.Until
	if from < 0 {
		from += r.Number
	}
	if until <= 0 {
		until += r.Number
	}
	r.Value = []byte{}
	for i := range r.Number {
		if from <= i && i < until {
			r.Value = append(r.Value, c.value[i])
		}
	}
	return r
}

// overwritten returns what comes of old when part is put at a position in it.
func overwritten(old string, at int, part string) string {
	if at > len(old) {
		old += strings.Repeat("\x00", at-len(old))
	}
	return old[:at] + part + old[min(at+len(part), len(old)):]
}

func add(c cell, delta int64, r kv.Result) (cell, kv.Result) {
	old := int64(0)
	if c.present {
		var err error
		if old, err = strconv.ParseInt(c.value, 10, 64); err != nil {
			r.Code = kv.NotANumber
			return c, r
		}
	}
	r.Number = old + delta
	return written(strconv.FormatInt(r.Number, 10)), unversioned(r)
}

func holds(c cell, op kv.Op) bool {
	switch op.If {
	case kv.IfAbsent:
		return !c.present
	case kv.IfPresent:
		return c.present
	case kv.IfValue:
		return c.present && c.value == string(op.Expected)
	case kv.Always:
		return true
	}
	panic(fmt.Sprintf("the model knows no condition %v", op.If))
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// String prints a cell as its value.
func (c cell) String() string {
	if !c.present {
		return "absent"
	}
	return strconv.Quote(c.value)
}

func describe(c *call) string {
	if !c.answered() {
		return fmt.Sprintf("%v: outcome unknown", c.op)
	}
	return fmt.Sprintf("%v: %v", c.op, c.result)
}
