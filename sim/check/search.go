package check

import "github.com/understudy-kv/understudy/raft"

// A search is how a leader looks for where the log of a replica and its own part.
type search struct {
	told raft.Message // the last rejection that reached the leader
	// step is the question that goes back by one entry from that, if the leader has asked
	// it since. What it had asked before is no step: many questions may be under way, and
	// arrive in any order.
	step  raft.Index
	last  raft.Message // the rejection before
	steps int          // back by one entry each, within one term
}

// rejected is told of a rejection that reached the leader.
func (s *search) rejected(m raft.Message) { s.told = m }

// asked is told of a question that left the leader.
func (s *search) asked(m raft.Message) {
	if s.told.To == m.From && s.told.Term == m.Term && s.told.Index == m.Index+1 {
		s.step = m.Index
	}
}

// maxSteps is how often a search may go back by one entry within a term before it is one
// that does so to the end of it.
const maxSteps = 5

// mustSkipTerms refuses that a search goes back entry by entry. A rejection says which term
// may match, so the next one comes from an earlier one.
func (p *Protocol) mustSkipTerms(r *replica, m raft.Message) {
	s := &r.search
	last := s.last
	s.last = m
	if last.To != m.To || last.Term != m.Term || last.Index != m.Index+1 || last.LogTerm != m.LogTerm || s.step != m.Index {
		s.steps = 0
		return
	}
	if s.steps++; s.steps == maxSteps {
		p.violate(SearchSkips, r, "has rejected %d entries one after the other, down to index %d; each time it said that term %d may match",
			maxSteps+1, m.Index, m.LogTerm)
	}
}
