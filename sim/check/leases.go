package check

import (
	"slices"
	"time"

	"github.com/understudy-kv/understudy/raft"
)

// leases are what the answers to reads rest on: who owes whom loyalty, and until when.
type leases struct {
	bonds map[bond]time.Duration     // until when each lasts
	slow  map[Node]float64           // how much longer than an hour an hour is by its clock, at most
	asked map[Question]time.Duration // when a read first came
}

// A bond ties a voter to a leader whose heartbeat it has answered. It outlives the process
// of the voter, which waits afresh when it is back.
type bond struct {
	group         Group
	voter, leader Node
}

func newLeases() leases {
	return leases{bonds: map[bond]time.Duration{}, slow: map[Node]float64{}, asked: map[Question]time.Duration{}}
}

// Drifts is told by how many millionths the clocks of n are fast, or slow if that is below
// zero, from now on.
func (p *Protocol) Drifts(n Node, millionths int) {
	p.leases.slow[n] = max(p.leases.slow[n], 1/(1+float64(millionths)/1e6))
}

// bind notes that a voter will be loyal for an election timeout, by its own clock, from when
// the heartbeat came that it has answered now.
func (p *Protocol) bind(r *replica, leader Node) {
	length, known := p.leases.slow[r.id]
	if !known {
		length = 1
	}
	b := bond{r.group.id, r.id, leader}
	until := r.heard + time.Duration(float64(p.election)*length)
	p.leases.bonds[b] = max(p.leases.bonds[b], until)
}

// Asked is told when a read reached the node that it is for. Of copies the first counts,
// whichever is answered.
func (p *Protocol) Asked(q Question) {
	if _, before := p.leases.asked[q]; !before {
		p.leases.asked[q] = p.now()
	}
}

// Read is told when a node answered a read. At some time since it came a majority must
// have been bound to the node, or another leader could have been elected before.
func (p *Protocol) Read(id Group, q Question) {
	asked, known := p.leases.asked[q]
	if !known {
		return
	}
	r := p.replica(id, q.Node)
	bound := func(n Node) bool { return n == r.id || p.leases.bonds[bond{id, n, r.id}] >= asked }
	for _, c := range r.configurations() {
		if majority(c.Voters, bound) {
			return // of a joint configuration the end may be in force, which is not on the disk yet
		}
	}
	p.violate(LeasesKept, r, "answers a read that came at %v; of %v only %v were still loyal to it then",
		asked, r.newestConfiguration(), r.loyalists(p, asked))
}

// newestConfiguration is the last one on the disk of a replica.
func (r *replica) newestConfiguration() raft.Configuration {
	all := r.configurations()
	return all[len(all)-1]
}

// loyalists are the members that were bound to a leader at a time, it among them.
func (r *replica) loyalists(p *Protocol, at time.Duration) []Node {
	return slices.DeleteFunc(r.newestConfiguration().Members(), func(n Node) bool {
		return n != r.id && p.leases.bonds[bond{r.group.id, n, r.id}] < at
	})
}
