package check

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/understudy-kv/understudy/kv"
)

// A History is what the clients of a run asked and were told. Each operation
// concerns one key.
type History struct {
	calls []*call
	clock int64
	names int // processes named so far
}

// A call is one operation. Returned zero means that it is open: it was never
// answered, or its outcome is unknown, so it may take effect at any later time.
type call struct {
	process  int
	op       kv.Op
	called   int64
	returned int64
	result   kv.Result
	failed   bool
}

// answered reports whether anybody knows what came of the call.
func (c *call) answered() bool { return c.returned != 0 }

// A Process is a client that does one thing at a time.
type Process struct {
	history *History
	number  int
	open    *call // nil if none runs
}

// NewProcess adds a client.
func (h *History) NewProcess() *Process {
	h.names++
	return &Process{history: h, number: h.names - 1}
}

// Invoke notes at simulated time now that the process asks op.
func (p *Process) Invoke(now time.Duration, op kv.Op) {
	p.open = &call{process: p.number, op: op, called: p.history.tick(now)}
	p.history.calls = append(p.history.calls, p.open)
}

// Answer notes that the running call was answered.
func (p *Process) Answer(now time.Duration, r kv.Result) {
	p.open.returned, p.open.result = p.history.tick(now), r
	p.open = nil
}

// Fail notes that the running call certainly had and will have no effect. If it
// has one all the same, somebody reads what nobody wrote.
func (p *Process) Fail() {
	p.open.failed = true
	p.open = nil
}

// Lose notes that the outcome of the running call is unknown. The call stays open
// for ever, and the process goes on under a new number.
func (p *Process) Lose() {
	p.history.names++
	p.number = p.history.names - 1
	p.open = nil
}

// tick makes of simulated time a clock on which no two moments are equal.
func (h *History) tick(now time.Duration) int64 {
	h.clock = max(h.clock+1, int64(now))
	return h.clock
}

// Answered returns how many calls were answered.
func (h *History) Answered() (n int) {
	for _, c := range h.calls {
		if c.answered() {
			n++
		}
	}
	return n
}

// Open returns how many calls stayed without an answer.
func (h *History) Open() (n int) {
	for _, c := range h.calls {
		if !c.answered() && !c.failed {
			n++
		}
	}
	return n
}

// A Judgement is what Porcupine says of a history.
type Judgement struct {
	Verdict Verdict // Pass, Violated, or Inconclusive when the time ran out
	Key     string  // a key with no linearization, when Violated
	// What was judged, and for how long at most: all operations, or those on Key.
	operations []porcupine.Operation
	limit      time.Duration
}

// Judge looks for an order of the operations on each key that explains every
// answer, for at most limit of real time.
func (h *History) Judge(limit time.Duration) Judgement {
	j := Judgement{operations: h.operations(), limit: limit}
	switch porcupine.CheckOperationsTimeout(model, j.operations, limit) {
	case porcupine.Ok:
		j.Verdict = Pass
	case porcupine.Unknown:
		j.Verdict = Inconclusive
	case porcupine.Illegal:
		j.Verdict = Violated
		j.Key, j.operations = culprit(j.operations, limit)
	}
	return j
}

// culprit finds the first key whose operations have no order. If none is found again it
// gives back all operations.
func culprit(all []porcupine.Operation, limit time.Duration) (string, []porcupine.Operation) {
	for _, one := range byKey(all) {
		if porcupine.CheckOperationsTimeout(model, one, limit) == porcupine.Illegal {
			return keyOf(one[0]), one
		}
	}
	return "", all
}

// A Band is a stretch of time to be shown beside a history, such as a fault.
type Band struct {
	Lane     string
	From, To time.Duration
	Text     string
}

// Visualize writes Porcupine's page about a judgement, with bands above it: about all
// operations, or about those on Key when they have no order. It looks for the order
// again: to note on the way how far each attempt came costs so much that it is only done
// for who wants to see it.
func (j Judgement) Visualize(w io.Writer, bands []Band) error {
	notes := make([]porcupine.Annotation, len(bands))
	for i, b := range bands {
		notes[i] = porcupine.Annotation{
			Tag: b.Lane, Start: int64(b.From), End: int64(b.To), Description: b.Text,
			Details: fmt.Sprintf("%s, %v to %v", b.Text, b.From, b.To),
		}
	}
	_, info := porcupine.CheckOperationsVerbose(model, j.operations, j.limit)
	info.AddAnnotations(notes)
	return porcupine.Visualize(model, info, w)
}

// operations turns the history into Porcupine's form, in which a call is what is asked
// and what is answered. A call that failed for certain is left out; so is a read without
// an answer, which constrains nothing.
func (h *History) operations() []porcupine.Operation {
	list := make([]porcupine.Operation, 0, len(h.calls))
	for _, c := range h.calls {
		if c.failed || !c.answered() && !c.op.IsWrite() {
			continue
		}
		o := porcupine.Operation{ClientId: c.process, Input: c, Output: c, Call: c.called, Return: c.returned}
		if !c.answered() {
			o.Return = math.MaxInt64
		}
		list = append(list, o)
	}
	return list
}

// keyOf is the key that an operation in Porcupine's form concerns.
func keyOf(o porcupine.Operation) string { return string(o.Input.(*call).op.Key) }
