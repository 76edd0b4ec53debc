package raft

import (
	"slices"
	"time"
)

// A host is a replica and its disk. What was saved and not synced is lost in a
// crash, except for as many of the oldest Saves as the test says.
type host struct {
	config  Config
	rand    func(n int) int
	replica *Replica // nil while crashed
	disk    State
	queue   []Save // not synced
	saved   uint64
	applied []Entry // since the start
}

func newHost(c Config, now time.Duration, rand func(int) int) *host {
	h := &host{config: c, rand: rand}
	h.start(now)
	return h
}

func (h *host) start(now time.Duration) {
	state := State{Vote: h.disk.Vote, Entries: slices.Clone(h.disk.Entries)}
	h.replica = New(h.config, state, now, h.rand)
	h.queue, h.saved, h.applied = nil, 0, nil
}

// step takes a turn and keeps what it says about disk and state machine.
func (h *host) step(in Input) Output {
	in.Saved = h.saved
	out := h.replica.Step(in)
	if out.Save.Number != 0 {
		h.queue = append(h.queue, out.Save)
	}
	h.applied = append(h.applied, out.Committed...)
	return out
}

// sync makes the n oldest Saves durable.
func (h *host) sync(n int) {
	for _, s := range h.queue[:n] {
		h.disk.Vote = s.Vote
		if len(s.Entries) > 0 {
			h.disk.Entries = append(slices.Clip(h.disk.Entries[:s.Entries[0].Index-1]), s.Entries...)
		}
		h.saved = s.Number
	}
	h.queue = h.queue[n:]
}

// crash loses everything but the disk, onto which the n oldest Saves still made it.
func (h *host) crash(n int) {
	h.sync(n)
	h.replica, h.queue = nil, nil
}
