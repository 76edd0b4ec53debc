package raft

import (
	"slices"
	"testing"
)

// bury carries out what a replica that was removed asks for, or crashes before it is
// durable: then the replica finds everything as it was.
func (w *world) bury(i int, h *host, t Tombstone) {
	if t.Configuration.Has(h.config.ID) {
		w.fail("%d leaves because of %+v", h.config.ID, t)
	}
	w.proofs = append(w.proofs, t)
	w.forget(h)
	if w.chance(0.1) {
		h.crash(w.random.IntN(len(h.queue) + 1))
		return
	}
	w.marks["removed replica leaves"]++
	h.bury(t)
	w.commits[i] = 0
}

// haunt lets the tombstone of a host answer.
func (w *world) haunt(i int, h *host, inbox []Message) {
	for _, m := range inbox {
		if s, ok := h.grave.Recall(h.config.ID, m); ok {
			w.marks["replica comes back"]++
			h.disk = s
			w.restart(i, h)
			return
		}
		if answer, ok := h.grave.Answer(h.config.ID, m); ok {
			w.send(answer)
		}
	}
}

// lingers reports whether h is no member of the group, and yet holds something of it or
// has somebody to ask.
func (w *world) lingers(h *host) bool {
	if h.grave != nil || h.config.ID == w.dead || w.decidedBy().Has(h.config.ID) {
		return false
	}
	if h.replica == nil {
		return true // it will find out that it does
	}
	r := h.replica
	if r.damaged() {
		return len(r.witnesses())+len(r.damage.strangers) > 0
	}
	return last(h.disk) > 0 || r.Deadline() != Never
}

// demandDepartures lets a healed group tell those whom it removed, and demands that all
// who have left had a reason: by now everything that was committed has been applied.
func (w *world) demandDepartures() {
	for _, t := range w.proofs {
		i := int(t.Floor.Index)
		if i > len(w.ledger) || w.ledger[i-1].Term != t.Floor.Term || !w.decidedAt(t.Floor.Index).Equal(t.Configuration) {
			w.fail("somebody left because of %+v; decided was %v", t, w.decidedAt(t.Floor.Index))
		}
	}
	w.await("somebody who was removed does not learn it", func() bool { return !slices.ContainsFunc(w.hosts, w.lingers) })
}

func TestWhoHoldsSomethingOfAGroupItIsNotInLingers(t *testing.T) {
	w := newWorld(1, 1)
	stray := newHost(Config{ID: 9, Founders: []ID{1}, Election: testElection, Heartbeat: testHeartbeat,
		BatchBytes: 1, InflightMessages: 1, InflightBytes: 1, UncommittedBytes: 1}, 0, func(int) int { return 0 })
	if w.lingers(w.hosts[0]) {
		t.Error("a member lingers")
	}
	stray.disk.Entries = entries("1", 0)
	if !w.lingers(stray) {
		t.Error("somebody holds an entry, and does not linger")
	}
	stray.bury(Tombstone{})
	if w.lingers(stray) {
		t.Error("a tombstone lingers")
	}
}
