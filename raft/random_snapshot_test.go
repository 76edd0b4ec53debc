package raft

import "time"

// A storage is what a host is doing about snapshots. A crash ends it.
type storage struct {
	captured Snapshot // durable from done on
	done     time.Duration
	fetched  Snapshot // here from arrives on
	arrives  time.Duration
}

// capture begins to write the state of h, now and then.
func (w *world) capture(h *host) {
	s := &h.storage
	mark := h.replica.Mark()
	if s.captured.Index > 0 || mark.Index == 0 || !w.chance(w.captures) {
		return
	}
	s.captured = mark
	s.done = w.now + time.Duration(w.random.Int64N(int64(testElection)))
}

// fetch begins a transfer. One that is under way is given up only sometimes, and
// what was offered may be gone.
func (w *world) fetch(h *host, o Offer) {
	s := &h.storage
	from := w.hosts[o.From-1]
	if s.fetched.Index > 0 && !w.chance(0.1) {
		return
	}
	s.fetched = Snapshot{}
	if from.replica == nil || from.replica.snapshot.Index != o.Index || w.chance(w.loss) {
		return
	}
	s.fetched = from.replica.snapshot
	s.arrives = w.now + time.Duration(w.random.Int64N(int64(2*testHeartbeat)))
	if w.chance(w.tail) {
		s.arrives += time.Duration(w.random.Int64N(int64(10 * testElection)))
	}
}

// store is what the storage of h has to tell in this turn.
func (w *world) store(h *host, in *Input) (news bool) {
	s := &h.storage
	if s.captured.Index > 0 && s.done <= w.now {
		in.Captured, s.captured, news = s.captured, Snapshot{}, true
	}
	if s.fetched.Index > 0 && s.arrives <= w.now {
		in.Installed, s.fetched, news = s.fetched, Snapshot{}, true
	}
	return news
}

// judgeSnapshots demands that a snapshot names what was committed, and that a state
// that is restored is newer than the one it takes the place of.
func (w *world) judgeSnapshots(i int, h *host, in Input, out Output) {
	if s := out.Save.Snapshot; s.Index > 0 {
		w.judgeSnapshot(h, s)
		w.compactions++
	}
	if s := out.Restored; s.Index > 0 {
		w.judgeSnapshot(h, s)
		if !s.Equal(in.Installed) || s.Index <= w.commits[i] {
			w.fail("%d restored %v from %v; its state was that of %d", h.config.ID, s, in.Installed, w.commits[i])
		}
		w.commits[i] = s.Index
		w.restored++
	}
	if out.Fetch != (Offer{}) {
		w.fetch(h, out.Fetch)
	}
}

func (w *world) judgeSnapshot(h *host, s Snapshot) {
	if int(s.Index) > len(w.ledger) || w.ledger[s.Index-1].position() != s.position() {
		w.fail("%d has %v, which was not committed", h.config.ID, s)
	}
	if !s.Configuration.Equal(w.decidedAt(s.Index)) {
		w.fail("%d has %v of other members", h.config.ID, s)
	}
}

// judgeDisk demands that the Saves, if all are durable, add up to what the replica
// holds.
func (w *world) judgeDisk(h *host) {
	if len(h.queue) > 0 || h.replica.unfenced() || !w.chance(0.02) {
		return
	}
	l := &h.replica.log
	if last(h.disk) != l.last() || h.disk.Snapshot.Index != h.replica.snapshot.Index || h.disk.Vote != h.replica.vote {
		w.fail("%d holds up to %d after %v; its disk up to %d after %v", h.config.ID,
			l.last(), h.replica.snapshot, last(h.disk), h.disk.Snapshot)
	}
	for i := h.disk.Snapshot.Index; i <= l.last(); i++ {
		if l.term(i) != term(h.disk, i) {
			w.fail("%d holds %d@%d; on its disk it is of term %d", h.config.ID, i, l.term(i), term(h.disk, i))
		}
	}
}
