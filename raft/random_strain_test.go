package raft

import (
	"math/rand/v2"
	"time"
)

// A malice is misfortune with a purpose: what plain chance brings about too rarely.
type malice struct {
	plots    bool    // against leaders
	regicide float64 // how likely a leader crashes, or is cut off
}

// strain makes most worlds good at something.
func (w *weather) strain(r *rand.Rand) {
	switch r.IntN(8) {
	case 0, 1:
		w.strainLeases(r)
	case 2:
		w.strainMemory()
	case 3, 4:
		w.strainReigns()
	}
}

// strainLeases makes a new leader appear, and commit something, as soon after the
// old one was cut off as it possibly can. With few proposals even a host that the
// leader does not reach has a log that can win.
func (w *weather) strainLeases(r *rand.Rand) {
	w.pace = testHeartbeat / 20
	w.leases, w.syncing, w.proposals, w.questions = true, 1, []float64{0.1, 0.0005}[r.IntN(2)], 0.3
	w.loss, w.repeat, w.tail, w.crash, w.cut = 0, 0, 0, 0.001, 0
	w.pause = min(w.pause, 0.0001)
	w.plots = true
	w.rest *= r.IntN(2) // a leader at rest has no lease
}

// strainReigns lets leaders come and go before what they have begun is known to many:
// logs end with entries of many terms, and a leader finds some of its own of old.
func (w *weather) strainReigns() {
	w.tiny, w.regicide, w.syncing = true, 0.1, 0.3
	w.proposals, w.questions = 0.01, 0.01
	w.loss, w.tail, w.crash, w.cut, w.pause, w.damage = 0, 0, 0, 0, 0, 0
	w.upheaval = upheaval{}
}

// length is how many times longer than others a world is: where ticks are short, or
// cheap.
func (w *weather) length() int {
	switch {
	case w.plots:
		return 4
	case w.regicide > 0:
		return 2
	}
	return 1
}

// A timepiece is the clock of a host. None runs faster than another by more than Drift.
type timepiece struct {
	rate float64
	read time.Duration // what it showed
	at   time.Duration // real time
}

// clock is what host i takes for the time.
func (w *world) clock(i int) time.Duration {
	c := &w.clocks[i]
	c.read += time.Duration(float64(w.now-c.at) * c.rate)
	c.at = w.now
	return c.read
}

// adjust lets the clock of host i run at a rate from now on.
func (w *world) adjust(i int, rate float64) {
	w.clock(i)
	w.clocks[i].rate = rate
}

// patience is the chance that host i draws its waits from. The hasty stand as soon as
// they may. Where there are plots one is, for two are in each other's way.
func (w *world) patience(i int) func(int) int {
	hasty := w.random.IntN(2) == 0
	return func(n int) int {
		if w.plots && w.plot.hasty == ID(i+1) || !w.plots && hasty {
			n = n/50 + 1
		}
		return w.random.IntN(n)
	}
}

// A plot is to have another leader while the one against whom it is goes on, unheard.
// It is a play in three acts, which are repeated.
type plot struct {
	act     int
	against ID
	hasty   ID            // who follows the next leader and does not wait long
	next    time.Duration // when the next act begins
	applied int           // how long the ledger was
}

// intrigue lets plots take their course, and leaders crash.
func (w *world) intrigue() {
	if w.plots && w.now >= w.plot.next {
		w.plot.next = w.now + w.plotOn()
		w.plot.act++
	}
	w.assassinate(w.leaderOr(None))
}

// assassinate perhaps crashes a leader, or lets it take the place of whoever was cut off
// before, above all when somebody has just applied something new: few know of it.
func (w *world) assassinate(leader ID) {
	danger := w.regicide
	if len(w.ledger) > w.plot.applied {
		danger *= 6
	}
	w.plot.applied = len(w.ledger)
	switch {
	case leader == None || !w.chance(danger):
	case w.chance(0.5):
		w.crashHost(leader)
	default:
		clear(w.blocked)
		w.isolate(leader)
	}
}

// plotOn begins an act, and returns how long it takes.
func (w *world) plotOn() time.Duration {
	some := time.Duration(w.random.Int64N(int64(testElection)))
	switch w.plot.act % 3 {
	case 0:
		return w.plotAgainst(w.leaderOr(None), some)
	case 1:
		w.isolate(w.plot.against)
		w.plot.hasty = w.anyone()
		return testElection + some
	}
	clear(w.blocked)
	return some
}

// plotAgainst prepares the isolation of a leader, if there is one. What it takes for an
// election timeout is longer than what most others do. And sometimes one of them stands
// early, whom all others refuse for the leader's sake; or the leader is paused, and finds
// answers of old when it goes on.
func (w *world) plotAgainst(leader ID, some time.Duration) time.Duration {
	w.plot.against = leader
	if leader == None {
		w.plot.act = 2 // wait
		return some / 2
	}
	for i := range w.hosts {
		w.adjust(i, 1+0.0999*float64(min(1, w.random.IntN(6))))
	}
	w.adjust(int(leader-1), 1)
	switch w.random.IntN(3) {
	case 0:
		w.block(leader, w.plot.hasty)
		return some
	case 1:
		w.paused[leader-1] = w.now + testElection + some/2
		return testHeartbeat / 2
	}
	return some / 5
}

// cutLinks replaces the cuts there are: by none, by the isolation of a host, by one
// link of it, or by a few links in one direction each.
func (w *world) cutLinks(id ID) {
	clear(w.blocked)
	switch other := w.anyone(); w.random.IntN(4) {
	case 0:
	case 1:
		w.isolate(id)
	case 2:
		w.block(id, other)
	default:
		for range len(w.hosts) {
			w.blocked[[2]ID{w.anyone(), w.anyone()}] = true
		}
	}
}

func (w *world) isolate(id ID) {
	for i := range w.hosts {
		w.block(id, ID(i+1))
	}
}

func (w *world) block(a, b ID) {
	w.blocked[[2]ID{a, b}] = true
	w.blocked[[2]ID{b, a}] = true
}
