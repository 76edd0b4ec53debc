package raft

import (
	"slices"
	"time"
)

// A watcher is what one host of a world knows of the processes of the others: it
// hears of one as long as that runs and the link from there is not cut. It is gone
// with its host.
type watcher struct {
	heard  []time.Duration // by host; real time
	silent []bool
	lives  []int // of the process that was heard
	life   int   // of the host itself
}

// watch begins to watch for host i, which begins a life.
func (w *world) watch(i int) *watcher {
	n := len(w.hosts)
	v := watcher{life: w.lives[i], heard: make([]time.Duration, n), silent: make([]bool, n), lives: make([]int, n)}
	for j := range v.heard {
		v.heard[j], v.lives[j] = w.now, -1
	}
	w.watchers[i] = v
	return &w.watchers[i]
}

// contacts is what the watcher of host i has to tell since it was last asked.
func (w *world) contacts(i int) (news []Contact) {
	v := &w.watchers[i]
	if v.heard == nil || v.life != w.lives[i] {
		v = w.watch(i)
	}
	for j, h := range w.hosts {
		id := ID(j + 1)
		hears := (h.replica != nil || h.grave != nil) && w.paused[j] <= w.now && !w.blocked[[2]ID{id, ID(i + 1)}]
		switch {
		case j == i:
		case hears && (v.silent[j] || v.lives[j] != w.lives[j]):
			v.silent[j], v.lives[j], v.heard[j] = false, w.lives[j], w.now
			news = append(news, Contact{ID: id})
		case hears:
			v.heard[j] = w.now
		case !v.silent[j] && w.now-v.heard[j] >= testElection:
			v.silent[j] = true
			news = append(news, Contact{ID: id, Silent: true})
		}
	}
	return news
}

// demandRest lets the healed group rest, wants silence from it, and then takes its
// leader away: the others must notice.
func (w *world) demandRest() {
	if w.rest == 0 || w.err != nil {
		return
	}
	w.await("it does not rest", w.atRest)
	for end := w.now + 100*testElection; w.now < end && w.err == nil; {
		if w.tick(); len(w.network) > 0 {
			w.fail("at rest, and yet %d messages are under way", len(w.network))
		}
	}
	for _, h := range w.hosts {
		if h.replica != nil && h.replica.Status().Role == Leader && w.err == nil {
			w.disappear(h)
		}
	}
	w.demandProgress("after the rest")
}

// disappear crashes a host. It comes back soon, unless the others can do without it.
func (w *world) disappear(h *host) {
	w.marks["a leader that rests disappears"]++
	w.damage = 0 // enough may be damaged as it is
	if len(w.decidedBy().Voters) > 2 && w.random.IntN(2) == 0 {
		w.dead = h.config.ID
	}
	w.crashHost(h.config.ID)
}

// await lets time pass until done, but no more than thirty elections.
func (w *world) await(complaint string, done func() bool) {
	for end := w.now + 30*testElection; !done() && w.err == nil; {
		if w.now > end {
			w.fail("%s", complaint)
		}
		w.tick()
	}
}

// atRest reports whether nobody waits for anything, and nothing is under way.
func (w *world) atRest() bool {
	return len(w.network) == 0 && !slices.ContainsFunc(w.decidedBy().Members(), func(id ID) bool {
		h := w.hosts[id-1]
		return h.replica == nil || h.replica.Deadline() != Never
	})
}
