package cluster

import (
	"github.com/understudy-kv/understudy/raft"
)

// applyLent applies an entry of which the state machine gets a copy that is overwritten
// afterwards: a store keeps nothing of a command, and whatever it did keep becomes wrong
// at once.
func (m *watched) applyLent(e raft.Entry) []byte {
	lent := append(m.watch.lent[:0], e.Data...)
	e.Data = lent
	result := m.StateMachine.Apply(e)
	for i := range lent {
		lent[i] ^= 0xff
	}
	m.watch.lent = lent
	return result
}

// compareEvery is after how many entries all that replicas hold is compared. The hash of
// what they have answered is compared after each.
const compareEvery = 64

// A digester is a state machine that can tell all that it holds.
type digester interface{ Digest() uint64 }

// compare tells the oracles, now and then, all that the machine holds after an entry.
func (m *watched) compare(i raft.Index) {
	if d, can := m.StateMachine.(digester); can && i%compareEvery == 0 {
		m.watch.consensus.Holding(m.group, m.node, i, d.Digest())
	}
}
