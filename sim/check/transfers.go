package check

import (
	"fmt"
	"slices"
	"time"
)

// Transfers holds the oracles of snapshots while one node sends them to another, and of
// files while they are read.
type Transfers struct {
	now    func() time.Duration
	report func(Violation)
	// patience is how long a fetch goes on while nothing comes, and idle how long who asks
	// may be silent before it loses its place.
	patience, idle time.Duration
	tardy          map[Node]bool
	held           map[copyOf][]hold
	spoiled        map[copyOf]bool
	waits          map[asking]time.Duration
	// parted are those whose last word, that they want no more, has come: what they are
	// given before it is handled is of no use to them.
	parted map[asking]bool
}

// A copyOf is a file on the disk of a node.
type copyOf struct {
	node Node
	file string
}

// A hold is what a node has on a file of another one that gave it a piece.
type hold struct {
	by Node
	at time.Duration // of the last piece
}

// An asking is a file that one node wants from another.
type asking struct {
	copyOf // that is asked for
	by     Node
}

// NewTransfers returns oracles that know nothing yet. Now is simulated time; report
// receives every violation. Patience and idle are those of all nodes.
func NewTransfers(now func() time.Duration, report func(Violation), patience, idle time.Duration) *Transfers {
	return &Transfers{
		now: now, report: report, patience: patience, idle: idle, tardy: map[Node]bool{},
		held: map[copyOf][]hold{}, spoiled: map[copyOf]bool{}, waits: map[asking]time.Duration{}, parted: map[asking]bool{},
	}
}

// Tardy is told when n computes or writes slowly, or its clocks run oddly, or begin to: it
// may be waiting for itself.
func (t *Transfers) Tardy(n Node) { t.tardy[n] = true }

// Spoiled is told when the harness damaged a file of a node that runs on, which may remove
// it at once to write it anew.
func (t *Transfers) Spoiled(n Node, file string) { t.spoiled[copyOf{n, file}] = true }

// Asked is told when by asks another node for a piece of a file. It must not do so for ever
// while nothing comes: somebody else may have what it needs. The bound leaves room for what
// it was given before and has not written yet.
func (t *Transfers) Asked(sender, by Node, file string) {
	a := asking{copyOf{sender, file}, by}
	delete(t.parted, a)
	since, waits := t.waits[a]
	switch {
	case !waits:
		t.waits[a] = t.now()
	case t.now()-since > 2*t.patience && !t.tardy[by]:
		t.violate(SilentSenders, "node %d asks node %d for %s, of which nothing came since %v; its patience is %v",
			by, sender, file, since, t.patience)
		delete(t.waits, a)
	}
}

// Content is told when by says that it asks another node for nothing more of a file.
func (t *Transfers) Content(sender, by Node, file string) {
	delete(t.waits, asking{copyOf{sender, file}, by})
}

// Heard is told when that reached the other node: it may remove the file now.
func (t *Transfers) Heard(sender, by Node, file string) {
	t.parted[asking{copyOf{sender, file}, by}] = true
	t.release(copyOf{sender, file}, by)
}

// Gave is told when a node sends a piece of a file to another one, which may come back for
// the others.
func (t *Transfers) Gave(sender, to Node, file string) {
	c := copyOf{sender, file}
	t.release(c, to)
	if !t.parted[asking{c, to}] {
		t.held[c] = append(t.held[c], hold{to, t.now()})
	}
}

// Denied is told when a node tells another one that a file is not to be had any more.
func (t *Transfers) Denied(sender, to Node, file string) { t.release(copyOf{sender, file}, to) }

// Came is told when any answer about a file reached the node that asked for it.
func (t *Transfers) Came(sender, by Node, file string) { t.Content(sender, by, file) }

func (t *Transfers) release(c copyOf, by Node) {
	t.held[c] = slices.DeleteFunc(t.held[c], func(h hold) bool { return h.by == by })
}

// Removed is told when n removed a file from its disk, of which it had asked for so many
// pieces and not got them yet. Half of the time after which a silent node loses its place
// is certainly too early, however the clocks run.
func (t *Transfers) Removed(n Node, file string, reads int) {
	c := copyOf{n, file}
	for _, h := range t.held[c] {
		if t.now()-h.at < t.idle/2 && !t.spoiled[c] {
			t.violate(SentIsKept, "node %d removed %s, of which it gave node %d a piece at %v; that has not said that it wants no more",
				n, file, h.by, h.at)
		}
	}
	if reads > 0 {
		t.violate(ReadIsKept, "node %d removed %s while it was reading it", n, file)
	}
	delete(t.held, c)
}

// Ended is told when the process of n ended: it has forgotten whom it gave what, and what
// it waits for.
func (t *Transfers) Ended(n Node) {
	for c := range t.held { // any order: each is dropped or not by itself
		if c.node == n {
			delete(t.held, c)
		}
	}
	for a := range t.waits { // any order: each is dropped or not by itself
		if a.by == n {
			delete(t.waits, a)
		}
	}
}

func (t *Transfers) violate(oracle, format string, args ...any) {
	t.report(Violation{Oracle: oracle, At: t.now(), Text: fmt.Sprintf(format, args...)})
}
