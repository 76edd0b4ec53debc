package interop

import (
	"encoding/binary"
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"

	"github.com/understudy-kv/understudy/raft"
)

// forced is the context with which a RawNode asks for a vote that its leader wants.
const forced = "CampaignTransfer"

// The two vocabularies. Of theirs, some words mean yes or no.
var (
	theirKinds = map[raft.MessageKind]pb.MessageType{
		raft.RequestPreVote:  pb.MsgPreVote,
		raft.GrantPreVote:    pb.MsgPreVoteResp,
		raft.RefusePreVote:   pb.MsgPreVoteResp,
		raft.RequestVote:     pb.MsgVote,
		raft.GrantVote:       pb.MsgVoteResp,
		raft.RefuseVote:      pb.MsgVoteResp,
		raft.AppendEntries:   pb.MsgApp,
		raft.AcceptEntries:   pb.MsgAppResp,
		raft.RejectEntries:   pb.MsgAppResp,
		raft.Outdated:        pb.MsgAppResp,
		raft.Heartbeat:       pb.MsgHeartbeat,
		raft.AcceptHeartbeat: pb.MsgHeartbeatResp,
		raft.StandNow:        pb.MsgTimeoutNow,
	}
	ourKinds = map[pb.MessageType]struct{ yes, no raft.MessageKind }{
		pb.MsgPreVote:       {yes: raft.RequestPreVote},
		pb.MsgPreVoteResp:   {yes: raft.GrantPreVote, no: raft.RefusePreVote},
		pb.MsgVote:          {yes: raft.RequestVote},
		pb.MsgVoteResp:      {yes: raft.GrantVote, no: raft.RefuseVote},
		pb.MsgApp:           {yes: raft.AppendEntries},
		pb.MsgAppResp:       {yes: raft.AcceptEntries, no: raft.RejectEntries},
		pb.MsgHeartbeat:     {yes: raft.Heartbeat},
		pb.MsgHeartbeatResp: {yes: raft.AcceptHeartbeat},
		pb.MsgTimeoutNow:    {yes: raft.StandNow},
		pb.MsgSnap:          {yes: raft.OfferSnapshot},
	}
)

// toTheirs translates what came for a RawNode. It knows nothing of damage, so it is
// told nothing of that.
func toTheirs(m raft.Message) (*pb.Message, bool) {
	kind, known := theirKinds[m.Kind]
	if !known {
		return nil, false
	}
	out := &pb.Message{
		Type: kind.Enum(), From: new(uint64(m.From)), To: new(uint64(m.To)), Term: new(uint64(m.Term)),
		Index: new(uint64(m.Index)), LogTerm: new(uint64(m.LogTerm)), Commit: new(uint64(m.Commit)),
		Entries: theirEntries(m.Entries),
	}
	switch m.Kind {
	case raft.RefusePreVote, raft.RefuseVote:
		out.Reject = new(true)
	case raft.RejectEntries:
		out.Reject, out.RejectHint = new(true), new(uint64(m.Hint))
	case raft.RequestVote:
		if m.Forced {
			out.Context = []byte(forced)
		}
	case raft.Heartbeat:
		out.Commit = new(uint64(min(m.Commit, m.Index)))
		out.Index, out.LogTerm = nil, nil
		out.Context = contextOf(m.Round)
	case raft.AcceptHeartbeat:
		out.Context = contextOf(m.Round)
	}
	return out, true
}

// toOurs translates what a RawNode says, entries and positions in its log left out.
func toOurs(m *pb.Message) raft.Message {
	kinds, known := ourKinds[m.GetType()]
	if !known {
		panic(fmt.Sprintf("no translation for %v", m))
	}
	out := raft.Message{
		Kind: kinds.yes, From: raft.ID(m.GetFrom()), To: raft.ID(m.GetTo()), Term: raft.Term(m.GetTerm()),
		Index: raft.Index(m.GetIndex()), LogTerm: raft.Term(m.GetLogTerm()), Commit: raft.Index(m.GetCommit()),
	}
	if m.GetReject() {
		out.Kind = kinds.no
	}
	switch out.Kind {
	case raft.RejectEntries:
		out.Hint = raft.Index(m.GetRejectHint())
	case raft.RequestVote:
		out.Forced = string(m.GetContext()) == forced
	case raft.Heartbeat, raft.AcceptHeartbeat:
		out.Round = roundOf(m.GetContext())
	case raft.OfferSnapshot:
		at := m.GetSnapshot().GetMetadata()
		out.Index, out.LogTerm = raft.Index(at.GetIndex()), raft.Term(at.GetTerm())
	}
	return out
}

// numbered is what our core is told in the place of a round of a RawNode. That counts
// rounds from one, but only for reads: other heartbeats say nothing new. Here each has
// to, or it proves to our core that somebody led once, and no more.
func numbered(round, beats uint64) uint64 { return beats<<32 | round }

// contextOf and roundOf turn the number of a round into what a RawNode lets a
// heartbeat carry, and back.
func contextOf(round uint64) []byte {
	if round = uint64(uint32(round)); round == 0 {
		return nil
	}
	return binary.LittleEndian.AppendUint64(nil, round)
}

func roundOf(context []byte) uint64 {
	if len(context) == 0 {
		return 0
	}
	return binary.LittleEndian.Uint64(context)
}
