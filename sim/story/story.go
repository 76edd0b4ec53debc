// Package story tells a run in words: what struck, who came to lead, what clients asked
// and were told, and which promise was seen broken. It is for plans of which little is
// left; of a long run it tells what matters most.
package story

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// maxLines is how many things a story tells.
const maxLines = 40

// A weight says how soon a thing is left out when there is too much to tell.
type weight uint8

const (
	always weight = iota
	fault
	reign
	call
	detail
)

// A line is one thing that happened.
type line struct {
	at     time.Duration
	weight weight
	text   string
}

// A Teller notes what is worth telling of one run. Its Observe is handed to
// [cluster.Run].
type Teller struct {
	lines    []*line
	crashes  map[actors.NodeID]*line // the last one of each node
	written  map[logName]int
	replicas replicas
	calls    calls
	messages []said
}

// A logName is a log of a node.
type logName struct {
	node actors.NodeID
	log  string
}

// New returns a teller that has seen nothing.
func New() *Teller {
	return &Teller{crashes: map[actors.NodeID]*line{}, written: map[logName]int{}, replicas: newReplicas(),
		calls: calls{last: map[actors.NodeID]time.Duration{}}}
}

// Observe takes the next event of the run.
func (t *Teller) Observe(e *sim.Event) {
	if e.Node.IsClient() {
		t.calls.observe(e)
		t.clientLived(e)
		return
	}
	switch e.Kind {
	case sim.Sent:
		t.sent(e)
	case sim.Delivered:
		t.replicas.delivered(e)
	case sim.Appended:
		t.appended(e)
	case sim.OpenDone:
		t.opened(e)
	case sim.Shown:
		t.applied(e)
	case sim.Noted:
		t.noted(e)
	default:
		t.lived(e)
	}
}

// noted tells what the harness says, besides the faults, of which their effects tell.
func (t *Teller) noted(e *sim.Event) {
	if e.Text == "healed" {
		t.say(e.At, fault, "everything was healed")
	} else if strings.Contains(e.Text, " stays away: ") || strings.HasSuffix(e.Text, " is back") {
		t.say(e.At, fault, "%s", e.Text)
	}
}

// lived tells what happens to a whole node.
func (t *Teller) lived(e *sim.Event) {
	switch e.Kind {
	case sim.Crashed:
		t.crashes[e.Node] = t.say(e.At, fault, "node %v crashed", e.Node)
	case sim.Restarted:
		if e.Mark > 1 {
			t.say(e.At, fault, "node %v started again", e.Node)
		}
	case sim.Paused:
		t.say(e.At, fault, "node %v stood still", e.Node)
	case sim.Resumed:
		t.say(e.At, fault, "node %v went on", e.Node)
	case sim.Halted:
		t.say(e.At, always, "%v ended its node: %v", e.From, e.Err)
	case sim.Panicked:
		t.say(e.At, always, "%v panicked: %s", e.From, e.Text)
	}
}

// clientLived tells of clients that crash.
func (t *Teller) clientLived(e *sim.Event) {
	switch e.Kind {
	case sim.Crashed:
		t.say(e.At, fault, "client %d crashed", e.Node&^actors.ClientBit)
	case sim.Restarted:
		if e.Mark > 1 {
			t.say(e.At, fault, "client %d started again", e.Node&^actors.ClientBit)
		}
	}
}

func (t *Teller) say(at time.Duration, w weight, format string, args ...any) *line {
	l := &line{at, w, fmt.Sprintf(format, args...)}
	t.lines = append(t.lines, l)
	return l
}

// opened finds out what a crash took from a log.
func (t *Teller) opened(e *sim.Event) {
	name := logName{e.Node, e.Log}
	found, ok := e.Message.(actors.LogOpened)
	if !ok {
		return
	}
	if gone, crash := t.written[name]-len(found.Records), t.crashes[e.Node]; gone > 0 && crash != nil {
		crash.text += fmt.Sprintf("; what it found of %s afterwards lacked %s", e.Log, count(gone, "record"))
	}
	t.written[name] = len(found.Records)
}

// Tell tells the run up to the first promise that was seen broken, a line each, from
// what the teller saw and from the report of the run.
func (t *Teller) Tell(r cluster.Report) string {
	p := r.Plan
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d of %s: %s, %s of %s, %s.\n", p.Seed, p.Scenario, count(p.Cluster.Nodes, "node"),
		count(p.Cluster.Partitions, "partition"), count(p.Cluster.Replication, "replica"), count(p.Work.Clients, "client"))
	for _, l := range t.told(r) {
		fmt.Fprintf(&b, "At %.3f s %s.\n", l.at.Seconds(), strings.TrimRight(l.text, "."))
	}
	if n := len(r.Violations); n > 1 {
		fmt.Fprintf(&b, "After that %s came to light.\n", count(n-1, "more broken promise"))
	} else if n == 0 {
		fmt.Fprintf(&b, "The verdict is %v.\n", r.Verdict)
	}
	return b.String()
}

// count prints a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// told returns the lines of the story in order of time.
func (t *Teller) told(r cluster.Report) []*line {
	lines := slices.Concat(t.lines, strikes(r.Plan), t.calls.lines(r))
	end := r.Simulated
	if len(r.Violations) > 0 {
		v := r.Violations[0]
		end = v.At
		lines = append(lines, t.leadingTo(v)...)
		first, _, _ := strings.Cut(v.Text, "\n")
		lines = append(lines, &line{v.At, always, fmt.Sprintf("%s was seen BROKEN: %s", v.Oracle, first)})
	}
	lines = slices.DeleteFunc(lines, func(l *line) bool { return l.at > end })
	slices.SortStableFunc(lines, func(a, b *line) int { return int(a.at - b.at) })
	return shorten(lines)
}

// shorten leaves out what weighs least, the earliest first, until there are few enough,
// and says so.
func shorten(lines []*line) []*line {
	left := len(lines) - maxLines
	if left <= 0 {
		return lines
	}
	gone := left + 1 // of which one line tells
	var at time.Duration
	for w := detail; w > always && left >= 0; w-- {
		lines = slices.DeleteFunc(lines, func(l *line) bool {
			if l.weight != w || left < 0 {
				return false
			}
			left, at = left-1, max(at, l.at)
			return true
		})
	}
	note := &line{at, always, fmt.Sprintf("and before, %d more things happened that are left out here", gone-1-left)}
	where, _ := slices.BinarySearchFunc(lines, at+1, func(l *line, at time.Duration) int { return int(l.at - at) })
	return slices.Insert(lines, where, note)
}
