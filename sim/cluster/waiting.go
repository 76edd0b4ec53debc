package cluster

import (
	"fmt"
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
// first line says what, and those after it what is known of each group that is not at
// one.
func (r *run) accuse(oracle, format string, args ...any) {
	r.fail(oracle, fmt.Sprintf(format, args...)+"\n"+r.waiting())
}

// waiting tells what is known of the groups, those first and only that are not at one
// if there are any.
func (r *run) waiting() string {
	var all, open strings.Builder
	for p := range r.plan.Cluster.Partitions {
		text := r.groupReport(p)
		all.WriteString(text)
		if r.watch.consensus.Converged(groupAt(p)) != nil {
			open.WriteString(text)
		}
	}
	if open.Len() > 0 {
		return strings.TrimSuffix(open.String(), "\n")
	}
	return strings.TrimSuffix(all.String(), "\n")
}

// groupReport tells what is known of one group, a line for it and for each replica.
func (r *run) groupReport(partition int) string {
	g := groupAt(partition)
	members := r.watch.consensus.Configuration(g)
	var b strings.Builder
	leader := "nobody led yet"
	if r.watch.consensus.Terms(g) > 0 {
		leader = fmt.Sprintf("node %d was last heard to lead", r.watch.leaders[g])
	}
	fmt.Fprintf(&b, "group %d of %v: %s; %d entries are decided\n", g, members, leader, r.watch.consensus.Decided(g))
	for _, n := range r.servers {
		if f := r.watch.consensus.Facts(g, check.Node(n)); members.Has(check.Node(n)) || f.Last > 0 {
			fmt.Fprintf(&b, "  node %v%s: %s\n", n, r.health(n, f), r.replicaReport(speaker{g, n}, f))
		}
	}
	return b.String()
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
