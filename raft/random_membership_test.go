package raft

import (
	"math/rand/v2"
	"slices"
	"time"
)

// An upheaval is how much the members and the leader of a group are changed while
// everything else goes wrong.
type upheaval struct {
	spare              int     // hosts that belong to no group at first
	changes, transfers float64 // how likely somebody asks for one in a turn
	stalls             float64 // how likely a disk does nothing for a while
}

func drawUpheaval(r *rand.Rand) (u upheaval) {
	if r.IntN(2) == 0 {
		u.spare, u.changes = 1+r.IntN(3), 0.02*r.Float64()
	}
	if r.IntN(2) == 0 {
		u.transfers = 0.01 * r.Float64()
	}
	if r.IntN(2) == 0 {
		u.stalls = 0.01 * r.Float64()
	}
	return u
}

// stall lets the disk of somebody do nothing for up to some elections.
func (w *world) stall() {
	if w.chance(w.stalls) {
		w.stuck[w.victim()] = w.now + time.Duration(w.random.Int64N(int64(4*testElection)))
	}
}

func (w *world) syncs(h *host) bool {
	return len(h.queue) > 0 && w.now >= w.stuck[h.config.ID] && w.chance(w.syncing)
}

// drawChange asks for any members at all, or for those of the moment with little
// changed. It does not ask just when somebody has been damaged: what a leader cannot
// know yet may be too much for the members that it is asked for.
func (w *world) drawChange(h *host) *Change {
	fresh := func(h *host) bool { return h.disk.Damaged && h.grave == nil && !w.ails(h) }
	if !w.chance(w.changes) || slices.ContainsFunc(w.hosts, fresh) {
		return nil
	}
	c := h.replica.configuration().outcome()
	if w.chance(0.5) || len(c.Voters) == 0 {
		return w.drawMembers()
	}
	one := w.anyone()
	switch {
	case !slices.Contains(c.Voters, one):
		c.Voters = union(c.Voters, []ID{one})
	case w.chance(0.5):
		c.Voters = without(c.Voters, []ID{one})
	default:
		c.Voters = without(union(c.Voters, []ID{w.anyone()}), []ID{one})
	}
	return &Change{Voters: c.Voters, Learners: without(c.Learners, c.Voters)}
}

func (w *world) drawMembers() *Change {
	c := &Change{}
	for i, n := range w.random.Perm(len(w.hosts)) {
		switch {
		case i == 0 || w.chance(0.5):
			c.Voters = append(c.Voters, ID(n+1))
		case w.chance(0.3):
			c.Learners = append(c.Learners, ID(n+1))
		}
	}
	return c
}

func (w *world) drawTransfer() ID {
	if !w.chance(w.transfers) {
		return None
	}
	if w.chance(0.2) {
		return Anyone
	}
	return w.anyone()
}

// decidedAt is the configuration in force at i, which is committed.
func (w *world) decidedAt(i Index) Configuration {
	return w.historyOf(w.first, w.ledger[:min(int(i), len(w.ledger))]).newest()
}

// historyOf is the configurations that the entries go through.
func (w *world) historyOf(base Configuration, entries []Entry) *history {
	h := &history{base: base}
	for _, e := range entries {
		if e.Kind == Membership {
			c, err := DecodeConfiguration(e.Data)
			if err != nil {
				w.fail("%v: %v", e, err)
			}
			h.steps = append(h.steps, milestone{e.Index, c})
		}
	}
	return h
}

// decidedBy is the configuration that everybody has applied or will.
func (w *world) decidedBy() Configuration { return w.decidedAt(Index(len(w.ledger))) }

// judgeMembers is told when a leader has changed the members. What it changed had to
// be committed, and so had something of its own term, and nobody may be able to
// decide in the new configuration without those who can in the old one.
func (w *world) judgeMembers(h *host) {
	s := h.replica.Status()
	if s.Role != Leader || w.judged[s.ID] == (position{s.Configured, s.Vote.Term, 0}) {
		return
	}
	w.judged[s.ID] = position{s.Configured, s.Vote.Term, 0}
	l := &h.replica.log
	known := w.historyOf(w.decidedAt(l.base.Index), l.entries)
	if !known.newest().Equal(s.Configuration) || s.Configured != 0 && known.since() != s.Configured {
		w.fail("%d is in %v since %d; its log says %v", s.ID, s.Configuration, s.Configured, known)
	}
	if s.Configured == 0 || l.term(s.Configured) != s.Vote.Term {
		return // the change is not its own
	}
	w.marks["change of members"]++
	w.judgeHealth(h, s.Configuration)
	known.truncate(s.Configured)
	if canBothDecide(known.newest(), s.Configuration) {
		w.fail("%d changes %v to %v", s.ID, known.newest(), s.Configuration)
	}
	w.mustBeDecided(h, known.newest(), known.since())
	w.mustBeDecided(h, known.newest(), w.opening(h))
}

// opening is the first entry of the term in which h leads.
func (w *world) opening(h *host) Index { return h.replica.role.(*leader).barrier }

// mustBeDecided demands that entry i in the log of h is on enough disks.
func (w *world) mustBeDecided(h *host, c Configuration, i Index) {
	if i <= h.replica.snapshot.Index {
		return
	}
	e := h.replica.log.at(i)
	if !agrees(c, func(id ID) bool { return w.hosts[id-1].holds(e) }) {
		w.fail("%d changes the members again; of %v too few hold %v", h.config.ID, c, e)
	}
}

// holds reports whether e is on the disk of h, or may have been before it was spoilt or
// buried.
func (h *host) holds(e Entry) bool {
	return h.disk.Damaged || e.Index <= h.disk.Floor.Index || e.Index < h.disk.Snapshot.Index || term(h.disk, e.Index) == e.Term
}

// enough reports whether so many hold e that some leader could know it to be
// committed, by a configuration that it, or somebody else, has or is about to have.
func (w *world) enough(e Entry) bool {
	return slices.ContainsFunc(w.hosts, func(h *host) bool {
		return h.replica != nil && w.enoughBy(h.replica.members.from(e.Index), e)
	}) || slices.ContainsFunc(w.hosts, func(h *host) bool {
		return w.enoughBy(w.historyOf(w.decidedAt(h.disk.Snapshot.Index), h.disk.Entries).from(e.Index), e)
	})
}

func (w *world) enoughBy(list []Configuration, e Entry) bool {
	holds := func(id ID) bool { return w.hosts[id-1].holds(e) }
	return slices.ContainsFunc(list, func(c Configuration) bool {
		return agrees(c, holds) || c.Joint() && agrees(c.next(), holds)
	})
}

// judgeElection demands that whoever leads has the votes for it.
func (w *world) judgeElection(h *host, term Term) {
	voted := func(id ID) bool {
		own := id == h.config.ID && h.disk.Vote == Vote{term, id}
		return own || w.votes[[2]uint64{uint64(id), uint64(term)}] == h.config.ID
	}
	if c := h.replica.configuration(); !agrees(c, voted) {
		w.fail("%d leads term %d of %v without enough votes", h.config.ID, term, c)
	}
}

// mark counts what makes these runs worth their time.
func (w *world) mark(h *host, out Output) {
	s := h.replica.Status()
	for _, m := range out.Messages {
		switch {
		case m.Kind == StandNow && !s.Configuration.Votes(s.ID):
			w.marks["removed leader hands over"]++
		case m.Kind == StandNow && h.replica.durable.waiting(h.replica.now) >= testElection:
			w.marks["leader with a stalled disk hands over"]++
		case m.Kind == RequestVote && m.Forced:
			w.marks["somebody stands because the leader wants it"]++
		case m.Kind == AppendEntries && !s.Configuration.Has(m.To):
			w.marks["removed replica is told"]++
		}
	}
	if out.Save.Number > 0 && h.disk.Damaged && !out.Save.Damaged {
		w.marks["damaged replica is whole"]++
	}
	switch {
	case s.Configuration.Joint():
		w.marks["joint configuration"]++
	case s.Configured < w.configured[s.ID] && s.Snapshot < w.configured[s.ID]:
		w.marks["configuration is rolled back"]++
	}
	w.configured[s.ID] = s.Configured
}

// rare is what must happen in some run of many.
var rare = []string{
	"somebody rests", "a leader that rests disappears",
	"change of members", "removed leader hands over", "leader with a stalled disk hands over",
	"somebody stands because the leader wants it", "removed replica is told", "removed replica leaves", "replica comes back",
	"joint configuration", "configuration is rolled back", "damaged replica is whole",
	"change of members around one that is damaged",
}

// settled reports whether no change of members is under way any more.
func (w *world) settled() bool { return w.decidedBy().Settled() }
