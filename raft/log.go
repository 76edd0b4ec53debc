package raft

import "sort"

// entryOverhead is what an entry counts towards limits on bytes besides its data,
// so that entries without data are limited too.
const entryOverhead = 32

// weight is what e counts towards limits on bytes.
func (e Entry) weight() int { return len(e.Data) + entryOverhead }

// A position is what has to grow along a log.
type position struct {
	Index Index
	Term  Term
	Stamp Stamp
}

// A log is a run of entries from index 1 on. Slices of it that were handed out
// never change: what is overwritten is replaced in a new array.
type log struct {
	entries []Entry
}

// last is the index of the last entry, or zero.
func (l *log) last() Index { return Index(len(l.entries)) }

// at is the entry with index i, which must exist.
func (l *log) at(i Index) Entry { return l.entries[i-1] }

// term is the term of the entry at i, or zero if there is none: before the log
// and after it.
func (l *log) term(i Index) Term {
	if i == 0 || i > l.last() {
		return 0
	}
	return l.at(i).Term
}

// stamp is the stamp of the entry at i, or zero if there is none.
func (l *log) stamp(i Index) Stamp {
	if i == 0 || i > l.last() {
		return 0
	}
	return l.at(i).Stamp
}

// matches reports whether the log holds an entry i of that term. If it does, it is
// equal up to there to every other log that does (§5.3). The beginning of the log
// is an entry of term zero.
func (l *log) matches(i Index, term Term) bool {
	return i <= l.last() && l.term(i) == term
}

// candidate is the last entry up to i whose term is not later than term: the
// last one where a log that has term at i could agree with this one. Searching by
// term skips whole reigns at a time (§5.3).
func (l *log) candidate(i Index, term Term) Index {
	i = min(i, l.last())
	return Index(sort.Search(int(i), func(n int) bool { return l.entries[n].Term > term }))
}

// extends reports whether e could follow the entry before its index.
func (l *log) extends(e Entry) bool {
	before := e.Index - 1
	return before <= l.last() && e.Term >= l.term(before) && e.Stamp > l.stamp(before)
}

// append adds an entry after the last one.
func (l *log) append(e Entry) {
	assert(e.Index == l.last()+1 && l.extends(e), "log ends with %+v; appending %+v",
		position{l.last(), l.term(l.last()), l.stamp(l.last())}, position{e.Index, e.Term, e.Stamp})
	l.entries = append(l.entries, e)
}

// truncate forgets the entries from index from on.
func (l *log) truncate(from Index) {
	assert(from >= 1 && from <= l.last(), "log ends with %d; truncating from %d", l.last(), from)
	l.entries = l.entries[: from-1 : from-1] // clipped: the next append moves to a new array
}

// slice is the entries from first to last, both included.
func (l *log) slice(first, last Index) []Entry {
	return l.entries[first-1 : last : last]
}

// batch is the entries from first on that fit into bytes and into one message, but
// at least one if there is one. It never skips an entry that does not fit.
func (l *log) batch(first Index, bytes int) (entries []Entry, size int) {
	last := first - 1
	for last < l.last() && last-first+1 < maxMessageEntries {
		w := l.at(last + 1).weight()
		if last >= first && size+w > bytes {
			break
		}
		last, size = last+1, size+w
	}
	return l.slice(first, last), size
}

// weight is what the entries after one index up to another count towards limits.
func (l *log) weight(after, last Index) int {
	n := 0
	for _, e := range l.slice(after+1, last) {
		n += e.weight()
	}
	return n
}
