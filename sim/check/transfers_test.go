package check_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim/check"
)

// An errand is a snapshot that node 1 sends to node 2.
type errand struct {
	*check.Transfers
	now   time.Duration
	found []check.Violation
}

func newErrand() *errand {
	e := &errand{now: time.Minute}
	e.Transfers = check.NewTransfers(func() time.Duration { return e.now },
		func(v check.Violation) { e.found = append(e.found, v) }, 30*time.Second, 5*time.Second)
	return e
}

const sent = "snapshot-1-7-3"

// askFor lets node 2 ask every two seconds for so long.
func (e *errand) askFor(d time.Duration) {
	for end := e.now + d; e.now < end; e.now += 2 * time.Second {
		e.Asked(1, 2, sent)
	}
}

var errands = []struct {
	name   string
	oracle string // that is broken, if one is
	tell   func(e *errand)
}{
	{"asks for ever", check.SilentSenders, func(e *errand) { e.askFor(70 * time.Second) }},
	{"gives up", "", func(e *errand) {
		for range 4 {
			e.askFor(30 * time.Second)
			e.Content(1, 2, sent)
		}
	}},
	{"is answered now and then", "", func(e *errand) {
		for range 4 {
			e.askFor(30 * time.Second)
			e.Came(1, 2, sent)
		}
	}},
	{"begins anew as another process", "", func(e *errand) {
		for range 4 {
			e.askFor(30 * time.Second)
			e.Ended(2)
		}
	}},
	{"waits for its own disk", "", func(e *errand) {
		e.Tardy(2)
		e.askFor(70 * time.Second)
	}},
	{"removed while it is sent", check.SentIsKept, func(e *errand) {
		e.Gave(1, 3, sent)
		e.Gave(1, 2, sent)
		e.now += time.Second
		e.Heard(1, 3, sent)
		e.Removed(1, sent, 0)
	}},
	{"removed when nobody asks any more", "", func(e *errand) {
		e.Gave(1, 2, sent)
		e.now += 5 * time.Second
		e.Removed(1, sent, 0)
	}},
	{"removed when it was fetched", "", func(e *errand) {
		e.Gave(1, 2, sent)
		e.Heard(1, 2, sent)
		e.Removed(1, sent, 0)
	}},
	{"given a piece before the last word that had come was handled", "", func(e *errand) {
		e.Heard(1, 2, sent)
		e.Gave(1, 2, sent)
		e.Removed(1, sent, 0)
	}},
	{"asked for anew after the last word", check.SentIsKept, func(e *errand) {
		e.Heard(1, 2, sent)
		e.Asked(1, 2, sent)
		e.Gave(1, 2, sent)
		e.Removed(1, sent, 0)
	}},
	{"removed when the other node was told", "", func(e *errand) {
		e.Gave(1, 2, sent)
		e.Denied(1, 2, sent)
		e.Removed(1, sent, 0)
	}},
	{"removed by another process", "", func(e *errand) {
		e.Gave(1, 2, sent)
		e.Ended(1)
		e.Removed(1, sent, 0)
	}},
	{"removed because it is damaged", "", func(e *errand) {
		e.Gave(1, 2, sent)
		e.Spoiled(1, sent)
		e.Removed(1, sent, 0)
	}},
	{"removed while it is read", check.ReadIsKept, func(e *errand) { e.Removed(1, sent, 1) }},
}

func TestEachOracleOfTransfersCanFail(t *testing.T) {
	for _, c := range errands {
		e := newErrand()
		c.tell(e)
		if c.oracle == "" && len(e.found) > 0 {
			t.Errorf("%s: %v", c.name, e.found)
		}
		if c.oracle != "" && (len(e.found) != 1 || e.found[0].Oracle != c.oracle) {
			t.Errorf("%s: %v, want one of %s", c.name, e.found, c.oracle)
		}
	}
}
