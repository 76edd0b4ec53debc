package etcd35

import (
	pb "go.etcd.io/etcd/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

func toEntries(entries []raft.Entry) []pb.Entry {
	out := make([]pb.Entry, len(entries))
	for i, e := range entries {
		out[i] = pb.Entry{Index: uint64(e.Index), Term: uint64(e.Term), Data: e.Data}
	}
	return out
}

func fromEntries(entries []pb.Entry) []raft.Entry {
	out := make([]raft.Entry, len(entries))
	for i, e := range entries {
		out[i] = raft.Entry{Index: raft.Index(e.Index), Term: raft.Term(e.Term), Stamp: raft.Stamp(e.Index),
			Kind: raft.Command, Data: e.Data}
		if len(e.Data) == 0 {
			out[i].Kind, out[i].Data = raft.Barrier, nil
		}
	}
	return out
}

func toPacket(m pb.Message) foreign.Packet {
	b, err := m.Marshal()
	must(err)
	c := claimOf(m)
	return foreign.Packet{To: raft.ID(m.To), Bytes: b, Early: c.Kind == foreign.Leads, Claim: c}
}

// claimOf says what a message tells the oracles.
func claimOf(m pb.Message) foreign.Claim {
	c := foreign.Claim{Term: raft.Term(m.Term), Index: raft.Index(m.Index)}
	switch {
	case m.Type == pb.MsgApp || m.Type == pb.MsgHeartbeat:
		c.Kind = foreign.Leads
	case m.Type == pb.MsgVote:
		c.Kind = foreign.Stands
	case m.Type == pb.MsgVoteResp && !m.Reject:
		c.Kind = foreign.Votes
	case m.Type == pb.MsgAppResp && !m.Reject:
		c.Kind = foreign.Acknowledges
	}
	return c
}
