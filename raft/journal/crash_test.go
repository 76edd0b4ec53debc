package journal_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// tiny makes generations change often.
var tiny = journal.Config{GenerationBytes: 1500, PieceBytes: 60}

// A recording is a run of a journal: what happened, and what should be remembered.
type recording struct {
	tape      *tape
	histories []*history
	switches  int // of generations
}

// record runs a journal for some turns with a few groups, of which the first falls
// silent early.
func record(seed uint64, turns int) *recording {
	rng := rand.New(rand.NewPCG(seed, 0))
	r := &recording{tape: newTape()}
	for g := range journal.GroupID(4) {
		r.histories = append(r.histories, &history{group: g + 1, states: []*raft.State{nil}})
	}
	w := create(tiny)
	w.tape, w.slow = r.tape, true
	w.turn(actors.Started{})
	for n := range turns {
		var messages []actors.Message
		for range rng.IntN(4) {
			quiet := 0
			if n > 5 {
				quiet = 1
			}
			h := r.histories[quiet+rng.IntN(len(r.histories)-quiet)]
			messages = append(messages, h.next(rng, r.tape))
		}
		w.turn(messages...)
		if len(w.syncs) > 0 && rng.IntN(3) > 0 {
			w.end(rng.IntN(len(w.syncs)), nil)
		}
		if len(w.removals) > 0 && rng.IntN(4) == 0 {
			w.gone()
		}
	}
	w.settle()
	for _, e := range r.tape.events {
		if e.kind == removed {
			r.switches++
		}
	}
	return r
}

// An enumeration starts a journal on the disks that crashes in the course of a
// recording leave.
type enumeration struct {
	recording
	rng     *rand.Rand
	images  int // at most, for one moment
	handed  map[journal.GroupID]int
	promise map[journal.GroupID]int
	tried   int
	fault   error // the first promise that was broken
}

func enumerate(r *recording, images int) *enumeration {
	e := &enumeration{recording: *r, rng: rand.New(rand.NewPCG(1, 1)), images: images,
		handed: map[journal.GroupID]int{}, promise: map[journal.GroupID]int{}}
	disk := image{}
	for n, event := range r.tape.events {
		disk.play(event)
		switch event.kind {
		case handed:
			e.handed[event.group] = event.count
			continue // the disk is as it was
		case promised:
			e.promise[event.group] = max(e.promise[event.group], event.count)
		}
		disk.crashes(e.images, e.rng, func(i image) {
			if err := e.try(i, e.rng.IntN(4) == 0); err != nil && e.fault == nil {
				e.fault = fmt.Errorf("after event %d of %d: %s: %w", n, len(r.tape.events), i, err)
			}
		})
		if e.fault != nil {
			return e
		}
	}
	return e
}

// String prints which records of which logs are left.
func (i image) String() string {
	s := ""
	for _, name := range i.names() {
		s += fmt.Sprintf("%s:%d ", name, len(i[name].records))
	}
	return s
}

// try starts a journal on an image and compares what it finds with what was
// promised. If again is set, the new journal is put to use and crashes as well:
// while it recovers, and after it made a promise of its own.
func (e *enumeration) try(i image, again bool) error {
	e.tried++
	w := create(tiny)
	for name, p := range i { // any order: it becomes a map
		w.put(name, p.records...)
	}
	w.tape = newTape()
	w.turn(actors.Started{})
	w.settle()
	found, err := w.recovery()
	if err != nil {
		return err
	}
	if err := e.compare(found); err != nil || !again {
		return err
	}
	return e.goOn(w, i)
}

// compare judges what a journal found.
func (e *enumeration) compare(found journal.Recovered) error {
	if found.Damaged {
		return fmt.Errorf("a crash alone was taken for damage")
	}
	for _, h := range e.histories {
		least, most := e.promise[h.group], e.handed[h.group]
		if got := stateOf(found, h.group); !slices.ContainsFunc(h.states[least:most+1], func(s *raft.State) bool {
			return same(s, got)
		}) {
			return fmt.Errorf("group %d, to which %d of %d changes were promised, is found as %+v; it was %+v",
				h.group, least, most, got, h.states[least])
		}
	}
	return nil
}

func stateOf(r journal.Recovered, g journal.GroupID) *raft.State {
	for _, s := range r.States {
		if s.Group == g && s.Tombstone != nil {
			back := comeback(*s.Tombstone)
			return &back
		}
		if s.Group == g {
			return &s.State
		}
	}
	return nil
}

// goOn lets the journal of w, which was started on an image, crash in its recovery
// or after a promise.
func (e *enumeration) goOn(w *world, i image) error {
	disk := image{}
	for name, p := range i { // any order: a map becomes another
		disk[name] = p
	}
	for _, event := range w.tape.events {
		disk.play(event)
		if left := disk.least(); e.rng.IntN(4) == 0 {
			if err := e.try(left, false); err != nil {
				return fmt.Errorf("and again in the recovery: %s: %w", left, err)
			}
		}
	}
	const stranger = 99
	done := len(w.tape.events)
	w.turn(save(stranger, 1, 1, 1, 2, 3))
	w.settle()
	for _, event := range w.tape.events[done:] {
		disk.play(event)
	}
	last := create(tiny)
	for name, p := range disk.least() { // any order: it becomes a map
		last.put(name, p.records...)
	}
	last.turn(actors.Started{})
	last.settle()
	found, err := last.recovery()
	if s := stateOf(found, stranger); err != nil || s == nil || len(s.Entries) != 3 {
		return fmt.Errorf("what was promised after a crash is found as %+v, error %v", s, err)
	}
	return e.compare(found)
}

// least is what a crash leaves that spares nothing it may take.
func (i image) least() image {
	out := image{}
	for name, p := range i { // any order: a map becomes another
		if !p.doomed {
			out[name] = part{records: p.records[:p.durable:p.durable], durable: p.durable}
		}
	}
	return out
}

// TestEveryCrashKeepsEveryPromise takes more seeds, and more images for each, with
// JOURNAL_CRASHES=n in the environment: n seeds, and all images.
func TestEveryCrashKeepsEveryPromise(t *testing.T) {
	seeds, images := 4, 3
	if n, err := strconv.Atoi(os.Getenv("JOURNAL_CRASHES")); err == nil {
		seeds, images = n, 1<<20
	}
	tried, switches := 0, 0
	for seed := range uint64(seeds) {
		r := record(seed, 120)
		e := enumerate(r, images)
		if e.fault != nil {
			t.Errorf("seed %d: %v", seed, e.fault)
		}
		tried += e.tried
		switches += r.switches
	}
	t.Logf("%d disks, %d changes of generation", tried, switches)
	if switches < 2*seeds {
		t.Errorf("%d changes of generation in %d runs: they prove little", switches, seeds)
	}
}

// TestABrokenJournalIsFoundOut shows that the enumeration can fail: each case is a
// recording in which a journal, or a disk that lies to it, does things in the wrong
// order.
func TestABrokenJournalIsFoundOut(t *testing.T) {
	cases := map[string]func([]event) []event{
		"promises before the sync": func(list []event) []event {
			return slices.DeleteFunc(list, func(e event) bool { return e.kind == synced })
		},
		"the old generation removed before the new one is durable": func(list []event) []event {
			return hasten(list, func(e event) bool { return e.kind == removing || e.kind == removed },
				func(e event) bool { return e.kind == synced || e.kind == promised })
		},
		"a generation complete before the past is in it": func(list []event) []event {
			return hasten(list, isComplete, func(e event) bool { return !isHeader(e) })
		},
		"a generation that is never complete": func(list []event) []event {
			return slices.DeleteFunc(list, isComplete)
		},
	}
	for name, broken := range cases { // any order: the cases are independent
		r := record(1, 120)
		r.tape.events = broken(r.tape.events)
		if e := enumerate(r, 6); e.fault == nil {
			t.Errorf("%s: not found on %d disks", name, e.tried)
		} else {
			t.Logf("%s: found on disk %d", name, e.tried)
		}
	}
}

func isHeader(e event) bool   { return e.kind == appended && e.record[0] == 1 }
func isComplete(e event) bool { return e.kind == appended && e.record[0] == 3 }

// hasten moves the events of one kind before the run of others that precedes them.
func hasten(list []event, these, others func(event) bool) []event {
	for n := 1; n < len(list); n++ {
		for k := n; k > 0 && these(list[k]) && others(list[k-1]); k-- {
			list[k-1], list[k] = list[k], list[k-1]
		}
	}
	return list
}
