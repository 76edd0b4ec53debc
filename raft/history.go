package raft

import "slices"

// A history is the configurations that a log goes through. Each is in force from
// the moment its entry is appended, committed or not (§6), until the next one is or
// the entry is overwritten.
type history struct {
	base  Configuration // before the first step
	steps []milestone
}

// A milestone is an entry of the log that holds a configuration.
type milestone struct {
	index         Index
	configuration Configuration
}

// newest is the configuration in force. That of a replica which knows no group yet
// has no voters.
func (h *history) newest() Configuration {
	if len(h.steps) == 0 {
		return h.base
	}
	return h.steps[len(h.steps)-1].configuration
}

// since is the index of the entry that holds the newest configuration, or zero if
// no entry of the log does.
func (h *history) since() Index {
	if len(h.steps) == 0 {
		return 0
	}
	return h.steps[len(h.steps)-1].index
}

// at is the configuration that was in force when i was the last entry.
func (h *history) at(i Index) Configuration { return h.from(i)[0] }

// from is the configuration at i and those after it: at least one, in their order.
func (h *history) from(i Index) []Configuration {
	list := []Configuration{h.base}
	for _, s := range h.steps {
		if s.index <= i {
			list[0] = s.configuration
		} else {
			list = append(list, s.configuration)
		}
	}
	return list
}

// append is told that the entry i holds c. Whoever decides from now on must have a
// member in common with whoever decided before.
func (h *history) append(i Index, c Configuration) {
	assert(i > h.since() && mayFollow(h.newest(), c), "the configuration was %v; it becomes %v", h.newest(), c)
	h.steps = append(h.steps, milestone{i, c})
}

// mayFollow reports whether c may be the next configuration. A replica that knows no
// group yet cannot tell, and takes what it is given.
func mayFollow(before, c Configuration) bool {
	return len(before.Voters) == 0 || overlap(before, c)
}

// truncate is told that the entries from index from on are gone: what was in force
// before them is again.
func (h *history) truncate(from Index) {
	h.steps = slices.DeleteFunc(h.steps, func(s milestone) bool { return s.index >= from })
}

// rebase is told that a snapshot at i, where c was in force, takes the place of the
// log up to there.
func (h *history) rebase(i Index, c Configuration) {
	h.base = c
	h.steps = slices.DeleteFunc(h.steps, func(s milestone) bool { return s.index <= i })
}
