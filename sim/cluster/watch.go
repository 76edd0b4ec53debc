package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// A watch turns what happens in a world into what the oracles understand. It sees
// packets as they leave, what becomes durable on disks, and entries as they are
// applied.
type watch struct {
	world     *sim.World
	consensus *check.Consensus
	contract  *check.Contract
	protocol  *check.Protocol
	transfers *check.Transfers
	report    func(check.Violation)
	excused   map[actors.NodeID]bool // nodes that were given a reason to halt
	leaders   map[check.Group]check.Node
	lent      []byte // the command at hand, as the state machine gets it
	stated    int    // how many replicas told the harness how they are
}

func newWatch(w *sim.World, keeper snapshot.Config, report func(check.Violation)) *watch {
	o := &watch{
		world:     w,
		consensus: check.NewConsensus(w.Now, report),
		contract:  check.NewContract(w.Now, report),
		transfers: check.NewTransfers(w.Now, report, keeper.Patience, keeper.Idle),
		report:    report,
		excused:   map[actors.NodeID]bool{},
		leaders:   map[check.Group]check.Node{},
	}
	o.protocol = check.NewProtocol(o.consensus, electionTimeout)
	w.Observe(sim.Of(sim.Sent, sim.Delivered, sim.Restarted, sim.Halted, sim.Panicked), o.see)
	w.Observe(sim.Of(sim.Crashed, sim.Halted, sim.Panicked, sim.Paused, sim.Restarted, sim.Resumed), o.presence)
	o.look()
	return o
}

// electionTimeout is that of every server.
var electionTimeout = node.Default(ring.Map{}).Raft.Election

// look lets the oracles see, again and again, what does not happen.
func (o *watch) look() {
	o.protocol.Look()
	o.world.After(electionTimeout/2, o.look)
}

// presence tells the oracles whether a server can do anything.
func (o *watch) presence(e *sim.Event) {
	switch n := check.Node(e.Node); {
	case e.Node.IsClient():
	case e.Kind == sim.Restarted || e.Kind == sim.Resumed:
		o.protocol.Present(n, e.Kind == sim.Restarted)
	default:
		o.protocol.Absent(n)
		if e.Kind != sim.Paused {
			o.transfers.Ended(n)
		}
	}
}

// tardy tells the oracles that times of a server prove nothing.
func (o *watch) tardy(n check.Node) {
	o.protocol.Tardy(n)
	o.transfers.Tardy(n)
}

func (o *watch) see(e *sim.Event) {
	switch e.Kind {
	case sim.Sent:
		o.sent(e)
	case sim.Delivered:
		o.delivered(e)
	case sim.Restarted:
		o.restarted(e.Node)
	case sim.Halted:
		o.halted(e)
	case sim.Panicked:
		o.violate(check.NoPanic, "%v: %s\n%s", e.From, e.Text, e.Stack)
	}
}

func (o *watch) restarted(n actors.NodeID) {
	if n.IsClient() {
		o.contract.Restarted(uint64(n))
	} else {
		o.consensus.Restarted(check.Node(n))
	}
}

// delivered tells the oracles that a packet came.
func (o *watch) delivered(e *sim.Event) {
	if q, ok := e.Message.(peer.Request); ok && q.Read {
		o.protocol.Asked(check.Question{Client: uint64(e.From.Node), Number: q.ID, Node: check.Node(e.Node)})
	}
	if e.Node.IsClient() || e.From.Node.IsClient() {
		return
	}
	o.protocol.Met(check.Node(e.Node), check.Node(e.From.Node))
	switch m := e.Message.(type) {
	case raft.Message:
		o.protocol.Got(groupOf(e.To.Name), m)
		if (m.Kind == raft.TellTerm || m.Kind == raft.TellDamage) && m.Round > 0 {
			o.consensus.Answered(groupOf(e.To.Name), m.To, m.From)
		}
	case snapshot.AskPiece, snapshot.Piece:
		o.carried(e)
	}
}

// sent tells the oracles of a message between nodes, or to the harness.
func (o *watch) sent(e *sim.Event) {
	switch m := e.Message.(type) {
	case raft.Message:
		g := groupOf(e.To.Name)
		o.promised(g, m)
		o.protocol.Said(g, m)
	case peer.Request:
		o.asked(e, m)
	case peer.Response:
		if e.To == (actors.Ref{}) {
			o.protocol.Replied(m.ID)
			return
		}
		o.answered(e, m)
	case snapshot.AskPiece, snapshot.Piece:
		o.carried(e)
	case peer.Status:
		if e.To == (actors.Ref{}) {
			o.stated++
			o.consensus.Stated(check.Group(m.Group), m.Raft)
		}
	}
}

// asked tells the oracles what a client wants of a group.
func (o *watch) asked(e *sim.Event, q peer.Request) {
	g := groupOf(e.To.Name)
	if q.Read {
		o.consensus.Asked(g, check.Question{Client: uint64(e.Node), Number: q.ID, Node: check.Node(e.To.Node)})
	} else {
		o.contract.Sent(uint64(e.Node), g, q.Body)
	}
}

// answered tells the oracles that a node answers, if what it answers is a read.
func (o *watch) answered(e *sim.Event, r peer.Response) {
	if r.Outcome == peer.Done {
		g, q := groupOf(e.From.Name), check.Question{Client: uint64(e.To.Node), Number: r.ID, Node: check.Node(e.Node)}
		o.consensus.Read(g, q)
		o.protocol.Read(g, q)
	}
}

// groupOf reads the group out of the name of a peer.
func groupOf(name string) check.Group {
	number, err := strconv.ParseUint(strings.TrimPrefix(name, "peer/"), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%q is no peer", name))
	}
	return check.Group(number)
}

// promised tells the oracles what a replica claims or promises.
func (o *watch) promised(g check.Group, m raft.Message) {
	o.consensus.Spoke(g, m.From)
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat, raft.Rest:
		o.leaders[g] = m.From
		o.consensus.Led(g, m.From, m.Term)
		if m.Kind != raft.Rest { // which says so of the end of the log
			o.consensus.Claimed(g, m.From, m.Commit)
		}
	case raft.RequestPreVote:
		o.consensus.Described(g, m.From, m.Index, m.LogTerm)
	case raft.RejectEntries:
		o.consensus.Described(g, m.From, m.Hint, m.LogTerm)
	case raft.RequestVote:
		o.consensus.Described(g, m.From, m.Index, m.LogTerm)
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
	group    check.Group
	node     check.Node
	watch    *watch
	restored bool // from a snapshot, and nothing was applied since
}

// Applied is what observers of [sim.Shown] are told of each entry that a replica hands
// to its state machine.
type Applied struct {
	Group journal.GroupID
	Entry raft.Entry
}

// String names the partition and the entry.
func (a Applied) String() string { return fmt.Sprintf("%v applies %v", check.Group(a.Group), a.Entry) }

// Apply applies e and tells what became of the state.
func (m *watched) Apply(e raft.Entry) []byte {
	if m.restored {
		m.restored = false
		m.watch.consensus.Restored(m.group, m.node, e.Index-1, m.Summary().Hash)
	}
	result := m.applyLent(e)
	m.watch.consensus.Applied(m.group, m.node, e, m.Summary().Hash)
	m.compare(e.Index)
	m.watch.contract.Decided(m.group, e, result)
	m.watch.world.Show(actors.NodeID(m.node), Applied{journal.GroupID(m.group), e})
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
