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
	grave   *Tombstone
	spoilt  time.Duration // when the disk last lost something; real time
	queue   []Save        // not synced
	saved   uint64
	storage storage
}

func newHost(c Config, now time.Duration, rand func(int) int) *host {
	h := &host{config: c, rand: rand}
	h.start(now)
	return h
}

func (h *host) start(now time.Duration) {
	state := h.disk
	state.Entries = slices.Clone(h.disk.Entries)
	h.replica = New(h.config, state, now, h.rand)
	h.queue, h.saved, h.storage, h.grave = nil, 0, storage{}, nil
}

// bury leaves nothing of the replica but t.
func (h *host) bury(t Tombstone) {
	h.replica, h.queue, h.grave = nil, nil, &t
	h.disk = State{Vote: t.Vote, Floor: t.Floor, Damaged: t.Damaged}
}

// step takes a turn and keeps what it says about disk and state machine.
func (h *host) step(in Input) Output {
	in.Saved = h.saved
	out := h.replica.Step(in)
	if out.Save.Number != 0 {
		h.queue = append(h.queue, out.Save)
	}
	return out
}

// sync makes the n oldest Saves durable.
func (h *host) sync(n int) {
	for _, s := range h.queue[:n] {
		fold(&h.disk, s)
		h.saved = s.Number
	}
	h.queue = h.queue[n:]
}

// fold makes s what is on a disk.
func fold(disk *State, s Save) {
	disk.Vote, disk.Damaged, disk.Floor = s.Vote, s.Damaged, s.Floor
	if i := s.Snapshot.Index; i > 0 {
		kept := []Entry(nil)
		if term(*disk, i) == s.Snapshot.Term {
			kept = disk.Entries[i-disk.Snapshot.Index:]
		}
		disk.Snapshot, disk.Entries = s.Snapshot, kept
	}
	if len(s.Entries) > 0 {
		n := s.Entries[0].Index - disk.Snapshot.Index - 1
		disk.Entries = append(slices.Clip(disk.Entries[:n]), s.Entries...)
	}
}

// last is the end of the log on a disk.
func last(disk State) Index { return disk.Snapshot.Index + Index(len(disk.Entries)) }

// term is the term of the entry i on a disk, or zero if that is not known.
func term(disk State, i Index) Term {
	switch {
	case i == disk.Snapshot.Index:
		return disk.Snapshot.Term
	case i < disk.Snapshot.Index || i > last(disk):
		return 0
	}
	return disk.Entries[i-disk.Snapshot.Index-1].Term
}

// crash loses everything but the disk, onto which the n oldest Saves still made it.
func (h *host) crash(n int) {
	h.sync(n)
	h.replica, h.queue = nil, nil
}
