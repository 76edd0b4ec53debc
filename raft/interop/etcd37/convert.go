package etcd37

import (
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

func toEntries(entries []raft.Entry) []*pb.Entry {
	out := make([]*pb.Entry, len(entries))
	for i, e := range entries {
		out[i] = &pb.Entry{Index: new(uint64(e.Index)), Term: new(uint64(e.Term)), Data: e.Data}
	}
	return out
}

func fromEntries(entries []*pb.Entry) []raft.Entry {
	out := make([]raft.Entry, len(entries))
	for i, e := range entries {
		out[i] = raft.Entry{Index: raft.Index(e.GetIndex()), Term: raft.Term(e.GetTerm()),
			Stamp: raft.Stamp(e.GetIndex()), Kind: raft.Command, Data: e.GetData()}
		if len(e.GetData()) == 0 {
			out[i].Kind, out[i].Data = raft.Barrier, nil
		}
	}
	return out
}

func toPacket(m *pb.Message) foreign.Packet {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	must(err)
	c := claimOf(m)
	return foreign.Packet{To: raft.ID(m.GetTo()), Bytes: b, Early: c.Kind == foreign.Leads, Claim: c}
}

// claimOf says what a message tells the oracles.
func claimOf(m *pb.Message) foreign.Claim {
	c := foreign.Claim{Term: raft.Term(m.GetTerm()), Index: raft.Index(m.GetIndex())}
	switch kind := m.GetType(); {
	case kind == pb.MsgApp || kind == pb.MsgHeartbeat:
		c.Kind = foreign.Leads
	case kind == pb.MsgVote:
		c.Kind = foreign.Stands
	case kind == pb.MsgVoteResp && !m.GetReject():
		c.Kind = foreign.Votes
	case kind == pb.MsgAppResp && !m.GetReject():
		c.Kind = foreign.Acknowledges
	}
	return c
}
