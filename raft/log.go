package raft

import (
	"slices"
	"sort"
)

// EntryOverhead is what an entry counts towards limits on bytes besides its data, in
// bytes, so that entries without data are limited too.
const EntryOverhead = 32

// weight is what e counts towards limits on bytes.
func (e Entry) weight() int { return len(e.Data) + EntryOverhead }

// weigh is what entries count together.
func weigh(entries []Entry) (n int) {
	for _, e := range entries {
		n += e.weight()
	}
	return n
}

// A position is what has to grow along a log.
type position struct {
	Index Index
	Term  Term
	Stamp Stamp
}

// position is where e stands.
func (e Entry) position() position { return position{e.Index, e.Term, e.Stamp} }

// position is where the last entry stood that s is the state after.
func (s Snapshot) position() position { return position{s.Index, s.Term, s.Stamp} }

// A log is a run of entries from one index on. What came before is compacted: it
// was committed, and all that is known of it is its last position, the base. At
// first that is the zero position, before index 1. Slices of the entries that were
// handed out never change: what is overwritten is replaced in a new array.
type log struct {
	base    position
	entries []Entry
	bytes   int // the weight of the entries
}

// first is the index of the first entry that is held, if any is.
func (l *log) first() Index { return l.base.Index + 1 }

// last is the index of the last entry; of an empty log, of the base.
func (l *log) last() Index { return l.base.Index + Index(len(l.entries)) }

// at is the entry with index i, which must be held.
func (l *log) at(i Index) Entry { return l.entries[i-l.first()] }

// position is where the entry i stands: the zero position if nothing is known
// about it, because it is before the base or after the end.
func (l *log) position(i Index) position {
	switch {
	case i == l.base.Index:
		return l.base
	case i < l.base.Index || i > l.last():
		return position{}
	}
	return l.at(i).position()
}

// term is the term of the entry at i, or zero if it is not known.
func (l *log) term(i Index) Term { return l.position(i).Term }

// stamp is the stamp of the entry at i, or zero if it is not known.
func (l *log) stamp(i Index) Stamp { return l.position(i).Stamp }

// matches reports whether the log holds what a leader of today has at i if that is
// of term: then it is equal up to there to the leader's (§5.3). What is compacted
// was committed, so every leader has it, and the beginning of the log is an entry
// of term zero.
func (l *log) matches(i Index, term Term) bool {
	return i < l.base.Index || i <= l.last() && l.term(i) == term
}

// candidate is the last entry up to i whose term is not later than term: the
// last one where a log that has term at i could agree with this one. Searching by
// term skips whole reigns at a time (§5.3). If that is before the base, the answer
// is too, and otherwise says nothing.
func (l *log) candidate(i Index, term Term) Index {
	i = min(i, l.last())
	if i < l.base.Index || l.base.Term > term {
		return min(i, max(l.base.Index, 1)-1)
	}
	n := sort.Search(int(i-l.base.Index), func(n int) bool { return l.entries[n].Term > term })
	return l.base.Index + Index(n)
}

// extends reports whether e could follow the entry before its index.
func (l *log) extends(e Entry) bool {
	if e.Index < l.first() || e.Index > l.last()+1 {
		return false
	}
	before := l.position(e.Index - 1)
	return e.Term >= before.Term && e.Stamp > before.Stamp
}

// append adds an entry after the last one.
func (l *log) append(e Entry) {
	assert(e.Index == l.last()+1 && l.extends(e), "log ends with %+v; appending %+v",
		l.position(l.last()), e.position())
	l.entries = append(l.entries, e)
	l.bytes += e.weight()
}

// truncate forgets the entries from index from on.
func (l *log) truncate(from Index) {
	assert(from >= l.first() && from <= l.last(), "log holds %v; truncating from %d",
		[2]Index{l.first(), l.last()}, from)
	n := from - l.first()
	l.bytes -= weigh(l.entries[n:])
	l.entries = l.entries[:n:n] // clipped: the next append moves to a new array
}

// compact forgets the entries up to the index to, except for as many of the last
// ones of them as weigh no more than trailing. The others move to a new array, so
// that nothing keeps the forgotten ones alive.
func (l *log) compact(to Index, trailing int) {
	assert(to <= l.last(), "log ends with %d; compacting up to %d", l.last(), to)
	for to > l.base.Index && l.at(to).weight() <= trailing {
		trailing -= l.at(to).weight()
		to--
	}
	if to <= l.base.Index {
		return
	}
	base := l.at(to).position()
	l.entries = slices.Clone(l.entries[base.Index-l.base.Index:])
	l.base, l.bytes = base, weigh(l.entries)
}

// restart forgets all entries: the next one follows base.
func (l *log) restart(base position) { *l = log{base: base} }

// slice is the entries from first to last, both included.
func (l *log) slice(first, last Index) []Entry {
	assert(first >= l.first(), "log begins with %d; wanted from %d", l.first(), first)
	from, to := first-l.first(), last+1-l.first()
	return l.entries[from:to:to]
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
func (l *log) weight(after, last Index) int { return weigh(l.slice(after+1, last)) }
