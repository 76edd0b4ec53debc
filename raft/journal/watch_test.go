package journal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// wait lets patience pass.
func (w *world) wait() {
	due := w.looks
	w.looks = nil
	w.now += patience
	w.turn(due...)
}

// mustTell compares how often people were told of a disk that does not answer, and of
// one that answers again.
func (w *world) mustTell(t *testing.T, stuck, again int) {
	t.Helper()
	told := w.told.String()
	if strings.Count(told, "the disk does not answer") != stuck || strings.Count(told, "the disk answers again") != again {
		t.Errorf("not %d and %d times:\n%s", stuck, again, told)
	}
	for _, e := range w.sent {
		if m, is := e.message.(journal.Stuck); is && e.to == owner {
			w.stuck = append(w.stuck, m.Stuck)
		}
	}
	w.sent = nil
	want := slices.Repeat([]bool{true, false}, stuck)[:stuck+again]
	if !slices.Equal(w.stuck, want) {
		t.Errorf("the owner was told %v, want %v", w.stuck, want)
	}
}

func TestADiskThatDoesNotAnswerIsToldOf(t *testing.T) {
	w := started(t)
	w.turn(save(1, 1, 1, 1))
	w.mustTell(t, 0, 0)
	w.wait()
	w.mustTell(t, 1, 0)
	w.wait()
	w.turn(save(1, 2, 1, 2))
	w.mustTell(t, 1, 0)
	w.synced(nil)
	w.mustTell(t, 1, 1)
	if !strings.Contains(w.told.String(), "after=2s") {
		t.Errorf("not for how long:\n%s", &w.told)
	}
	w.wait() // the sync of the second save has been under way for as long
	w.mustTell(t, 2, 1)
}

func TestADiskThatIsBusyButAnswersIsNotToldOf(t *testing.T) {
	w := started(t)
	for i := range 5 {
		w.turn(save(1, uint64(i+1), 1, raft.Index(i+1)))
		w.synced(nil)
		w.turn(save(2, uint64(i+1), 1, raft.Index(i+1)))
		if len(w.looks) != 1 {
			t.Fatalf("%d looks are to come", len(w.looks))
		}
		w.wait() // a sync runs, and it is another one
		w.synced(nil)
	}
	w.mustTell(t, 0, 0)
	w.wait()
	if len(w.looks) > 0 {
		t.Error("a journal without work looks at its disk")
	}
}
