package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// hearsay is what replicas said to one another last, since everything was healed.
type hearsay struct {
	sent map[speaker]remark // by who said it
	got  map[speaker]remark // by who was told
}

// A speaker is a replica.
type speaker struct {
	group check.Group
	node  actors.NodeID
}

// A remark is a message that was sent, or arrived, at a time.
type remark struct {
	at      time.Duration
	kind    raft.MessageKind
	partner raft.ID
}

// listen begins to take note. It is not done before, because it costs time.
func (h *hearsay) listen(w *sim.World) {
	h.sent, h.got = map[speaker]remark{}, map[speaker]remark{}
	w.Observe(sim.Of(sim.Sent, sim.Delivered), func(e *sim.Event) {
		m, ok := e.Message.(raft.Message)
		if !ok {
			return
		}
		at := speaker{groupOf(e.To.Name), e.Node}
		if e.Kind == sim.Sent {
			h.sent[at] = remark{e.At, m.Kind, m.To}
		} else {
			h.got[at] = remark{e.At, m.Kind, m.From}
		}
	})
}

// accuse reports that something did not happen in time, and who waits for what: the
// first line says what, the second which faults are in force still, and those after them
// what is known of each group that is not at one.
func (r *run) accuse(oracle, format string, args ...any) {
	lines := append([]string{fmt.Sprintf(format, args...), r.inForce()}, r.waiting()...)
	r.fail(oracle, strings.Join(lines, "\n"))
}

// inForce names the cut and clogged links, paused nodes and bad disks that there are.
// After healing those are of servers that stay away; others mean that the simulator itself
// is wrong.
func (r *run) inForce() string {
	var faults []string
	for name, rule := range r.network.InForce() {
		if name != usualDelay && name != farLink {
			faults = append(faults, fmt.Sprintf("%s %+v", name, rule))
		}
	}
	for _, n := range append(slices.Clone(r.servers), r.clientNodes()...) {
		if r.world.Paused(n) {
			faults = append(faults, fmt.Sprintf("node %v is paused", n))
		}
	}
	for _, n := range r.servers {
		for _, f := range r.disks[n].InForce() {
			faults = append(faults, fmt.Sprintf("the disk of node %v is %s", n, f))
		}
	}
	if len(faults) == 0 {
		return "no link is cut or clogged, no node is paused, no disk is stuck, slow or full"
	}
	return "still in force: " + strings.Join(faults, "; ")
}

// waiting tells what is known of the groups, those only that are not at one if there are
// any.
func (r *run) waiting() []string {
	var all, open []string
	for p := range r.plan.Cluster.Partitions {
		report := r.groupReport(p)
		all = append(all, report...)
		if r.watch.consensus.Converged(groupAt(p)) != nil {
			open = append(open, report...)
		}
	}
	if len(open) > 0 {
		return open
	}
	return all
}

// groupReport tells what is known of one group, a line for it and for each replica.
func (r *run) groupReport(partition int) []string {
	g := groupAt(partition)
	members := r.watch.consensus.Configuration(g)
	leader := "nobody led yet"
	if r.watch.consensus.Terms(g) > 0 {
		leader = fmt.Sprintf("node %d was last heard to lead", r.watch.leaders[g])
	}
	lines := []string{fmt.Sprintf("%v of %v: %s; %d entries are decided", g, members, leader, r.watch.consensus.Decided(g))}
	for _, n := range r.servers {
		if f := r.watch.consensus.Facts(g, check.Node(n)); members.Has(check.Node(n)) || f.Last > 0 {
			lines = append(lines, fmt.Sprintf("  node %v%s: %s", n, r.health(n, f), r.replicaReport(speaker{g, n}, f)))
		}
	}
	return lines
}

// health says what keeps a node from its work.
func (r *run) health(n actors.NodeID, f check.Facts) (text string) {
	if !r.world.Up(n) {
		text += ", down"
	}
	if r.world.Paused(n) {
		text += ", paused"
	}
	if f.Damaged {
		text += ", damaged"
	}
	if d := r.disks[n].Waiting(); d > 0 {
		text += fmt.Sprintf(", its disk has %d operations to end", d)
	}
	if waiting := r.world.Waiting(n); waiting > 0 {
		text += fmt.Sprintf(", %d messages wait", waiting)
	}
	return text
}

func (r *run) replicaReport(s speaker, f check.Facts) string {
	text := fmt.Sprintf("term %d, log %d..%d, applied %d", f.Term, f.Base+1, f.Last, f.Applied)
	if f.Claimed > 0 {
		text += fmt.Sprintf(", called %d committed", f.Claimed)
	}
	if sent, any := r.heard.sent[s]; any {
		text += fmt.Sprintf("; sent %v to %d at %v", sent.kind, sent.partner, sent.at)
	} else {
		text += "; said nothing since healing"
	}
	if got, any := r.heard.got[s]; any {
		text += fmt.Sprintf("; got %v from %d at %v", got.kind, got.partner, got.at)
	} else {
		text += "; heard nothing since healing"
	}
	return text
}
