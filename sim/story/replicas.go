package story

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

// lastWords is how many messages of a group are told before a broken promise.
const lastWords = 6

// A said is a message between replicas.
type said struct {
	at      time.Duration
	group   journal.GroupID
	message raft.Message
}

// A reignOf is a term of a group, and who stands or leads in it.
type reignOf struct {
	group journal.GroupID
	term  raft.Term
	node  raft.ID
}

// A place is where a replica lives.
type place struct {
	node  actors.NodeID
	group journal.GroupID
}

// replicas is what was seen of the replicas.
type replicas struct {
	votes   map[reignOf][]raft.ID
	reigns  map[reignOf]bool
	applied map[place]raft.Index
	damaged map[place]bool
	decided map[journal.GroupID]raft.Index
}

func newReplicas() replicas {
	return replicas{
		votes: map[reignOf][]raft.ID{}, reigns: map[reignOf]bool{}, applied: map[place]raft.Index{},
		damaged: map[place]bool{}, decided: map[journal.GroupID]raft.Index{},
	}
}

// groupOf reads the group out of the name of a peer.
func groupOf(name string) journal.GroupID {
	number, err := strconv.ParseUint(strings.TrimPrefix(name, "peer/"), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("story: %q is no peer", name))
	}
	return journal.GroupID(number)
}

// partition names a group as clients do.
func partition(g journal.GroupID) string { return fmt.Sprintf("partition %d", node.Partition(g)) }

// sent keeps what replicas say, and tells when somebody speaks as a leader first.
func (t *Teller) sent(e *sim.Event) {
	m, ok := e.Message.(raft.Message)
	if !ok {
		return
	}
	g := groupOf(e.To.Name)
	t.messages = append(t.messages, said{e.At, g, m})
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat:
		of := reignOf{g, m.Term, m.From}
		if !t.replicas.reigns[of] {
			t.replicas.reigns[of] = true
			t.say(e.At, reign, "node %d led %s in term %d%s", m.From, partition(g), m.Term, t.replicas.voters(of))
		}
	}
}

// delivered counts the votes that reach a candidate.
func (r *replicas) delivered(e *sim.Event) {
	if m, ok := e.Message.(raft.Message); ok && m.Kind == raft.GrantVote {
		of := reignOf{groupOf(e.To.Name), m.Term, m.To}
		if !slices.Contains(r.votes[of], m.From) {
			r.votes[of] = append(r.votes[of], m.From)
		}
	}
}

// voters names whose votes reached a leader before it spoke.
func (r *replicas) voters(of reignOf) string {
	votes := r.votes[of]
	if len(votes) == 0 {
		return ""
	}
	names := make([]string, len(votes))
	for i, v := range votes {
		names[i] = strconv.FormatUint(uint64(v), 10)
	}
	return ", with the votes of itself and " + strings.Join(names, ", ")
}

// appended reads what replicas want to remember: snapshots that they took from others,
// and that something was lost.
func (t *Teller) appended(e *sim.Event) {
	t.written[logName{e.Node, e.Log}]++
	if !strings.HasPrefix(e.Log, journal.Name+"-") {
		return
	}
	batch, err := journal.DecodeBatch(e.Record)
	if err != nil {
		return // another kind of record
	}
	for _, a := range batch {
		t.saved(e, place{e.Node, a.Group}, a)
	}
}

func (t *Teller) saved(e *sim.Event, at place, a journal.Change) {
	s := a.Save
	if a.Tombstone != nil {
		t.say(e.At, reign, "node %v left %s", at.node, partition(at.group))
		return
	}
	if i := s.Snapshot.Index; i > t.replicas.applied[at] {
		t.say(e.At, detail, "node %v took a snapshot of %s at index %d from another", at.node, partition(at.group), i)
	}
	if damaged := s.Damaged || a.Lost; damaged != t.replicas.damaged[at] {
		t.replicas.damaged[at] = damaged
		if damaged {
			t.say(e.At, fault, "node %v noted that it has lost something of %s", at.node, partition(at.group))
		} else {
			t.say(e.At, fault, "node %v was whole again in %s", at.node, partition(at.group))
		}
	}
}

// applied tells of configurations when they are decided.
func (t *Teller) applied(e *sim.Event) {
	a, ok := e.Message.(cluster.Applied)
	if !ok {
		return
	}
	t.replicas.applied[place{e.Node, a.Group}] = a.Entry.Index
	if a.Entry.Index <= t.replicas.decided[a.Group] {
		return
	}
	t.replicas.decided[a.Group] = a.Entry.Index
	if a.Entry.Kind != raft.Membership {
		return
	}
	if c, err := raft.DecodeConfiguration(a.Entry.Data); err == nil {
		t.say(e.At, reign, "the members of %s became %v", partition(a.Group), c)
	}
}

// leadingTo tells the last messages before a violation that names a partition.
func (t *Teller) leadingTo(v check.Violation) (lines []*line) {
	var p int
	if n, _ := fmt.Sscanf(v.Text, "partition %d:", &p); n == 0 {
		return nil
	}
	g := node.Group(p)
	for _, s := range slices.Backward(t.messages) {
		if s.group != g || s.at > v.At {
			continue
		}
		if lines = append(lines, &line{s.at, detail, "in " + partition(g) + " went " + s.message.String()}); len(lines) == lastWords {
			break
		}
	}
	slices.Reverse(lines)
	return lines
}
