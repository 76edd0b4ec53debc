package campaign

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// WriteTrace carries a plan out and writes each event in a line that [Diverge] reads: the
// hash of the trace so far, in 16 hexadecimal digits, and the event in words.
func WriteTrace(w io.Writer, stage cluster.Stage, p plan.Plan) error {
	out := bufio.NewWriter(w)
	stage.Run(p, traced(func(e *sim.Event) { fmt.Fprintf(out, "%016x %s\n", e.Hash, oneLine(e)) }))
	return out.Flush()
}

// traced returns an observer that sees only what the hash of the trace covers.
func traced(f func(*sim.Event)) func(*sim.Event) {
	return func(e *sim.Event) {
		if e.Kind != sim.Shown {
			f(e)
		}
	}
}

// oneLine prints an event without the line breaks that a panic may have.
func oneLine(e *sim.Event) string { return strings.ReplaceAll(e.String(), "\n", " ") }

// Diverge carries a plan out while it reads the trace of another run of it, and says
// where they part. It returns nil if they are equal. The traces are compared as they
// come; neither is held in memory.
func Diverge(stage cluster.Stage, p plan.Plan, other io.Reader) (*check.Violation, error) {
	c := comparison{other: bufio.NewScanner(other)}
	c.other.Buffer(nil, maxLineBytes)
	report := stage.Run(p, traced(c.event))
	if c.found == nil && c.other.Err() == nil && c.other.Scan() {
		c.seq++
		c.part(report.Simulated, theEnd, c.other.Text())
	}
	if err := c.other.Err(); err != nil {
		return nil, err
	}
	return c.found, nil
}

// maxLineBytes is more than any event has.
const maxLineBytes = 64 << 20

// A comparison reads the trace of another run along with this one.
type comparison struct {
	other *bufio.Scanner
	seq   uint64 // of the event that is compared
	found *check.Violation
}

func (c *comparison) event(e *sim.Event) {
	if c.found != nil {
		return
	}
	c.seq = e.Seq
	if !c.other.Scan() {
		c.part(e.At, oneLine(e), "")
		return
	}
	hash, _, _ := strings.Cut(c.other.Text(), " ")
	if sum, err := strconv.ParseUint(hash, 16, 64); err != nil || sum != e.Hash {
		c.part(e.At, oneLine(e), c.other.Text())
	}
}

// part notes the first difference: an event of ours, and the line of the other trace
// that should have been the same.
func (c *comparison) part(at time.Duration, ours, line string) {
	_, theirs, _ := strings.Cut(line, " ")
	if theirs == "" {
		theirs = theEnd
	}
	how := fmt.Sprintf("%s in one process and %s in another: %q and %q", kindOf(ours), kindOf(theirs), ours, theirs)
	if ours == theirs {
		how = fmt.Sprintf("%s with one content in one process and another in the other, of which its words do not tell: %q", kindOf(ours), ours)
	}
	c.found = &check.Violation{Oracle: Nondeterminism, At: at, Text: fmt.Sprintf("two runs of one plan part at event %d, %s", c.seq, how)}
}

// theEnd stands for an event in a trace that has no more of them.
const theEnd = "the end"

// kindOf returns the kind of a printed event: what two events of one cause share.
func kindOf(event string) string {
	if fields := strings.Fields(event); len(fields) > 3 {
		return fields[3]
	}
	return event
}
