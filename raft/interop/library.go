package interop

import (
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/interop/etcd37"
	"github.com/understudy-kv/understudy/raft/interop/foreign"
)

// Mixed is a library whose replicas are of our core where isOurs says so, and RawNodes
// elsewhere.
func Mixed(isOurs func(raft.ID) bool) foreign.Library {
	return foreign.Library{
		Name: "ours and go.etcd.io/raft/v3@v3.7.0",
		Seed: etcd37.Seed,
		Fit:  fit,
		New: func(c foreign.Config, s foreign.Saved) foreign.Core {
			if isOurs(c.ID) {
				return newOurs(c, s)
			}
			return newTheirs(c, s)
		},
	}
}

// fit makes a plan that suits both: our core always polls and always watches its
// followers. In return states are captured, members change, and leaders are asked to
// hand over.
func fit(p *foreign.Plan) {
	s := p.Seed.Stream("mixed")
	p.PreVote, p.CheckQuorum = true, true
	p.Nodes = max(p.Nodes, 2)
	p.CaptureEvery = []raft.Index{0, 5, 30}[s.IntN(3)]
	p.Voters = p.Nodes
	if s.Chance(0.4) {
		p.Voters = []int{3, 3, 5}[s.IntN(3)]
		p.Nodes, p.ChangeEvery = p.Voters+1, s.Between(50*time.Millisecond, 500*time.Millisecond)
	}
	if s.Chance(0.5) {
		p.Faults = append(p.Faults, foreign.Fault{Kind: foreign.Transfer,
			Every: s.Between(200*time.Millisecond, time.Second), For: time.Millisecond})
	}
}

// packet wraps a message for its way.
func packet(m raft.Message, early bool) foreign.Packet {
	return foreign.Packet{To: m.To, Bytes: m.AppendTo(nil), Early: early, Claim: claimOf(m)}
}

// claimOf says what a message tells the oracles.
func claimOf(m raft.Message) foreign.Claim {
	c := foreign.Claim{Term: m.Term, Index: m.Index}
	switch m.Kind {
	case raft.AppendEntries, raft.Heartbeat, raft.OfferSnapshot:
		c.Kind = foreign.Leads
	case raft.RequestVote:
		c.Kind = foreign.Stands
	case raft.GrantVote:
		c.Kind = foreign.Votes
	case raft.AcceptEntries:
		c.Kind = foreign.Acknowledges
	}
	return c
}

// must panics if what was made by one part of this package does not suit another.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
