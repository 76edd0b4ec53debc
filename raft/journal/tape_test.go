package journal_test

import (
	"math/rand/v2"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A tape is everything that matters for what a crash leaves, in order. A nil tape
// takes no notes.
type tape struct {
	events []event
	handed map[journal.GroupID]int   // how many changes of a group were handed in
	gone   map[journal.GroupID][]int // which of them are removals that wait for an answer
}

type eventKind int

const (
	created  eventKind = iota // a log was created
	appended                  // a record was appended to it
	synced                    // its first count records became durable
	removing                  // its removal was asked for
	removed                   // its removal was answered
	handed                    // a group handed in its change number count
	promised                  // a group was told that its changes up to count are durable
)

type event struct {
	kind   eventKind
	log    string
	record []byte
	group  journal.GroupID
	count  int
}

func newTape() *tape {
	return &tape{handed: map[journal.GroupID]int{}, gone: map[journal.GroupID][]int{}}
}

func (t *tape) write(e event) {
	if t != nil {
		t.events = append(t.events, e)
	}
}

// hand notes that a change of a group is about to be handed in, and returns its
// number, from 1 on: that of its save, if it is one.
func (t *tape) hand(g journal.GroupID, removal bool) int {
	t.handed[g]++
	if removal {
		t.gone[g] = append(t.gone[g], t.handed[g])
	}
	t.write(event{kind: handed, group: g, count: t.handed[g]})
	return t.handed[g]
}

// told notes what the journal promised.
func (t *tape) told(m actors.Message) {
	if t == nil {
		return
	}
	switch m := m.(type) {
	case journal.Saved:
		t.write(event{kind: promised, group: m.Group, count: int(m.Number)})
	case journal.Removed:
		t.write(event{kind: promised, group: m.Group, count: t.gone[m.Group][0]})
		t.gone[m.Group] = t.gone[m.Group][1:]
	}
}

// An image is what is on a disk: logs by their names.
type image map[string]part

// A part is one log: the first durable of its records survive any crash. A doomed one
// may or may not be there after the next.
type part struct {
	records [][]byte
	durable int
	doomed  bool
}

// play lets an event happen to the disk.
func (i image) play(e event) {
	p := i[e.log]
	switch e.kind {
	case appended:
		p.records = append(p.records[:len(p.records):len(p.records)], e.record)
	case synced:
		p.durable = max(p.durable, e.count)
	case removing:
		p.doomed = true
	case removed:
		delete(i, e.log)
		return
	case handed, promised:
		return
	}
	i[e.log] = p
}

// names returns the logs of the image, sorted.
func (i image) names() []string {
	var names []string
	for name := range i { // any order: sorted
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// crashes calls f with every image that a crash at this moment may leave, or with
// some of them if there are more than limit: each log ends somewhere between what
// is durable and what was appended.
func (i image) crashes(limit int, rng *rand.Rand, f func(image)) {
	names := i.names()
	choices := make([]int, len(names)) // of the end of each log
	total := 1
	for n, name := range names {
		p := i[name]
		choices[n] = len(p.records) - p.durable + 1
		if p.doomed || len(p.records) == 0 {
			choices[n]++ // it may be gone, or not be there yet
		}
		total *= choices[n]
	}
	for k := range min(total, limit) {
		number := k
		if total > limit && k == 1 {
			number = total - 1 // the other extreme
		} else if total > limit && k > 1 {
			number = rng.IntN(total)
		}
		f(i.left(names, choices, number))
	}
}

// left returns one of the images that a crash may leave, by its number.
func (i image) left(names []string, choices []int, number int) image {
	out := image{}
	for n, name := range names {
		p := i[name]
		extra := number % choices[n]
		number /= choices[n]
		if end := p.durable + extra; end <= len(p.records) {
			out[name] = part{records: p.records[:end:end], durable: end}
		}
	}
	return out
}
