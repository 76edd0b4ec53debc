package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// A watch turns what happens in a world into what the oracles understand. It sees
// packets as they leave, what becomes durable on disks, and entries as they are
// applied.
type watch struct {
	world     *sim.World
	consensus *check.Consensus
	report    func(check.Violation)
	excused   map[actors.NodeID]bool // nodes that were given a reason to halt
	leaders   map[check.Group]check.Node
}

func newWatch(w *sim.World, report func(check.Violation)) *watch {
	o := &watch{
		world:     w,
		consensus: check.NewConsensus(w.Now, report),
		report:    report,
		excused:   map[actors.NodeID]bool{},
		leaders:   map[check.Group]check.Node{},
	}
	w.Observe(sim.Of(sim.Sent, sim.Restarted, sim.Halted, sim.Panicked), o.see)
	return o
}

func (o *watch) see(e *sim.Event) {
	if e.Node.IsClient() && e.Kind != sim.Panicked {
		return
	}
	switch e.Kind {
	case sim.Sent:
		if m, ok := e.Message.(raft.Message); ok {
			o.sent(groupOf(e.To.Name), m)
		}
	case sim.Restarted:
		o.consensus.Restarted(check.Node(e.Node))
	case sim.Halted:
		o.halted(e)
	case sim.Panicked:
		o.violate(check.NoPanic, "%v: %s\n%s", e.From, e.Text, e.Stack)
	}
}

// groupOf reads the group out of the name of a peer.
func groupOf(name string) check.Group {
	number, err := strconv.ParseUint(strings.TrimPrefix(name, "peer/"), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("a raft message was sent to %q", name))
	}
	return check.Group(number)
}

// sent tells the oracles what a message claims or promises.
func (o *watch) sent(g check.Group, m raft.Message) {
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat, raft.Rest:
		o.leaders[g] = m.From
		o.consensus.Led(g, m.From, m.Term)
	case raft.RequestVote:
		o.consensus.Voted(g, m.From, m.Term, m.From)
	case raft.GrantVote:
		o.consensus.Voted(g, m.From, m.Term, m.To)
	case raft.AcceptEntries:
		o.consensus.Acknowledged(g, m.From, m.Term, m.Index)
	}
}

// halted accuses a node that gave up without a reason.
func (o *watch) halted(e *sim.Event) {
	if !o.excused[e.Node] {
		o.violate(check.Recovery, "%v halted though nothing was wrong with its disk: %v", e.From, e.Err)
	}
}

func (o *watch) violate(oracle, format string, args ...any) {
	o.report(check.Violation{Oracle: oracle, At: o.world.Now(), Text: fmt.Sprintf(format, args...)})
}

// A watched state machine shows the oracles each entry as it is applied.
type watched struct {
	peer.StateMachine
	group     check.Group
	node      check.Node
	consensus *check.Consensus
	world     *sim.World
	restored  bool // from a snapshot, and nothing was applied since
}

// Applied is what observers of [sim.Shown] are told of each entry that a replica hands
// to its state machine.
type Applied struct {
	Group journal.GroupID
	Entry raft.Entry
}

// String names the group and the entry.
func (a Applied) String() string { return fmt.Sprintf("group %d applies %v", a.Group, a.Entry) }

// Apply applies e and tells what became of the state.
func (m *watched) Apply(e raft.Entry) []byte {
	if m.restored {
		m.restored = false
		m.consensus.Restored(m.group, m.node, e.Index-1, m.Summary().Hash)
	}
	result := m.StateMachine.Apply(e)
	m.consensus.Applied(m.group, m.node, e, m.Summary().Hash)
	m.world.Show(actors.NodeID(m.node), Applied{journal.GroupID(m.group), e})
	return result
}

// Reached implements [peer.Marker] for machines that do.
func (m *watched) Reached() []string {
	if marker, marks := m.StateMachine.(peer.Marker); marks {
		return marker.Reached()
	}
	return nil
}

// Restore goes on watching the machine that takes the place of this one.
func (m *watched) Restore() peer.Restorer { return watchedRestorer{m.StateMachine.Restore(), m} }

type watchedRestorer struct {
	peer.Restorer
	old *watched
}

// Machine returns the restored machine, watched.
func (r watchedRestorer) Machine() (peer.StateMachine, error) {
	m := *r.old
	var err error
	m.StateMachine, err = r.Restorer.Machine()
	m.restored = true
	return &m, err
}
