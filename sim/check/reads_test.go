package check_test

import (
	"testing"

	"github.com/understudy-kv/understudy/sim/check"
)

// Node 1 has applied index 1 in term 5, which it leads, and node 3 knows nothing of it.
func TestAnAnswerIsAsNewAsItsQuestion(t *testing.T) {
	of := func(n check.Node) check.Question { return check.Question{Client: 9, Number: 1, Node: n} }
	stories := map[string]struct {
		oracle string // or none
		tell   func(s *story)
	}{
		"read from what was decided": {"", func(s *story) {
			s.Asked(1, of(1))
			s.Read(1, of(1))
		}},
		"read from before another leader decided": {check.LeaseDisjointness, func(s *story) {
			s.Led(1, 3, 4)
			s.Asked(1, of(3))
			s.Read(1, of(3))
		}},
		"read from before this leader decided": {check.FreshReads, func(s *story) {
			s.Restarted(1)
			s.Asked(1, of(1))
			s.Read(1, of(1))
		}},
		"answer to a question that nobody saw": {"", func(s *story) { s.Read(1, of(3)) }},
	}
	for name, c := range stories {
		s := newStory()
		s.decideA()
		c.tell(s)
		s.expect(t, name, c.oracle)
	}
}

// What is decided while a read is on its way it may see or not.
func TestAnAnswerMayBeOlderThanItself(t *testing.T) {
	s, q := newStory(), check.Question{Client: 9, Number: 1, Node: 3}
	s.Asked(1, q)
	s.decideA()
	s.Asked(1, q) // a copy: the answer may be to the first
	s.Read(1, q)
	s.expect(t, "asked before", "")
	s.Asked(1, q) // the answer was lost, and another copy of the first is there still
	s.Read(1, q)
	s.expect(t, "asked before, and answered", "")
}

func (s *story) expect(t *testing.T, name, oracle string) {
	t.Helper()
	switch {
	case oracle == "" && len(s.found) > 0:
		t.Errorf("%s: %v", name, s.found)
	case oracle != "" && (len(s.found) != 1 || s.found[0].Oracle != oracle):
		t.Errorf("%s: %v, want one violation of %s", name, s.found, oracle)
	}
}
