package raft

import (
	"fmt"
	"testing"
)

func TestSnapshotOfSomethingElseIsRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Snapshot){
		"delivered up to 4":                 func(s *Snapshot) { s.Index++ },
		"captured was snapshot 4@2 {1 2 3}": func(s *Snapshot) { s.Term++ },
		"captured was snapshot 4@1 {1 2 3}": func(s *Snapshot) { s.Stamp++ },
		"captured was snapshot 4@1 {1 2}":   func(s *Snapshot) { s.Configuration.Voters = []ID{1, 2} },
	} {
		h := hostIn(byte(Leader) - 1)
		for _, id := range []ID{2, 3} {
			h.step(Input{Now: h.replica.now, Messages: []Message{{Kind: AcceptEntries, From: id, To: 1, Term: 1, Index: 4}}})
		}
		s := h.replica.Mark()
		spoil(&s)
		mustPanic(t, want, func() { h.step(Input{Now: h.replica.now, Captured: s}) })
	}
}

// However slow a follower is, the leader keeps no more for it than the entries since
// the last snapshot, those that may trail, and the window.
func TestSlowFollowerCostsBoundedMemory(t *testing.T) {
	h := lead(1, 2, 3)
	c := &h.replica.config
	c.InflightMessages, c.Trailing = 4, 300
	for i := range Index(1000) {
		h.step(Input{Now: h.replica.now, Proposals: []Proposal{{Data: make([]byte, 68)}}})
		h.sync(len(h.queue))
		answer := Message{Kind: AcceptEntries, From: 2, To: 1, Term: 1, Index: i + 2}
		h.step(Input{Now: h.replica.now, Messages: []Message{answer}})
		h.step(Input{Now: h.replica.now, Captured: h.replica.Mark()})
		l, _ := h.replica.role.(*leader)
		slow := l.progress(3)
		if s := h.replica.Status(); s.LogBytes > 300 || len(slow.flights) > 4 || slow.size > 4*100 {
			t.Fatalf("after %d entries: %d bytes of log, %d flights of %d bytes",
				i+1, s.LogBytes, len(slow.flights), slow.size)
		}
	}
	if got := fmt.Sprint(h.replica.Status().First); got != "999" {
		t.Errorf("the log begins with %s", got)
	}
}
