package foreign

import (
	"testing"

	"github.com/understudy-kv/understudy/raft"
)

// TestAnEntryIsHeldByThoseWhoDecide removes the third of three voters.
func TestAnEntryIsHeldByThoseWhoDecide(t *testing.T) {
	removal := entry(1, 1, "")
	removal.Kind, removal.Data = raft.Membership, raft.Configuration{Voters: []raft.ID{1, 2}}.AppendTo(nil)
	for _, c := range []struct {
		claim   string
		holders []raft.ID
		held    bool
	}{
		{"all of the new ones", []raft.ID{1, 2}, true},
		{"most of those before", []raft.ID{2, 3}, true},
		{"one", []raft.ID{3}, false},
	} {
		h := newHolding([]raft.ID{1, 2, 3})
		for _, id := range c.holders {
			h.durable(id, []raft.Entry{removal})
		}
		if err := h.applied(removal); (err == nil) != c.held {
			t.Errorf("%s: %v", c.claim, err)
		}
	}
}

func TestAnEntryThatWasReplacedIsHeldNoMore(t *testing.T) {
	h := newHolding([]raft.ID{1})
	h.durable(1, []raft.Entry{entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "c")})
	h.durable(1, []raft.Entry{entry(1, 2, "d")})
	for _, e := range []raft.Entry{entry(1, 1, "a"), entry(2, 1, "b")} {
		if h.applied(e) == nil {
			t.Errorf("%v counts as held", e)
		}
	}
}
