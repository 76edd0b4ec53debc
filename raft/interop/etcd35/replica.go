package etcd35

import (
	"io"
	"log"

	etcd "go.etcd.io/etcd/raft/v3"
	pb "go.etcd.io/etcd/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

// A replica is a RawNode and its storage.
type replica struct {
	node    *etcd.RawNode
	storage *storage
	ready   etcd.Ready
}

// A storage is the library's own storage in memory, with a fixed configuration.
type storage struct {
	*etcd.MemoryStorage
	voters []uint64
	hard   pb.HardState
}

// InitialState implements [etcd.Storage].
func (s *storage) InitialState() (pb.HardState, pb.ConfState, error) {
	return s.hard, pb.ConfState{Voters: s.voters}, nil
}

func newCore(c foreign.Config, saved foreign.Saved) foreign.Core {
	s := &storage{MemoryStorage: etcd.NewMemoryStorage()}
	for _, id := range c.Voters {
		s.voters = append(s.voters, uint64(id))
	}
	s.hard = pb.HardState{Term: uint64(saved.Vote.Term), Vote: uint64(saved.Vote.For), Commit: uint64(saved.Commit)}
	must(s.Append(toEntries(saved.Entries)))
	node, err := etcd.NewRawNode(&etcd.Config{
		ID: uint64(c.ID), ElectionTick: c.Election, HeartbeatTick: c.Heartbeat, Storage: s,
		MaxSizePerMsg: c.MessageBytes, MaxInflightMsgs: c.Inflight,
		CheckQuorum: c.CheckQuorum, PreVote: c.PreVote,
		Logger: &etcd.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	})
	must(err)
	return &replica{node: node, storage: s}
}

// must panics if the library, used as it wants to be used, refuses.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Tick implements [foreign.Core].
func (r *replica) Tick() { r.node.Tick() }

// Propose implements [foreign.Core].
func (r *replica) Propose(data []byte) bool { return r.node.Propose(data) == nil }

// ReadIndex implements [foreign.Core]. A follower passes the question on.
func (r *replica) ReadIndex(name []byte) bool {
	r.node.ReadIndex(name)
	return true
}

// Step implements [foreign.Core].
func (r *replica) Step(b []byte) {
	var m pb.Message
	must(m.Unmarshal(b))
	_ = r.node.Step(m) // it says why it ignores a message
}

// Ready implements [foreign.Core].
func (r *replica) Ready() (foreign.Ready, bool) {
	if !r.node.HasReady() {
		return foreign.Ready{}, false
	}
	r.ready = r.node.Ready()
	rd := &r.ready
	changed := !etcd.IsEmptyHardState(rd.HardState)
	if changed {
		r.storage.hard = rd.HardState
	}
	hard := r.storage.hard
	out := foreign.Ready{
		Changed:   changed || len(rd.Entries) > 0,
		MustSync:  rd.MustSync,
		Committed: fromEntries(rd.CommittedEntries),
		Saved: foreign.Saved{
			Vote:    raft.Vote{Term: raft.Term(hard.Term), For: raft.ID(hard.Vote)},
			Commit:  raft.Index(hard.Commit),
			Entries: fromEntries(rd.Entries),
		},
	}
	for _, m := range rd.Messages {
		out.Messages = append(out.Messages, toPacket(m))
	}
	for _, s := range rd.ReadStates {
		out.Reads = append(out.Reads, foreign.ReadState{Index: raft.Index(s.Index), Name: s.RequestCtx})
	}
	return out, true
}

// Advance implements [foreign.Core].
func (r *replica) Advance() {
	must(r.storage.Append(r.ready.Entries))
	r.node.Advance(r.ready)
}
