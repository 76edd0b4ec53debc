package interop

import (
	"io"
	"log"
	"maps"
	"slices"

	etcd "go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

// trailing is how many entries a RawNode keeps from before its newest snapshot.
const trailing = 3

// Theirs is a RawNode behind an adapter.
type theirs struct {
	config  foreign.Config
	node    *etcd.RawNode
	storage *storage
	ready   etcd.Ready
	roll    roll
	newest  raft.Stamp    // given to an entry here, or seen
	mark    raft.Snapshot // of the state after everything handed out as committed
	// captured was captured here and is not recorded yet.
	captured raft.Snapshot
	// known is the last entry whose changes of members the RawNode started with.
	known raft.Index
	ticks int
	beats uint64          // heartbeats sent
	sent  map[raft.ID]int // when a snapshot was last sent to each follower
	offer raft.Message    // the last one received
	fetch raft.Offer
}

// A storage is the library's own storage in memory, with what it starts from.
type storage struct {
	*etcd.MemoryStorage
	state *pb.ConfState
	hard  *pb.HardState
}

// InitialState implements [etcd.Storage].
func (s *storage) InitialState() (*pb.HardState, *pb.ConfState, error) { return s.hard, s.state, nil }

func newTheirs(c foreign.Config, saved foreign.Saved) *theirs {
	t := &theirs{config: c, mark: saved.Snapshot, known: max(saved.Commit, saved.Snapshot.Index), sent: map[raft.ID]int{}}
	if t.mark.Index == 0 {
		t.mark.Configuration = raft.Configuration{Voters: c.Voters}
	}
	t.remember(saved)
	node, err := etcd.NewRawNode(&etcd.Config{
		ID: uint64(c.ID), ElectionTick: c.Election, HeartbeatTick: c.Heartbeat, Storage: t.storage,
		Applied: uint64(t.mark.Index), MaxSizePerMsg: c.MessageBytes, MaxInflightMsgs: c.Inflight,
		CheckQuorum: c.CheckQuorum, PreVote: c.PreVote, DisableProposalForwarding: true, StepDownOnRemoval: true,
		Logger: &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	})
	must(err)
	t.node = node
	return t
}

// remember fills the storage with what was saved. The configuration is the last one
// that had been applied for good, not that of the snapshot: to forget it would be to
// vote in a group that is gone.
func (t *theirs) remember(saved foreign.Saved) {
	entries := theirEntries(saved.Entries)
	t.roll = newRoll(t.mark)
	t.roll.note(entries)
	t.newest = t.roll.stamp(t.mark.Index + raft.Index(len(entries)))
	t.storage = &storage{MemoryStorage: etcd.NewMemoryStorage(), state: confState(t.roll.configuration(t.known))}
	if t.mark.Index > 0 {
		must(t.storage.ApplySnapshot(theirSnapshot(t.mark)))
	}
	must(t.storage.Append(entries))
	t.storage.hard = &pb.HardState{Term: new(uint64(saved.Vote.Term)), Vote: new(uint64(saved.Vote.For)), Commit: new(uint64(t.known))}
}

// theirSnapshot is a snapshot as a RawNode knows it. The state is elsewhere.
func theirSnapshot(s raft.Snapshot) *pb.Snapshot {
	return &pb.Snapshot{Data: s.AppendTo(nil), Metadata: &pb.SnapshotMetadata{
		Index: new(uint64(s.Index)), Term: new(uint64(s.Term)), ConfState: confState(s.Configuration)}}
}

// Tick implements [foreign.Core]. A snapshot may be lost on its way, and a RawNode
// waits for it until it is told so.
func (t *theirs) Tick() {
	t.ticks++
	t.node.Tick()
	for _, id := range slices.Sorted(maps.Keys(t.sent)) {
		if t.ticks > t.sent[id]+t.config.Election {
			delete(t.sent, id)
			t.node.ReportSnapshot(uint64(id), etcd.SnapshotFailure)
		}
	}
}

func (t *theirs) leads() bool { return t.node.BasicStatus().RaftState == etcd.StateLeader }

// Propose implements [foreign.Core]. Between the newest stamp and this one may come
// the entry that opens the term, of which the adapter has not heard.
func (t *theirs) Propose(data []byte) bool {
	if !t.leads() {
		return false
	}
	t.newest = max(t.newest+2, raft.Stamp(t.ticks)*raft.Stamp(foreign.Tick))
	return t.node.Propose(pack(t.newest, raft.Command, data)) == nil
}

// ReadIndex implements [foreign.Core].
func (t *theirs) ReadIndex(name []byte) bool {
	if !t.leads() {
		return false
	}
	t.node.ReadIndex(name)
	return true
}

// Step implements [foreign.Core].
func (t *theirs) Step(b []byte) {
	m, err := raft.DecodeMessage(b)
	must(err)
	if m.Kind == raft.OfferSnapshot {
		t.receiveOffer(m)
		return
	}
	if translated, ok := toTheirs(m); ok {
		_ = t.node.Step(translated) // it says why it ignores a message
	}
}

// receiveOffer has a snapshot fetched, unless it is old. First of all it is a message
// of a leader: a RawNode has to know, or to object.
func (t *theirs) receiveOffer(m raft.Message) {
	_ = t.node.Step(&pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(uint64(m.From)),
		To: new(uint64(m.To)), Term: new(uint64(m.Term))})
	if status := t.node.BasicStatus(); raft.Term(status.GetTerm()) != m.Term {
		return
	}
	t.offer = m
	if m.Index <= t.mark.Index {
		t.Install(raft.Snapshot{Index: m.Index, Term: m.LogTerm, Configuration: t.mark.Configuration}) // it says what it has
		return
	}
	t.fetch = raft.Offer{From: m.From, Index: m.Index, Term: m.LogTerm}
}

// Install implements [foreign.Keeper].
func (t *theirs) Install(s raft.Snapshot) {
	_ = t.node.Step(&pb.Message{Type: pb.MsgSnap.Enum(), From: new(uint64(t.offer.From)), To: new(uint64(t.offer.To)),
		Term: new(uint64(t.offer.Term)), Snapshot: theirSnapshot(s)})
}

// Mark implements [foreign.Keeper].
func (t *theirs) Mark() raft.Snapshot { return t.mark }

// Captured implements [foreign.Keeper].
func (t *theirs) Captured(s raft.Snapshot) {
	_, err := t.storage.CreateSnapshot(uint64(s.Index), confState(s.Configuration), s.AppendTo(nil))
	if err == etcd.ErrSnapOutOfDate {
		return // a later one was installed meanwhile
	}
	must(err)
	t.captured = s
	if first, _ := t.storage.FirstIndex(); uint64(s.Index) >= first+trailing {
		must(t.storage.Compact(uint64(s.Index) - trailing))
	}
}

// Transfer implements [foreign.Keeper].
func (t *theirs) Transfer(to raft.ID) {
	if t.leads() {
		t.node.TransferLeader(uint64(to))
	}
}
